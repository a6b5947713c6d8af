"""The answers of `SCOREBOARD.md`: a sentence and a table for each question.

What the sentences say, and their numbers, come from the stored results.
"""

import statistics
from collections.abc import Mapping

from keras_transformer.course.scoreboard.board import Board
from keras_transformer.course.scoreboard.changes import CLEAR
from keras_transformer.course.scoreboard.questions import Question

PLACES = {
    "phrasebook": ("phrasebook", "phrasebook", "test"),
    "longer": ("longer sentences", "phrasebook", "test_long"),
    "Multi30k": ("Multi30k", "multi30k-de-en", "test_2016"),
}
"""The columns: what a sentence calls them, the study and the split."""
VERDICTS = {"better": "better on", "worse": "worse on", "undecided": "undecided on"}

BOTH = "transformer"
"""It is in every study: a column that has this model alone is left out."""

Boards = Mapping[str, Board]


def verdict(values: list[float], instead: list[float]) -> str:
    """What two models' figures say, one a seed: better, worse, or nothing clear.

    Args:
        values: BLEU of the one.
        instead: BLEU of the other.

    Returns:
        `"better"` or `"worse"` if the means differ by `CLEAR` points, and every seed of
        the one lies on the same side of every seed of the other.

    Example:
        >>> verdict([36.5, 37.0], [33.0, 34.0]), verdict([36.5, 37.0], [33.0, 36.8])
        ('better', 'undecided')
    """
    if abs(statistics.mean(values) - statistics.mean(instead)) >= CLEAR:
        if min(values) > max(instead):
            return "better"
        if max(values) < min(instead):
            return "worse"
    return "undecided"


def answer(question: Question, boards: Boards) -> str:
    """The sentences of a question.

    Args:
        question: The question.
        boards: The boards, by study.
    """
    sentences = []
    for subject, name, instead in question.compared:
        found: dict[str, list[str]] = {}
        for place, corpus, split in PLACES.values():
            board = boards[corpus]
            if not {name, instead} <= set(board.runs):
                continue
            pair = [board.values(each, split, "bleu") for each in (name, instead)]
            one, other = map(statistics.mean, pair)
            told = f"{place} ({one:.1f} against {other:.1f})"
            found.setdefault(VERDICTS[verdict(*pair)], []).append(told)
        parts = [f"{word} {', '.join(told)}" for word, told in found.items()]
        sentences.append(f"- **{subject}**: {'; '.join(parts)}.")
    return "\n".join(sentences) + "\n"


def table(question: Question, boards: Boards) -> str:
    """The table of a question, with BLEU as mean and deviation over seeds.

    Args:
        question: The question.
        boards: The boards, by study.
    """
    places = {
        title: (boards[corpus], split)
        for title, (_, corpus, split) in PLACES.items()
        if set(question.models) & set(boards[corpus].runs) - {BOTH}
    }
    lines = [f"| | {' | '.join(places)} |", "|---" + "|---:" * len(places) + "|"]
    for name, title in question.models.items():
        cells = [bleu(board, name, split) for board, split in places.values()]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def bleu(board: Board, name: str, split: str) -> str:
    """BLEU of a variant as its mean and deviation over seeds; a dash for none.

    Args:
        board: The board.
        name: Name of the variant.
        split: The split.
    """
    if name not in board.runs:
        return "–"
    mean, sd = (getattr(board, each)(name, split, "bleu") for each in ("mean", "sd"))
    return f"{mean:.1f}" if sd is None else f"{mean:.1f} ± {sd:.1f}"
