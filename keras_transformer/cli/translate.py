"""The command `translate`."""

import dataclasses
import pathlib
import sys

import tyro

from keras_transformer.cli.search import Search, SearchFlags


@dataclasses.dataclass(frozen=True)
class Translate:
    """Translate texts, a file, or standard input: one line in, one line out."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts to translate."""
    file: pathlib.Path | None = None
    """UTF-8 text file to translate line by line."""
    search: SearchFlags = dataclasses.field(default_factory=Search)

    def run(self) -> None:
        """Translate."""
        from keras_transformer.corpora.lines import decode_lines, read_lines
        from keras_transformer.translation.translator import Translator

        if self.texts and self.file:
            raise ValueError("give texts or a file, got both")
        if not self.texts and not self.file and sys.stdin is None:
            raise ValueError("give texts or a file: standard input is closed")
        translator = Translator.load(self.folder, **vars(self.search))
        if self.texts:
            lines = [" ".join(text.splitlines()) for text in self.texts]
        elif self.file:
            lines = read_lines(self.file)
        else:
            lines = decode_lines(sys.stdin.buffer.read(), "standard input")
        for translation in translator(lines):
            # A model that has learned little may spell a line break.
            print(" ".join(translation.splitlines()))
