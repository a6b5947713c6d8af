"""Blocks in NumPy, in float64, and small ones of the package to compare with.

Axes: b batch, t target position, s source position, h head, d width of a head.
"""

import numpy as np
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.models import Block, FeedForward
from keras_transformer.randomness.seeds import copies

B, S, T, HEADS, WIDTH, HIDDEN = 3, 7, 5, 2, 22, 13


OF_BLOCK = ("norm", "normalization", "parallel")


def small(width, heads, hidden, reads_memory=False, dtype=None, gated=False, **parts):
    """A block of the package; what is not its own goes to its attentions."""
    own = {name: parts.pop(name) for name in OF_BLOCK if name in parts}

    def attention(name, **options):
        return MultiHeadAttention(heads, width, name=name, dtype=dtype, **options)

    across = {**parts, "positions": None}
    if score := parts.get("score"):
        (across["score"],) = copies(score, 1)
    return Block(
        attention("self_attention", **parts),
        FeedForward(
            width,
            hidden,
            "silu" if gated else "relu",
            gated=gated,
            name="feed_forward",
            dtype=dtype,
        ),
        attention("cross_attention", **across) if reads_memory else None,
        dtype=dtype,
        **own,
    )


def array(tensor):
    return ops.convert_to_numpy(tensor)


def randomise(layer):
    """Biases and gains that are not 0 and 1, so that a forgotten one shows."""
    random = np.random.default_rng(3)
    for weight in layer.weights:
        if weight.dtype == "float32":
            weight.assign(random.normal(0, 0.5, weight.shape))
    return layer


def normal(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def dense(layer, x):
    kernel, bias = (array(w).astype("float64") for w in layer.weights)
    return x @ kernel + bias


def norm(layer, x):
    gain, *bias = (array(w).astype("float64") for w in layer.weights)
    if not bias:
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * gain
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-6) * gain + bias[0]


def attention(layer, query, value, mask):
    def split(x):
        return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    q = split(dense(layer.query_projection, query))
    k = split(dense(layer.key_projection, value))
    v = split(dense(layer.value_projection, value))
    scores = np.einsum("bhtd,bhsd->bhts", q, k) / np.sqrt(WIDTH / HEADS)
    scores = np.where(mask[:, None], scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    context = np.einsum("bhts,bhsd->bthd", weights, v)
    merged = context.reshape(*query.shape[:2], -1)
    return dense(layer.output_projection, merged), weights


def feed_forward(layer, x):
    hidden = dense(layer.hidden, x)
    if layer.gate is None:
        hidden = np.maximum(hidden, 0.0)
    else:
        gate = dense(layer.gate, x)
        hidden = hidden * gate / (1 + np.exp(-gate))  # silu
    return dense(layer.output_projection, hidden)


def sublayer(residual, x, function):
    if residual.norm == "pre":
        return x + function(norm(residual.normalization, x))
    if residual.norm == "both":
        y = function(norm(residual.normalization, x))
        return x + norm(residual.output_normalization, y)
    return norm(residual.normalization, x + function(x))


def encoder_block(block, x, mask):
    seen = {}

    def attend(x):
        output, seen["weights"] = attention(block.self_attention, x, x, mask)
        return output

    if block.parallel:
        both = sublayer(
            block.self_residual,
            x,
            lambda x: attend(x) + feed_forward(block.feed_forward, x),
        )
        return both, seen["weights"]
    x = sublayer(block.self_residual, x, attend)
    x = sublayer(
        block.feed_forward_residual, x, lambda x: feed_forward(block.feed_forward, x)
    )
    return x, seen["weights"]


def decoder_block(block, x, memory, mask, memory_mask):
    def look_back(x):
        return attention(block.self_attention, x, x, mask)[0]

    def look_across(x):
        return attention(block.cross_attention, x, memory, memory_mask)[0]

    x = sublayer(block.self_residual, x, look_back)
    x = sublayer(block.cross_residual, x, look_across)
    return sublayer(
        block.feed_forward_residual, x, lambda x: feed_forward(block.feed_forward, x)
    )


def source_mask():
    mask = np.ones((B, 1, S), bool)
    mask[0, 0, 5:] = mask[1, 0, 2:] = False
    return mask


def target_mask():
    return np.tril(np.ones((1, T, T), bool))
