"""The embedded corpus: generated phrases with gold alignments, German to English."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from keras_transformer.corpora.corpus import Pairs
from keras_transformer.corpora.entry import Entry
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.files import read_tsv

# The wheel carries the files inside the package, a checkout beside it.
FOLDERS = tuple(
    Path(__file__).parents[level] / "data" / "phrasebook" for level in (1, 2)
)
FIRST = ("train", "valid", "test", "test_long")  # the challenges stand after them


def detokenize(text: str) -> str:
    """Removes the spaces before punctuation: "Wer schläft ?" to "Wer schläft?"."""
    for mark in ",.?":
        text = text.replace(" " + mark, mark)
    return text


def read(paths: Mapping[str, Path]) -> Mapping[str, Pairs]:
    """Reads all splits, as people write them.

    The files hold a space between any two words, as aligners do; `words` finds the
    same words in natural text.

    Args:
        paths: None: nothing of it is downloaded.

    Raises:
        CorpusError: If its files are not there.
    """
    folder = next((f for f in FOLDERS if (f / "train.tsv").is_file()), None)
    if folder is None:
        raise CorpusError(
            "the phrasebook comes with the package, in data/phrasebook, got "
            f"{' and '.join(map(str, FOLDERS))} without train.tsv"
        )
    found = sorted(path.stem for path in folder.glob("*.tsv"))
    names = dict.fromkeys([*(name for name in FIRST if name in found), *found])
    return {name: _natural(_read(folder / f"{name}.tsv")) for name in names}


def _read(path):
    return read_tsv(
        path, "source", "target", alignment="alignment", phenomena="phenomena"
    )


def _natural(pairs):
    return dataclasses.replace(
        pairs,
        source=tuple(map(detokenize, pairs.source)),
        target=tuple(map(detokenize, pairs.target)),
    )


ENTRY = Entry(
    name="phrasebook",
    source_language="de",
    target_language="en",
    title="Generated phrases with gold alignments, German to English: "
    "20,000 pairs to train on",
    files=(),
    licence="Apache-2.0, as this package",
    citation="this package",
    homepage="data/README.md",
    read=read,
)
