import keras
from keras import ops

from keras_transformer.attention import Sampled, log_probabilities
from keras_transformer.randomness.log_probability import record
from zoo import mutant, sound
from zoo.weightings import hide, softmax


class Top(keras.layers.Layer):
    """The k best keys, k = 2."""

    k = 2
    sign = 1.0

    def choose(self, scores):
        best = ops.top_k(scores, self.k)[1]
        return ops.any(ops.one_hot(best, scores.shape[-1], dtype="bool"), -2)

    def call(self, scores, attention_mask=None):
        chosen = self.choose(hide(self.sign * scores, attention_mask))
        if attention_mask is not None:
            chosen = ops.logical_and(chosen, attention_mask)
        return ops.cast(chosen, scores.dtype)


sound("top-k", like="TopK")(Top)


@mutant("top-k by a threshold: every key that ties with the last is kept", like="TopK")
class KeepsTies(Top):
    def choose(self, scores):
        return scores >= ops.top_k(scores, self.k)[0][..., -1:]


@mutant("the k worst keys instead of the k best", like="TopK")
class Worst(Top):
    sign = -1.0


@mutant("k best chosen before the mask: hidden keys use up the k", like="TopK")
class ChosenBeforeTheMask(Top):
    def call(self, scores, attention_mask=None):
        chosen = super().call(scores)
        if attention_mask is None:
            return chosen
        return chosen * ops.cast(attention_mask, chosen.dtype)


@mutant("top-k lets the mask out", like="TopK")
class TopWithoutMask(Top):
    def call(self, scores, attention_mask=None):
        return super().call(scores)


class Draw(Top):
    """Draws k keys from the softmax in training."""

    def __init__(self, k=2, **kwargs):
        super().__init__(**kwargs)
        self.k = k
        self.seeds = keras.random.SeedGenerator(7)

    def logits(self, scores):
        return scores

    def noise(self, scores):
        even = keras.random.uniform(ops.shape(scores), 1e-20, seed=self.seeds)
        return -ops.log(-ops.log(even))

    def draw(self, scores, mask):
        return Top.call(self, self.logits(scores) + self.noise(scores), mask)

    def call(self, scores, attention_mask=None, training=None):
        if training:
            return self.draw(scores, attention_mask)
        return Top.call(self, scores, attention_mask)

    def get_config(self):
        return {**super().get_config(), "k": self.k}


sound("sampled", like="Sampled")(Draw)


@mutant("sampled: keys drawn evenly, whatever their scores", like="Sampled")
class DrawsEvenly(Draw):
    def logits(self, scores):
        return 0 * scores


@mutant("sampled: one key too many", like="Sampled")
class DrawsOneMore(Draw):
    def draw(self, scores, mask):
        return ops.maximum(super().draw(scores, mask), super().draw(scores, mask))


@mutant("sampled: the draw sees hidden keys", like="Sampled")
class DrawsHiddenKeys(Draw):
    def draw(self, scores, mask):
        return super().draw(scores, None)


@mutant("sampled: drawn with replacement, one key may count twice", like="Sampled")
class DrawsAgain(Draw):
    def draw(self, scores, mask):
        every = range(self.k)
        draws = [hide(scores + self.noise(scores), mask) for _ in every]
        picks = [ops.one_hot(ops.argmax(d, -1), scores.shape[-1]) for d in draws]
        return sum(picks) if mask is None else sum(picks) * ops.cast(mask, "float32")


@mutant("sampled: one draw serves all queries of a sentence", like="Sampled")
class OneDrawForAll(Draw):
    def noise(self, scores):
        return super().noise(scores[..., :1, :])


@mutant(
    "sampled: a fixed seed in call, so that every step draws the same", like="Sampled"
)
class DrawsTheSame(Draw):
    def noise(self, scores):
        even = keras.random.uniform(ops.shape(scores), 1e-20, seed=7)
        return -ops.log(-ops.log(even))


class Through(Draw):
    """The draw forwards, k times the softmax backwards."""

    estimator = "straight_through"

    def soft(self, scores, mask):
        count = self.k if mask is None else ops.sum(ops.cast(mask, "float32"), -1)
        count = ops.expand_dims(ops.minimum(float(self.k), count), -1)
        return count * softmax(ops.cast(scores, "float32"), mask)

    def join(self, hard, soft):
        return hard + soft - ops.stop_gradient(soft)

    def call(self, scores, attention_mask=None, training=None):
        if not training:
            return super().call(scores, attention_mask)
        if attention_mask is not None:
            attention_mask = ops.broadcast_to(attention_mask, scores.shape)
        hard = ops.cast(self.draw(scores, attention_mask), "float32")
        soft = self.soft(scores, attention_mask)
        return ops.cast(self.join(ops.stop_gradient(hard), soft), scores.dtype)


@mutant(
    "sampled: the log-probability of draws with replacement",
    like=Sampled(2, seed=1),
)
class RecordsReplacement(Sampled):
    def __init__(self, k=2, seed=1, **kwargs):
        super().__init__(k, seed=seed, **kwargs)

    def call(self, scores, attention_mask=None, training=None):
        with log_probabilities():
            drawn = super().call(scores, attention_mask, training=training)
        if training:
            chances = ops.log(softmax(ops.cast(scores, "float32"), attention_mask))
            record(ops.sum(ops.where(drawn > 0, chances, 0.0), -1))
        return drawn


STRAIGHT = {"straight-through"}
sound("straight-through", like="Sampled", traits=STRAIGHT)(Through)


def through(name):
    return mutant(f"straight-through: {name}", like="Sampled", traits=STRAIGHT)


@through("the soft weights forwards too, nothing is drawn")
class SoftForwards(Through):
    def join(self, hard, soft):
        return soft


@through("the gradient stopped on both sides")
class StoppedTwice(Through):
    def join(self, hard, soft):
        return hard


@through("the gradient with the wrong sign")
class AgainstTheGradient(Through):
    def join(self, hard, soft):
        return hard - soft + ops.stop_gradient(soft)


@through("the gradient of the softmax before the mask")
class GradientOfHiddenKeys(Through):
    def soft(self, scores, mask):
        return super().soft(scores, None)


class Softened(Draw):
    """Soft weights in place of the draw: Gumbel-softmax of one key."""

    estimator = "gumbel"

    def __init__(self, k=1, temperature=1.0, **kwargs):
        super().__init__(k=k, **kwargs)
        self.temperature = temperature

    def tempered(self, scores):
        return (scores + self.noise(scores)) / self.temperature

    def draw(self, scores, mask):
        drawn = softmax(self.tempered(ops.cast(scores, "float32")), mask)
        return ops.cast(drawn, scores.dtype)

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


GUMBEL = {"gumbel"}
sound("Gumbel-softmax", like="Sampled", traits=GUMBEL)(Softened)


@mutant(
    "Gumbel-softmax: the temperature divides the scores only",
    like="Sampled",
    traits=GUMBEL,
)
class TempersTheScores(Softened):
    def tempered(self, scores):
        return scores / self.temperature + self.noise(scores)
