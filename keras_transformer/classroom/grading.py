"""Grade notebooks: the lessons' checks on a learner's code, in a process of its own."""

import contextlib
import dataclasses
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from keras_transformer.classroom import confined, lessons
from keras_transformer.classroom.exercises import Exercise, exercises

LOADING_S = 120  # until Keras is there, however busy the machine


@dataclasses.dataclass(frozen=True)
class Limits:
    """What an answer may take.

    Args:
        seconds: Time for one exercise.
        memory_gb: Memory for one notebook, beyond what Keras needs.
        confined: Whether it may write nowhere, and reach no network.
    """

    seconds: int = 60
    memory_gb: float = 4.0
    confined: bool = True

    def __post_init__(self):
        if self.confined and not confined.version():
            raise OSError(
                "this system cannot keep a notebook from other people's files (Linux "
                "5.13 or newer can); whoever trusts every notebook says --unconfined"
            )


def grade_learner(folder: pathlib.Path, limits: Limits) -> list[dict[str, Any]]:
    """The grades of every lesson that lies in a learner's folder.

    Args:
        folder: The folder; copies in `work` go before others.
        limits: What an answer may take.
    """
    return [
        grade_notebook(lesson, found, limits)
        for lesson in lessons.originals()
        if (found := _copy_of(lesson.name, folder))
    ]


def grade_notebook(
    lesson: pathlib.Path, learner: pathlib.Path, limits: Limits
) -> dict[str, Any]:
    """The grades of one notebook.

    Args:
        lesson: The lesson as it came.
        learner: The learner's notebook, which is read and never run in its place.
        limits: What an answer may take.

    Returns:
        `lesson`, `sha256` of the learner's file, and what became of each exercise.
    """
    graded = {"lesson": lesson.stem, "sha256": lessons.digest(learner)}
    try:
        found = list(exercises(lesson, learner))
    except ValueError as error:
        return {**graded, "exercises": {}, "fault": str(error.__cause__)}
    answers = {
        each.name: {"status": "not written" if each.sources else "missing"}
        for each in found
    }
    waiting = [each for each in found if each.written]
    while waiting:
        judged = _judged(waiting, limits)
        answers.update(judged)
        waiting = waiting[len(judged) :]  # what ended its process is not asked again
    return {**graded, "exercises": answers}


def _copy_of(name, folder):
    found = [
        path
        for path in folder.rglob(name)
        if not {"before", ".ipynb_checkpoints"} & {*path.relative_to(folder).parts}
    ]
    return min(
        found, default=None, key=lambda p: (p.parent.name != lessons.WORK, len(p.parts))
    )


def _judged(waiting: list[Exercise], limits: Limits) -> dict[str, dict[str, Any]]:
    """What one process says of exercises, until it ends or is ended."""
    asked = {
        "exercises": [dataclasses.asdict(each) for each in waiting],
        "seconds": limits.seconds,
        "memory_bytes": int(limits.memory_gb * 2**30),
        "confined": limits.confined,
    }
    answers: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="graded-") as folder:
        here = str(pathlib.Path(__file__).parents[2])
        process = subprocess.Popen(
            [sys.executable, "-m", "keras_transformer.classroom.judge"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": here, "HOME": folder, "TMPDIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            with process.stdin as pipe:
                pipe.write(json.dumps(asked, allow_nan=False).encode())
            lines = _lines(process.stdout)
            begun = next(lines(LOADING_S), None)
            while begun is not None and "begins" in begun:
                said = next(lines(limits.seconds), None)
                answers[begun["begins"]] = said or _ended(process, limits)
                begun = next(lines(limits.seconds), None) if said else None
        finally:
            _end(process)
    if not answers:  # the process died before it began
        answers[waiting[0].name] = {"status": "failed", "said": "it could not be run"}
    return answers


def _ended(process, limits):
    """Why there was no answer."""
    try:
        code = process.wait(1)
    except subprocess.TimeoutExpired:
        said = f"no answer within {limits.seconds} seconds"
        return {"status": "out of time", "said": said}
    return {"status": "failed", "said": f"it ended the process, with status {code}"}


def _end(process):
    """End a process, and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _lines(pipe):
    """`lines(seconds)`: what a pipe says, line by line, while each comes in time."""
    held = bytearray()

    def lines(seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in held:
            ready, _, _ = select.select([pipe], [], [], deadline - time.monotonic())
            more = os.read(pipe.fileno(), 65536) if ready else b""
            if not more:
                return
            held.extend(more)
        line, _, rest = bytes(held).partition(b"\n")
        held[:] = rest
        try:
            yield json.loads(line)
        except ValueError:
            return

    return lines
