"""Laws of what stands in a row: norms at the end, parts of their own, causal masks."""

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import context, same_of_all
from keras_transformer.laws.attention import ready as attention_ready
from keras_transformer.laws.blocks import BLOCKS, LENGTH, given, output, ready
from keras_transformer.laws.inputs import (
    BATCH,
    CONTEXT,
    KEYS,
    QUERIES,
    SEQUENCE,
    WIDTH,
    numbers,
    plain,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.residual_streams import silence
from keras_transformer.laws.subject import Subject


@law(*BLOCKS, needs={"a stack"})
def a_stack_ends_normalised(block: Subject) -> None:
    """After the last pre-norm block stands a normalisation: the stream has grown."""
    ready(block)
    silence(block)
    roles = given(block)
    roles["x"] = np.float32(100) * roles["x"]
    made = output(block, **roles).astype("float64")
    square = (made**2).mean(-1)
    if (off := np.abs(square - 1).max()) > 0.05 + block.tolerance:
        raise LawBroken(
            "with every matrix at 0 and an input 100 times as large, the mean square "
            f"of an output is {show(off)} off 1: nothing normalises the stream at the "
            "end of the stack"
        )


@contextlib.contextmanager
def _calls() -> Iterator[list[tuple[Any, Any]]]:
    """Every call of a Keras layer, as pairs (layer, first argument)."""
    called, original = [], keras.layers.Layer.__call__

    def noted(layer, *arguments, **keywords):
        given = [*arguments, *keywords.values()]
        called.append((layer, given[0] if given else None))
        return original(layer, *arguments, **keywords)

    keras.layers.Layer.__call__ = noted
    try:
        yield called
    finally:
        keras.layers.Layer.__call__ = original


@law(*BLOCKS)
def every_part_serves_one_place(block: Subject) -> None:
    """What should differ is no single object: each part is called in one place."""
    if not block.is_layer:
        raise NotApplicable("it has no parts")
    ready(block)
    with _calls() as called:
        output(block, **given(block))
    seen = {}
    for layer, read in called:
        own = layer.trainable_weights and not list(layer._layers)
        if not own:
            continue
        before = seen.setdefault(id(layer), read)
        if before is not read and not _alike(before, read):
            path = layer.trainable_weights[0].path.rpartition("/")[0]
            raise LawBroken(
                f"{path} is called in two places of one pass: what stands there "
                "should have weights of its own"
            )


def _alike(one, two):
    one, two = plain(one), plain(two)
    return one.shape == two.shape and np.array_equal(one, two)


def _takes_causal(judged):
    called = judged.candidate
    called = called.call if judged.is_layer else called
    if "use_causal_mask" not in inspect.signature(called).parameters:
        raise NotApplicable("it takes no use_causal_mask")


@law("multi_head", "attention", *BLOCKS)
def use_causal_mask_hides_what_comes_later(judged: Subject) -> None:
    """The option is the causal mask, and the last query stands on the last key."""
    _takes_causal(judged)
    if judged.kind in BLOCKS:
        ready(judged)
        roles = given(judged)
        mask = np.tri(LENGTH, dtype=bool)[None]
        wanted, axes = output(judged, **roles, mask=mask), SEQUENCE
        made = judged.call_with({"use_causal_mask": True}, **roles, training=False)
        made = plain(made[0] if isinstance(made, tuple | list) else made)
        what = "with use_causal_mask, the output"
        require_equal(made, wanted, axes, what, 5 * judged.tolerance)
        return
    attention_ready(judged, **same_of_all())
    x = numbers(BATCH, KEYS, WIDTH)
    for queries in (KEYS, QUERIES):
        roles = {"query": x[:, :queries], "value": x, "key": x}
        mask = np.tri(queries, KEYS, KEYS - queries, dtype=bool)[None]
        made = judged.call_with({"use_causal_mask": True}, **roles, training=False)
        made = plain(made[0] if isinstance(made, tuple | list) else made)
        wanted = context(judged, **roles, mask=mask)
        what = f"with use_causal_mask, {queries} queries and {KEYS} keys, the context"
        require_equal(made, wanted, CONTEXT, what, 5 * judged.tolerance)
