"""Sentence pairs with the dirt of real files, put in by stated rates and a seed."""

import csv
import pathlib
from collections import Counter

from keras_transformer import corpora
from keras_transformer.corpora.phrasebook import detokenize
from keras_transformer.course.phrasebook.corpus import SEED
from keras_transformer.course.phrasebook.draw import Dice
from keras_transformer.course.phrasebook.sentences import Sentences

Pair = tuple[str, str]
LENGTHS = range(3, 17)  # of German phrases, in words
FOREIGN = "Это предложение на другом языке, номер"
RATES = {
    "duplicate": 0.05,
    "no-break spaces": 0.03,
    "HTML entities": 0.02,
    "copy": 0.02,
    "misaligned": 0.02,
    "empty": 0.01,
    "other script": 0.01,
    "control characters": 0.01,
    "too long": 0.005,
}
"""The share of the pairs that each kind of dirt spoils; a pair has at most one."""


def sentences(count: int) -> list[Pair]:
    """Clean pairs, German and English, that the embedded corpus was not drawn from.

    Those of Tatoeba where they are on disk, then a phrasebook of another seed.

    Args:
        count: How many.
    """
    found: dict[Pair, None] = {}
    if corpora.on_disk("tatoeba-de-en"):
        train = corpora.load("tatoeba-de-en").splits["train"]
        found.update(dict.fromkeys(zip(train.source, train.target, strict=True)))
    grammar, dice = Sentences(), Dice(SEED + 1)
    while len(found) < count:
        drawn = grammar.draw(dice, dice.pick(LENGTHS))
        if drawn is not None:
            found[detokenize(drawn.source), detokenize(drawn.target)] = None
    return [*found][:count]


def spoiled(
    pairs: list[Pair], rates: dict[str, float] = RATES, seed: int = 1
) -> tuple[list[Pair], dict[str, int]]:
    """The pairs with dirt among them, and how many of them got which.

    Args:
        pairs: Clean pairs.
        rates: The share that each kind spoils.
        seed: Decides which pairs.
    """
    dice, counts, made = Dice(seed), Counter(dict.fromkeys(rates, 0)), []
    for number, pair in enumerate(pairs):
        kind = dice.weigh([*rates, None], [*rates.values(), 1 - sum(rates.values())])
        made.append(pair if kind is None else _spoil(kind, pair, pairs, number, dice))
        if kind is not None:
            counts[kind] += 1
        if kind == "duplicate":
            made.append(pair)
    return made, dict(counts)


def _spoil(kind, pair, pairs, number, dice):
    source, target = pair
    if kind == "no-break spaces":
        return source.replace(" ", "\u00a0"), target.replace(" ", "\u00a0")
    if kind == "HTML entities":
        return f"&quot;{source}&quot;", f"&quot;{target}&quot;"
    if kind == "copy":
        return source, source
    if kind == "misaligned":  # many sentences where one should be
        return source, " ".join(dice.pick(pairs)[1] for _ in range(12))
    if kind == "empty":
        return (source, "") if dice.chance(0.5) else ("", target)
    if kind == "other script":
        return source, f"{FOREIGN} {number}."
    if kind == "control characters":
        return f"\u200b{source}", target.replace(" ", "\u0007 ", 1)
    if kind == "too long":
        return " ".join([source] * 100), " ".join([target] * 100)
    return pair


def write_files(folder: pathlib.Path, pairs: list[Pair]) -> tuple[pathlib.Path, ...]:
    """Two files in which line n translates line n, as an editor on Windows saves them.

    Args:
        folder: Where to.
        pairs: The pairs.
    """
    paths = folder / "own.de", folder / "own.en"
    for path, side in zip(paths, zip(*pairs, strict=True), strict=True):
        path.write_bytes(("\ufeff" + "".join(f"{s}\r\n" for s in side)).encode())
    return paths


def write_table(folder: pathlib.Path, pairs: list[Pair]) -> tuple[pathlib.Path]:
    """One CSV with a header and a further column, as a spreadsheet saves it.

    Args:
        folder: Where to.
        pairs: The pairs.
    """
    path = folder / "pairs.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "de", "en"))
        table.writerows((number, *pair) for number, pair in enumerate(pairs))
    return (path,)
