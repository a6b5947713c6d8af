"""The corpora that have a name: what there is, and how to get at it."""

import difflib
import textwrap
from pathlib import Path

from keras_transformer.corpora import multi30k, phrasebook, tatoeba
from keras_transformer.corpora.corpus import Corpus
from keras_transformer.corpora.download import cache_folder, fetch
from keras_transformer.corpora.entry import Entry
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.files import load_files, read_parallel, read_tsv
from keras_transformer.corpora.tables import Columns

_ENTRIES = {
    entry.name: entry
    for entry in (
        phrasebook.ENTRY,
        *multi30k.ENTRIES,
        *tatoeba.ENTRIES,
    )
}


def names() -> tuple[str, ...]:
    """The names of all registered corpora."""
    return tuple(_ENTRIES)


def entry(name: str) -> Entry:
    """What is known of a corpus.

    Args:
        name: One of `names()`.

    Returns:
        Its entry: languages, files, licence, citation.

    Raises:
        CorpusError: If there is none of that name; suggests similar ones.
    """
    if name not in _ENTRIES:
        close = difflib.get_close_matches(name, _ENTRIES, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "see `corpora list`"
        raise CorpusError(f"a corpus must be a registered name, got {name!r}; {hint}")
    return _ENTRIES[name]


def describe(name: str) -> str:
    """The entry of a corpus as text: title, licence, citation, files."""
    known = entry(name)
    lines = [known.name, known.title, f"Homepage: {known.homepage}"]
    lines += [f"Licence: {known.licence}", f"Citation: {known.citation}"]
    for file in known.files:
        lines.append(f"File: {file.address}")
        lines.append(
            f"sha256: {file.sha256}"
            if file.sha256
            else "sha256: not known; the first one seen is recorded and kept to"
        )
    return "\n".join(
        textwrap.fill(line, 88, subsequent_indent="  ", break_long_words=False)
        for line in lines
    )


def download(name: str, accept_changed: bool = False) -> dict[str, Path]:
    """Makes sure that the files of a corpus are in the cache, and are right.

    Args:
        name: One of `names()`.
        accept_changed: Take files that their publisher has regenerated since
            the registry's checksum was noted; the new checksum is kept to.

    Returns:
        The files' paths by name; none for an embedded corpus.

    Raises:
        CorpusError: If there is no such corpus, or a file cannot be had.
    """
    return {file.name: fetch(file, accept_changed) for file in entry(name).files}


def on_disk(name: str) -> bool:
    """Whether a corpus can be loaded without a network.

    Args:
        name: One of `names()`.

    Raises:
        CorpusError: If there is no such corpus.

    Example:
        >>> on_disk("phrasebook")  # it is part of the package
        True
    """
    folder = cache_folder()
    return all((folder / f.folder / f.name).exists() for f in entry(name).files)


def load(name: str | Path, columns: Columns | None = None) -> Corpus:
    """A corpus by its registered name, or from a user's own files.

    Args:
        name: One of `names()`; or the path of a table (`read_tsv` says which), or the
            paths of two parallel files with a space between them. Of files a part is
            then set aside for `valid` and `test` (`load_files` takes files for them).
        columns: Of a table, the columns of source and target, by number or name.

    Returns:
        The corpus, with all its splits.

    Raises:
        CorpusError: If there is no such corpus or file, or one breaks a rule.
    """
    files = _own_files(name, columns)
    if files is not None:
        return load_files(files, name=str(name), columns=columns)
    known = entry(str(name))
    return Corpus(
        known.name,
        known.source_language,
        known.target_language,
        known.read(download(known.name)),
    )


def load_test(name: str | Path, columns: Columns | None = None) -> Corpus:
    """A corpus to test on: of a user's own files every pair is in the split `test`.

    Args:
        name: As for `load`.
        columns: As for `load`.

    Returns:
        The corpus; of files, without `train` and `valid`.

    Raises:
        CorpusError: As `load` does.
    """
    files = _own_files(name, columns)
    if files is None:
        return load(name)
    if isinstance(files, Path):
        pairs = read_tsv(files, *(columns or ()))
    else:
        pairs = read_parallel(*files)
    return Corpus(str(name), "und", "und", {"test": pairs})


def own_files(name: str | Path) -> Path | tuple[Path, Path] | None:
    """A user's own files, or `None` for the name of a registered corpus.

    Args:
        name: As for `load`.
    """
    text = str(name)
    if text in _ENTRIES:
        return None
    if not Path(text).exists():
        for place in (place for place, letter in enumerate(text) if letter == " "):
            pair = Path(text[:place]), Path(text[place + 1 :])
            if all(path.is_file() for path in pair):
                return pair
    return Path(text) if Path(text).suffix or Path(text).exists() else None


def _own_files(name, columns):
    files = own_files(name)
    if columns is not None and not isinstance(files, Path):
        raise CorpusError(
            f"columns are chosen of a table, got {' '.join(map(str, columns))} for "
            f"{name!s}"
        )
    return files


def show(name: str | Path, split: str = "valid", count: int = 5) -> list[str]:
    """The first pairs of a split, as lines.

    Args:
        name: As for `load`.
        split: Which split.
        count: How many pairs.

    Returns:
        One line a pair: source, tab, target.

    Raises:
        CorpusError: If there is no such split, or as `load` does.
    """
    splits = load(name).splits
    if split not in splits:
        raise CorpusError(
            f"a split of {name} must be one of {', '.join(splits)}, got {split!r}"
        )
    pairs = splits[split].take(count)
    return [f"{s}\t{t}" for s, t in zip(pairs.source, pairs.target, strict=True)]
