"""Sentence pairs from a user's own files: a table, or two parallel text files."""

from collections.abc import Sequence
from pathlib import Path

from keras_transformer.corpora.corpus import Corpus, Pairs
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.rows import collect
from keras_transformer.corpora.splits import leak_free_splits, split_pairs
from keras_transformer.corpora.streams import read_lines, stream_table
from keras_transformer.corpora.tables import Column, Columns, rows_of

File = str | Path


def read_tsv(
    path: File,
    source: Column | None = None,
    target: Column | None = None,
    *,
    alignment: Column | None = None,
    phenomena: Column | None = None,
    header: bool | None = None,
    max_words: int | None = None,
    on_empty: str = "raise",
) -> Pairs:
    r"""Reads sentence pairs from a table: columns separated by tabs, or by commas.

    Between tabs there is no quoting: a quotation mark is text. Spaces around a sentence
    are taken off. Columns that are not asked for may hold anything.

    Args:
        path: A file in UTF-8, or in UTF-16 with its mark; plain, gzip-compressed, or
            alone in a zip archive. Commas separate its columns if it is called `.csv`.
        source: Column of the source sentences: its number, counted from 0, or
            its name in the header. By default the first column.
        target: Column of the target sentences; by default the second.
        alignment: Column of word alignments in Pharaoh form (`0-0 1-2`), if any.
        phenomena: Column of names separated by commas, if any.
        header: Whether the first line names the columns; `None` means that it
            does if a column is asked for by name, or if none is asked for and it names
            languages or sides, or is that of a `.csv`.
        max_words: Skip pairs with more words between spaces on either side.
        on_empty: `"raise"`, or `"skip"` to leave out pairs with an empty side.

    Returns:
        The pairs; `Pairs.skipped` counts what was left out, by rule.

    Raises:
        CorpusError: Naming file, line and rule, if a column is missing, a row has
            more or fewer columns than the first, the file cannot be read, a side
            is empty, or an alignment is malformed or points beyond the sentence.
    """
    asked = (source, target, alignment, phenomena)
    table = stream_table(path, asked, header, held=True)
    return _pairs(*table, path, max_words=max_words, on_empty=on_empty)


def parse_tsv(lines: Sequence[str], where: File, on_empty: str = "raise") -> Pairs:
    """The first two columns, between tabs, of lines already in memory, without header.

    Args:
        lines: The lines.
        where: What to call them in an error.
        on_empty: As for `read_tsv`.
    """
    rows = rows_of(lines, where, commas=False)
    return _pairs([0, 1, None, None], False, rows, where, on_empty=on_empty)


def _pairs(columns, header, rows, where, **options):
    needed = max(column for column in columns if column is not None) + 1

    def checked():
        width = 0
        for place, (number, fields) in enumerate(rows):
            if fields and len(fields) < needed:
                raise CorpusError(
                    f"{where}:{number}: must have at least {needed} columns, separated "
                    f"by tabs, or by commas in a .csv, got {len(fields)}"
                )
            width = width or len(fields)
            if fields and len(fields) != width:
                raise CorpusError(
                    f"{where}:{number}: must have {width} columns, like the first "
                    f"row, got {len(fields)}: a tab or a comma inside a sentence?"
                )
            if header and place == 0:
                continue
            # A blank line is an empty pair, not a row that lacks a column.
            fields = fields or [""] * needed
            yield (
                f"{where}:{number}",
                *(None if column is None else fields[column] for column in columns),
            )

    *_, alignment, phenomena = columns
    return collect(
        checked(),
        where,
        aligned=alignment is not None,
        annotated=phenomena is not None,
        **options,
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
        source_path: A file, as for `read_tsv`.
        target_path: Its translation, line by line.
        max_words: Skip pairs with more words between spaces on either side.
        on_empty: `"raise"`, or `"skip"` to leave out pairs with an empty side.

    Returns:
        The pairs; `Pairs.skipped` counts what was left out, by rule.

    Raises:
        CorpusError: Naming file, line and rule, if the files differ in their
            number of lines, one cannot be read, or a side is empty.
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
    columns: Columns | None = None,
    max_words: int | None = None,
    on_empty: str = "raise",
    **tests: File | tuple[File, File],
) -> Corpus:
    """A corpus from a user's own files.

    Args:
        train: A table, or the paths of two parallel files.
        valid: Likewise. Without it, up to 1,000 pairs each for `valid` and (if
            no other file is given) `test` are set aside from `train`, such that
            no sentence occurs in two splits.
        name: What to call the corpus.
        source_language: ISO 639 code; `"und"` leaves it undetermined.
        target_language: ISO 639 code.
        columns: The source and target columns of every table; see `read_tsv`.
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
            return read_tsv(files, *(columns or ()), **options)
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
