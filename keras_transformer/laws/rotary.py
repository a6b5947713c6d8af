"""Laws of rotations by position: queries and keys `[b, h, t, d]`, turned."""

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import (
    BATCH,
    numbers,
    require_equal,
    require_shape,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.positions import (
    LENGTH,
    LONG,
    WIDTH,
    frequencies,
    wavelength,
)
from keras_transformer.laws.subject import Subject

AXES = ("batch", "head", "position", "feature")


@law("rotary")
def a_rotation_keeps_lengths(rotate: Subject) -> None:
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
    require_equal(
        turned[:, :, :1], x[:, :, :1], AXES, "at position 0", rotate.tolerance
    )


def _turned_products(rotate, offset):
    query = np.repeat(numbers(1, 1, 1, WIDTH), LENGTH, 2)
    key = np.repeat(numbers(1, 1, 1, WIDTH, seed=1), LENGTH, 2)
    return (
        rotate(x=query, offset=offset)[0, 0].astype("float64")
        @ rotate(x=key, offset=offset)[0, 0].astype("float64").T
    )


@law("rotary")
def turned_products_depend_on_distance(rotate: Subject) -> None:
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


@law("rotary")
def a_rotation_continues_at_an_offset(rotate: Subject) -> None:
    """A part that begins at position 4 is turned as it is within the whole."""
    x = numbers(BATCH, 3, LENGTH, WIDTH)
    whole = rotate(x=x)[:, :, 4:]
    part = rotate(x=x[:, :, 4:], offset=4)
    what = "from offset 4 on, the turned number"
    require_equal(part, whole, AXES, what, 5 * rotate.tolerance)


@law("rotary", unless={"in part", "stretched"})
def a_rotation_turns_at_the_papers_frequencies(rotate: Subject) -> None:
    """Each pair of features turns by position / 10000^(2i / d), i from 0 on."""
    wanted = np.cos(np.arange(LONG)[:, None] * frequencies(rotate))
    # What is left of a feature that stood alone is the cosine of its angle. Head i
    # holds feature i.
    alone = np.repeat(np.eye(WIDTH, dtype="float32")[None, :, None], LONG, 2)
    turned = rotate(x=alone)[0]
    missing = list(range(WIDTH // 2)) * 2
    for feature in range(WIDTH):
        left = turned[feature, :, feature]
        far = np.abs(left[:, None] - wanted).max(0)
        found = int(np.argmin(far))
        if far[found] > 5 * rotate.tolerance or found not in missing:
            raise LawBroken(
                f"feature {feature}, alone, is {', '.join(map(show, left[:4]))}, … "
                "after its turn at positions 0, 1, 2, 3: no cosine of position / "
                f"{wavelength(rotate):g}^(2i / {WIDTH}) that is not yet found twice"
            )
        missing.remove(found)


def _turned(rotate):
    """How many features are turned."""
    return round(rotate.option("share", 1.0) * WIDTH)


@law("rotary", needs={"in part"})
def features_beyond_the_share_are_left_alone(rotate: Subject) -> None:
    """Only the first features are turned, as many as the share says."""
    width = _turned(rotate)
    x = numbers(BATCH, 3, LENGTH, WIDTH)
    turned = rotate(x=x, offset=2)
    what = f"beyond the {width} features that are turned, the number"
    require_equal(turned[..., width:], x[..., width:], AXES, what, rotate.tolerance)
    other = x.copy()
    other[..., width:] += 1
    after = rotate(x=other, offset=2)[..., :width]
    what = "after the others changed, a turned number"
    require_equal(after, turned[..., :width], AXES, what, rotate.tolerance)


@law("rotary", needs={"stretched"})
def a_stretched_rotation_is_slower(rotate: Subject) -> None:
    """Stretched, the slowest pair turns as much slower; linearly, every pair does."""
    stretch, width = rotate.option("stretch", 1.0), _turned(rotate)
    scaling, places = rotate.option("scaling", "linear"), np.arange(LENGTH)
    exponent = np.arange(0, width, 2) / width
    if scaling == "ntk":  # another base, with which the last pair is slower by stretch
        base = wavelength(rotate) * stretch ** (width / (width - 2))
        frequency = base**-exponent
    else:
        frequency = wavelength(rotate) ** -exponent / stretch
    x = np.zeros((1, 1, LENGTH, WIDTH), "float32")
    x[..., : width // 2] = 1  # turned, the first of each pair is its cosine
    wanted = np.cos(np.outer(places, frequency))[None, None]
    got = np.sort(rotate(x=x)[..., : width // 2], -1)
    what = f"with stretch={stretch:g}, {scaling}, a cosine"
    require_equal(got, np.sort(wanted, -1), AXES, what, 5 * rotate.tolerance)


@law("rotary", craft=True)
def far_rotations_are_exact_in_half_precision(rotate: Subject) -> None:
    """At position 5,000 the turn is right under bfloat16, but for one rounding."""
    judged = rotate.under("mixed_bfloat16")
    x = np.sign(numbers(1, 1, LENGTH, WIDTH))
    got, wanted = judged(x=x, offset=5000), rotate(x=x, offset=5000)
    require_equal(got, wanted, AXES, "from position 5000 on, the number", 0.02)
