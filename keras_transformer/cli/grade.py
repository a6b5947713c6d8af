"""The command `grade`."""

import dataclasses
import pathlib
from importlib import metadata
from typing import Annotated

import tyro

from keras_transformer.classroom import certificate, lessons
from keras_transformer.classroom.grading import Limits, grade_learner
from keras_transformer.cli.say import say
from keras_transformer.system.extras import DISTRIBUTION
from keras_transformer.system.files import write_json, write_text
from keras_transformer.system.ranges import Count, Range


@dataclasses.dataclass(frozen=True)
class Grade:
    """Judge the exercises of one learner's notebooks, or of a class's."""

    folder: tyro.conf.Positional[pathlib.Path]
    """A learner's folder of notebooks, or a folder of such folders."""
    output: pathlib.Path = pathlib.Path("grades")
    """Where a JSON file and a certificate go for each learner."""
    seconds: Count = 60
    """Time for one exercise."""
    memory_gb: Annotated[float, Range(above=0, most=10_000)] = 4.0
    """Memory for one notebook, beyond what Keras needs."""
    unconfined: bool = False
    """Run the notebooks where they could change other files, on a system that cannot
    keep them from it."""

    def run(self) -> None:
        """Grade."""
        limits = Limits(self.seconds, self.memory_gb, not self.unconfined)
        version = metadata.version(DISTRIBUTION)
        grades = {}
        for name, folder in learners(self.folder).items():
            say(name)
            graded = grades[name] = grade_learner(folder, limits)
            digest = certificate.digest(graded, version)
            facts = {"learner": name, "version": version, "digest": digest}
            write_json(self.output / f"{name}.json", {**facts, "lessons": graded})
            page = certificate.certificate(name, graded, version)
            write_text(self.output / f"{name}.html", page)
        print(certificate.table(grades))
        say(f"{self.output}: a JSON file and a certificate for each")


def learners(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """The folders of learners, by name.

    Args:
        folder: One learner's folder, or a class's.

    Raises:
        ValueError: If no lesson lies anywhere in it.
    """
    names = {path.name for path in lessons.originals()}
    is_one = any((folder / place / n).exists() for place in ("", "work") for n in names)
    if is_one:
        return {folder.resolve().name: folder}
    found = {
        inner.name: inner
        for inner in sorted(folder.glob("*/"))
        if any(path.name in names for path in inner.rglob("*.ipynb"))
    }
    if not found:
        raise ValueError(f"no notebook in {folder} has the name of a lesson")
    return found
