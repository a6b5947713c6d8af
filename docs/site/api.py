"""Pages of the public names, from their docstrings, without importing anything."""

import ast
import pathlib
import re
from collections.abc import Iterator

# The rooms of the library first, then those of the application.
ROOMS = {
    "attention": "Attention",
    "positions": "Positions",
    "masks": "Masks",
    "models": "Models",
    "decoding": "Decoding",
    "training": "Training",
    "laws": "Laws",
    "text": "Text",
    "corpora": "Corpora",
    "translation": "Translation",
    "plots": "Plots",
    "course/measure": "What lessons measure",
}
SECTION = re.compile(r"^([A-Z][A-Za-z ]+):\s*(.*)$")
IN_A_LINE = ("Source", "Masking", "Returns", "Yields")
LISTED = ("Args", "Call arguments", "Attributes", "Raises", "Properties")
Definition = ast.ClassDef | ast.FunctionDef


def definitions(folder: pathlib.Path) -> Iterator[tuple[str, Definition]]:
    """Every documented public class and function of a room, with its file."""
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]
    for file in files:
        for node in ast.parse(file.read_text("utf-8")).body:
            is_named = isinstance(node, Definition) and not node.name.startswith("_")
            if is_named and ast.get_docstring(node):
                yield file.as_posix(), node


def exported(folder: pathlib.Path) -> list[str] | None:
    """What a room's `__all__` names, if it has one."""
    opening = folder / "__init__.py"
    if not opening.is_file():
        return None
    for node in ast.parse(opening.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    return None


def signature(node: Definition) -> str:
    """How it is called."""
    function = node
    if isinstance(node, ast.ClassDef):
        found = [n for n in node.body if getattr(n, "name", "") == "__init__"]
        if not found:
            fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
            return f"{node.name}({', '.join(map(ast.unparse, fields))})"
        function = found[0]
    arguments = ast.unparse(function.args)
    arguments = re.sub(r"^self(, )?", "", arguments)
    returned = function.returns if function is node else None
    after = f" -> {ast.unparse(returned)}" if returned else ""
    line = f"{node.name}({arguments}){after}"
    if len(line) <= 88:
        return line
    parts = re.split(r", (?![^\[(]*[\])])", arguments)
    return f"{node.name}(\n    " + ",\n    ".join(parts) + f",\n){after}"


def listed(lines: list[str]) -> list[str]:
    """`name: what it is` as items of a list."""
    item = re.compile(r"^(\**[\w., ]+?\**):\s+(.*)$")
    made = []
    for line in lines:
        start = item.match(line)
        if start and not line.startswith(" "):
            made.append(f"- **{start[1].replace('*', chr(92) + '*')}**: {start[2]}")
        else:
            made.append(f"  {line.strip()}" if line.strip() else "")
    return made


def block(lines: list[str]) -> list[str]:
    """Lines without the indentation that they share, and no blank ones around."""
    text = "\n".join(lines).strip("\n")
    first = re.match(r" *", text)[0]
    return [line.removeprefix(first) for line in text.splitlines()]


def body(docstring: str) -> str:
    """A docstring as Markdown."""
    made: list[str] = []
    lines = docstring.splitlines()
    position = 0
    while position < len(lines):
        heading = SECTION.match(lines[position])
        position += 1
        if not heading or (heading[2] and heading[1] not in IN_A_LINE):
            made.append(lines[position - 1])
            continue
        inner = []
        while position < len(lines) and re.match(r" |$", lines[position]):
            inner.append(lines[position])
            position += 1
        name, rest = heading.groups()
        if rest:
            made += ["", f"**{name}**: {rest}", *(line.strip() for line in inner), ""]
        elif name.startswith("Example"):
            made += ["", f"**{name}**", "", *example(block(inner)), ""]
        elif name in LISTED:
            made += ["", f"**{name}**", "", *listed(block(inner)), ""]
        else:
            made += ["", f"**{name}**", "", *block(inner), ""]
    return "\n".join(made)


def example(lines: list[str]) -> list[str]:
    """An example in a block of code, where it is not in one."""
    if any(line.startswith("```") for line in lines):
        return lines
    return ["```pycon", *lines, "```"]


def entry(node: Definition, file: str) -> str:
    """What a page says about one name."""
    called = f"```python\n{signature(node)}\n```"
    parts = [f"## {node.name}", called, body(ast.get_docstring(node)), f"`{file}`\n"]
    return "\n\n".join(parts)


def pages(package: pathlib.Path) -> dict[str, str]:
    """The pages, by the names of their files."""
    made = {}
    for number, (room, title) in enumerate(ROOMS.items()):
        folder = package / room
        folder = folder if folder.is_dir() else folder.with_suffix(".py")
        names = exported(folder)
        home = package.parent.as_posix() + "/"
        searched = package if names is not None else folder
        entries = {
            node.name: entry(node, file.removeprefix(home))
            for file, node in definitions(searched)
            if names is None or node.name in names
        }
        about = ast.get_docstring(ast.parse(opening(folder).read_text("utf-8")))
        texts = [entries[name] for name in sorted(entries, key=str.lower)]
        page = "\n".join([f"# {title}\n\n{about}\n", *texts])
        made[f"{number:02}_{room.replace('/', '_')}.md"] = page
    return made


def opening(folder: pathlib.Path) -> pathlib.Path:
    """The file whose docstring opens a room."""
    return folder / "__init__.py" if folder.is_dir() else folder
