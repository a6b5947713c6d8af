"""What grading came to: a table for the terminal, a page that anybody can recompute."""

import hashlib
import html
import json
from typing import Any

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{learner}: exercises</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto;
  padding: 0 1rem; color-scheme: light dark; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid; padding: .3rem .8rem; text-align: left; }}
code {{ overflow-wrap: anywhere; }}
</style>
<h1>{learner}</h1>
<p>{passed} of {total} exercises pass every law of keras-transformer-course {version}.
</p>
<table>
<thead>
<tr><th>lesson</th><th>exercise</th><th>result</th><th>what was said</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
<h2>How to recompute it</h2>
<p>With the same version, <code>keras-transformer grade FOLDER</code> on the notebooks
whose checksums stand in the JSON file beside this page writes the same digest:</p>
<p><code>{digest}</code></p>
<p>The laws judge code, not who wrote it.</p>
</html>
"""


def digest(graded: list[dict[str, Any]], version: str) -> str:
    """One number for everything that was found.

    Args:
        graded: The grades of a learner's notebooks.
        version: The version of this package.
    """
    text = json.dumps(
        [version, graded], sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def score(graded: list[dict[str, Any]]) -> tuple[int, int]:
    """How many exercises pass, and how many there are.

    Args:
        graded: The grades of a learner's notebooks.
    """
    answers = [each for lesson in graded for each in lesson["exercises"].values()]
    return sum(each["status"] == "passed" for each in answers), len(answers)


def certificate(learner: str, graded: list[dict[str, Any]], version: str) -> str:
    """The page of a learner.

    Args:
        learner: The learner's name: that of the folder.
        graded: The grades of the notebooks.
        version: The version of this package.
    """
    rows = [
        (lesson["lesson"], name, answer["status"], answer.get("said", ""))
        for lesson in graded
        for name, answer in lesson["exercises"].items()
    ]
    unread = [each for each in graded if "fault" in each]
    rows += [(each["lesson"], "", "no notebook", each["fault"]) for each in unread]
    cells = ("".join(f"<td>{html.escape(text)}</td>" for text in row) for row in rows)
    passed, total = score(graded)
    return PAGE.format(
        learner=html.escape(learner),
        passed=passed,
        total=total,
        version=html.escape(version),
        rows="\n".join(f"<tr>{row}</tr>" for row in cells),
        digest=digest(graded, version),
    )


def table(grades: dict[str, list[dict[str, Any]]]) -> str:
    """A line for each learner, a column for each lesson.

    Args:
        grades: The grades of each learner's notebooks, by name.

    Example:
        >>> one = {"lesson": "03_soft", "exercises": {"a": {"status": "passed"}}}
        >>> print(table({"Ada": [one], "Bo": []}))
        learner  03   all
        Ada      1/1  1/1
        Bo       -    0/0
    """
    lessons = sorted({g["lesson"] for graded in grades.values() for g in graded})
    lines = [["learner", *(name[:2] for name in lessons), "all"]]
    for learner, graded in grades.items():
        by_name = {lesson["lesson"]: [lesson] for lesson in graded}
        cells = [
            "{}/{}".format(*score(by_name[name])) if name in by_name else "-"
            for name in lessons
        ]
        lines.append([learner, *cells, "{}/{}".format(*score(graded))])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (map(str.ljust, line, widths) for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)
