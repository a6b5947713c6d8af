"""The equations of the papers, in NumPy float64, one number at a time."""

import itertools

import keras
import numpy as np

from keras_transformer.attention import (
    Additive,
    Bilinear,
    Dot,
    Entmax,
    LearnedTemperature,
    Linear,
    QueryKeyNorm,
    ScaledDot,
    Sigmoid,
    SinkSoftmax,
    SoftCap,
    Softmax,
    Sparsemax,
    TemperedSoftmax,
    TopK,
)

# What stands before, queries, keys. Few, and the same for scores, weightings and
# attention, since some backends compile every operation for every shape.
SHAPES = [
    ((2,), 5, 3),
    ((2,), 0, 3),
    ((2, 3), 4, 0),
    ((2, 3), 1, 1),
    ((2, 3), 3, 5),
]


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def scores(rule, query, key):
    """Apply `rule(q, k) → number` to every pair, with all that stands before."""
    query, key = np.asarray(query, "float64"), np.asarray(key, "float64")
    out = np.zeros((*query.shape[:-1], key.shape[-2]))
    for place in np.ndindex(*out.shape):
        *before, t, s = place
        out[place] = rule(query[(*before, t)], key[(*before, s)])
    return out


def dot(q, k):
    return sum(a * b for a, b in zip(q, k, strict=True))


def scaled_dot(q, k):
    return dot(q, k) / len(q) ** 0.5


def general(q, k, kernel):
    rows, columns = kernel.shape
    pairs = itertools.product(range(rows), range(columns))
    return sum(q[i] * kernel[i, j] * k[j] for i, j in pairs)


def concat(q, k, kernel, bias):
    return np.concatenate([q, k]) @ kernel[:, 0] + bias


def additive(q, k, query_kernel, key_kernel, vector):
    return vector @ np.tanh(query_kernel.T @ q + key_kernel.T @ k)


def soft_cap(q, k):
    return 2 * np.tanh(scaled_dot(q, k) / 2)


def over_rms(x):
    return x / np.sqrt(np.mean(x**2) + 1e-6)


SCORES = {
    "dot": (Dot, dot),
    "scaled_dot": (ScaledDot, scaled_dot),
    "bilinear": (Bilinear, general),
    "linear": (Linear, concat),
    "additive": (lambda **kwargs: Additive(11, **kwargs), additive),
    "additive_chunked": (lambda **kwargs: Additive(11, chunk=2, **kwargs), additive),
    "soft_cap_of_dot": (lambda **kwargs: SoftCap(2.0, **kwargs), soft_cap),
    "temperature_of_dot": (
        LearnedTemperature,
        lambda q, k, log: scaled_dot(q, k) / np.exp(log[0]),
    ),
    "norm_of_dot": (
        lambda **kwargs: QueryKeyNorm(learned_scale=False, **kwargs),
        lambda q, k: scaled_dot(over_rms(q), over_rms(k)),
    ),
    "norm_of_additive": (
        lambda **kwargs: QueryKeyNorm(Additive(11, **kwargs), **kwargs),
        lambda q, k, scale, *w: additive(scale[0] * over_rms(q), over_rms(k), *w),
    ),
}


def score_oracle(name, layer):
    """The rule of a built layer, with its weights."""
    weights = [np.asarray(w, "float64") for w in layer.get_weights()]
    return lambda q, k: SCORES[name][1](q, k, *weights)


def weigh(rule, scores, mask=None):
    """Apply `rule(visible scores) → weights` to every query."""
    scores = np.asarray(scores, "float64")
    mask = np.ones(scores.shape, bool) if mask is None else mask
    mask = np.broadcast_to(mask, scores.shape)
    out = np.zeros(scores.shape)
    for place in np.ndindex(*scores.shape[:-1]):
        seen = mask[place]
        if seen.any():
            out[place][seen] = rule(scores[place][seen])
    return out


def softmax(row):
    exponential = np.exp(row - row.max())
    return exponential / exponential.sum()


def sink(height):
    def rule(row):
        return softmax(np.append(row, height))[:-1]

    return rule


def sigmoid(row):
    return 1 / (1 + len(row) * np.exp(-row))


def sparsemax(row):
    """The threshold of Martins and Astudillo 2016, algorithm 1: sort, then cut."""
    falling = np.sort(row)[::-1]
    threshold = (np.cumsum(falling) - 1) / np.arange(1, len(row) + 1)
    return np.maximum(row - threshold[falling > threshold][-1], 0)


def entmax(row):
    """The threshold of Peters et al. 2019, algorithm 2, for alpha = 1.5."""
    falling = np.sort(row / 2)[::-1]
    count = np.arange(1, len(row) + 1)
    mean = np.cumsum(falling) / count
    spread = np.cumsum(falling**2) - count * mean**2
    threshold = mean - np.sqrt(np.maximum((1 - spread) / count, 0))
    return np.maximum(row / 2 - threshold[threshold <= falling][-1], 0) ** 2


def top_k(k, renormalize=False):
    def rule(row):
        # sorted() is stable: of equal scores the first stays first
        best = sorted(range(len(row)), key=lambda s: -row[s])[:k]
        out = np.zeros(len(row))
        out[best] = softmax(row[best]) if renormalize else 1.0
        return out

    return rule


WEIGHTINGS = {
    "softmax": (Softmax, softmax),
    "top_1": (lambda **kwargs: TopK(1, **kwargs), top_k(1)),
    "top_3": (lambda **kwargs: TopK(3, **kwargs), top_k(3)),
    "top_3_renormalized": (
        lambda **kwargs: TopK(3, renormalize=True, **kwargs),
        top_k(3, renormalize=True),
    ),
    "sink": (lambda **kwargs: SinkSoftmax(initializer="ones", **kwargs), sink(1.0)),
    "off_by_one": (lambda **kwargs: SinkSoftmax(False, **kwargs), sink(0.0)),
    "sigmoid": (Sigmoid, sigmoid),
    "sparsemax": (Sparsemax, sparsemax),
    "entmax": (Entmax, entmax),
    "tempered": (
        lambda **kwargs: TemperedSoftmax(0.5, **kwargs),
        lambda row: softmax(2 * row),
    ),
}


def multi_head_attention_of_keras(ours):
    """The layer of Keras with the weights of ours, built for one width."""
    heads, size, width = ours.num_heads, ours.head_dim, ours.width
    theirs = keras.layers.MultiHeadAttention(heads, size, output_shape=width)
    entering = ours.query_projection.kernel.shape[0]
    theirs.build(*[(None, None, entering)] * 3)
    weights = []
    for part in ("query", "key", "value"):
        kernel, bias = getattr(ours, f"{part}_projection").get_weights()
        weights += [kernel.reshape(entering, heads, size), bias.reshape(heads, size)]
    kernel, bias = ours.output_projection.get_weights()
    theirs.set_weights([*weights, kernel.reshape(heads, size, width), bias])
    return theirs
