"""The pages that show the studies: the scoreboard's two, and the front page.

`python -m keras_transformer.course.scoreboard.pages`, in the repository, renders anew
from what is stored in `results/`, and from `lessons/README.md`: the answers of
`SCOREBOARD.md`, every table of `results/scoreboard/README.md`, the results, the
syllabus and the figure of the front page, and the curves of the trial.
"""

import pathlib
from collections.abc import Mapping

from keras_transformer.course.scoreboard.answers import answer, table
from keras_transformer.course.scoreboard.board import Board, marks, tables
from keras_transformer.course.scoreboard.fastest import section as fastest
from keras_transformer.course.scoreboard.front import front, steps, syllabus
from keras_transformer.course.scoreboard.longer import section as longer
from keras_transformer.course.scoreboard.names import section as names
from keras_transformer.course.scoreboard.questions import QUESTIONS
from keras_transformer.course.scoreboard.reasons import section as reasons
from keras_transformer.course.scoreboard.report import insert
from keras_transformer.course.scoreboard.trial import plan
from keras_transformer.course.scoreboard.trial import table as trial
from keras_transformer.course.scoreboard.trial.curves import curves, picture_path, shown
from keras_transformer.course.studies import STUDIES
from keras_transformer.plots import Picture
from keras_transformer.system.files import write_atomically, write_text

BOARD = pathlib.Path("SCOREBOARD.md")
ALL = pathlib.Path("results/scoreboard/README.md")
FRONT = pathlib.Path("README.md")
PUBLISHED = 36.5
"""BLEU of Multi30k that minutes are taken to."""


def parts(results: pathlib.Path) -> dict[pathlib.Path, dict[tuple[str, str], str]]:
    """What stands between marks, by page and marks.

    Args:
        results: The folder `results`.
    """
    studies = results / "scoreboard"
    boards = {corpus: Board.load(studies / corpus) for corpus in STUDIES}
    questions = {
        marks(each.name): f"{answer(each, boards)}\n{table(each, boards)}"
        for each in QUESTIONS
    }
    every = {}
    for corpus in STUDIES:
        every |= tables(corpus, studies)
    told = {marks("trial"): trial.section(plan.stored(results / "trial"))}
    explained = results / "experiments" / "do_weights_explain.json"
    told[marks("reasons")] = reasons(explained)
    joined = results / "experiments" / "longer_sentences.json"
    told[marks("joined")] = longer(joined, boards["phrasebook"])
    put_in = results / "experiments" / "names_and_numbers.json"
    told[marks("names")] = names(put_in)
    to_published = results / "time_to", "multi30k-de-en", "test_2016", PUBLISHED
    told[marks("time to")] = fastest(*to_published)
    return {
        BOARD: told | questions,
        ALL: every,
        FRONT: {marks("front"): front(studies)},
    }


def _draw(picture: Picture, path: pathlib.Path) -> None:
    image, _ = picture._repr_png_()
    write_atomically(path, lambda file: file.write(image))


def _fill(path: pathlib.Path, found: Mapping[tuple[str, str], str]) -> None:
    page = path.read_text("utf-8")
    for (begin, end), text in found.items():
        page = insert(page, text, begin, end)
    write_text(path, page)


if __name__ == "__main__":
    results = pathlib.Path("results")
    pages = parts(results)
    lessons = pathlib.Path("lessons/README.md").read_text("utf-8")
    pages[FRONT][marks("syllabus")] = syllabus(lessons)
    for path, found in pages.items():
        _fill(path, found)
    phrasebook = Board.load(results / "scoreboard" / "phrasebook")
    _draw(steps(phrasebook), pathlib.Path("docs/scoreboard.png"))
    runs = plan.stored(results / "trial")
    for name in shown(runs):
        _draw(curves(runs, name), picture_path(name))
