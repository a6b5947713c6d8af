"""The commands of a run that trains where there is no TensorFlow."""

import dataclasses
import pathlib
import sys
import typing

import tyro

from keras_transformer.translation.recipes import RECIPES, Recipe


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclasses.dataclass(frozen=True)
class Prepare:
    """Learn a recipe's vocabularies, and write its tokens for `train-tokens`.

    Every number of the recipe has a flag, which shows the recipe's own value as its
    default.
    """

    settings: typing.Annotated[Recipe, tyro.conf.arg(name="")]
    recipe: typing.Literal[tuple(RECIPES)] = "phrasebook"  # type: ignore[valid-type]
    """The recipe that the flags start from."""
    folder: pathlib.Path | None = None
    """Folder of the run; runs/<recipe> by default."""

    def run(self) -> None:
        """Prepare."""
        from keras_transformer.translation import experiment

        folder = self.folder or pathlib.Path("runs") / self.recipe
        experiment.prepare(self.settings, folder, say=_print)
        _print(f"The tokens are in {folder}")


@dataclasses.dataclass(frozen=True)
class TrainTokens:
    """Train what `prepare` laid out, or go on with it; needs no TensorFlow."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of the run."""
    devices: int = 0
    """Devices that share a batch, on JAX (KERAS_BACKEND=jax); 0 takes all."""

    def run(self) -> None:
        """Train."""
        from keras_transformer.translation import token_files as tokens

        tokens.train_tokens(self.folder, self.devices, say=_print)
        _print(f"The translator is in {self.folder}")
