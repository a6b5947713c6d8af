import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest

from keras_transformer.course.measure import retrieval_task


def test_without_noise_the_query_is_the_key_whose_value_is_wanted():
    inputs, wanted = retrieval_task(31, width=7, keys=5, value_width=3, noise=0.0)
    same = (inputs["query"] == inputs["key"]).all(axis=-1)  # [n, s]
    assert (same.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(inputs["value"][same], wanted[:, 0])
    assert set(same.argmax(axis=1)) == {0, 1, 2, 3, 4}


def test_query_key_and_value_have_variance_one_at_any_noise():
    for noise in (0.0, 0.3, 2.0):
        inputs, wanted = retrieval_task(1009, width=13, noise=noise)
        for array in (*inputs.values(), wanted):
            np.testing.assert_allclose(array.var(), 1.0, atol=0.05)
            assert array.dtype == "float32"


def test_with_noise_the_right_key_is_still_the_nearest():
    inputs, wanted = retrieval_task(211, width=61, noise=0.3)
    scores = np.einsum("ntd,nsd->ns", inputs["query"], inputs["key"])
    found = inputs["value"][np.arange(211), scores.argmax(axis=1)]
    assert (found == wanted[:, 0]).all(axis=-1).mean() > 0.99


def test_answering_nothing_costs_one_and_a_value_at_random_two():
    inputs, wanted = retrieval_task(1009, width=3)
    np.testing.assert_allclose(np.mean(wanted**2), 1.0, atol=0.05)
    other = np.roll(inputs["value"][:, :1], 1, axis=0)
    np.testing.assert_allclose(np.mean((other - wanted) ** 2), 2.0, atol=0.1)


def test_the_seed_decides_everything():
    one, two, other = (retrieval_task(3, width=5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[1], two[1])
    np.testing.assert_array_equal(one[0]["query"], two[0]["query"])
    assert np.abs(one[0]["key"] - other[0]["key"]).max() > 1


@pytest.mark.parametrize("name", ["examples", "width", "keys", "value_width"])
def test_nothing_is_no_task(name):
    sizes = {"examples": 2, "width": 3, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got {name}=0"):
        retrieval_task(**sizes)


def test_noise_is_not_negative():
    with pytest.raises(ValueError, match=r"noise must be at least 0, got noise=-0\.1"):
        retrieval_task(2, width=3, noise=-0.1)
