"""Text to text: tokenizers and a model, in one folder."""

import os
import pathlib
from collections.abc import Callable, Iterable

import keras
import numpy as np
from numpy.typing import ArrayLike

from keras_transformer.decoding import Hypotheses
from keras_transformer.system.files import write_json
from keras_transformer.text import END, START, Tokenizer
from keras_transformer.text.sentences import split_sentences
from keras_transformer.translation.explanation import Explanation
from keras_transformer.translation.needs import require_memory, to_decode
from keras_transformer.translation.recipes import Recipe, batch_decoder
from keras_transformer.translation.run_folder import (
    RECIPE,
    VERSIONS,
    WEIGHTS,
    load_model,
    read_recipe,
    save_weights,
    versions,
)


class Translator:
    """Translates text with a trained model.

    A text longer than the longest training sentence is translated sentence by
    sentence, and a sentence that is still too long in parts: nothing is cut off.
    Empty text gives empty text.

    Args:
        model: The trained model.
        source_tokenizer: Tokenizer of the source language.
        target_tokenizer: Tokenizer of the target language; may be the same.
        recipe: The recipe that made the model.
        method: How to search, such as `Beam(width=4)`; by default as the recipe says.

    Example:
        ```python
        translator = Translator.load("runs/phrasebook")
        translator(["Der Zug kommt um drei Uhr an."])
        ```
    """

    def __init__(
        self,
        model: keras.Model,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        recipe: Recipe,
        method: Callable[..., Hypotheses] | None = None,
    ):
        self.model = model
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.recipe = recipe
        self._require_memory(method or recipe.decoding.method)
        self.max_tokens = recipe.training.lengths[-1] - 1  # the end token needs one
        self.decoder = batch_decoder(model, recipe, method)

    def __call__(self, texts: Iterable[str], whole: bool = False) -> list[str]:
        """Translate.

        Args:
            texts: A list, or a stream, of texts of any length.
            whole: Translate each text in one piece, however long it is, to measure
                what a model makes of lengths that it never met.

        Returns:
            A translation for each text.

        Raises:
            ValueError: If `texts` is one string, or an item is not Unicode text.
        """
        if isinstance(texts, Iterable) and not isinstance(texts, str | bytes):
            texts = list(texts)  # a stream is read once
        parts, owners = [], []
        for owner, (text, ids) in enumerate(
            zip(texts, self.source_tokenizer.encode(texts), strict=True)
        ):
            for part in [ids] if whole else self._parts(text, ids):
                parts.append(part)
                owners.append(owner)
        translated: list[list[str]] = [[] for _ in texts]
        outputs = self.target_tokenizer.decode(self.decoder(parts))
        for owner, output in zip(owners, outputs, strict=True):
            translated[owner].append(output)
        return [" ".join(filter(None, pieces)) for pieces in translated]

    def using(self, method: Callable[..., Hypotheses]) -> "Translator":
        """The same translator with another way to search.

        Args:
            method: `Greedy()`, `Beam(width=4)` or `Sample(seed=7)`.
        """
        tokenizers = self.source_tokenizer, self.target_tokenizer
        return Translator(self.model, *tokenizers, self.recipe, method)

    def _require_memory(self, method):
        tokenizers = self.source_tokenizer, self.target_tokenizer
        sizes = tuple(len(tokenizer.vocabulary) for tokenizer in tokenizers)
        beam = getattr(method, "width", getattr(method, "count", 1))
        require_memory("translating", to_decode(self.recipe, sizes, beam))

    def _parts(self, text, ids):
        """Token sequences that fit the model and together make up the text."""
        if len(ids) <= self.max_tokens:
            return [ids]
        parts = []
        for sentence in self.source_tokenizer.encode(split_sentences(text)):
            while len(sentence) > self.max_tokens:
                end = self.max_tokens
                while end and self.source_tokenizer.continues(sentence[end]):
                    end -= 1
                end = end or self.max_tokens  # a word that is too long on its own
                parts.append(sentence[:end])
                sentence = sentence[end:]
            parts.append(sentence)
        return parts

    def explain(self, text: str) -> Explanation:
        """Translate one sentence and report every attention weight.

        Args:
            text: One sentence.

        Raises:
            ValueError: If the text is empty, or longer than the longest training
                sentence: such a text is translated in parts, which have no common
                weights.
        """
        ids = self.source_tokenizer.encode([text])[0]
        if not 1 <= len(ids) <= self.max_tokens:
            raise ValueError(
                f"explain takes a sentence of 1 to {self.max_tokens} tokens, "
                f"got {len(ids)}"
            )
        output = self.decoder([ids])[0]
        weights = self.attention([[*ids, END]], [[START, *output]])
        end = self.target_tokenizer.vocabulary[END]
        return Explanation(
            translation=self.target_tokenizer.decode([output])[0],
            source=[*self.source_tokenizer.pieces(ids), end],
            target=[*self.target_tokenizer.pieces(output), end],
            **{"cross": None, **{name: array[0] for name, array in weights.items()}},
        )

    def cross_attention(
        self, source: ArrayLike, target: ArrayLike
    ) -> np.ndarray | None:
        """Where the model looks while it writes a given target.

        Args:
            source: Source ids, integers `[b, s]`, each row ended by `END`.
            target: Target ids, integers `[b, t]`, each row begun by `START`.

        Returns:
            Float32 `[b, layer, head, t, s]`: row `t` belongs to the step that reads
            `target[t]` and writes what follows it; `None` if the model has no
            attention.
        """
        return self.attention(source, target).get("cross")

    def attention(self, source: ArrayLike, target: ArrayLike) -> dict[str, np.ndarray]:
        """Every kind of attention that the model has, while it writes a given target.

        Args:
            source: Source ids, integers `[b, s]`, each row ended by `END`.
            target: Target ids, integers `[b, t]`, each row begun by `START`.

        Returns:
            Float32 weights by name, such as `"cross"` `[b, layer, head, t, s]`; empty
            for a model without attention.
        """
        weights = self.model.attention_weights(
            {"source": np.array(source, "int32"), "target": np.array(target, "int32")}
        )
        return {
            name: np.asarray(keras.ops.convert_to_numpy(array), "float32")
            for name, array in (
                weights._asdict() if weights is not None else {}
            ).items()
        }

    def save(self, folder: str | os.PathLike) -> None:
        """Write weights, vocabularies, recipe and versions into one folder.

        Every file appears whole or not at all; the weights come last, so that a
        folder with weights is complete.

        Args:
            folder: Where to; made if it does not exist.
        """
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_tokenizers(folder, self.source_tokenizer, self.target_tokenizer)
        write_json(folder / RECIPE, self.recipe.to_dict())
        write_json(folder / VERSIONS, versions())
        save_weights(folder, self.model)

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        beam: int | None = None,
        length_penalty: float | None = None,
    ) -> "Translator":
        """Read what `save` wrote.

        Args:
            folder: The folder given to `save`.
            beam: Hypotheses of a sentence that are followed; by default as many as the
                recipe says.
            length_penalty: How much a beam favours long translations; by default as
                the recipe says.

        Raises:
            FileNotFoundError: If the folder holds no finished translator.
            ValueError: If its recipe or its weights cannot be read, or a beam is empty
                or needs more memory than there is.
        """
        folder = pathlib.Path(folder)
        for name in (RECIPE, WEIGHTS):
            if not (folder / name).is_file():
                raise FileNotFoundError(
                    f"a translator's folder holds {RECIPE} and {WEIGHTS}, "
                    f"got {folder} without {name}; train it first"
                )
        recipe = read_recipe(folder).searching(beam, length_penalty)
        source, target = load_tokenizers(folder)
        sizes = len(source.vocabulary), len(target.vocabulary)
        beam = recipe.decoding.beam
        require_memory("translating", to_decode(recipe, sizes, beam))
        return cls(load_model(folder, recipe, sizes), source, target, recipe)


def save_tokenizers(folder: pathlib.Path, source: Tokenizer, target: Tokenizer) -> None:
    """Write the vocabularies: one folder a language, or one for both."""
    if source is target:
        source.save(folder / "tokenizer")
    else:
        source.save(folder / "tokenizer_source")
        target.save(folder / "tokenizer_target")


def load_tokenizers(folder: pathlib.Path) -> tuple[Tokenizer, Tokenizer]:
    """Read what `save_tokenizers` wrote."""
    if (folder / "tokenizer").is_dir():
        tokenizer = Tokenizer.load(folder / "tokenizer")
        return tokenizer, tokenizer
    return (
        Tokenizer.load(folder / "tokenizer_source"),
        Tokenizer.load(folder / "tokenizer_target"),
    )
