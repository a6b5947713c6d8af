"""The loop of a search: step after step, and who has ended is not computed any more.

Axes: `b` sentence, `n` rows of all sentences, each sentence with as many, one behind
the other.
"""

from collections.abc import Callable
from typing import Any

from keras import ops, tree

from keras_transformer.system.devices import accelerated

ASKED_EVERY = 8  # steps on an accelerator, which waits whenever the host asks it
QUARTER = 4  # the next loop has so many times fewer sentences
SMALLEST = 16  # sentences: a loop for fewer is not worth its compiling


def search(
    extend: Callable[..., tuple],
    unfinished: Callable[..., Any],
    found: Any,
    state: Any,
    steps: int,
    apart: bool = True,
) -> Any:
    """Extend what is found until every sentence has ended, or for so many steps.

    **On a processor** the time of a step grows with its rows, and a batch runs as long
    as its longest translation. In a batch of 64 sentences or more, as soon as only a
    quarter goes on, these are gathered, and a loop over so many rows goes on with them,
    and so forth down to 16. Every loop is compiled for itself, which takes seconds:
    small batches have one.

    **On an accelerator** rows are cheap, and it is dear to ask after each step whether
    there is one more: it is asked after 8.

    Args:
        extend: A function `(index, found, state) → (found, state)`, one step. What has
            ended it leaves as it is.
        unfinished: A function `(index, found) → boolean [b]`.
        found: A nest of arrays, each with the sentences, or their rows, first.
        state: The state of the model, likewise.
        steps: How many there are at most.
        apart: Whether a sentence may change its place in the batch: not where `extend`
            knows others by theirs.

    Returns:
        What is found, every sentence at its own place.
    """
    index = ops.convert_to_tensor(0, "int32")
    if accelerated():
        return _asked_seldom(extend, unfinished, (index, found, state), steps)
    batch = unfinished(index, found).shape[0]
    sizes = _sizes(batch) if apart and isinstance(batch, int) else [None]
    whole, places = found, None
    for smaller in [*sizes[1:], 0]:

        def goes_on(index, found, state, smaller=smaller):
            left = ops.sum(ops.cast(unfinished(index, found), "int32"))
            return ops.logical_and(left > smaller, index < steps)

        values = ops.while_loop(goes_on, _step(extend), (index, found, state))
        index, found, state = values
        whole = found if places is None else _put(whole, places, found)
        if smaller:
            ended = ops.logical_not(unfinished(index, found))
            # Those that go on, in their order, before those that have ended.
            first = ops.argsort(ops.cast(ended, "int32"), axis=0)[:smaller]
            first = ops.cast(first, "int32")
            found, state = (
                _take(x, first, ops.shape(ended)[0]) for x in (found, state)
            )
            places = first if places is None else ops.take(places, first, axis=0)
    return whole


def _sizes(batch):
    """How many sentences each loop has."""
    sizes = [batch]
    while sizes[-1] >= QUARTER * SMALLEST:
        sizes.append(sizes[-1] // QUARTER)
    return sizes


def _step(extend):
    return lambda index, found, state: (index + 1, *extend(index, found, state))


def _asked_seldom(extend, unfinished, values, steps):
    """The loop in pieces of so many steps, and what is left of them one by one."""
    step = _step(extend)

    def goes_on(index, found, state):
        return ops.any(unfinished(index, found))

    def piece(*values):
        return ops.fori_loop(0, ASKED_EVERY, lambda _, values: step(*values), values)

    for body, times in ((piece, steps // ASKED_EVERY), (step, steps % ASKED_EVERY)):
        if times:
            values = ops.while_loop(goes_on, body, values, maximum_iterations=times)
    return values[1]


def _rows(leaf, sentences, batch):
    """The rows of some sentences, of a leaf with as many rows for each."""
    count = ops.shape(leaf)[0] // batch
    rows = ops.expand_dims(sentences * count, 1) + ops.arange(count, dtype="int32")
    return ops.reshape(rows, (-1,))


def _take(nest, sentences, batch):
    return tree.map_structure(
        lambda leaf: ops.take(leaf, _rows(leaf, sentences, batch), axis=0), nest
    )


def _put(whole, places, found):
    batch = ops.shape(places)[0]

    def put(leaf, part):
        count = ops.shape(part)[0] // batch
        rows = ops.expand_dims(places * count, 1) + ops.arange(count, dtype="int32")
        return ops.scatter_update(leaf, ops.reshape(rows, (-1, 1)), part)

    return tree.map_structure(put, whole, found)
