"""Laws of several heads: how they share the width."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import context, inputs, ready, weights
from keras_transformer.laws.inputs import (
    BATCH,
    CONTEXT,
    KEYS,
    QUERIES,
    VALUE_WIDTH,
    WIDTH,
    numbers,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def _heads(attend):
    """As many as it says, or as its weights have."""
    if heads := attend.get("num_heads"):
        return heads
    shares = attend.answered(
        "its weights", lambda: weights(ready(attend.fresh()), **inputs())
    )
    if shares.ndim != 4:
        raise NotApplicable("it has no num_heads, and its weights show none")
    return shares.shape[1]


def _width(attend):
    """As wide as it says, or as what comes out."""
    width = attend.get("width") or (attend.get("key_dim") or 0) * _heads(attend)
    return width or context(ready(attend.fresh()), **inputs()).shape[-1]


def _plain_heads(attend):
    """Refuse what changes the count of projections: grouped heads, positions inside."""
    for option in ("num_key_value_heads", "key_value_heads", "kv_heads"):
        if attend.get(option) not in (None, _heads(attend)):
            raise NotApplicable("its heads share keys and values")
    if attend.get("positions") is not None:
        raise NotApplicable("it turns or biases by position")


@law("multi_head", unless={"hard"})
def heads_look_at_different_keys(attend: Subject) -> None:
    """Each head has weights of its own."""
    if _heads(attend) < 2:
        raise NotApplicable("it has one head")
    ready(attend)
    shares = weights(attend, **inputs())
    if shares.ndim != 4 or shares.shape[1] != _heads(attend):
        raise LawBroken(
            f"{_heads(attend)} heads should give weights [batch, head, query, key], "
            f"got shape {shares.shape}"
        )
    if (far := np.abs(shares[:, 0] - shares[:, 1]).max()) < 1e-3:
        raise LawBroken(f"heads 0 and 1 weigh alike, to within {show(far)}")


@law("multi_head", unless={"gated"})
def heads_share_the_width(attend: Subject) -> None:
    """H heads cost what one head costs: three projections in, one out, and no more."""
    _plain_heads(attend)
    if not {"softmax", "a scaled dot product"} <= attend.traits:
        raise NotApplicable("its score may have weights too")
    width = _width(attend)
    out = context(ready(attend), **inputs()).shape[-1]
    weights_of = attend.candidate.trainable_weights
    found = sum(int(np.prod(w.shape)) for w in weights_of)
    matrices = (2 * WIDTH + VALUE_WIDTH + out) * width
    if found not in (matrices, matrices + 3 * width + out):
        raise LawBroken(
            f"it has {found:,} weights; projections of widths {WIDTH}, {WIDTH}, "
            f"{VALUE_WIDTH} to {width} and of {width} to {out} have {matrices:,}, "
            f"with biases {matrices + 3 * width + out:,}"
        )


@law("multi_head", needs={"softmax", "a scaled dot product"}, unless={"gated"})
def each_head_attends_in_its_own_slice(attend: Subject) -> None:
    """With identity projections, head i is attention on its d columns, scaled by √d."""
    _plain_heads(attend)
    width, heads = _width(attend), _heads(attend)
    if width % heads:
        raise NotApplicable("its heads do not divide its width")
    size = width // heads
    query = numbers(BATCH, QUERIES, width)
    key = numbers(BATCH, KEYS, width, seed=1)
    value = numbers(BATCH, KEYS, width, seed=2)
    roles = {"query": query, "value": value, "key": key}
    context(attend, **roles)
    kernels = 0
    for weight in attend.candidate.trainable_weights:
        if np.prod(weight.shape) == width * width:
            weight.assign(np.eye(width).reshape(weight.shape))
            kernels += 1
        else:
            weight.assign(np.zeros(weight.shape))
    if kernels != 4:
        raise NotApplicable("it does not have four square projections")

    def split(x):
        return x.astype("float64").reshape(*x.shape[:2], heads, size)

    def answer(divisor):
        scores = np.einsum("bthd,bshd->bhts", split(query), split(key)) / divisor
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        made = np.einsum("bhts,bshd->bthd", shares, split(value))
        return made.reshape(BATCH, QUERIES, width)

    got, tolerance = context(attend, **roles), 10 * attend.tolerance
    try:
        require_equal(got, answer(size**0.5), CONTEXT, "the context", tolerance)
    except LawBroken as broken:
        # Told apart from heads that are mixed up: only the scale is wrong.
        for divisor, name in (
            (width**0.5, f"√{width}, the root of the whole width"),
            (1.0, "nothing"),
            (size, f"{size}, without the root"),
            (KEYS**0.5, f"√{KEYS}, the root of the number of keys"),
        ):
            if np.abs(got - answer(divisor)).max() < tolerance:
                raise LawBroken(
                    f"{broken}; the heads are right, the scores are divided by {name}, "
                    f"not by √{size}, the root of a head's width"
                ) from None
        raise
