"""What the front page shows of the studies: a figure, a few rows, the syllabus.

`python -m keras_transformer.course.scoreboard.pages` writes them.
"""

import pathlib
import re

from keras_transformer import plots
from keras_transformer.course.scoreboard.answers import bleu
from keras_transformer.course.scoreboard.board import Board

_LESSON = re.compile(r"^\|.*?\| (\[[^]]*\]\()(\d\d_\w+\.ipynb\)) \| ([^|]*) \|", re.M)

STEPS = {
    "fixed_start": "one vector, at the start",
    "fixed_every_step": "one vector, at every step",
    "hard_top_1": "look at one word",
    "soft_dot": "dot product",
    "soft_scaled_dot": "scaled dot product",
    "soft_additive": "additive",
    "transformer": "Transformer",
    "transformer_rotary": "… with rotary positions",
}
"""The variants of the front page's figure, and their names there."""


def steps(board: Board) -> plots.Picture:
    """The study of the phrasebook as bars: BLEU within and beyond the trained lengths.

    Args:
        board: The board of the phrasebook.
    """
    groups = {"up to 16 words, as trained": "test", "17 to 40 words": "test_long"}
    values = {
        group: [board.mean(name, split, "bleu") for name in STEPS]
        for group, split in groups.items()
    }
    return plots.bars(
        list(STEPS.values()),
        values,
        y_label="BLEU",
        title="German to English, the course's own corpus: same data, same passes",
        value_format=".0f",
        y_range=(0, 105),
        size=(9, 4.2),
    )


FRONT = {
    "one vector, read at every step": ("fixed_every_step", "fixed_every_step"),
    "GRUs with attention, scaled dot product": ("soft_scaled_dot", "soft_scaled_dot"),
    "GRUs with attention, additive": ("soft_additive", "soft_additive"),
    "Transformer": ("transformer", "transformer"),
    "Transformer, rotary positions": ("transformer_rotary", "transformer_rotary"),
    "Transformer, 12 passes": ("", "transformer_recipe"),
}
"""The rows of the front page: a variant of the phrasebook, and one of Multi30k."""


def front(results: pathlib.Path) -> str:
    """The front page's few rows of both studies, as Markdown.

    Args:
        results: The folder `results/scoreboard`.
    """
    phrasebook = Board.load(results / "phrasebook")
    captions = Board.load(results / "multi30k-de-en")
    lines = ["| model | phrasebook | longer | Multi30k |", "|---|---:|---:|---:|"]
    for title, (small, real) in FRONT.items():
        places = (
            (phrasebook, small, "test"),
            (phrasebook, small, "test_long"),
            (captions, real, "test_2016"),
        )
        cells = (bleu(*place) for place in places)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def syllabus(page: str) -> str:
    """Lessons and their questions, with links as the front page needs them.

    Args:
        page: The text of `lessons/README.md`.
    """
    found = _LESSON.findall(page)
    cells = [f"{name}lessons/{path} | {asked}" for name, path, asked in found]
    half = -(-len(cells) // 2)
    rest = [*cells[half:], *[" | "] * (2 * half - len(cells))]
    rows = [f"| {left} | {right} |" for left, right in zip(cells, rest, strict=False)]
    head = ["| lesson | question | lesson | question |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"
