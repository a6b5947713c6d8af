"""The ledger: every claim with its verdict, out of what the lessons have stored."""

import json
import pathlib
import re
import typing

from keras_transformer.course.claims.claim import MARKS
from keras_transformer.course.claims.sentences import CLAIMS

_LINE = re.compile(
    rf"^(?P<mark>[{''.join(MARKS.values())}]) Claim (?P<number>\d+) "
    r"(?:holds when (?P<when>[^:]+)|"
    r"(?:holds|does not hold here)(?: \((?P<where>.+?)\))?)"
    r": (?P<figure>.+)\.$",
    re.M,
)
HEADINGS = {"✗": "Does not hold here", "◐": "Holds when …", "✓": "Holds"}


class Found(typing.NamedTuple):
    """What one lesson found of a claim."""

    mark: str
    number: int
    figure: str
    where: str
    lesson: str
    cell: str

    @property
    def link(self) -> str:
        """The way to the cell, called by the number of its lesson."""
        return f"[{self.lesson[:2]}]({self.lesson}#{self.cell})"


def found(lesson: pathlib.Path) -> list[Found]:
    """What a lesson's stored outputs say of claims.

    Args:
        lesson: A notebook.
    """
    lines = []
    for cell in json.loads(lesson.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            text = "".join(output.get("text", ()))
            lines += [
                Found(
                    mark=match["mark"],
                    number=int(match["number"]),
                    figure=match["figure"],
                    where=match["when"] or match["where"] or "",
                    lesson=lesson.name,
                    cell=cell["id"],
                )
                for match in _LINE.finditer(text)
            ]
    return lines


def render(lessons: list[pathlib.Path]) -> str:
    """The ledger of these lessons, as Markdown.

    The last lesson that measures a claim has the last word on it; what earlier ones
    found stands under "In detail".

    Args:
        lessons: Notebooks, in order.
    """
    by_number: dict[int, list[Found]] = {}
    for path in lessons:
        for one in found(path):
            by_number.setdefault(one.number, []).append(one)
    final = {number: by_number[number][-1] for number in sorted(by_number)}
    parts = [_HEAD]
    for mark, heading in HEADINGS.items():
        rows = [one for one in final.values() if one.mark == mark]
        if rows:
            parts.append(f"## {mark} {heading}\n\n{_table(rows)}")
    several = {n: each for n, each in sorted(by_number.items()) if len(each) > 1}
    if several:
        parts.append(f"## In detail\n\n{_DETAIL}\n\n{_details(several)}")
    waiting = [number for number in CLAIMS if number not in by_number]
    if waiting:
        lines = "\n".join(f"- {n}: {CLAIMS[n].sentence}" for n in waiting)
        parts.append(f"## Not measured yet\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def _table(rows: list[Found]) -> str:
    lines = ["| | claim | measured | where | cell |", "|---|---|---|---|---|"]
    for one in rows:
        claim = CLAIMS[one.number]
        source = f" *{claim.source}*" if claim.source else ""
        lines.append(
            f"| {one.number} | {claim.sentence}{source} | {_cell(one.figure)} "
            f"| {_cell(one.where)} | {one.link} |"
        )
    return "\n".join(lines)


def _details(several: dict[int, list[Found]]) -> str:
    lines = []
    for number, each in several.items():
        lines.append(f"- **{number}** {CLAIMS[number].sentence}")
        for one in each:
            where = f" ({one.where})" if one.where else ""
            lines.append(f"  - {one.link} {one.mark}{where} {one.figure}")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_HEAD = """# The ledger

What textbooks claim, and what became of it here. Every line was printed by the lesson
that it links to, below an assertion; this page is made from the lessons' stored outputs
by `python -m keras_transformer.course.claims`. *Stored* figures are means over the
seeds in `results/scoreboard` or `results/experiments`; the others are of the run that
the lesson stores."""
_DETAIL = "Claims that several lessons measured, each with its own words."
