"""Text: own and public pairs, sentences with labels, plays for language models."""

from keras_transformer.corpora.banking77 import load_banking77
from keras_transformer.corpora.copied import copied_pairs
from keras_transformer.corpora.corpus import Alignment, Corpus, Pairs, words
from keras_transformer.corpora.download import cache_folder
from keras_transformer.corpora.entry import Entry, RemoteFile
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.files import load_files, read_parallel, read_tsv
from keras_transformer.corpora.joined import joined_pairs
from keras_transformer.corpora.labelled import Labelled, read_labelled
from keras_transformer.corpora.registry import (
    describe,
    load,
    load_test,
    names,
    on_disk,
    show,
)
from keras_transformer.corpora.splits import leak_free_splits
from keras_transformer.corpora.tinyshakespeare import (
    tinyshakespeare,
    tinyshakespeare_on_disk,
)

__all__ = [
    "Alignment",
    "Corpus",
    "CorpusError",
    "Entry",
    "Labelled",
    "Pairs",
    "RemoteFile",
    "cache_folder",
    "copied_pairs",
    "describe",
    "joined_pairs",
    "leak_free_splits",
    "load",
    "load_banking77",
    "load_files",
    "load_test",
    "names",
    "on_disk",
    "read_labelled",
    "read_parallel",
    "read_tsv",
    "show",
    "tinyshakespeare",
    "tinyshakespeare_on_disk",
    "words",
]
