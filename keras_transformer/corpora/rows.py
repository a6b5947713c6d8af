"""The rules that sentence pairs keep to, whichever format they come from."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from keras_transformer.corpora.corpus import Alignment, Pairs
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.system.invisible import visible

EMPTY = "empty side"
TOO_LONG = "over max_words"

# Nine digits are more words than any line has, and fewer than `int` refuses.
ALIGNMENT_PAIR = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)


def collect(
    rows: Iterable[tuple[str, str, str, str | None, str | None]],
    where: str | Path,
    *,
    aligned: bool = False,
    annotated: bool = False,
    max_words: int | None = None,
    on_empty: str = "raise",
) -> Pairs:
    """Checks rows of text and makes them pairs.

    Args:
        rows: For each pair its place (`file:line`), source, target, and the text
            of its alignment and of its phenomena.
        where: What to call all of it in an error.
        aligned: Whether the rows have alignments.
        annotated: Whether the rows have phenomena.
        max_words: Skip pairs with more words between spaces on either side.
        on_empty: `"raise"`, or `"skip"` to leave out pairs with an empty side.

    Returns:
        The pairs; `Pairs.skipped` counts what was left out, by rule.

    Raises:
        CorpusError: Naming place and rule, if a side is empty, an alignment is
            malformed or points beyond its sentences, or no pair is left.
    """
    if on_empty not in ("raise", "skip"):
        raise CorpusError(f'on_empty must be "raise" or "skip", got {on_empty!r}')
    if max_words is not None and max_words < 1:
        raise CorpusError(f"max_words must be at least 1, got {max_words}")
    kept, skipped = [], Counter()
    for place, source, target, links, phenomena in rows:
        source, target = source.strip(), target.strip()
        if not visible(source) or not visible(target):
            if on_empty == "raise":
                side = "target" if visible(source) else "source"
                raise CorpusError(
                    f"{place}: both sides must hold text, got an empty {side} "
                    '(on_empty="skip" leaves such pairs out)'
                )
            skipped[EMPTY] += 1
            continue
        lengths = len(source.split()), len(target.split())
        if max_words is not None and max(lengths) > max_words:
            skipped[TOO_LONG] += 1
            continue
        if aligned:
            links = _alignment(links, lengths, place)
        if annotated:
            phenomena = tuple(p.strip() for p in phenomena.split(",") if p.strip())
        kept.append((source, target, links, phenomena))
    if not kept:
        raise CorpusError(
            f"{where}: must hold at least one sentence pair, got none"
            + "".join(f"; skipped {n} ({rule})" for rule, n in skipped.items())
        )
    source, target, alignments, phenomena = zip(*kept, strict=True)
    return Pairs(
        source,
        target,
        alignments if aligned else None,
        phenomena if annotated else None,
        dict(skipped),
    )


def _alignment(text: str, lengths: tuple[int, int], place: str) -> Alignment:
    links = []
    for link in text.split():
        match = ALIGNMENT_PAIR.fullmatch(link)
        if match is None:
            raise CorpusError(
                f"{place}: an alignment must be pairs i-j separated by spaces, "
                f"got {link!r}"
            )
        i, j = int(match[1]), int(match[2])
        if i >= lengths[0] or j >= lengths[1]:
            raise CorpusError(
                f"{place}: an alignment must point at words that exist, got "
                f"{link} for {lengths[0]} source and {lengths[1]} target words"
            )
        links.append((i, j))
    return tuple(links)
