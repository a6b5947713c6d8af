"""Weights of a few queries, where those of all would not fit into memory.

Axes: `t` query position, `s` key position, `r` asked position; `...` what is before.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.shapes import known


def asked_rows(return_weights: bool | list[int], queries: Any) -> list[int] | None:
    """The positions of the queries whose weights alone are asked for.

    Args:
        return_weights: As of a call.
        queries: Number of queries, `t`; it may be unknown.

    Returns:
        `None` if the weights of all are asked for, or of none.

    Raises:
        ValueError: If it is neither a truth value nor positions from 0 to `t - 1`.

    Example:
        >>> asked_rows([0, 2], 3), asked_rows(True, 3)
        ([0, 2], None)
    """
    if isinstance(return_weights, bool):
        return None
    try:
        rows = [int(row) for row in return_weights]
        whole = rows == list(return_weights)
    except (TypeError, ValueError):
        rows, whole = [], False
    end = queries if known(queries) else None
    if not rows or not whole or min(rows) < 0 or (end and max(rows) >= end):
        raise ValueError(
            "return_weights must be True, False, or a list of positions of queries, "
            f"from 0 to {'t - 1' if end is None else end - 1}, got {return_weights!r}"
        )
    return rows


def rows_of(x: Any, rows: list[int], axis: int = -2) -> Any:
    """What belongs to some of the queries, such as their part of a mask.

    Args:
        x: `[..., t, s]`, or 1 in place of `t`, which stands for all; `None` stays.
        rows: Positions of queries.
        axis: Axis of the queries.

    Returns:
        `[..., r, s]`, or 1 in place of `r`.
    """
    alike = x is None or len(x.shape) < -axis or x.shape[axis] == 1
    return x if alike else ops.take(x, rows, axis=axis)


def spec_of_asked(
    layer: Any, *args: Any, return_weights: bool | list[int] = False, **kwargs: Any
) -> Any:
    """What comes out of a call, as `Operation.compute_output_spec` tells it.

    JAX would take positions for numbers to trace.

    Args:
        layer: The layer.
        *args: Arguments of its call.
        return_weights: As of a call.
        **kwargs: More arguments of its call.
    """
    kwargs["return_weights"] = return_weights is not False
    made = keras.Operation.compute_output_spec(layer, *args, **kwargs)
    if isinstance(return_weights, bool):
        return made
    output, weights = made
    *before, queries, keys = weights.shape
    shape = (*before, len(asked_rows(return_weights, queries)), keys)
    return output, keras.KerasTensor(shape, weights.dtype)
