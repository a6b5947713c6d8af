"""Lessons laid out to work in: copies that no update overwrites.

A learner writes into `work/`. The lessons themselves stay as they came, so that an
update never meets an edited notebook, and an original can be brought back.
"""

import hashlib
import json
import pathlib
import re
import shutil
from collections.abc import Iterator

from keras_transformer.system.files import write_json, write_text

WORK = "work"
COPIED = ".copied.json"  # what each copy was when it was made
BESIDE = ("SCOREBOARD.md", "results")  # what lessons look for beside their folder
LINK = re.compile(r"(\]\(\d\d_\w+\.ipynb#)(?!cell-id=)")


def home() -> pathlib.Path:
    """The folder that holds the lessons: a checkout, or the package of a wheel.

    Raises:
        FileNotFoundError: If neither holds them.
    """
    for folder in pathlib.Path(__file__).resolve().parents[1:3]:
        if (folder / "lessons" / "README.md").is_file():
            return folder
    raise FileNotFoundError("no lessons: they lie in the wheel and in a checkout")


def place() -> pathlib.Path:
    """Where lessons are laid out by default: in a checkout, or a folder of its own."""
    found = home()
    is_package = (found / "__init__.py").is_file()
    return pathlib.Path("attention-lessons") if is_package else found


def originals() -> list[pathlib.Path]:
    """The lessons as they came, in order."""
    return sorted((home() / "lessons").glob("[0-9][0-9]_*.ipynb"))


def original(number: str) -> pathlib.Path:
    """The lesson of a number.

    Args:
        number: As in `"03"` or `"3"`.

    Raises:
        ValueError: If there is no such lesson.
    """
    wanted = number.zfill(2)
    for path in originals():
        if path.name.startswith(f"{wanted}_"):
            return path
    known = ", ".join(path.name[:2] for path in originals())
    raise ValueError(f"a lesson is one of {known}, got {number!r}")


def digest(path: pathlib.Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lay_out(folder: pathlib.Path) -> Iterator[str]:
    """Copy the lessons into `folder/work`; what the learner wrote stays.

    Args:
        folder: A checkout, or any folder.

    Yields:
        A line for each lesson whose original is newer than the learner's copy.
    """
    work, source = folder / WORK, home() / "lessons"
    work.mkdir(parents=True, exist_ok=True)
    for name in BESIDE:
        if not (folder / name).exists():
            beside = home() / name
            copy = shutil.copytree if beside.is_dir() else shutil.copy
            copy(beside, folder / name)
    shutil.copytree(source / "figures", work / "figures", dirs_exist_ok=True)
    for page in source.glob("*.md"):
        text = LINK.sub(r"\1cell-id=", page.read_text("utf-8"))  # JupyterLab's form
        write_text(work / page.name, text)
    known = _known(work)
    for path in originals():
        copy, now = work / path.name, digest(path)
        before = known.get(path.name)
        if not copy.exists() or digest(copy) == before:
            shutil.copyfile(path, copy)
            known[path.name] = now
        elif before != now:
            fresh_one = f"make fresh LESSON={path.name[:2]}"
            yield f"{path.name} is newer than your copy; {fresh_one} brings it"
    write_json(work / COPIED, known)


def fresh(folder: pathlib.Path, number: str) -> pathlib.Path | None:
    """Bring a lesson back as it came.

    Args:
        folder: Where the lessons were laid out.
        number: Its number, as in `"03"`.

    Returns:
        Where the learner's version was put, if there was one.
    """
    path, work = original(number), folder / WORK
    copy, kept = work / path.name, None
    if copy.exists():
        (work / "before").mkdir(exist_ok=True)
        taken = len(list((work / "before").glob(f"{path.stem}-*.ipynb")))
        kept = work / "before" / f"{path.stem}-{taken + 1}.ipynb"
        copy.rename(kept)
    work.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    known = _known(work)
    known[path.name] = digest(path)
    write_json(work / COPIED, known)
    return kept


def _known(work):
    path = work / COPIED
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
