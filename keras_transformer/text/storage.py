"""Storage: a tokenizer as a folder of two readable files."""

import json
import os
import pathlib
from collections.abc import Sequence

from keras_transformer.system.files import write_text
from keras_transformer.system.reading import MIB, read_json, read_text
from keras_transformer.text.options import check_options

FORMAT = 1
VOCABULARY = 256 * MIB
"""The most bytes of a vocabulary."""


def write(
    folder: str | os.PathLike, pieces: Sequence[str], case: str, form: str
) -> None:
    """Writes `vocabulary.txt`, a piece a line, and `tokenizer.json`.

    Each file appears whole or not at all.

    Args:
        folder: Where to; made if it does not exist.
        pieces: The vocabulary.
        case: The tokenizer's option.
        form: Another.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"format": FORMAT, "case": case, "form": form, "size": len(pieces)}
    write_text(folder / "vocabulary.txt", "".join(f"{piece}\n" for piece in pieces))
    write_text(
        folder / "tokenizer.json", json.dumps(options, indent=2, allow_nan=False) + "\n"
    )


def read(folder: str | os.PathLike) -> dict:
    """Reads what `write` wrote.

    Args:
        folder: The folder given to `write`.

    Returns:
        `{"pieces": …, "case": …, "form": …}`.

    Raises:
        ValueError: If the files do not belong together or are of another format.
    """
    folder = pathlib.Path(folder)
    settings, listed = folder / "tokenizer.json", folder / "vocabulary.txt"
    options = read_json(settings)
    if not isinstance(options, dict) or options.get("format") != FORMAT:
        raise ValueError(
            f"{settings}: must hold the settings of a tokenizer of format {FORMAT}, "
            f"got {str(options)[:60]}"
        )
    pieces = read_text(listed, VOCABULARY).split("\n")[:-1]
    if options.get("size") != len(pieces):
        raise ValueError(
            f"{listed}: must hold as many pieces as {settings} says, "
            f"got {len(pieces)} pieces and size {str(options.get('size'))[:60]}"
        )
    # Tokenizers from before there was a choice of forms do not name theirs.
    chosen = {"case": options.get("case"), "form": options.get("form", "NFKC")}
    try:
        check_options(**chosen)
    except ValueError as error:
        raise ValueError(f"{settings}: {error}") from error
    return {"pieces": pieces, **chosen}
