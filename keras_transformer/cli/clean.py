"""The command `clean`."""

import dataclasses
import pathlib
import typing

import tyro

from keras_transformer.cli.say import say
from keras_transformer.corpora.cleaning import Cleaning

Rules = typing.Annotated[Cleaning, tyro.conf.arg(name="")]


@dataclasses.dataclass(frozen=True)
class Clean:
    """Tidy sentence pairs, and drop what teaches nothing, each with a rule.

    Every rule can be switched off. What was dropped is kept beside what stayed.
    """

    files: tyro.conf.Positional[tuple[pathlib.Path, ...]]
    """Two text files in which line n translates line n, or one table (`.tsv`, `.csv`);
    plain, gzip-compressed, or alone in a zip archive."""
    out: pathlib.Path = pathlib.Path("clean")
    """The folder to make."""
    rules: Rules = dataclasses.field(default_factory=Cleaning)
    columns: tuple[str, str] | None = None
    """Of a table, the columns of source and target: names that its first line gives, or
    numbers from 0. By default the first two, of a `.csv` the only two."""
    held_out: tuple[pathlib.Path, ...] = ()
    """Files like those to be cleaned, to be tested on: no sentence of theirs stays."""

    def run(self) -> None:
        """Clean."""
        from keras_transformer.corpora.cleaned import clean_files, summary

        report = clean_files(
            self.files,
            self.out,
            self.rules,
            columns=self.columns,
            held_out=self.held_out,
        )
        say(summary(report))
        say(f"The clean pairs are in {self.out}")
