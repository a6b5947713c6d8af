"""What a run begins with when it goes on with a finished model."""

import dataclasses
import os
import pathlib

import numpy as np

from keras_transformer.text import Tokenizer
from keras_transformer.training.identity import differences
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.translator import Translator
from keras_transformer.translation.weights import digest_of


@dataclasses.dataclass(frozen=True)
class Start:
    """Vocabularies and weights of a finished model.

    Args:
        source: Tokenizer of the source language.
        target: Tokenizer of the target language.
        weights: The weights.
    """

    source: Tokenizer
    target: Tokenizer
    weights: list[np.ndarray]

    @property
    def digest(self) -> str:
        """A hash of the weights."""
        return digest_of(self.weights)

    @classmethod
    def read(cls, folder: str | os.PathLike, recipe: Recipe) -> "Start":
        """Read a finished model that another run shall go on with.

        Args:
            folder: Its folder.
            recipe: The recipe of the new run.

        Raises:
            FileNotFoundError: If the folder holds no finished translator.
            ValueError: If the new run has other text or another model; how much is
                dropped out is free.
        """
        begun = Translator.load(folder)
        if fields := differences(_shape(begun.recipe), _shape(recipe)):
            raise ValueError(
                f"a run that starts from {folder} needs its text and its model, they "
                f"differ in {', '.join(fields)}"
            )
        tokenizers = begun.source_tokenizer, begun.target_tokenizer
        return cls(*tokenizers, begun.model.get_weights())


def require_other(folder: str | pathlib.Path, into: str | pathlib.Path) -> None:
    """Refuse to go on in the folder of the translator that is started from.

    Args:
        folder: Its folder.
        into: The folder of the new run.

    Raises:
        ValueError: If they are the same.
    """
    if pathlib.Path(folder).resolve() == pathlib.Path(into).resolve():
        raise ValueError(f"a run goes on in a folder of its own, got {into} twice")


def _shape(recipe):
    """What decides which weights there are, and what they mean."""
    told = recipe.to_dict()
    model = told["model"].items()
    model = {name: value for name, value in model if not name.endswith("dropout")}
    return {"text": told["text"], "model": model}
