import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
from keras import ops

from keras_transformer import Backbone, LanguageModel
from keras_transformer.course import elsewhere
from keras_transformer.course.speech import SpeechTransformer


def test_what_is_written_is_the_likeliest_at_each_step():
    keras.utils.set_random_seed(3)
    model = SpeechTransformer(5, vocabulary=7, width=8, num_heads=2, dropout=0.0)
    source = np.random.default_rng(1).normal(size=(11, 3, 5)).astype("float32")
    said = elsewhere.written(model, source, 6)
    read = np.pad(said[:, :-1], ((0, 0), (1, 0)), constant_values=1)
    logits = ops.convert_to_numpy(model({"source": source, "target": read}))
    for row, best in zip(said, logits.argmax(-1), strict=True):
        length = row.tolist().index(2) + 1 if 2 in row else 6
        assert row[:length].tolist() == best[:length].tolist()
        assert (row[length:] == 0).all()


def test_a_cold_draw_is_the_likeliest_token():
    keras.utils.set_random_seed(3)
    model = LanguageModel(Backbone(9, 8, 1, 2, 16, causal=True, dropout=0.0))
    prompts = np.array([[1, 5], [1, 6]], "int32")
    logits = ops.convert_to_numpy(model(prompts))[:, -1]
    drawn = elsewhere.drawn(model, prompts, 1, seed=1, temperature=1e-3)
    assert drawn[:, 0].tolist() == (2 + logits[:, 2:].argmax(-1)).tolist()
    again = elsewhere.drawn(model, prompts, 4, seed=7)
    np.testing.assert_array_equal(again, elsewhere.drawn(model, prompts, 4, seed=7))
