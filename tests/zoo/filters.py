import numpy as np

from zoo import mutant, sound


def softmax(logits, axis=-1):
    powers = np.exp(logits - logits.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


class TopP:
    """Top-p, step by step; each mutant replaces one step."""

    def chances(self, logits):
        return softmax(logits)

    def order(self, chances):
        return np.argsort(-chances, axis=-1)

    def kept(self, chances, p):
        return np.cumsum(chances, -1) - chances < p

    def back(self, kept, order):
        return np.take_along_axis(kept, np.argsort(order, axis=-1), -1)

    def __call__(self, logits, p):
        logits = np.asarray(logits, "float64")
        chances = self.chances(logits)
        order = self.order(chances)
        kept = self.kept(np.take_along_axis(chances, order, -1), p)
        return np.where(self.back(kept, order), logits, -np.inf)


sound("top-p", like="keep_top_p")(TopP)


@mutant(
    "top-p leaves out the token that reaches p",
    like="keep_top_p",
    seen="rasbt/reasoning-from-scratch#164",
)
class LeavesOutTheLast(TopP):
    def kept(self, chances, p):
        kept = np.cumsum(chances, -1) <= p
        kept[:, 0] = True
        return kept


@mutant("top-p of a sure model leaves nothing to draw", like="keep_top_p")
class LeavesNothing(TopP):
    def kept(self, chances, p):
        return np.cumsum(chances, -1) <= p


@mutant(
    "top-p keeps the likeliest only when p is 1",
    like="keep_top_p",
    seen="BlinkDL/ChatRWKV#170",
)
class OneIsGreedy(TopP):
    def kept(self, chances, p):
        last = np.argmax(np.cumsum(chances, -1) > p + 1e-9, axis=-1)
        return np.arange(chances.shape[-1]) <= last[:, None]


@mutant(
    "top-p adds up from the least likely token",
    like="keep_top_p",
    seen="dmlc/gluon-nlp#1481",
)
class FromTheLeast(TopP):
    def order(self, chances):
        return np.argsort(chances, axis=-1)


@mutant("top-p does not sort the tokens", like="keep_top_p")
class Unsorted(TopP):
    def order(self, chances):
        return np.broadcast_to(np.arange(chances.shape[-1]), chances.shape)


@mutant("top-p hides sorted places instead of tokens", like="keep_top_p")
class SortedPlaces(TopP):
    def back(self, kept, order):
        return kept


@mutant("top-p reads logits as if they were probabilities", like="keep_top_p")
class ReadsLogits(TopP):
    def chances(self, logits):
        return logits / np.abs(logits).sum(-1, keepdims=True)


@mutant("top-p takes the softmax over the batch", like="keep_top_p")
class OverTheBatch(TopP):
    def chances(self, logits):
        return softmax(logits, axis=0)


@mutant("top-p draws evenly from what it keeps", like="keep_top_p")
class Evenly(TopP):
    def __call__(self, logits, p):
        made = super().__call__(logits, p)
        return np.where(np.isfinite(made), 0.0, made)


@mutant("what top-p filters out gets the logit 0", like="keep_top_p")
class Zeroes(TopP):
    def __call__(self, logits, p):
        made = super().__call__(logits, p)
        return np.where(np.isfinite(made), made, 0.0)


class TopK:
    """Top-k by the k-th largest logit."""

    def least(self, logits, k):
        return -np.sort(-logits, axis=-1)[:, k - 1 : k]

    def __call__(self, logits, k):
        logits = np.asarray(logits, "float64")
        return np.where(logits >= self.least(logits, k), logits, -np.inf)


sound("top-k", like="keep_top_k")(TopK)


@mutant(
    "top-k keeps one more",
    like="keep_top_k",
    seen="kingoflolz/mesh-transformer-jax#164",
)
class OneMore(TopK):
    def least(self, logits, k):
        return super().least(logits, min(k + 1, logits.shape[-1]))


@mutant("top-k keeps the k least likely", like="keep_top_k")
class LeastLikely(TopK):
    def __call__(self, logits, k):
        logits = np.asarray(logits, "float64")
        greatest = np.sort(logits, axis=-1)[:, k - 1 : k]
        return np.where(logits <= greatest, logits, -np.inf)


@mutant("top-k takes its threshold from the whole batch", like="keep_top_k")
class OneThreshold(TopK):
    def least(self, logits, k):
        return super().least(logits, k).max()


class MinP:
    """Min-p by probabilities."""

    def least(self, chances, p):
        return p * chances.max(-1, keepdims=True)

    def __call__(self, logits, p):
        logits = np.asarray(logits, "float64")
        chances = softmax(logits)
        kept = chances >= self.least(chances, p) * (1 - 1e-9)
        return np.where(kept, logits, -np.inf)


sound("min-p", like="keep_min_p")(MinP)


@mutant("min-p does not look at the likeliest token", like="keep_min_p")
class Absolute(MinP):
    def least(self, chances, p):
        return p


@mutant("min-p multiplies logits by p", like="keep_min_p")
class TimesLogit(MinP):
    def __call__(self, logits, p):
        logits = np.asarray(logits, "float64")
        kept = logits >= p * logits.max(-1, keepdims=True)
        return np.where(kept, logits, -np.inf)
