"""Which well-known mistake of a search finds the sentences that were found."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_transformer.laws.toy_models import Tree
from keras_transformer.tokens.reserved import END, PADDING

LENGTH = 5
"""As many tokens a sentence may have."""


def likely_search(cases: Sequence[tuple[Tree, float, Any, Any]]) -> str:
    """The one rule by which every sentence that was found is the best.

    Args:
        cases: Tree, length penalty, first tokens of the sources, and the rows found.

    Returns:
        The end of a message; where no rule explains all of them, or several do, whether
        the search stopped in the middle of a sentence, or nothing.
    """
    ways = [
        (penalty, list(row), _ways(tree, first))
        for tree, penalty, firsts, rows in cases
        for first, row in zip(firsts, rows, strict=True)
    ]
    found = {
        name
        for name, search in _RULES
        if all(search(way, penalty) == row for penalty, row, way in ways)
    }
    if len(found) == 1:
        return f"; all {len(ways)} sentences asked for would be found if {found.pop()}"
    for _, row, _ in ways:
        said = [token for token in row if token != PADDING]
        if END not in said and len(said) < LENGTH:
            return (
                f"; it stopped after {len(said)} of {LENGTH} tokens, with a sentence "
                "that has no end: what still went on could win"
            )
    return ""


def _ways(tree, first):
    """By length what ended there, and what did not: sums and tokens, best first."""
    found = {}
    for length in range(1, LENGTH + 1):
        begun = itertools.product(*[tree.WORDS] * (length - 1))
        said = [[*words, END] for words in begun]
        going = [list(words) for words in itertools.product(*[tree.WORDS] * length)]
        found[length] = [
            sorted(((tree.total(first, s), s) for s in some), reverse=True)
            for some in (said, going)
        ]
    return found


def _divisor(length, penalty):
    return ((5 + length) / 6) ** penalty


def _rated(total, length, penalty):
    return total / _divisor(length, penalty)


def _shorter(total, length, penalty):
    return _rated(total, length - 1, penalty)


def _search(
    score: Callable = _rated,
    cut: Callable | None = None,
    stops: Callable | None = None,
) -> Callable:
    """A search that holds everything.

    Args:
        score: Of a sum, a length and the penalty.
        cut: Likewise for what has not ended where it stops; as `score` by default.
        stops: By which divisor it bounds what still goes on; it never stops by default.
    """

    def search(ways, penalty):
        ended = []
        for length, (done, going) in ways.items():
            ended += [(score(t, length, penalty), said) for t, said in done]
            bound = going[0][0] / stops(length, penalty) if stops else np.inf
            if length == LENGTH or max(ended)[0] >= bound:
                break
        if cut or length == LENGTH:
            rate = cut or score
            ended += [(rate(t, length, penalty), said) for t, said in going]
        best = max(ended)[1]
        return [*best, *[PADDING] * (LENGTH - len(best))]

    return search


_END = "the length did not count the token that ends a sentence"
_SOON = (
    "it stopped as soon as nothing that goes on was better by its length so far, "
    "though longer sentences are divided by more"
)
_RULES = (
    (
        "the sums were compared, not divided by the length penalty",
        _search(lambda total, length, penalty: total),
    ),
    (
        "each sum were divided by its length",
        _search(lambda total, length, penalty: total / length),
    ),
    (
        "each sum were divided by length^penalty, not by ((5 + length) / 6)^penalty",
        _search(lambda total, length, penalty: total / length**penalty),
    ),
    (
        "each sum were multiplied by its divisor",
        _search(lambda total, length, penalty: total * _divisor(length, penalty)),
    ),
    (_END, _search(_shorter)),
    (_END, _search(_shorter, cut=_rated)),
    (_SOON, _search(stops=_divisor)),
    (_SOON, _search(stops=_divisor, cut=_rated)),
    (
        _SOON,
        _search(stops=_divisor, cut=lambda total, _, p: _rated(total, LENGTH, p)),
    ),
    (
        "it stopped when a sum fell below a score that was divided",
        _search(stops=lambda length, penalty: 1.0),
    ),
)
