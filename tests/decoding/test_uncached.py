import numpy as np
from decoding_models import END, array, batch, strong
from keras import ops

from keras_transformer.decoding import Uncached, greedy


def test_reading_the_prefix_anew_says_what_the_cache_says():
    model = strong()
    source = batch(8)[:8]
    target = np.random.default_rng(5).integers(3, 17, (8, 5))
    uncached = Uncached(model)
    states = [each.start(source, 7) for each in (model, uncached)]
    for t in range(5):
        cached, states[0] = model.step(target[:, t], states[0])
        anew, states[1] = uncached.step(target[:, t], states[1])
        np.testing.assert_allclose(array(anew), array(cached), rtol=1e-4, atol=1e-4)


def test_only_tokens_are_carried_from_step_to_step():
    state = Uncached(strong()).start(batch(8)[:8], 7)
    _, state = Uncached(strong()).step(np.full(8, 1), state)
    _, state = Uncached(strong()).step(np.arange(3, 11), state)
    wanted = [[1, token, 0, 0, 0, 0, 0] for token in range(3, 11)]
    assert array(state.target).tolist() == wanted
    assert array(state.position).tolist() == [2] * 8


def test_a_model_that_is_only_a_function_can_be_decoded():
    def adding(inputs):
        """Says 3 more than the sum of all that was said, the start not counted."""
        said = ops.cumsum(inputs["target"], axis=1) - 1
        return ops.one_hot(ops.minimum(said + 3, 16), 17)

    found = greedy(Uncached(adding), np.array([[5, END]]), 3)
    assert array(found).tolist() == [[3, 6, 12]]
