"""Handwritten digits: alone, several in a scene, and pixel by pixel.

Axes: `n` picture, `t` target position; pictures are `[row, column]`.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_transformer.tokens import END, START

SIDE = 8  # pixels of a digit
HEIGHT, WIDTH = 12, 28  # pixels of a scene
COLUMN, ROW, DIGIT = 4, 25, 30  # the ids of column 0, of row 0 and of the digit 0
SCENE_VOCABULARY = 40
LEVELS, GREY, CLASS = 4, 4, 8  # the ids of black and of the class 0
PIXEL_VOCABULARY = 18


class Digits(NamedTuple):
    """The digits that come with scikit-learn, greys from 0 to 1."""

    train: np.ndarray  # float32 [1297, 8, 8]
    train_labels: np.ndarray
    test: np.ndarray  # float32 [500, 8, 8]
    test_labels: np.ndarray


class Scenes(NamedTuple):
    """Pictures of several digits, and what is to be read there."""

    pictures: np.ndarray  # float32 [n, HEIGHT, WIDTH]
    tokens: np.ndarray  # int32 [n, t]: column, row, digit, …, END, padding


def digits() -> Digits:
    """1,797 digits that 43 people wrote, in one fixed split.

    Source: Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits".
    """
    from sklearn.datasets import load_digits  # takes a second

    found = load_digits()
    order = np.random.default_rng(1).permutation(len(found.target))
    images, labels = np.float32(found.images / 16)[order], found.target[order]
    return Digits(images[:1297], labels[:1297], images[1297:], labels[1297:])


def patches(pictures: np.ndarray, size: int) -> np.ndarray:
    """Pictures cut into squares, in reading order, each a vector of its pixels.

    Args:
        pictures: `[n, row, column]`.
        size: Rows, and columns, of a patch; divides those of the pictures.

    Returns:
        `[n, patch, size · size]`.

    Example:
        >>> patches(np.arange(16).reshape(1, 4, 4), 2)[0, :2].tolist()
        [[0, 1, 4, 5], [2, 3, 6, 7]]

    Source: Dosovitskiy et al. 2021, section 3.1.
    """
    count, rows, columns = pictures.shape
    cut = pictures.reshape(count, rows // size, size, columns // size, size)
    return cut.transpose(0, 1, 3, 2, 4).reshape(count, -1, size * size)


def scenes(
    images: np.ndarray, labels: np.ndarray, count: int, seed: int, most: int = 3
) -> Scenes:
    """Digits at random places of a black canvas, none over another.

    Args:
        images: The digits `[n, 8, 8]`.
        labels: What they are.
        count: Number of scenes.
        seed: Seed of all that is drawn.
        most: Most digits in a scene; as many have fewer.
    """
    dice = np.random.default_rng(seed)
    pictures = np.zeros((count, HEIGHT, WIDTH), "float32")
    tokens = np.zeros((count, 3 * most + 1), "int32")
    wanted, side = dice.integers(1, most + 1, size=count), np.arange(SIDE)
    # The room that is left is dealt out before, between and behind them.
    room = WIDTH - SIDE * wanted + 1
    gaps = np.floor(dice.random((count, most)) * room[:, None]).astype(int)
    gaps = np.sort(np.where(np.arange(most) < wanted[:, None], gaps, WIDTH), axis=1)
    for place in range(most):
        here = np.flatnonzero(wanted > place)
        column = gaps[here, place] + SIDE * place
        row = dice.integers(HEIGHT - SIDE + 1, size=len(here))
        which = dice.integers(len(images), size=len(here))
        rows, columns = row[:, None] + side, column[:, None] + side
        at = here[:, None, None], rows[:, :, None], columns[:, None]
        pictures[at] = images[which]
        said = COLUMN + column, ROW + row, DIGIT + labels[which]
        tokens[here, 3 * place : 3 * place + 3] = np.stack(said, axis=1)
    tokens[np.arange(count), 3 * wanted] = END
    return Scenes(pictures, tokens)


def boxes(tokens: Sequence[int]) -> list[tuple[int, int, int]]:
    """What tokens say: (digit, row, column) for each three that make sense.

    Args:
        tokens: Ids, up to the first end.

    Example:
        >>> boxes([4 + 11, 25 + 2, 30 + 7, 2])
        [(7, 2, 11)]
    """
    said = [*itertools.takewhile(lambda token: token != END, map(int, tokens))]
    found = []
    for column, row, digit in zip(said[::3], said[1::3], said[2::3], strict=False):
        if COLUMN <= column < ROW <= row < DIGIT <= digit:
            found.append((digit - DIGIT, row - ROW, column - COLUMN))
    return found


def overlap(one: tuple, other: tuple) -> float:
    """The area that two boxes share, over the area that they cover together (IoU).

    Args:
        one: (digit, row, column); only the place counts.
        other: Likewise.

    Example:
        >>> round(overlap((7, 0, 0), (7, 0, 4)), 3)
        0.333
    """
    sides = [max(0, SIDE - abs(a - b)) for a, b in zip(one[1:], other[1:], strict=True)]
    shared = sides[0] * sides[1]
    return shared / (2 * SIDE**2 - shared)


def rated(said: Sequence[list], truth: Sequence[list]) -> dict[str, float]:
    """How well scenes were read.

    Args:
        said: For each scene the boxes that were found, (digit, row, column).
        truth: Those that are there.

    Returns:
        `"exact"`: the share of scenes that were read without any mistake; `"found"`:
        the share of digits of which a box with the right digit overlaps by half;
        `"false"`: the boxes that are none of these, a digit that is there;
        `"overlap"`: the mean overlap of the boxes that were found.
    """
    overlaps, count = [], sum(map(len, said))
    for mine, theirs in zip(said, truth, strict=True):
        for wanted in theirs:
            near = [overlap(box, wanted) for box in mine if box[0] == wanted[0]]
            overlaps.append(max(near, default=0.0))
    found = [each for each in overlaps if each >= 0.5]
    pairs = zip(said, truth, strict=True)
    return {
        "exact": float(np.mean([mine == theirs for mine, theirs in pairs])),
        "found": len(found) / len(overlaps),
        "false": (count - len(found)) / len(overlaps),
        "overlap": float(np.mean(found)) if found else 0.0,
    }


def pixel_tokens(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Pictures as sentences: the start, the class, then 64 pixels of four greys.

    Args:
        images: Greys from 0 to 1, `[n, 8, 8]`.
        labels: What they are, `[n]`.

    Returns:
        Ids `[n, 66]`.
    """
    greys = np.minimum(np.int32(images * LEVELS), LEVELS - 1) + GREY
    count = len(images)
    first = np.full((count, 1), START), np.reshape(labels, (count, 1)) + CLASS
    return np.concatenate([*first, greys.reshape(count, -1)], axis=1).astype("int32")


def neighbour_bits(
    train: np.ndarray,
    test: np.ndarray,
    neighbours: Sequence[int] = (),
    by_place: bool = False,
    by_class: bool = False,
) -> float:
    """Bits a pixel of a table of counts, a half added to each.

    Args:
        train: What `pixel_tokens` returned.
        test: Likewise.
        neighbours: How far back each pixel stands that the table knows: 1 is the pixel
            before, 8 the one above.
        by_place: Whether it knows the place of the pixel.
        by_class: Whether it knows the class.
    """
    counts: dict = {}
    for seen in (train, test):
        levels = np.pad(seen[:, 2:] - GREY, ((0, 0), (64, 0)), constant_values=LEVELS)
        key = np.zeros((len(seen), 64), "int64")
        for back in neighbours:
            key = key * (LEVELS + 1) + levels[:, 64 - back : 128 - back]
        if by_place:
            key = key * 64 + np.arange(64)
        if by_class:
            key = key * 10 + seen[:, 1:2] - CLASS
        counts[len(counts)] = key, levels[:, 64:]
    (known, greys), (asked, truth) = counts.values()
    size = max(known.max(), asked.max()) + 1
    table = np.full((size, LEVELS), 0.5)
    np.add.at(table, (known, greys), 1)
    chance = table[asked, truth] / table[asked].sum(axis=-1)
    return float(-np.log2(chance).mean())
