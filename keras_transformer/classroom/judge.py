"""The process in which a learner's code runs.

`python -m keras_transformer.classroom.judge` reads exercises from standard input, as
JSON, and writes a line of JSON when it begins one and another when it has judged it.
Whoever started it sees to the time.
"""

import json
import os
import pathlib
import sys
from typing import Any

from keras_transformer.classroom import confined
from keras_transformer.classroom.exercises import check_call
from keras_transformer.laws import check


def judge(name: str, sources: list[str], check_cell: str) -> dict[str, Any]:
    """What the laws say about an answer.

    Args:
        name: Id of the exercise.
        sources: The cells to run first.
        check_cell: The cell that judges.

    Returns:
        `status`, `said`, and for a law that is broken what it saw.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    before, call = check_call(check_cell)
    try:
        for source in [*sources, before]:
            exec(compile(source, name, "exec"), namespace)
        report = eval(call, {**namespace, "check": check})
    except BaseException as error:
        return {"status": "failed", "said": f"{type(error).__name__}: {error}"[:500]}
    status = "not written" if report.unwritten else "broken"
    return {
        "status": "passed" if report.ok else status,
        "said": report.headline,
        "broken": {law: saw[:500] for law, saw in report.broken.items()},
    }


def main() -> None:
    """Judge what standard input asks for, under its limits."""
    asked = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if asked["confined"]:
        confined.keep_to(pathlib.Path.cwd())
    seconds = asked["seconds"] * len(asked["exercises"])
    confined.limit(asked["memory_bytes"], 2 * seconds)
    for exercise in asked["exercises"]:
        print(
            json.dumps({"begins": exercise["name"]}, allow_nan=False),
            file=answers,
            flush=True,
        )
        said = judge(exercise["name"], exercise["sources"], exercise["check"])
        print(json.dumps(said, allow_nan=False), file=answers, flush=True)
    os._exit(0)  # whatever threads the answers have left behind


if __name__ == "__main__":
    main()
