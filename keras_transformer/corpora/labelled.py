"""Sentences with a label each: what is classified."""

import csv
import dataclasses
from pathlib import Path

from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.streams import read_lines


@dataclasses.dataclass(frozen=True)
class Labelled:
    """Texts, in order, each with its label.

    Args:
        texts: The texts.
        labels: The label of each.

    Raises:
        ValueError: If there are not as many labels as texts.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __post_init__(self):
        if len(self.texts) != len(self.labels):
            raise ValueError(
                f"each text needs a label, got {len(self.texts)} texts and "
                f"{len(self.labels)} labels"
            )

    def __len__(self):
        return len(self.texts)


def read_labelled(path: str | Path, text: str, label: str) -> Labelled:
    """Reads texts and labels from a CSV with a header.

    White space within a text, line ends too, becomes one space.

    Args:
        path: A UTF-8 file, plain or compressed.
        text: Name of the column of the texts.
        label: Name of the column of the labels.

    Returns:
        The texts and labels.

    Raises:
        CorpusError: Naming file, line and rule, if a column is missing, a row has more
            or fewer fields than the header, a text or a label is empty, a quotation
            mark is not closed, a byte is not UTF-8, or there is no row.
    """
    lines = [f"{line}\n" for line in read_lines(path)]
    reader = csv.reader(lines, strict=True)
    texts, labels = [], []
    try:
        header = next(reader, [])
        for name in (text, label):
            if name not in header:
                raise CorpusError(
                    f"{path}:1: must have a column {name!r} in its header, got "
                    f"{', '.join(map(repr, header)) or 'an empty file'}"
                )
        for fields in reader:
            where = f"{path}:{reader.line_num}"
            if len(fields) != len(header):
                raise CorpusError(
                    f"{where}: must have {len(header)} fields, got {len(fields)}"
                )
            row = dict(zip(header, (" ".join(f.split()) for f in fields), strict=True))
            for name in (text, label):
                if not row[name]:
                    raise CorpusError(f"{where}: {name!r} must hold text, got none")
            texts.append(row[text])
            labels.append(row[label])
    except csv.Error as error:
        raise CorpusError(
            f"{path}:{reader.line_num}: must be CSV, got {error}"
        ) from error
    if not texts:
        raise CorpusError(f"{path}: must hold a row below its header, got none")
    return Labelled(tuple(texts), tuple(labels))
