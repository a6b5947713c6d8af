"""Laws of positions: layers that add to a sequence, tables, rotations, biases."""

import numpy as np

from keras_transformer.laws.law import LawBroken, NotApplicable, law
from keras_transformer.laws.probes import (
    BATCH,
    SEQUENCE,
    numbers,
    require_equal,
    require_finite,
    require_shape,
    show,
)

LENGTH, WIDTH = 11, 14
ADDED = ("positions", "position_table")


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
def a_position_has_one_encoding(positions):
    """What is added depends on the position alone, not on content or sentence."""
    x = numbers(BATCH, LENGTH, WIDTH)
    added = positions(x=x) - x
    wanted = _table(positions)[None]
    require_equal(added, wanted, SEQUENCE, "what is added", 5 * positions.tolerance)


@law(*ADDED)
def different_positions_differ(positions):
    """No two positions have the same encoding."""
    table = _table(positions)
    require_finite(table, ("position", "feature"), "the encoding")
    far = np.abs(table[:, None] - table[None]).max(-1) + 9 * np.eye(LENGTH)
    if far.min() < 1e-3:
        one, two = np.unravel_index(np.argmin(far), far.shape)
        raise LawBroken(f"positions {one} and {two} have the same encoding")


@law(*ADDED)
def an_offset_continues_the_sequence(positions):
    """A part that begins at position 4 gets the encodings from position 4 on."""
    whole = _table(positions)
    part = _table(positions, LENGTH - 4, offset=4)
    _require_table(
        part, whole[4:], "from offset 4 on, the encoding", positions.tolerance
    )


@law(*ADDED, needs={"sinusoidal"})
def a_sinusoidal_encoding_is_made_of_sines_and_cosines(positions):
    """Every feature is sin or cos of the position, at the paper's frequencies."""
    table = _table(positions)
    position = np.arange(LENGTH)[:, None]
    angle = position / 10_000.0 ** (np.arange(0, WIDTH, 2) / WIDTH)
    waves = np.concatenate([np.sin(angle), np.cos(angle)], 1)
    for feature in range(WIDTH):
        far = np.abs(table[:, [feature]] - waves).max(0)
        if far.min() > 5 * positions.tolerance:
            raise LawBroken(
                f"feature {feature} is {', '.join(map(show, table[:4, feature]))}, "
                "… at positions 0, 1, 2, 3: no sine or cosine of position / "
                "10000^(2i / width) runs like that"
            )


@law(*ADDED, needs={"sinusoidal"})
def encodings_compare_by_distance(positions):
    """The dot product of two encodings depends on their distance only."""
    table = _table(positions)
    products = table @ table.T
    frequency = 10_000.0 ** (-np.arange(0, WIDTH, 2) / WIDTH)
    distance = np.arange(LENGTH)[:, None] - np.arange(LENGTH)[None]
    wanted = np.cos(distance[..., None] * frequency).sum(-1)
    require_equal(
        products,
        wanted,
        ("position", "position"),
        "the dot product of two encodings",
        20 * positions.tolerance,
    )


@law("positions", needs={"sinusoidal"}, craft=True)
def far_positions_are_exact_in_half_precision(positions):
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


@law("rotary")
def a_rotation_keeps_lengths(rotate):
    """A turned vector is as long as before, and position 0 is not turned at all."""
    x = numbers(BATCH, 3, LENGTH, WIDTH)
    turned = rotate(x=x)
    require_shape(turned, x.shape, "turned vectors")
    require_equal(
        np.linalg.norm(turned, axis=-1),
        np.linalg.norm(x, axis=-1),
        ("batch", "head", "position"),
        "the length of a turned vector",
        5 * rotate.tolerance,
    )
    axes = ("batch", "head", "position", "feature")
    require_equal(
        turned[:, :, :1], x[:, :, :1], axes, "at position 0", rotate.tolerance
    )


def _turned_products(rotate, offset):
    query = np.repeat(numbers(1, 1, 1, WIDTH), LENGTH, 2)
    key = np.repeat(numbers(1, 1, 1, WIDTH, seed=1), LENGTH, 2)
    return (
        rotate(x=query, offset=offset)[0, 0].astype("float64")
        @ rotate(x=key, offset=offset)[0, 0].astype("float64").T
    )


@law("rotary")
def turned_products_depend_on_distance(rotate):
    """Query and key, both turned, have a dot product that depends on distance only."""
    products = _turned_products(rotate, 0)
    pairs = ("query position", "key position")
    for distance in range(1, LENGTH):
        for side in (distance, -distance):
            diagonal = np.diagonal(products, side)
            if (spread := np.ptp(diagonal)) > 50 * rotate.tolerance:
                raise LawBroken(
                    f"at distance {side} the products differ by {show(spread)}"
                )
    if np.ptp(products[0]) < 1e-2:
        raise LawBroken("the products do not depend on the distance at all")
    require_equal(
        _turned_products(rotate, 7),
        products,
        pairs,
        "7 positions later, the product",
        50 * rotate.tolerance,
    )


@law("rotary", craft=True)
def far_rotations_are_exact_in_half_precision(rotate):
    """At position 5,000 the turn is right under bfloat16, but for one rounding."""
    judged = rotate.under("mixed_bfloat16")
    x = np.sign(numbers(1, 1, LENGTH, WIDTH))
    axes = ("batch", "head", "position", "feature")
    got, wanted = judged(x=x, offset=5000), rotate(x=x, offset=5000)
    require_equal(got, wanted, axes, "from position 5000 on, the number", 0.02)


@law("position_bias")
def a_bias_depends_on_distance(bias):
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
