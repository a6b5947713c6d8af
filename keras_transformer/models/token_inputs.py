"""What a model of two sequences is called with: a dict of token ids.

Axes: `b` batch, `s` source position, `t` target position.
"""

from typing import Any

SIDES = {"source": "[b, s]", "target": "[b, t]"}


def require_inputs(inputs: Any) -> Any:
    """Refuse what is no dict of `"source"` and `"target"`.

    Args:
        inputs: What a model was called with.

    Returns:
        The inputs.

    Raises:
        ValueError: If it is something else, or one of them has other axes.
    """
    if not isinstance(inputs, dict) or not set(SIDES) <= set(inputs):
        got = sorted(inputs) if isinstance(inputs, dict) else type(inputs).__name__
        raise ValueError(
            'inputs must be a dict of token ids, "source" [b, s] and "target" [b, t], '
            f"got {got}"
        )
    for name in SIDES:
        require_tokens(name, inputs[name])
    source, target = (inputs[name].shape[0] for name in SIDES)
    if isinstance(source, int) and isinstance(target, int) and source != target:
        raise ValueError(
            "every source needs one target, "
            f"got source of shape {tuple(inputs['source'].shape)}, "
            f"target of shape {tuple(inputs['target'].shape)}"
        )
    return inputs


def require_tokens(name: str, ids: Any) -> Any:
    """Refuse what is no array `[b, length]`.

    Args:
        name: `"source"` or `"target"`.
        ids: The ids.

    Raises:
        ValueError: If it is ragged, or has other axes.
    """
    if hasattr(ids, "nested_row_splits"):
        raise ValueError(
            f"{name} must be an array {SIDES[name]}, got a ragged tensor: "
            "keras_transformer.tokens.padded fills up short rows"
        )
    shape = getattr(ids, "shape", None)
    if shape is None or len(shape) != 2:
        got = type(ids).__name__ if shape is None else f"shape {tuple(shape)}"
        raise ValueError(f"{name} must be an array {SIDES[name]}, got {got}")
