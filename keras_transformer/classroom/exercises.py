"""The exercises of a notebook, each with the cells that it stands on."""

import ast
import dataclasses
import json
import pathlib
import symtable
from collections.abc import Iterator
from typing import Any


@dataclasses.dataclass(frozen=True)
class Exercise:
    """An exercise as a learner left it.

    Args:
        name: Id of its cell.
        written: Whether its cell differs from the lesson's.
        sources: The learner's cells that its check needs, in order, itself included.
        check: The lesson's own cell that judges it.
    """

    name: str
    written: bool
    sources: tuple[str, ...]
    check: str


def read_cells(path: pathlib.Path) -> list[dict[str, Any]]:
    """The code cells of a notebook, `id`, `tags` and `source`, without magics.

    Args:
        path: Its file.

    Raises:
        ValueError: If it is no notebook.
    """
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return [
            {
                "id": cell.get("id", ""),
                "tags": cell.get("metadata", {}).get("tags", []),
                "source": _without_magics("".join(cell["source"])),
            }
            for cell in cells
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no notebook: {error!r}") from error


def exercises(lesson: pathlib.Path, learner: pathlib.Path) -> Iterator[Exercise]:
    """The exercises of a lesson, as a learner's notebook answers them.

    The checks are the lesson's, whatever the notebook says in their place.

    Args:
        lesson: The lesson as it came.
        learner: The learner's notebook.

    Raises:
        ValueError: If one of them is no notebook.
    """
    given, answered = read_cells(lesson), read_cells(learner)
    checks = {c["id"]: c["source"] for c in given if "exercise-check" in c["tags"]}
    for cell in answered:
        if cell["id"] in checks:  # others' answers are not asked again
            cell["source"] = _imports(checks[cell["id"]])
    places = {cell["id"]: place for place, cell in enumerate(answered)}
    name, asked = "", ""
    for cell in given:
        if "exercise" in cell["tags"]:
            name, asked = cell["id"], cell["source"]
        if "exercise-check" in cell["tags"]:
            place = places.get(name)
            if place is None:
                yield Exercise(name, False, (), cell["source"])
                continue
            end = max(places.get(cell["id"], place + 1), place + 1)
            sources = _needed(answered[:end], name, cell["source"])
            written = answered[place]["source"].strip() != asked.strip()
            yield Exercise(name, written, sources, cell["source"])


def check_call(source: str) -> tuple[str, str]:
    r"""A check cell as what comes before `check(…)`, and that call, told to be quiet.

    Args:
        source: The cell.

    Example:
        >>> check_call("wanted = TopK(2)\nreport = check(mine, like=wanted)")
        ('wanted = TopK(2)', 'check(mine, like=wanted, show=False)')
    """
    before: list[ast.stmt] = []
    for statement in ast.parse(source).body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check":
                node.keywords.append(ast.keyword("show", ast.Constant(False)))
                return ast.unparse(ast.Module(before, [])), ast.unparse(node)
        before.append(statement)
    raise ValueError(f"a check cell calls check, got {source!r}")


def _imports(source):
    kept = [
        s for s in ast.parse(source).body if isinstance(s, ast.Import | ast.ImportFrom)
    ]
    return ast.unparse(ast.Module(kept, []))


def _without_magics(source):
    lines = source.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def _needed(cells, name, check):
    """The cells that a check stands on: backwards from it, by the names they bind."""
    needs, kept = _names(check)[1], []
    for cell in reversed(cells):
        bound, used = _names(cell["source"])
        if cell["id"] == name or bound & needs:
            kept.append(cell["source"])
            needs = (needs - bound) | used
    return tuple(reversed(kept))


def _names(source):
    """What a cell binds, and what it uses; nothing if it is no Python."""
    try:
        table = symtable.symtable(source, "cell", "exec")
    except SyntaxError:
        return set(), set()
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned()}
    bound |= {s.get_name() for s in table.get_symbols() if s.is_imported()}
    bound |= {child.get_name() for child in table.get_children()}
    return bound, set(_used(table))


def _used(table):
    for symbol in table.get_symbols():
        is_of_module = table.get_type() == "module" or symbol.is_global()
        if symbol.is_referenced() and is_of_module:
            yield symbol.get_name()
    for child in table.get_children():
        yield from _used(child)
