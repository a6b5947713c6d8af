"""Result files: what a run reached, how, and on what machine; and their tables."""

import datetime
import json
import pathlib

from keras_transformer.recipes import RECIPES
from keras_transformer.run_folder import read_device, versions, write_json
from keras_transformer.training.checkpoint import write_atomically
from keras_transformer.translator import Translator

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def write_result(
    path: pathlib.Path, folder: pathlib.Path, translator: Translator, scores: dict
) -> None:
    """Write a result file.

    Args:
        path: The JSON file.
        folder: Folder of the run, with its `history.json`.
        translator: The translator that was scored.
        scores: Scores by split.
    """
    history = pathlib.Path(folder) / "history.json"
    rows = json.loads(history.read_text("utf-8")) if history.is_file() else []
    write_json(
        pathlib.Path(path),
        {
            "corpus": translator.recipe.corpus,
            "parameters": translator.model.count_params(),
            "training_minutes": round(rows[-1]["seconds"] / 60, 1) if rows else None,
            "device": read_device(folder),
            "date": datetime.date.today().isoformat(),
            "versions": versions(),
            "scores": scores,
            "recipe": translator.recipe.to_dict(),
            "history": rows,
        },
    )


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
        lines.append(
            f"| [`{name}`](results/{name}.json) | {result['parameters'] / 1e6:.1f}M "
            f"| {result['training_minutes']:.1f} | {where} |"
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


if __name__ == "__main__":  # python -m keras_transformer.report, in the repository
    readme = pathlib.Path("README.md")
    page = insert(readme.read_text("utf-8"), render(shipped(pathlib.Path("results"))))
    write_atomically(readme, lambda file: file.write(page.encode("utf-8")))
