"""The tables of `results/README.md`: what the recipes reach, from the files beside it.

`python -m keras_transformer.course.scoreboard.report`, in the repository.
"""

import json
import pathlib

from keras_transformer.system.files import write_text
from keras_transformer.translation.recipes import RECIPES

BUSY = ("tatoeba-zh-en",)
"""Recipes whose machine had other work: their minutes are not shown."""
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def render(paths: list[pathlib.Path]) -> str:
    """The result files as Markdown: a table of runs, and one of every split's scores.

    Args:
        paths: Result files, in the order of the rows.
    """
    results = {path.stem: json.loads(path.read_text("utf-8")) for path in paths}
    lines = [
        "| recipe | parameters | minutes of training | machine |",
        "|---|---|---|---|",
    ]
    for name, result in results.items():
        machine = result["device"]
        where = ", ".join(machine["accelerators"]) or (
            f"{machine['cores']} cores of {machine['processor']}"
        )
        minutes = "–" if name in BUSY else f"{result['training_minutes']:.1f}"
        lines.append(
            f"| [`{name}`]({name}.json) | {result['parameters'] / 1e6:.1f}M "
            f"| {minutes} | {where} |"
        )
    lines += ["", "| recipe | split | BLEU | chrF | exact |", "|---|---|---|---|---|"]
    for name, result in results.items():
        for split, scores in result["scores"].items():
            lines.append(
                f"| `{name}` | `{split}` | {scores['bleu']:.1f} | {scores['chrf']:.1f} "
                f"| {scores['exact']:.0%} |"
            )
    named: dict[str, list[str]] = {}
    for name, result in results.items():
        for signature in {s["signature"] for s in result["scores"].values()}:
            named.setdefault(signature, []).append(f"`{name}`")
    lines.append("")
    lines += [f"- BLEU of {', '.join(names)}: `{sig}`" for sig, names in named.items()]
    return "\n".join(lines) + "\n"


def insert(page: str, rendered: str, begin: str = BEGIN, end: str = END) -> str:
    """A page with the rendered results between its two marks.

    Raises:
        ValueError: If the page lacks the marks.
    """
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page must hold {begin} and {end}")
    return f"{before}{begin}\n{rendered}{end}{after}"


def shipped(folder: pathlib.Path) -> list[pathlib.Path]:
    """The result files of the shipped recipes, in the order of the recipes."""
    paths = [pathlib.Path(folder) / f"{name}.json" for name in RECIPES]
    return [path for path in paths if path.is_file()]


if __name__ == "__main__":
    results = pathlib.Path("results")
    text = (results / "README.md").read_text("utf-8")
    write_text(results / "README.md", insert(text, render(shipped(results))))
