"""What a run measured, epoch by epoch."""

import csv
import io
import pathlib

from keras_transformer.system.files import write_json, write_text
from keras_transformer.system.hosts import is_first


def write_history(folder: pathlib.Path, rows: list[dict]) -> None:
    """Write `history.json` and `history.csv`, a row an epoch; the first host does.

    Args:
        folder: The run's folder.
        rows: Dicts of numbers; a column that a row lacks stays empty, as does
            `None`.
    """
    if not is_first():
        return
    folder = pathlib.Path(folder)
    write_json(folder / "history.json", rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "history.csv", table.getvalue())
