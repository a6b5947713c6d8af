"""Render the kill table: `python -m zoo` in the folder `tests`."""

import json
import pathlib
import re

from zoo import open_the_gates

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "zoo.md"
RECORD = pathlib.Path(__file__).parent / "kills.json"

HEAD = """# The zoo

Every line is a mistake that is easily made, written as a small piece of code in
`tests/zoo`. The laws of `keras_transformer/laws` must catch each of them; the last
column names the first law that does. Where a thread is named, somebody made it: the
mistake, or its symptom, is described there.

This page is generated: `cd tests && python -m zoo`.
"""


def linked(seen):
    """Threads as links; the words around them as they are."""
    return re.sub(
        r"([\w.-]+/[\w.-]+)#(\d+)",
        r"[\1#\2](https://github.com/\1/issues/\2)",
        seen,
    )


def recorded():
    """The laws that break each mutant, by its key, as they were when last rendered."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def page(mutants, kills):
    """The page, from the mutants and the laws that each of them breaks."""
    lines = [HEAD]
    lines.append(f"{len(mutants)} mutants.\n")
    family = None
    for mutant in mutants:
        if mutant.family != family:
            family = mutant.family
            lines.append(f"\n## {family.replace('_', ' ').capitalize()}\n")
            lines.append("| mistake | seen in | caught by |")
            lines.append("|---|---|---|")
        law = next(iter(kills[mutant.key]), "nothing: a law is missing")
        law = law.replace("_", " ")
        lines.append(f"| {mutant.name} | {linked(mutant.seen)} | {law} |")
    return "\n".join(lines) + "\n"


def main():
    """Let every law look at every mutant, and write down what was seen."""
    mutants = open_the_gates()
    kills = {mutant.key: list(mutant.deaths()) for mutant in mutants}
    text = json.dumps(kills, indent=1, ensure_ascii=False)
    RECORD.write_text(text + "\n", encoding="utf-8")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(mutants, kills), encoding="utf-8")
    survivors = [name for name, laws in kills.items() if not laws]
    print(f"{len(kills) - len(survivors)} of {len(kills)} mutants killed: {PAGE.name}")
    for name in survivors:
        print("survived:", name)
