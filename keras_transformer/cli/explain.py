"""The command `explain`."""

import dataclasses
import pathlib
import typing

import tyro

from keras_transformer.cli.say import say
from keras_transformer.system.files import written_whole

if typing.TYPE_CHECKING:
    from keras_transformer.translation.translator import Translator

FIGURE = "attention.png"


@dataclasses.dataclass(frozen=True)
class Explain:
    """Draw which source words a translator looked at for each target word."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    text: tyro.conf.Positional[str]
    """One sentence."""
    figure: pathlib.Path = pathlib.Path(FIGURE)
    """Figure to write; the ending chooses the format. `.html`, and words that
    matplotlib's font cannot write, Chinese ones, make it a page that moves."""
    heads: bool = False
    """Draw every layer and head, instead of the mean of them all."""

    def run(self) -> None:
        """Explain."""
        from keras_transformer.translation.translator import Translator

        require_file_name(self.figure)
        print(draw(Translator.load(self.folder), self.text, self.figure, self.heads))


def require_file_name(path: pathlib.Path) -> None:
    """Refuse a figure that would have no name, or replace a folder.

    Raises:
        ValueError: If it would.
    """
    if not path.name or path.name.startswith(".") or path.is_dir():
        raise ValueError(f"--figure must name a file, got {path}")


def draw(
    translator: "Translator", text: str, path: pathlib.Path, heads: bool = False
) -> str:
    """Draw the cross-attention of one translation.

    Args:
        translator: The translator.
        text: One sentence.
        path: The figure to write; a page of the same name for what no font can write.
            A page shows every layer and head, and what the model does without a word.
        heads: Draw every layer and head, instead of the mean of them all.

    Returns:
        The translation.

    Raises:
        ValueError: If the sentence is too long, or the model has no attention.
    """
    from keras_transformer import plots

    explanation = translator.explain(text)
    if explanation.cross is None:
        raise ValueError("only a model with attention can be explained, got none")
    tokens = explanation.target, explanation.source
    mean = explanation.cross.mean(axis=(0, 1))
    if plots.missing_glyphs("".join(map("".join, tokens)), math=False):
        # A browser has the Chinese glyphs that matplotlib's font lacks.
        path = path.with_suffix(".html")
    if path.suffix == ".html":
        explanation.view(title=text).save(path)
    else:
        figure = (
            plots.attention_heads(explanation.cross, *tokens)
            if heads
            else plots.attention_heatmap(mean, *tokens)
        )
        with written_whole(path) as temporary:
            figure.savefig(temporary, dpi=150)
    say(f"{path} written")
    return explanation.translation
