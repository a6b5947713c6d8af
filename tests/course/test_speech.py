import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
from keras import ops

from keras_transformer.corpora.spoken_digits import WORDS, synthetic
from keras_transformer.course import speech
from keras_transformer.course.speech import SpeechTransformer, heard, spelled, written
from keras_transformer.tokens import END, START


def small(**options):
    keras.utils.set_random_seed(3)
    return SpeechTransformer(6, 9, width=8, num_layers=2, num_heads=2, **options)


def batch(count=4, length=7):
    draw = np.random.default_rng(1)
    frames = draw.normal(size=(count, length, 6)).astype("float32")
    return frames, np.concatenate(
        [np.full((count, 1), START), draw.integers(3, 9, (count, 3))], axis=1
    )


def logits(model, frames, target):
    return ops.convert_to_numpy(model({"source": frames, "target": target}))


def test_a_frame_of_zeros_is_padding():
    model, (frames, target) = small(), batch()
    longer = np.pad(frames, ((0, 0), (0, 5), (0, 0)))
    np.testing.assert_allclose(
        logits(model, longer, target), logits(model, frames, target), atol=1e-5
    )
    weights = ops.convert_to_numpy(
        model.looked_at({"source": longer, "target": target})
    )
    assert weights.shape == (4, 2, 4, 12)
    assert not weights[..., 7:].any()
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)


def test_the_order_of_frames_matters_and_later_words_are_not_seen():
    model, (frames, target) = small(), batch()
    before = logits(model, frames, target)
    assert np.abs(logits(model, frames[:, ::-1], target) - before).max() > 1e-3
    changed = target.copy()
    changed[:, 2:] = 3
    np.testing.assert_allclose(
        logits(model, frames, changed)[:, :2], before[:, :2], atol=1e-5
    )


def test_word_by_word_is_what_a_whole_pass_says():
    model, (frames, target) = small(), batch()
    whole, state = logits(model, frames, target), model.start(frames, 4)
    for place in range(4):
        told = ops.convert_to_tensor(target[:, place], "int32")
        found, state = model.step(told, state)
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), whole[:, place], atol=1e-4
        )


def test_it_is_rebuilt_from_its_config():
    model, (frames, target) = small(dropout=0.2, seed=5), batch()
    logits(model, frames, target)
    again = SpeechTransformer.from_config(model.get_config())
    again.build()
    again.set_weights(model.get_weights())
    assert again.settings == model.settings
    np.testing.assert_array_equal(
        logits(again, frames, target), logits(model, frames, target)
    )


def test_clips_become_frames_without_loudness():
    clips = synthetic()["valid"].pick(range(3))
    frames = heard(clips.samples)
    longest = max(1 + (len(s) - 200) // 80 for s in clips.samples)
    assert frames.shape == (3, -(-longest // 4), 128) and frames.dtype == np.float32
    quiet = heard([sound / 8 for sound in clips.samples])
    np.testing.assert_allclose(quiet, frames, atol=1e-4)
    assert heard([np.tile(clips.samples[0], 20)], longest=1.2).shape == (1, 30, 128)


def test_words_become_ids_and_back():
    shown, target = spelled(["three five", "nine"])
    three, five, nine = (speech.FIRST + n for n in (3, 5, 9))
    assert shown.tolist() == [[START, three, five], [START, nine, 0]]
    assert target.tolist() == [[three, five, END], [nine, END, 0]]


def test_what_is_written_is_the_likeliest_word_at_each_step():
    keras.utils.set_random_seed(2)
    model = SpeechTransformer(features=128, width=8, num_layers=1, num_heads=2)
    clips = synthetic()["valid"].pick(range(5))
    frames = heard(clips.samples)
    said = written(model, frames, most=4)
    assert len(said) == 5
    for text, own in zip(said, frames, strict=True):
        words = text.split()
        assert len(words) <= 4 and set(words) <= set(WORDS)
        shown = [START, *(speech.FIRST + WORDS.index(word) for word in words)]
        whole = logits(model, own[None], np.array([shown]))[0].argmax(-1)
        # What is no word, the start or padding, is left out: compare up to it.
        for place, word in enumerate(words):
            if whole[place] < speech.FIRST:
                break
            assert WORDS[whole[place] - speech.FIRST] == word
