"""`python -m keras_transformer.course.claims`, in the repository: writes the ledger."""

import pathlib

from keras_transformer.course.claims.ledger import render
from keras_transformer.system.files import write_text

if __name__ == "__main__":
    folder = pathlib.Path("lessons")
    lessons = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    write_text(folder / "ledger.md", render(lessons))
