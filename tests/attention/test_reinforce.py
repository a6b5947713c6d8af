import itertools

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import (
    Attention,
    Bilinear,
    Reinforce,
    Sampled,
    log_probabilities,
    reinforce_loss,
)
from keras_transformer.attention.reinforce import Drawn

MANY = 20_000
SCORES = np.array([0.5, -1.0, 1.5, 0.0], "float32")
VALUES = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0], [-1.0, 1.0]], "float32")
TARGET = np.array([3.0, 1.0], "float32")


def row_loss(context):
    return ops.sum((context - TARGET) ** 2, axis=(1, 2))


def expected_loss(scores, values, k):
    """The sum over every choice of its probability and its loss, in float64."""
    exponential = np.exp(scores)
    total = 0.0
    for choice in itertools.permutations(range(len(scores)), k):
        probability, left = 1.0, exponential.sum()
        for key in choice:
            probability *= exponential[key] / left
            left -= exponential[key]
        context = values[list(choice)].sum(0)
        total += probability * ((context - TARGET) ** 2).sum()
    return total


def exact_gradient(k, of="scores"):
    arguments = {"scores": SCORES.astype("float64"), "values": VALUES.astype("float64")}
    out = np.zeros_like(arguments[of])
    for place in np.ndindex(*out.shape):
        sides = []
        for step in (1e-5, -1e-5):
            moved = {name: array.copy() for name, array in arguments.items()}
            moved[of][place] += step
            sides.append(expected_loss(**moved, k=k))
        out[place] = (sides[0] - sides[1]) / 2e-5
    return out


def samples(gradient, layer, baseline=0.0, of="scores"):
    """`MANY` independent estimates of the gradient, one a row."""
    arguments = {
        "scores": np.tile(SCORES, (MANY, 1, 1)),
        "values": np.tile(VALUES, (MANY, 1, 1)),
    }

    def total(x):
        inputs = {**arguments, of: x}
        with log_probabilities() as drawn:
            weights = layer(inputs["scores"], training=True)
        losses = row_loss(ops.matmul(weights, inputs["values"]))
        if layer.estimator == "reinforce":
            return MANY * reinforce_loss(losses, drawn.total(), baseline)
        return ops.sum(losses)

    found = gradient(total, arguments[of])
    return found.reshape(MANY, -1).astype("float64")


def errors_in_standard_errors(found, exact):
    standard_error = found.std(0) / MANY**0.5
    return np.abs(found.mean(0) - exact.ravel()) / np.maximum(standard_error, 1e-9)


@pytest.mark.parametrize("baseline", [0.0, 7.0])
@pytest.mark.parametrize("k", [1, 2])
def test_reinforce_is_unbiased_for_every_baseline(k, baseline, gradient):
    found = samples(gradient, Sampled(k, seed=3), baseline)
    assert (errors_in_standard_errors(found, exact_gradient(k)) < 4).all()


@pytest.mark.parametrize("k", [1, 2])
def test_reinforce_leaves_the_gradient_of_the_values_unbiased(k, gradient):
    found = samples(gradient, Sampled(k, seed=3), of="values")
    exact = exact_gradient(k, of="values")
    assert (errors_in_standard_errors(found, exact) < 4).all()


@pytest.mark.parametrize(
    "layer",
    [
        Sampled(1, "straight_through", seed=3),
        Sampled(1, "gumbel", temperature=1.0, seed=3),
    ],
)
def test_the_other_estimators_are_biased(layer, gradient):
    found = samples(gradient, layer)
    assert errors_in_standard_errors(found, exact_gradient(1)).max() > 20


def test_gumbel_trades_bias_for_variance(gradient):
    exact = exact_gradient(1)
    hot, cold = (
        samples(gradient, Sampled(1, "gumbel", temperature, seed=3))
        for temperature in (1.0, 0.1)
    )
    bias = [np.abs(found.mean(0) - exact).max() for found in (hot, cold)]
    assert bias[1] < 0.5 * bias[0]
    assert cold.var(0).sum() > 2 * hot.var(0).sum()


def test_a_baseline_lowers_the_variance(gradient):
    mean_loss = expected_loss(SCORES.astype("float64"), VALUES, 1)
    bare = samples(gradient, Sampled(seed=3)).var(0).sum()
    steadied = samples(gradient, Sampled(seed=3), mean_loss).var(0).sum()
    assert steadied < 0.5 * bare


def search_task(count, seed):
    """Find the one key that is marked, among distractors; its value is the answer."""
    random = np.random.default_rng(seed)
    marked = random.integers(0, 5, count)
    key = random.normal(size=(count, 5, 3)).astype("float32") * 0.3
    key[np.arange(count), marked, 0] = 1.0
    value = random.normal(size=(count, 5, 1)).astype("float32")
    query = np.ones((count, 1, 2), "float32")
    return [query, value, key], value[np.arange(count), marked][:, None]


def search_model(weighting, **kwargs):
    shapes = [(1, 2), (5, 1), (5, 3)]
    inputs = [keras.Input(shape) for shape in shapes]
    attention = Attention(Bilinear("zeros"), weighting)
    return keras.Model(inputs, attention(*inputs), **kwargs)


@pytest.mark.parametrize("jit", [False, True])
def test_fit_trains_a_score_through_its_draws(jit):
    model = search_model(Sampled(seed=1))
    reinforce = Reinforce(model, "mean_squared_error")
    reinforce.compile(keras.optimizers.Adam(0.5), metrics=["mae"], jit_compile=jit)
    x, y = search_task(512, seed=1)
    test = search_task(128, seed=2)
    before = reinforce.evaluate(*test, verbose=0, return_dict=True)
    history = reinforce.fit(x, y, batch_size=64, epochs=4, verbose=0).history
    after = reinforce.evaluate(*test, verbose=0, return_dict=True)
    assert after["loss"] < 0.2 * before["loss"]
    assert history["mae"][-1] < 0.5 * history["mae"][0]
    prediction = ops.convert_to_numpy(model(test[0]))
    assert after["loss"] == pytest.approx(np.mean((prediction - test[1]) ** 2), 1e-4)
    assert after["mae"] == pytest.approx(np.abs(prediction - test[1]).mean(), 1e-4)


@pytest.mark.parametrize("estimator", ["straight_through", "gumbel"])
def test_plain_fit_trains_the_other_estimators(estimator):
    model = search_model(Sampled(estimator=estimator, seed=1))
    model.compile(keras.optimizers.Adam(0.5), "mse")
    test = search_task(128, seed=2)
    before = model.evaluate(*test, verbose=0)
    model.fit(*search_task(512, seed=1), batch_size=64, epochs=4, verbose=0)
    assert model.evaluate(*test, verbose=0) < 0.2 * before


def test_the_value_of_the_loss_is_the_mean_loss():
    losses = np.array([2.0, 4.0, 9.0], "float32")
    loss = reinforce_loss(losses, np.array([-1.0, -2.0, -3.0], "float32"), 5.0)
    assert float(loss) == 5.0


def test_the_gradient_is_the_advantage(gradient):
    losses = np.array([2.0, 4.0, 9.0], "float32")
    found = gradient(lambda x: reinforce_loss(losses, x, 4.0), np.zeros(3, "float32"))
    np.testing.assert_allclose(found, [-2 / 3, 0.0, 5 / 3], rtol=1e-6)


def drawn(*predictions):
    prediction = np.array(predictions, "float32")[:, None]
    return Drawn(prediction, np.zeros(len(predictions), "float32"))


def test_the_baseline_is_a_moving_average_of_the_losses_before():
    reinforce = Reinforce(search_model(Sampled()), "mean_squared_error", 0.5)
    y = np.zeros((2, 1), "float32")
    assert float(reinforce.baseline) == 0.0
    reinforce.compute_loss(y=y, y_pred=drawn(2.0, 2.0))
    assert float(reinforce.baseline) == 4.0
    reinforce.compute_loss(y=y, y_pred=drawn(0.0, 4.0))
    assert float(reinforce.baseline) == pytest.approx((4 + 2 * 8) / 3)
    reinforce.compute_loss(y=y, y_pred=np.ones((2, 1), "float32"), training=False)
    assert float(reinforce.baseline) == pytest.approx((4 + 2 * 8) / 3)


def test_without_a_baseline_none_is_kept():
    reinforce = Reinforce(search_model(Sampled()), "mean_squared_error", None)
    loss = reinforce.compute_loss(y=np.zeros((2, 1)), y_pred=drawn(1.0, 3.0))
    assert float(loss) == 5.0
    assert float(reinforce.baseline) == 0.0


def test_sample_weights_weigh_the_examples():
    def absolute(y, prediction):
        return ops.abs(y - prediction)  # b t

    reinforce = Reinforce(search_model(Sampled()), absolute)
    y, prediction = np.zeros((2, 3)), np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    mask = np.array([[1, 1, 0], [1, 0, 0]], "float32")
    shares = np.asarray(reinforce.example_losses(y, prediction, mask))
    assert shares.mean() == pytest.approx((1 + 2 + 8) / 3)
    np.testing.assert_allclose(shares, [2.0, 16 / 3], rtol=1e-6)
    rows = reinforce.example_losses(y, prediction, np.array([1.0, 3.0]))
    np.testing.assert_allclose(rows, [7 / 6, 28.0], rtol=1e-6)


def test_a_regularizer_of_the_model_counts():
    inputs = keras.Input((1,))
    dense = keras.layers.Dense(
        1, kernel_initializer="ones", kernel_regularizer=keras.regularizers.L2(3.0)
    )
    reinforce = Reinforce(keras.Model(inputs, dense(inputs)), "mean_squared_error")
    loss = reinforce.compute_loss(y=np.zeros((1, 1)), y_pred=drawn(2.0))
    assert np.asarray(loss) == 7.0


def test_the_whole_wrapper_is_saved_and_loaded(tmp_path):
    reinforce = Reinforce(search_model(Sampled(seed=1)), keras.losses.Huber(0.5), 0.8)
    reinforce.compile("sgd")
    x, y = search_task(32, seed=1)
    reinforce.fit(x, y, verbose=0)
    reinforce.save(tmp_path / "reinforce.keras")
    twin = keras.models.load_model(tmp_path / "reinforce.keras")
    assert twin.baseline_momentum == 0.8
    assert twin.loss_rule.get_config() == reinforce.loss_rule.get_config()
    assert float(twin.baseline) == float(reinforce.baseline) > 0
    np.testing.assert_array_equal(twin(x), reinforce(x))


def test_reinforce_refuses_a_momentum_of_one():
    rule = r"baseline_momentum must be in \[0, 1\), or None, got baseline_momentum=1.0"
    with pytest.raises(ValueError, match=rule):
        Reinforce(search_model(Sampled()), "mse", 1.0)


def test_reinforce_refuses_a_second_loss():
    reinforce = Reinforce(search_model(Sampled()), "mean_squared_error")
    rule = r"Reinforce takes its loss when it is made, got compile\(loss='mae'\)"
    with pytest.raises(ValueError, match=rule):
        reinforce.compile("sgd", "mae")


def test_reinforce_refuses_a_model_that_draws_nothing():
    reinforce = Reinforce(search_model(Sampled(estimator="gumbel")), "mse")
    with pytest.raises(ValueError, match="needs a model that draws, got one without"):
        reinforce(search_task(3, seed=1)[0], training=True)


def test_exact_gradient_is_the_one_derived_by_hand():
    p = oracle.softmax(SCORES.astype("float64"))
    loss = ((VALUES - TARGET) ** 2).sum(-1)
    np.testing.assert_allclose(exact_gradient(1), p * (loss - p @ loss), atol=1e-6)
