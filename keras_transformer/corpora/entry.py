"""What the registry knows of a public corpus, as values."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from keras_transformer.corpora.corpus import Pairs


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """One file of a corpus, as its publisher names it.

    Args:
        name: Its name upstream, and in the cache.
        folder: The cache's folder for it; corpora that share files share folders.
        address: Where it is downloaded from.
        sha256: Its checksum, or `None` where nobody has verified one: then the
            checksum seen first is recorded beside the file.
        regenerated: Whether the publisher replaces it under the same address, so
            that a checksum that differs need not be an error.
        most: How many bytes it may have.
    """

    name: str
    folder: str
    address: str
    sha256: str | None
    regenerated: bool = False
    most: int = 2**30


@dataclasses.dataclass(frozen=True)
class Entry:
    """A corpus that `load` finds by name.

    Args:
        name: The name.
        source_language: ISO 639-1 code of the source side.
        target_language: ISO 639-1 code of the target side.
        title: One line: what it is.
        files: What must be in the cache; empty for an embedded corpus.
        licence: Under which terms it may be used.
        citation: What to cite.
        homepage: Where it is described.
        read: From the cached files, by name, to the splits.
    """

    name: str
    source_language: str
    target_language: str
    title: str
    files: tuple[RemoteFile, ...]
    licence: str
    citation: str
    homepage: str
    read: Callable[[Mapping[str, Path]], Mapping[str, Pairs]]
