"""Sentence pairs from a user's own files: a TSV, or two parallel text files."""

from collections.abc import Sequence
from pathlib import Path

from keras_transformer.corpora.corpus import Corpus, Pairs
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.lines import read_lines
from keras_transformer.corpora.rows import collect
from keras_transformer.corpora.splits import leak_free_splits, split_pairs

Column = int | str
File = str | Path


def read_tsv(
    path: File,
    source: Column = 0,
    target: Column = 1,
    *,
    alignment: Column | None = None,
    phenomena: Column | None = None,
    header: bool | None = None,
    max_words: int | None = None,
    on_empty: str = "raise",
) -> Pairs:
    r"""Reads sentence pairs from columns separated by tabs.

    There is no quoting: a quotation mark is text. Spaces around a sentence are
    taken off. Columns that are not asked for may hold anything.

    Args:
        path: A UTF-8 file, gzip-compressed or not.
        source: Column of the source sentences: its number, counted from 0, or
            its name in the header.
        target: Column of the target sentences.
        alignment: Column of word alignments in Pharaoh form (`0-0 1-2`), if any.
        phenomena: Column of names separated by commas, if any.
        header: Whether the first line names the columns; `None` means that it
            does if a column is asked for by name.
        max_words: Skip pairs with more words between spaces on either side.
        on_empty: `"raise"`, or `"skip"` to leave out pairs with an empty side.

    Returns:
        The pairs; `Pairs.skipped` counts what was left out, by rule.

    Raises:
        CorpusError: Naming file, line and rule, if a column is missing, a row has
            more or fewer columns than the first, a byte is not UTF-8, a side
            is empty, or an alignment is malformed or points beyond the sentence.
    """
    return parse_tsv(
        read_lines(path),
        path,
        source,
        target,
        alignment=alignment,
        phenomena=phenomena,
        header=header,
        max_words=max_words,
        on_empty=on_empty,
    )


def parse_tsv(
    lines: Sequence[str],
    where: File,
    source: Column = 0,
    target: Column = 1,
    *,
    alignment: Column | None = None,
    phenomena: Column | None = None,
    header: bool | None = None,
    max_words: int | None = None,
    on_empty: str = "raise",
) -> Pairs:
    """`read_tsv` on lines already in memory, called `where` in errors."""
    asked = (source, target, alignment, phenomena)
    named = [column for column in asked if isinstance(column, str)]
    if header is None:
        header = bool(named)
    if named and not header:
        raise CorpusError(
            f"a column given by name must have a header, got {named[0]!r} "
            "with header=False"
        )
    names = lines[0].split("\t") if header and lines else []
    columns = [_column_number(column, names, where) for column in asked]
    needed = max(column for column in columns if column is not None) + 1
    first = next((line for line in lines if line.strip()), "")
    width = first.count("\t") + 1

    def rows():
        for number, line in enumerate(lines[header:], start=1 + header):
            # A blank line is an empty pair, not a row that lacks a column.
            fields = line.split("\t") if line.strip() else [""] * needed
            if len(fields) < needed:
                raise CorpusError(
                    f"{where}:{number}: must have at least {needed} columns "
                    f"separated by tabs, got {len(fields)}"
                )
            if line.strip() and len(fields) != width:
                raise CorpusError(
                    f"{where}:{number}: must have {width} columns separated by tabs, "
                    f"like the first row, got {len(fields)}: a tab inside a sentence?"
                )
            yield (
                f"{where}:{number}",
                *(None if column is None else fields[column] for column in columns),
            )

    return collect(
        rows(),
        where,
        aligned=alignment is not None,
        annotated=phenomena is not None,
        max_words=max_words,
        on_empty=on_empty,
    )


def read_parallel(
    source_path: File,
    target_path: File,
    *,
    max_words: int | None = None,
    on_empty: str = "raise",
) -> Pairs:
    """Reads sentence pairs from two files in which line n translates line n.

    Args:
        source_path: A UTF-8 file, gzip-compressed or not.
        target_path: Its translation, line by line.
        max_words: Skip pairs with more words between spaces on either side.
        on_empty: `"raise"`, or `"skip"` to leave out pairs with an empty side.

    Returns:
        The pairs; `Pairs.skipped` counts what was left out, by rule.

    Raises:
        CorpusError: Naming file, line and rule, if the files differ in their
            number of lines, a byte is not UTF-8, or a side is empty.
    """
    source, target = read_lines(source_path), read_lines(target_path)
    if len(source) != len(target):
        longer = source_path if len(source) > len(target) else target_path
        raise CorpusError(
            f"{longer}:{min(len(source), len(target)) + 1}: parallel files must "
            f"have equally many lines, got {len(source)} in {source_path} and "
            f"{len(target)} in {target_path}"
        )
    rows = (
        (f"{source_path}, {target_path}:{number}", *sides, None, None)
        for number, sides in enumerate(zip(source, target, strict=True), start=1)
    )
    where = f"{source_path}, {target_path}"
    return collect(rows, where, max_words=max_words, on_empty=on_empty)


def load_files(
    train: File | tuple[File, File],
    valid: File | tuple[File, File] | None = None,
    *,
    name: str = "files",
    source_language: str = "und",
    target_language: str = "und",
    columns: tuple[Column, Column] = (0, 1),
    max_words: int | None = None,
    on_empty: str = "raise",
    **tests: File | tuple[File, File],
) -> Corpus:
    """A corpus from a user's own files.

    Args:
        train: A TSV, or the paths of two parallel files.
        valid: Likewise. Without it, up to 1,000 pairs each for `valid` and (if
            no other file is given) `test` are set aside from `train`, such that
            no sentence occurs in two splits.
        name: What to call the corpus.
        source_language: ISO 639 code; `"und"` leaves it undetermined.
        target_language: ISO 639 code.
        columns: The source and target columns of every TSV; see `read_tsv`.
        max_words: Skip longer pairs of the file `train`; what the other files
            hold is tested on in full.
        on_empty: `"raise"`, or `"skip"` to leave out pairs with an empty side.
        **tests: Further splits, by name: `test="test.tsv"`.

    Returns:
        The corpus, its splits in the order `train`, `valid`, then `tests`.

    Raises:
        CorpusError: As `read_tsv` and `read_parallel` do.
    """

    def read(files, max_words=None):
        options = {"max_words": max_words, "on_empty": on_empty}
        if isinstance(files, (str, Path)):
            return read_tsv(files, *columns, **options)
        return read_parallel(*files, **options)

    splits = {"train": read(train, max_words)}
    if valid is None:
        where = train if isinstance(train, (str, Path)) else ", ".join(map(str, train))
        parts = leak_free_splits(splits["train"].source, splits["train"].target)
        if tests:
            parts["train"] = sorted(parts["train"] + parts.pop("test"))
        for split, indices in parts.items():
            if not indices:
                raise CorpusError(
                    f"{where}: must hold enough unconnected sentences to set some "
                    f"aside for {split!r}, got {len(splits['train'])} pairs, "
                    f"{_different(splits['train'])} of them different; more are "
                    "needed, or a file for it"
                )
        splits = split_pairs(splits["train"], parts)
    else:
        splits["valid"] = read(valid)
    splits |= {split: read(files) for split, files in tests.items()}
    return Corpus(name, source_language, target_language, splits)


def _different(pairs):
    return len({*zip(pairs.source, pairs.target, strict=True)})


def _column_number(column, names, where):
    if column is None:
        return None
    if isinstance(column, str):
        if column not in names:
            raise CorpusError(
                f"{where}:1: must have a column {column!r} in its header, got "
                f"{', '.join(map(repr, names)) or 'an empty file'}"
            )
        return names.index(column)
    if column < 0:
        raise CorpusError(f"a column number must be at least 0, got {column}")
    return column
