"""Which kernel computes a softmax attention: the one place that chooses."""

import math
from typing import Any

import keras

from keras_transformer.attention.kernels.fused import fits_fused, fused_attention
from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import (
    SCORES_AT_ONCE as MANY_SCORES_OF_ALL_HEADS,
)
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks
from keras_transformer.masks import CausalMask, causal_mask
from keras_transformer.system.devices import accelerated, compiled, only_shapes

# From so many pairs of query and key on, an array of all scores costs more than to make
# a block of scores at a time, and to make it twice for the gradient. On a processor;
# a GPU would rather make them all, as long as there is memory for those of all heads.
MANY_SCORES = 512 * 512
# Without a compiler all scores at once would be as fast forward, and faster by a tenth
# with a gradient, for which they are still there: blocks only save memory.
MANY_SCORES_NOT_COMPILED = 1024 * 1024
HALF = ("float16", "bfloat16")


def kernel_for(query: Any, key: Any, value: Any) -> Any:
    """A kernel that is better than an array of all scores, if there is one.

    | where | from how many scores on | kernel |
    |---|---|---|
    | PyTorch, but not float64 | all | `fused_attention` |
    | JAX on a GPU in 16 bits | all | `fused_attention` |
    | else on a GPU | 2²⁶ of all heads | `attention_in_wide_blocks` |
    | a processor, compiled | 512 · 512 of a head | `attention_in_blocks` |
    | a processor, not compiled | 1,024 · 1,024 of a head | `attention_in_blocks` |

    The rule for what is asked stands in `Attention`: any of these computes a softmax
    of products, without a bias, dropout, or the weights of every query.

    Args:
        query: Queries `[..., t, d]`; lengths may be unknown.
        key: Keys `[..., s, d]`, likewise.
        value: Values `[..., s, v]`, likewise.

    Returns:
        A function `(query, key, value, mask) → context` for `masked_softmax(query ·
        key) · value`; `None` where the three steps are best taken one by one.
    """
    # What is None will be known when it runs, as in TensorFlow; with a symbol, as in
    # JAX, nothing runs: only shapes are asked for.
    if only_shapes(query) or not all(
        n is None or isinstance(n, int) for n in query.shape
    ):
        return None
    fits = fits_fused(query.shape, key.shape, value.shape)
    if fits and _brings_a_kernel(query):
        return fused_attention
    queries, keys = query.shape[-2], key.shape[-2]
    if not (isinstance(queries, int) and isinstance(keys, int)):
        return None
    if accelerated():
        heads = math.prod(n or 1 for n in query.shape[:-2])
        many = heads * queries * keys > MANY_SCORES_OF_ALL_HEADS
        return attention_in_wide_blocks if many else None
    many = MANY_SCORES if compiled(query) else MANY_SCORES_NOT_COMPILED
    return attention_in_blocks if queries * keys >= many else None


def may_cut_queries(queries: Any, keys: Any) -> bool:
    """Whether `attention_in_blocks` may be chosen for so many: its masks can be rules.

    Args:
        queries: Number of queries, `t`; `None` or a tensor if it is not known.
        keys: Number of keys, `s`, likewise.
    """
    if not (isinstance(queries, int) and isinstance(keys, int)):
        return False
    if keras.backend.backend() == "torch" or accelerated():
        return False
    return queries * keys >= MANY_SCORES


def causal_for(layer: Any, length: Any) -> Any:
    """The causal mask of a sequence, to call a layer of attentions with.

    Args:
        layer: The layer.
        length: Number of positions, `t`: an integer, or an integer scalar tensor.

    Returns:
        `CausalMask` where its rows may be all that a kernel needs; else the array.
    """
    # What is rematerialised is called with arrays alone on JAX.
    plain = getattr(layer, "_remat_mode", None) is None
    rule = plain and may_cut_queries(length, length)
    return CausalMask() if rule else causal_mask(length)


def _brings_a_kernel(query):
    """Whether the backend has an attention of its own for such numbers."""
    dtype = keras.backend.standardize_dtype(query.dtype)
    if keras.backend.backend() == "torch":
        return dtype != "float64"
    return keras.backend.backend() == "jax" and dtype in HALF and accelerated()
