"""Render the kill table: `python -m zoo` in the folder `tests`."""

import pathlib
import re

from zoo import open_the_gates

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "zoo.md"

HEAD = """# The zoo

Every line is a mistake that somebody made, written as a small piece of code in
`tests/zoo`. The laws of `keras_transformer/laws` must catch each of them; the last
column names the first law that does. Where a thread is named,
the mistake, or its symptom, is described there.

This page is generated: `cd tests && python -m zoo`.
"""


def linked(seen):
    """Threads as links; the words around them as they are."""
    return re.sub(
        r"([\w.-]+/[\w.-]+)#(\d+)",
        r"[\1#\2](https://github.com/\1/issues/\2)",
        seen,
    )


def page(kills):
    """The page, from `(mutant, its deaths)` of every mutant."""
    lines = [HEAD]
    lines.append(f"{len(kills)} mutants.\n")
    family = None
    for mutant, deaths in kills:
        if mutant.family != family:
            family = mutant.family
            lines.append(f"\n## {family.capitalize()}\n")
            lines.append("| mistake | seen in | caught by |")
            lines.append("|---|---|---|")
        law = next(iter(deaths), "nothing: a law is missing").replace("_", " ")
        lines.append(f"| {mutant.name} | {linked(mutant.seen)} | {law} |")
    return "\n".join(lines) + "\n"


def main():
    """Let every law look at every mutant, and write the page."""
    kills = [(mutant, mutant.deaths()) for mutant in open_the_gates()]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(kills), encoding="utf-8")
    survivors = [mutant.name for mutant, deaths in kills if not deaths]
    print(f"{len(kills) - len(survivors)} of {len(kills)} mutants killed: {PAGE.name}")
    for name in survivors:
        print("survived:", name)
