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


BOTH = {"both-norm"}


@sound("residual with norms on both sides", like="Residual", traits=BOTH)
def sandwich(x, y):
    return x + normalised(y)


@mutant("sandwich without its outer normalisation", like="Residual", traits=BOTH)
def without_outer_norm(x, y):
    return x + y


@mutant("sandwich normalises the sum", like="Residual", traits=BOTH)
def sandwich_of_the_sum(x, y):
    return normalised(x + y)


def divided(x, axis=-1, root=0.5):
    square = keras.ops.mean(x**2, axis=axis, keepdims=True)
    return x / (square + 1e-6) ** root


@sound("root mean square normalisation", like="RMSNormalization")
def root_mean_square(x):
    return divided(x)


@mutant("root mean square normalisation takes the mean away", like="RMSNormalization")
def centred_first(x):
    return normalised(x)


@mutant("divided by the mean square, not by its root", like="RMSNormalization")
def without_its_root(x):
    return divided(x, root=1.0)


@mutant("root mean square of all positions together", like="RMSNormalization")
def over_all_positions(x):
    return divided(x, axis=(1, 2))


class Dropping(keras.layers.Layer):
    """A residual connection with dropout."""

    def __init__(self, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, seed=3)

    def call(self, x, y, training=None):
        return x + self.drop(y, training=training)

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}


sound("residual with dropout", like="Residual")(Dropping)


@mutant(
    "dropout after the sum: the stream itself is dropped",
    like="Residual",
)
class DropsTheStream(Dropping):
    def call(self, x, y, training=None):
        return self.drop(x + y, training=training)


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


class Gated(keras.layers.Layer):
    """A gated feed-forward network; each mutant joins gate and hidden otherwise."""

    def build(self, x_shape):
        self.gate, self.hidden = (keras.layers.Dense(17) for _ in "gh")
        self.last = keras.layers.Dense(x_shape[-1])
        self.gate.build(x_shape)
        self.hidden.build(x_shape)
        self.last.build((*x_shape[:-1], 17))

    def join(self, gate, hidden):
        return keras.ops.silu(gate) * hidden

    def call(self, x):
        return self.last(self.join(self.gate(x), self.hidden(x)))


GATED = {"gated"}
sound("gated feed-forward network", like="FeedForward", traits=GATED)(Gated)


@mutant("gate added instead of multiplied", like="FeedForward", traits=GATED)
class GateAdded(Gated):
    def join(self, gate, hidden):
        return keras.ops.silu(gate) + hidden


@mutant("gate without activation", like="FeedForward", traits=GATED)
class GateOpen(Gated):
    def join(self, gate, hidden):
        return gate * hidden


@mutant("the product activated, not the gate", like="FeedForward", traits=GATED)
class ProductActivated(Gated):
    def join(self, gate, hidden):
        return keras.ops.silu(gate * hidden)


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


@mutant(
    "an argument that the config forgets",
    like="FeedForward",
    seen="an option added to a constructor long after its get_config",
)
class ForgetsAnOption(Feed):
    def __init__(self, slope=0.0, **kwargs):
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, x):
        hidden = self.hidden(x)
        return self.last(hidden + self.slope * keras.ops.minimum(hidden, 0.0))

    def get_config(self):
        config = super().get_config()
        config.pop("slope", None)
        return config


@mutant(
    "a config that names the default of an option, whatever it is",
    like="FeedForward",
    seen="get_config written by hand, from the signature instead of from self",
)
class NamesTheDefault(ForgetsAnOption):
    def get_config(self):
        return {**super().get_config(), "slope": 0.0}
