import keras

from zoo import mutant, sound


@mutant("sub-layer subtracted from the input", like="Residual")
def subtracted(x, y):
    return x - y


@mutant("sub-layer multiplied with the input", like="Residual")
def multiplied(x, y):
    return x * y


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
