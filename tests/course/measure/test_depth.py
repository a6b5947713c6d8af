import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
from keras import ops

from keras_transformer.course.measure import gradient_norm_by_layer

X = np.random.default_rng(3).normal(size=(5, 3)).astype("float32")


def test_the_norms_are_those_worked_out_by_hand():
    # output = (x · A) · b + c: the gradient by b is the sum of x · A, that by A the
    # outer product of the sum of x with b, and that by c the number of rows.
    keras.utils.set_random_seed(1)
    first, second = keras.layers.Dense(2, use_bias=False), keras.layers.Dense(1)
    second(first(X))
    (a,), (b, _) = first.get_weights(), second.get_weights()
    norms = gradient_norm_by_layer(lambda: ops.sum(second(first(X))), [first, second])
    by_a, by_b = np.outer(X.sum(0), b[:, 0]), (X @ a).sum(0)
    wanted = [np.sqrt((by_a**2).sum()), np.sqrt((by_b**2).sum() + 5**2)]
    np.testing.assert_allclose(norms, wanted, rtol=1e-5)


def test_layers_keep_their_weights_and_one_that_is_not_used_gets_nothing():
    used, unused = keras.layers.Dense(1), keras.layers.Dense(1)
    for layer in (used, unused):
        layer.build(X.shape)
    before = used.get_weights()
    norms = gradient_norm_by_layer(lambda: ops.sum(used(X)), [used, unused])
    assert norms[0] > 0 and norms[1] == 0
    for one, two in zip(before, used.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
