"""Corpora that are damaged: tables, compressed ones, and archives."""

import collections
import gzip
import io
import zipfile

from keras_transformer.corpora import CorpusError, load_files
from keras_transformer.corpora.corpus import Corpus
from keras_transformer.corpora.tatoeba import read_archive
from soak.damage import damaged_bytes

ROWS = "".join(f"Satz {n} ist kurz.\tSentence {n} is short.\n" for n in range(60))


def archive():
    """A corpus as Tatoeba's pairs come: a table in a zip."""
    file = io.BytesIO()
    rows = "".join(f"{line}\tCC-BY\n" for line in ROWS.splitlines())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("cmn.txt", rows)
    return file.getvalue()


KINDS = {
    "pairs.tsv": ROWS.encode(),
    "pairs.tsv.gz": gzip.compress(ROWS.encode(), mtime=0),
    "cmn-eng.zip": archive(),
}


def rounds(folder, random):
    """A round is a hundred damaged files."""
    while True:
        done = collections.Counter()
        for _ in range(100):
            name = random.choice([*KINDS])
            path = folder / name
            path.write_bytes(damaged_bytes(random, KINDS[name])[0])
            done["files damaged"] += 1
            try:
                if name.endswith(".zip"):
                    read_archive(path, "cmn")
                else:
                    assert isinstance(load_files(path), Corpus)
            except CorpusError as error:
                assert name in str(error), error
                done["files refused by name"] += 1
        yield done
