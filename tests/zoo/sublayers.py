import keras

from zoo import mutant, sound


@mutant("sub-layer subtracted from the input", like="Residual")
def subtracted(x, y):
    return x - y


@mutant("sub-layer multiplied with the input", like="Residual")
def multiplied(x, y):
    return x * y


def normalised(total, axis=-1, root=0.5):
    mean = keras.ops.mean(total, axis=axis, keepdims=True)
    variance = keras.ops.mean((total - mean) ** 2, axis=axis, keepdims=True)
    return (total - mean) / (variance + 1e-6) ** root


POST = {"post-norm"}


@sound("post-norm residual", like="Residual", traits=POST)
def post_norm(x, y):
    return normalised(x + y)


@mutant("the sum is not normalised", like="Residual", traits=POST)
def not_normalised(x, y):
    return x + y


@mutant("normalised before the sum", like="Residual", traits=POST)
def normalised_before(x, y):
    return x + normalised(y)


@mutant("normalised over the positions", like="Residual", traits=POST)
def normalised_over_positions(x, y):
    return normalised(x + y, axis=1)


@mutant("divided by the variance, not by its root", like="Residual", traits=POST)
def without_root(x, y):
    return normalised(x + y, root=1.0)


class Feed(keras.layers.Layer):
    """A feed-forward network."""

    activation = "relu"

    def build(self, x_shape):
        self.hidden = keras.layers.Dense(17, activation=self.activation)
        self.last = keras.layers.Dense(x_shape[-1])
        self.hidden.build(x_shape)
        self.last.build((*x_shape[:-1], 17))

    def call(self, x):
        return self.last(self.hidden(x))


sound("feed-forward network", like="FeedForward")(Feed)


@mutant("no activation between the two layers", like="FeedForward")
class Linear(Feed):
    activation = None


@mutant("feed-forward network along time", like="FeedForward")
class AlongTime(Feed):
    def build(self, x_shape):
        super().build((x_shape[0], x_shape[2], x_shape[1]))

    def call(self, x):
        swapped = keras.ops.swapaxes(x, 1, 2)
        return keras.ops.swapaxes(super().call(swapped), 1, 2)


@mutant("an activation after the last layer too", like="FeedForward")
class BendsTwice(Feed):
    def call(self, x):
        return keras.ops.relu(super().call(x))
