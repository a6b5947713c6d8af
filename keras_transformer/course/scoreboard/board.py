"""Stored results of a study: means over seeds, and tables."""

import itertools
import json
import pathlib
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from keras_transformer.course.scoreboard.changes import (
    CHANGES,
    render_changes,
    render_seeds,
)
from keras_transformer.course.scoreboard.columns import (
    ALL_FORMATS,
    COLUMNS,
    TIMES,
    on_accelerator,
)
from keras_transformer.course.scoreboard.columns import FORMATS as FORMATS
from keras_transformer.course.studies import PUBLISHED, STUDIES


class Board:
    """The result files of one study.

    Args:
        corpus: Name of the corpus.
        runs: For each variant, in the study's order, what its files hold, one a seed.
    """

    def __init__(self, corpus: str, runs: Mapping[str, Sequence[dict]]):
        self.corpus = corpus
        self.runs = dict(runs)

    @classmethod
    def load(cls, folder: str | pathlib.Path) -> "Board":
        """Read `results/scoreboard/<corpus>/`.

        Args:
            folder: The folder; its name is the corpus.

        Raises:
            ValueError: If there is no study for the corpus.
            FileNotFoundError: If the folder holds no result.
        """
        folder = pathlib.Path(folder)
        if folder.name not in STUDIES:
            raise ValueError(
                f"a board's folder is named after a study ({', '.join(STUDIES)}), "
                f"got {folder}"
            )
        runs = {}
        for name in STUDIES[folder.name]:
            found = [
                json.loads(path.read_text("utf-8"))
                for path in folder.glob(f"{name}-*.json")
            ]
            if found:
                runs[name] = sorted(found, key=lambda run: run["seed"])
        if not runs:
            raise FileNotFoundError(f"{folder} holds no result; run make scoreboard")
        return cls(folder.name, runs)

    def values(self, name: str, split: str, field: str) -> list[float]:
        """One figure of every seed.

        Args:
            name: The variant.
            split: The split.
            field: A field of its scores: bleu, chrf, exact, aer, seconds.

        Raises:
            KeyError: If the variant has no stored result.
        """
        if name not in self.runs:
            raise KeyError(
                f"{name} has no stored result; those that have: {', '.join(self.runs)}"
            )
        return [run["scores"][split].get(field) for run in self.runs[name]]

    def mean(self, name: str, split: str, field: str) -> float | None:
        """The mean over seeds; `None` where the model has no such figure."""
        values = self.values(name, split, field)
        return None if None in values else statistics.mean(values)

    def sd(self, name: str, split: str, field: str) -> float | None:
        """The standard deviation over seeds; `None` with fewer than two."""
        values = self.values(name, split, field)
        if None in values or len(values) < 2:
            return None
        return statistics.stdev(values)

    def by_length(self, name: str, split: str, field: str = "bleu") -> Any:
        """A figure by length of the source, mean over seeds.

        Returns:
            The pair (words, values): mean source words of each group, and the figure.
        """
        groups = [run["scores"][split]["by_length"] for run in self.runs[name]]
        lengths = [row["words"] for row in groups[0]]
        return lengths, [
            statistics.mean(rows[i][field] for rows in groups)
            for i in range(len(lengths))
        ]

    def rows(self, names: Sequence[str] | None = None) -> list[dict]:
        """A row a model, for a table.

        Args:
            names: Variants; every one that has results by default.
        """
        time, taken = TIMES[self.corpus]
        times = {time: False, f"{time}, GPU": True}
        if not any(map(on_accelerator, itertools.chain(*self.runs.values()))):
            del times[f"{time}, GPU"]
        rows = []
        for name in names or self.runs:
            figures = {
                column.title: getattr(self, column.statistic)(
                    name, column.split, column.field
                )
                for column in COLUMNS[self.corpus]
            }
            runs = self.runs[name]
            rows.append(
                {
                    "model": runs[0]["title"],
                    "parameters": runs[0]["parameters"],
                    **figures,
                    # Of the seed that was disturbed least.
                    **{
                        title: min(
                            (taken(run) for run in runs if on_accelerator(run) == gpu),
                            default=None,
                        )
                        for title, gpu in times.items()
                    },
                    "seeds": len(runs),
                }
            )
        return rows


def marks(corpus: str) -> tuple[str, str]:
    """The lines of a page between which a corpus's table stands."""
    return f"<!-- {corpus}: begin -->", f"<!-- {corpus}: end -->"


def render(board: Board) -> str:
    """The board as a Markdown table; below its models, what others report of theirs.

    The time of training is left out: the machines had other work beside it.
    """
    time = TIMES[board.corpus][0]
    rows = [
        {title: value for title, value in row.items() if not title.startswith(time)}
        for row in board.rows()
    ]
    published = [
        dict.fromkeys(rows[0])
        | {
            "model": f"*published*: [{other.title}]({other.address})",
            "parameters": other.parameters,
            "BLEU, tokens": other.tokenized_bleu,
        }
        for other in PUBLISHED.get(board.corpus, ())
    ]
    lines = [f"| {' | '.join(rows[0])} |", "|---" + "|---:" * (len(rows[0]) - 1) + "|"]
    for row in [*rows, *published]:
        cells = (
            "–" if value is None else format(value, ALL_FORMATS.get(column, ""))
            for column, value in row.items()
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def render_lengths(board: Board, split: str) -> str:
    """BLEU by the words of the source, as a Markdown table.

    Args:
        board: The board.
        split: The split; every run has the same groups of its sentences.
    """
    groups = next(iter(board.runs.values()))[0]["scores"][split]["by_length"]
    titles = [f"{group['low']}–{group['high']}" for group in groups]
    counts = [str(group["sentences"]) for group in groups]
    lines = [
        f"| words of the source | {' | '.join(titles)} |",
        "|---" + "|---:" * len(titles) + "|",
        f"| sentences | {' | '.join(counts)} |",
    ]
    for name, runs in board.runs.items():
        _, values = board.by_length(name, split)
        cells = (format(value, ".1f") for value in values)
        lines.append(f"| {runs[0]['title']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


LENGTHS = {"multi30k-de-en": "test_2016"}
"""The split whose BLEU is shown by length."""


def tables(corpus: str, results: pathlib.Path) -> dict[tuple[str, str], str]:
    """The tables of one study, by the marks between which they stand.

    Args:
        corpus: Name of the study.
        results: The folder `results/scoreboard`.

    Returns:
        Where nothing is stored yet, a line that says how to measure it; where some
        models are missing, a line that names them.
    """
    names = [corpus]
    if corpus in CHANGES:
        names += [f"{corpus}, changes", f"{corpus}, seeds"]
    names += [f"{corpus}, lengths"] * (corpus in LENGTHS)
    if not any((results / corpus).glob("*.json")):
        line = f"Not measured yet: `make scoreboard CORPUS={corpus}`.\n"
        return {marks(name): line for name in names}
    board = Board.load(results / corpus)
    found = [render(board)]
    if missing := [name for name in STUDIES[corpus] if name not in board.runs]:
        found[0] += f"\nNot measured yet: {', '.join(f'`{n}`' for n in missing)}.\n"
    if corpus in CHANGES:
        found += [render_changes(board), render_seeds(board)]
    if corpus in LENGTHS:
        found.append(render_lengths(board, LENGTHS[corpus]))
    return {marks(name): text for name, text in zip(names, found, strict=True)}
