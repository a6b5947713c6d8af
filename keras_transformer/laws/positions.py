"""Laws of positions: layers that add to a sequence, tables, rotations, biases."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    BATCH,
    SEQUENCE,
    numbers,
    require_equal,
    require_finite,
    require_shape,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

LENGTH, LONG, WIDTH = 11, 1009, 14
ADDED = ("positions", "position_table")


def wavelength(positions: Subject) -> float:
    """The option that sets the slowest frequency."""
    return positions.option("max_wavelength", 10_000.0)


def frequencies(positions: Subject) -> Any:
    """The paper's, one for each pair of features."""
    return wavelength(positions) ** (-np.arange(0, WIDTH, 2) / WIDTH)


def _table(positions, length=LENGTH, offset=None):
    """The encodings `[length, WIDTH]`, from a layer or from a table."""
    if positions.kind == "position_table":
        table = positions(length=length, width=WIDTH, offset=offset)
    else:
        nothing = np.zeros((1, length, WIDTH), "float32")
        table = positions(x=nothing, offset=offset)[0]
    table = table[0] if table.ndim == 3 else table
    require_shape(table, (length, WIDTH), "encodings [position, feature]")
    return np.asarray(table, "float64")


def _require_table(got, wanted, what, tolerance):
    require_equal(got, wanted, ("position", "feature"), what, tolerance)


@law("positions")
def a_position_has_one_encoding(positions: Subject) -> None:
    """What is added depends on the position alone, not on content or sentence."""
    x = numbers(BATCH, LENGTH, WIDTH)
    added = positions(x=x) - x
    wanted = _table(positions)[None]
    require_equal(added, wanted, SEQUENCE, "what is added", 5 * positions.tolerance)


@law(*ADDED)
def different_positions_differ(positions: Subject) -> None:
    """No two positions have the same encoding."""
    table = _table(positions)
    require_finite(table, ("position", "feature"), "the encoding")
    far = np.abs(table[:, None] - table[None]).max(-1) + 9 * np.eye(LENGTH)
    if far.min() < 1e-3:
        one, two = np.unravel_index(np.argmin(far), far.shape)
        raise LawBroken(f"positions {one} and {two} have the same encoding")


@law(*ADDED)
def an_offset_continues_the_sequence(positions: Subject) -> None:
    """A part that begins at position 4 gets the encodings from position 4 on."""
    whole = _table(positions)
    part = _table(positions, LENGTH - 4, offset=4)
    _require_table(
        part, whole[4:], "from offset 4 on, the encoding", positions.tolerance
    )


@law(*ADDED, needs={"sinusoidal"})
def a_sinusoidal_encoding_is_made_of_sines_and_cosines(positions: Subject) -> None:
    """Every feature is sin or cos of the position, at the paper's frequencies."""
    table = _table(positions)
    angle = np.arange(LENGTH)[:, None] * frequencies(positions)
    waves = np.concatenate([np.sin(angle), np.cos(angle)], 1)
    for feature in range(WIDTH):
        far = np.abs(table[:, [feature]] - waves).max(0)
        if far.min() > 5 * positions.tolerance:
            raise LawBroken(
                f"feature {feature} is {', '.join(map(show, table[:4, feature]))}, "
                "… at positions 0, 1, 2, 3: no sine or cosine of position / "
                f"{wavelength(positions):g}^(2i / width) runs like that"
            )


@law(*ADDED, needs={"sinusoidal"})
def encodings_compare_by_distance(positions: Subject) -> None:
    """The dot product of two encodings depends on their distance only."""
    table = _table(positions)
    products = table @ table.T
    tolerance = 20 * positions.tolerance
    for distance in range(LENGTH):
        diagonal = np.diagonal(products, distance)
        if (spread := np.ptp(diagonal)) > tolerance:
            raise LawBroken(
                f"the dot product of two encodings, {distance} apart, varies by "
                f"{show(spread)} with the place of the two"
            )


@law(*ADDED, needs={"sinusoidal"})
def every_frequency_of_the_paper_is_there(positions: Subject) -> None:
    """At distance d the dot product is the sum of cos(d · frequency) over them all."""
    table = _table(positions, LONG)
    for distance in (0, 1, 10, 100, 1000):
        product = float(table[0] @ table[distance])
        wanted = float(np.cos(distance * frequencies(positions)).sum())
        if abs(product - wanted) > 20 * positions.tolerance * max(1, abs(wanted)):
            raise LawBroken(
                f"the encodings of positions 0 and {distance} have the dot product "
                f"{show(product)}; with the paper's {WIDTH // 2} frequencies, each as "
                f"sine and cosine, it would be {show(wanted)}"
            )


@law("positions", needs={"sinusoidal"}, craft=True)
def far_positions_are_exact_in_half_precision(positions: Subject) -> None:
    """At position 5,000 the encoding is right under bfloat16, but for one rounding."""
    judged = positions.under("mixed_bfloat16")
    table = _table(judged, LENGTH, offset=5000)
    exact = _table(positions.fresh(), LENGTH, offset=5000)
    _require_table(
        table, exact, "under mixed_bfloat16, from 5000 on, the encoding", 0.01
    )
    angle = np.arange(5000, 5000 + LENGTH)
    fast = np.abs(
        exact[:, :, None] - np.stack([np.sin(angle), np.cos(angle)], 1)[:, None]
    )
    if fast.max(0).min() > 0.01:
        raise LawBroken(
            "from position 5,000 on no feature is sin or cos of the position"
        )


@law("position_bias", unless={"by pair"})
def a_bias_depends_on_distance(bias: Subject) -> None:
    """What is added to a score depends on the distance from query to key only."""
    heads = bias.get("num_heads")
    if heads is None:
        raise NotApplicable("it has no num_heads")
    scores = np.zeros((1, heads, LENGTH, LENGTH), "float32")
    bias(scores=scores)
    added = bias.settled()(scores=scores)[0]
    for distance in range(1 - LENGTH, LENGTH):
        diagonal = np.diagonal(added, distance, 1, 2)
        if (spread := np.ptp(diagonal, -1).max()) > bias.tolerance:
            raise LawBroken(f"at distance {distance} the bias varies by {show(spread)}")
    if np.ptp(added[0, -1]) < 1e-3:
        raise LawBroken("every distance has the same bias")
    part = bias(scores=scores[:, :, 4:6], offset=4)[0]
    axes = ("head", "query", "key")
    require_equal(
        part, added[:, 4:6], axes, "from offset 4 on, the bias", bias.tolerance
    )


@law("position_bias")
def far_distances_keep_their_side(bias: Subject) -> None:
    """Keys far away in the past share a bias, and it is none of those to come."""
    heads, far = bias.get("num_heads"), bias.option("max_distance")
    if heads is None or far is None:
        raise NotApplicable("it has no max_distance")
    length = far + LENGTH
    scores = np.zeros((1, heads, length, length), "float32")
    bias(scores=scores)
    added = bias.settled()(scores=scores)[0]
    past, to_come = added[:, -1, :LENGTH], added[:, 0, 1:]  # of the last, of the first
    if (spread := np.ptp(past, -1).max()) > bias.tolerance:
        raise LawBroken(
            f"from max_distance={far} on, the bias of past keys varies by "
            f"{show(spread)}"
        )
    if bias.option("bidirectional", True):
        apart = np.abs(to_come[:, None] - past[:, :, None]).max(0).min(0)
        if apart.min() < 1e-6:
            raise LawBroken(
                f"a key {length - 1} before its query has the bias of a key "
                f"{1 + int(np.argmin(apart))} after it"
            )
