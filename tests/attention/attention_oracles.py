"""The equations of the papers, in NumPy float64, one number at a time."""

import itertools

import keras
import numpy as np

from keras_transformer.attention import (
    Additive,
    Bilinear,
    Dot,
    Linear,
    ScaledDot,
    Softmax,
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


SCORES = {
    "dot": (Dot, dot),
    "scaled_dot": (ScaledDot, scaled_dot),
    "bilinear": (Bilinear, general),
    "linear": (Linear, concat),
    "additive": (lambda **kwargs: Additive(11, **kwargs), additive),
    "additive_chunked": (lambda **kwargs: Additive(11, chunk=2, **kwargs), additive),
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
