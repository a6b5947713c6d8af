import keras
import numpy as np
import pytest

from keras_transformer.corpora import Pairs
from keras_transformer.course.experiments.do_weights_explain import pointed
from keras_transformer.course.measure import reasons
from keras_transformer.tokens import END, START

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="lessons measure on TensorFlow; JAX compiles all for every shape",
)

TEXTS = ("Der Mann sieht das Haus.", "The man sees the house.")


@pytest.fixture
def pair():
    return Pairs(source=TEXTS[:1], target=TEXTS[1:])


def logs(translator, source, target):
    """Log-probabilities of the target tokens, each for itself."""
    inputs = {
        "source": np.array([[*source, END]], "int32"),
        "target": np.array([[START, *target]], "int32"),
    }
    logits = keras.ops.convert_to_numpy(translator.model(inputs, training=False))[0]
    found = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return found[: len(target)]


def cut(translator, word):
    """The ids of both sides, the source without a word."""
    (source,) = translator.source_tokenizer.encode(TEXTS[:1])
    (target,) = translator.target_tokenizer.encode(TEXTS[1:])
    ((_, _, reads, writes),) = next(reasons._batches(translator, Pairs(*zip(TEXTS))))
    kept = [i for i, w in zip(source, reads, strict=True) if w != word]
    return kept, list(target), writes


@pytest.mark.parametrize("contrastive", [False, True])
def test_a_hidden_word_is_what_the_sentence_without_it_loses(
    translator, pair, contrastive
):
    (shares,) = reasons.hidden_words(translator, pair, contrastive)
    whole, target, writes = cut(translator, None)
    full = logs(translator, whole, target)
    rows = np.arange(len(target))
    others = full.copy()
    others[rows, target] = -np.inf
    foil = others.argmax(axis=1)
    drops = []
    for word in range(shares.shape[1]):
        without = logs(translator, *cut(translator, word)[:2])
        drop = full[rows, target] - without[rows, target]
        if contrastive:
            drop -= full[rows, foil] - without[rows, foil]
        drops.append(np.bincount(writes, drop))
    expected = np.maximum(np.transpose(drops), 0)
    expected /= np.where(expected.sum(1) > 0, expected.sum(1), 1)[:, None]
    np.testing.assert_allclose(shares, expected, atol=1e-4)
    assert shares.max() > 0.2


def test_a_gradient_is_what_a_little_less_of_a_word_loses(translator, pair):
    (shares,) = reasons.gradient_times_input(translator, pair)
    ((source, target, reads, writes),) = next(reasons._batches(translator, pair))
    model = translator.model
    ids = np.array([[*source, END]], "int32")
    written = np.array([[START, *target]], "int32")
    x = keras.ops.convert_to_numpy(model.source_embedding(ids))

    def said(x):
        with reasons._given(model, keras.ops.convert_to_tensor(x)):
            logits = model.call({"source": ids, "target": written}, training=False)
        logits = keras.ops.convert_to_numpy(logits)[0].astype("float64")
        found = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return found[np.arange(len(target)), target]

    slopes = []
    for word in range(max(reads) + 1):
        small = np.where(np.equal([*reads, -1], word), 0.02, 0.0)[None, :, None]
        slopes.append(
            np.bincount(writes, said(x * (1 + small)) - said(x * (1 - small)))
        )
    expected = np.maximum(np.transpose(slopes), 0)
    expected /= np.where(expected.sum(1) > 0, expected.sum(1), 1)[:, None]
    np.testing.assert_allclose(shares, expected, atol=0.03)
    assert shares.max() > 0.2
    # The model has its own embedding again.
    assert isinstance(model.source_embedding, keras.layers.Layer)


def test_pairs_of_several_batches_keep_their_order(translator, pairs, monkeypatch):
    source, target = zip(*pairs[:5], strict=True)
    five = Pairs(source=source, target=target)
    for method in (reasons.hidden_words, reasons.gradient_times_input):
        together = method(translator, five)
        monkeypatch.setattr(reasons, "BATCH", 2)
        for one, other in zip(together, method(translator, five), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-3)
        monkeypatch.undo()


def test_a_word_is_right_if_its_first_is_one_of_its_gold_words():
    shares = [np.array([[0.1, 0.9], [0.6, 0.4], [1.0, 0.0]])]
    assert pointed(shares, (((0, 0), (1, 0), (1, 1)),)) == 0.5  # the third has no link
