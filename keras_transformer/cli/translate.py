"""The command `translate`."""

import dataclasses
import pathlib
import sys
from collections.abc import Iterable

import tyro

from keras_transformer.cli.search import Search, SearchFlags
from keras_transformer.system.ranges import Count


@dataclasses.dataclass(frozen=True)
class Translate:
    """Translate texts, a file, or standard input: one line in, one line out.

    Lines of standard input are translated as they arrive.
    """

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts to translate."""
    file: pathlib.Path | None = None
    """UTF-8 text file to translate line by line."""
    n_best: Count | None = None
    """Translations of each line, the best first, each in a row with tabs: number of the
    line, score, translation. A line that is translated in parts has one, without a
    score."""
    search: SearchFlags = dataclasses.field(default_factory=Search)

    def run(self) -> None:
        """Translate."""
        from keras_transformer.translation.n_best import NBest
        from keras_transformer.translation.translator import Translator

        if self.texts and self.file:
            raise ValueError("give texts or a file, got both")
        if not self.texts and not self.file and sys.stdin is None:
            raise ValueError("give texts or a file: standard input is closed")
        # A file is translated as a whole; lines that arrive are shown as they come.
        options = vars(self.search) | {"progress": self.file is not None}
        translator = Translator.load(self.folder, **options)
        several = self.n_best and NBest(translator, self.n_best)
        number = 0
        for lines in self._lines():
            for found in (several or translator)(lines):
                number += 1
                for row in _rows(found, number):
                    print(row)
            sys.stdout.flush()

    def _lines(self) -> Iterable[list[str]]:
        """What is translated, as many lines at a time as there are."""
        from keras_transformer.corpora.lines import stream_lines
        from keras_transformer.corpora.streams import read_lines

        if self.texts:
            return [[" ".join(text.splitlines()) for text in self.texts]]
        if self.file:
            return [read_lines(self.file)]
        return stream_lines(sys.stdin.buffer, "standard input")


def _rows(found, number):
    """One translation, or several with number and scores."""
    if isinstance(found, str):
        return [_line(found)]
    scores = ("" if each.score is None else f"{each.score:.4f}" for each in found)
    return [
        f"{number}\t{score}\t{_line(each.text)}"
        for score, each in zip(scores, found, strict=True)
    ]


def _line(text):
    # A model that has learned little may spell a line break.
    return " ".join(text.splitlines())
