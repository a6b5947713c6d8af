"""The pages that show the studies: the scoreboard's, and the front page.

`python -m keras_transformer.course.scoreboard.pages`, in the repository, renders
`SCOREBOARD.md`, and the results, the syllabus and the figure of the front page, anew
from `results/scoreboard/` and `lessons/README.md`.
"""

import pathlib

from keras_transformer.course.scoreboard.board import Board, marks, tables
from keras_transformer.course.scoreboard.front import front, steps, syllabus
from keras_transformer.course.scoreboard.report import insert
from keras_transformer.course.studies import STUDIES
from keras_transformer.system.files import write_atomically, write_text

if __name__ == "__main__":
    results = pathlib.Path("results/scoreboard")
    path = pathlib.Path("SCOREBOARD.md")
    page = path.read_text("utf-8")
    for corpus in STUDIES:
        for (begin, end), table in tables(corpus, results).items():
            page = insert(page, table, begin, end)
    write_text(path, page)
    lessons = pathlib.Path("lessons/README.md").read_text("utf-8")
    path = pathlib.Path("README.md")
    page = insert(path.read_text("utf-8"), syllabus(lessons), *marks("syllabus"))
    write_text(path, insert(page, front(results), *marks("front")))
    picture, _ = steps(Board.load(results / "phrasebook"))._repr_png_()
    path = pathlib.Path("docs/scoreboard.png")
    write_atomically(path, lambda file: file.write(picture))
