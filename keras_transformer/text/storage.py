"""Storage: a tokenizer as a folder of two readable files."""

import json
import os
import pathlib
from collections.abc import Sequence

from keras_transformer.system.files import write_text

FORMAT = 1


def write(folder: str | os.PathLike, pieces: Sequence[str], case: str) -> None:
    """Writes `vocabulary.txt`, a piece a line, and `tokenizer.json`.

    Each file appears whole or not at all.

    Args:
        folder: Where to; made if it does not exist.
        pieces: The vocabulary.
        case: The tokenizer's option.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"format": FORMAT, "case": case, "size": len(pieces)}
    write_text(folder / "vocabulary.txt", "".join(f"{piece}\n" for piece in pieces))
    write_text(
        folder / "tokenizer.json", json.dumps(options, indent=2, allow_nan=False) + "\n"
    )


def read(folder: str | os.PathLike) -> dict:
    """Reads what `write` wrote.

    Args:
        folder: The folder given to `write`.

    Returns:
        `{"pieces": …, "case": …}`.

    Raises:
        ValueError: If the files do not belong together or are of another format.
    """
    folder = pathlib.Path(folder)
    options = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    pieces = (folder / "vocabulary.txt").read_text("utf-8").split("\n")[:-1]
    kept = options if isinstance(options, dict) and "case" in options else {}
    if kept.get("format") != FORMAT or kept.get("size") != len(pieces):
        raise ValueError(
            f"{folder} must hold a tokenizer of format {FORMAT} with as many pieces as "
            f"it says, got {options} and {len(pieces)} pieces"
        )
    return {"pieces": pieces, "case": options["case"]}
