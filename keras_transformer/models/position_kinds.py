"""The kinds of positions that a Transformer can have, and where each stands."""

from typing import Any

from keras_transformer.positions import (
    AlibiPositions,
    LearnedPositions,
    RelativePositionBias,
    RelativeVectors,
    RotaryPositions,
    SinusoidalPositions,
)

ROTARY = {
    "rotary": {},
    "rotary_half": {"share": 0.5},
    "rotary_ntk": {"scaling": "ntk", "stretch": 2.0},
}
"""Rotary positions: all features of a head are turned, a half of them, or the slow ones
at half their speed."""

POSITIONS = ("sinusoidal", "learned", *ROTARY, "relative", "vectors", "alibi", "none")

FAR = 16
"""From this distance on all share a vector, as in the paper's best models."""


def require_known_positions(kind: str) -> None:
    """Refuse positions that have no meaning.

    Raises:
        ValueError: If `kind` is unknown.
    """
    if kind not in POSITIONS:
        raise ValueError(f"positions must be one of {POSITIONS}, got {kind!r}")


def added_positions(kind: str, max_length: int, dtype: Any, name: str) -> Any:
    """The layer that adds positions to the embeddings, or `None`.

    Args:
        kind: One of `POSITIONS`.
        max_length: Number of learned positions.
        dtype: Dtype policy of the layer.
        name: Name of the layer.
    """
    if kind == "learned":
        return LearnedPositions(max_length, dtype=dtype, name=name)
    if kind == "sinusoidal":
        return SinusoidalPositions(dtype=dtype, name=name)
    return None


def inner_positions(
    kind: str, num_heads: int, max_length: int, causal: bool, dtype: Any = None
) -> Any:
    """The positions inside each self-attention, or `None`.

    Args:
        kind: One of `POSITIONS`.
        num_heads: Number of heads.
        max_length: From this distance on all share a relative bias.
        causal: Whether later keys are hidden, and need no bias.
        dtype: Dtype policy of the layer.
    """
    if kind in ROTARY:
        return RotaryPositions(**ROTARY[kind], dtype=dtype, name="positions")
    if kind == "alibi":
        return AlibiPositions(num_heads, dtype=dtype, name="positions")
    if kind == "vectors":
        far = min(FAR, max_length)
        return RelativeVectors(far, dtype=dtype, name="positions")
    if kind == "relative":
        return RelativePositionBias(
            num_heads,
            max_distance=max_length,
            bidirectional=not causal,
            dtype=dtype,
            name="positions",
        )
    return None
