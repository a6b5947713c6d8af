"""Parallel text: a user's own files, and public corpora by name."""

from keras_transformer.corpora.corpus import Alignment as Alignment
from keras_transformer.corpora.corpus import Corpus as Corpus
from keras_transformer.corpora.corpus import Pairs as Pairs
from keras_transformer.corpora.corpus import words as words
from keras_transformer.corpora.download import cache_folder as cache_folder
from keras_transformer.corpora.entry import Entry as Entry
from keras_transformer.corpora.entry import RemoteFile as RemoteFile
from keras_transformer.corpora.errors import CorpusError as CorpusError
from keras_transformer.corpora.files import load_files as load_files
from keras_transformer.corpora.files import read_parallel as read_parallel
from keras_transformer.corpora.files import read_tsv as read_tsv
from keras_transformer.corpora.registry import describe as describe
from keras_transformer.corpora.registry import load as load
from keras_transformer.corpora.registry import names as names
from keras_transformer.corpora.registry import on_disk as on_disk
from keras_transformer.corpora.registry import show as show
from keras_transformer.corpora.splits import leak_free_splits as leak_free_splits
