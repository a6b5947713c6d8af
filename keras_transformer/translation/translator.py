"""Text to text: tokenizers and a model, in one folder."""

import os
import pathlib
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from keras_transformer.decoding import Hypotheses
from keras_transformer.system.files import write_json
from keras_transformer.system.locks import only_writer, writer_of
from keras_transformer.text import Tokenizer
from keras_transformer.text.sentences import split_sentences
from keras_transformer.translation.engines import (
    Engine,
    ctranslate2_engine,
    is_export,
    require_engine,
)
from keras_transformer.translation.explanation import Explanation, explain, words_of
from keras_transformer.translation.needs import require_memory, to_decode
from keras_transformer.translation.recipes import Recipe, batch_decoder
from keras_transformer.translation.run_folder import (
    RECIPE,
    VERSIONS,
    WEIGHTS,
    read_recipe,
    versions,
)
from keras_transformer.translation.tokenizer_folders import (
    fingerprints,
    load_tokenizers,
    require_text_of,
    save_tokenizers,
)
from keras_transformer.translation.weights import load_model, made_of, save_weights


class Translator:
    """Translates text with a trained model.

    A text longer than the longest training sentence is translated sentence by
    sentence, and a sentence that is still too long in parts: nothing is cut off.
    Empty text gives empty text.

    Args:
        model: The trained model; `None` where an engine has its weights alone.
        source_tokenizer: Tokenizer of the source language.
        target_tokenizer: Tokenizer of the target language; may be the same.
        recipe: The recipe that made the model.
        method: How to search, such as `Beam(width=4)`; by default as the recipe says.
        engine: What decodes instead of Keras, a `CTranslate2Engine`.
        progress: Whether to show a progress bar, where tqdm is installed.

    Example:
        ```python
        translator = Translator.load("runs/phrasebook")
        translator(["Der Zug kommt um drei Uhr an."])
        ```
    """

    def __init__(
        self,
        model: keras.Model | None,
        source_tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        recipe: Recipe,
        method: Callable[..., Hypotheses] | None = None,
        engine: Any = None,
        progress: bool = False,
    ):
        self.model = model
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.recipe = recipe
        self._require_memory(method or recipe.decoding.method)
        self.max_tokens = recipe.training.lengths[-1] - 1  # the end token needs one
        self.engine, self.progress = engine, progress
        if engine is None:
            self.decoder = batch_decoder(model, recipe, method)
        else:
            self.decoder = engine.decoder(recipe, method)

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
        outputs = self.target_tokenizer.decode(
            self.decoder(parts, progress=self.progress)
        )
        for owner, output in zip(owners, outputs, strict=True):
            translated[owner].append(output)
        return [" ".join(filter(None, pieces)) for pieces in translated]

    def using(self, method: Callable[..., Hypotheses]) -> "Translator":
        """The same translator with another way to search.

        Args:
            method: `Greedy()`, `Beam(width=4)` or `Sample(seed=7)`.
        """
        tokenizers = self.source_tokenizer, self.target_tokenizer
        decoding = method, self.engine, self.progress
        return Translator(self.model, *tokenizers, self.recipe, *decoding)

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
                weights; or if there is no model, only an export.
        """
        if self.model is None:
            raise ValueError(
                "explain needs the folder that was trained, got an export, which has "
                "no weights for each head"
            )
        ids = self.source_tokenizer.encode([text])[0]
        if not 1 <= len(ids) <= self.max_tokens:
            raise ValueError(
                f"explain takes a sentence of 1 to {self.max_tokens} tokens, "
                f"got {len(ids)}"
            )
        words = words_of(self.source_tokenizer, ids, text)
        return explain(self, ids, words, hidden=())

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

        Raises:
            FolderInUseError: If a run writes to the folder.
            NotFiniteError: If a weight is NaN or infinite.
        """
        folder = pathlib.Path(folder)
        tokenizers = self.source_tokenizer, self.target_tokenizer
        made = made_of(self.recipe, fingerprints(*tokenizers))
        with only_writer(folder):
            save_tokenizers(folder, *tokenizers)
            write_json(folder / RECIPE, self.recipe.to_dict())
            write_json(folder / VERSIONS, versions())
            save_weights(folder, self.model, made)

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        beam: int | None = None,
        length_penalty: float | None = None,
        engine: Engine = "keras",
        progress: bool = False,
    ) -> "Translator":
        """Read what `save` wrote, or for an engine what `export` wrote.

        Args:
            folder: The folder given to `save`.
            beam: Hypotheses of a sentence that are followed; by default as many as the
                recipe says.
            length_penalty: How much a beam favours long translations; by default as
                the recipe says.
            engine: Who decodes: `"keras"`, or `"ctranslate2"`, which is faster on
                processors and needs the extra of this name.
            progress: Whether to show a progress bar, where tqdm is installed.

        Raises:
            FileNotFoundError: If the folder holds no finished translator.
            ValueError: If its recipe or its weights cannot be read or do not belong
                together, a beam is empty or needs more memory than there is, or the
                engine has no form for a part of the model.
        """
        require_engine(engine)
        folder = pathlib.Path(folder)
        exported = engine != "keras" and is_export(folder)
        require_files(folder, (RECIPE,) if exported else (RECIPE, WEIGHTS))
        recipe = read_recipe(folder).searching(beam, length_penalty)
        source, target = load_tokenizers(folder)
        require_text_of(folder, recipe, source, target)
        vocabularies, model, made = (source.vocabulary, target.vocabulary), None, None
        if not exported:
            sizes = len(source.vocabulary), len(target.vocabulary)
            needed = to_decode(recipe, sizes, recipe.decoding.beam)
            require_memory("translating", needed)
            model = load_model(folder, recipe, sizes, fingerprints(source, target))
        if engine == "ctranslate2":
            made = ctranslate2_engine(folder, model, *vocabularies)
        return cls(model, source, target, recipe, engine=made, progress=progress)


def require_files(folder: pathlib.Path, names: Iterable[str]) -> None:
    """Refuse a folder that holds no finished translator.

    Args:
        folder: The folder.
        names: The files that it must hold.

    Raises:
        FileNotFoundError: Naming what is missing, and what to do.
    """
    for name in names:
        if not (folder / name).is_file():
            writer = writer_of(folder)
            advice = f"{writer} is at it" if writer else "train it first"
            if is_export(folder):
                advice = "it is an export: take the engine ctranslate2"
            raise FileNotFoundError(
                f"a translator's folder holds {RECIPE} and {WEIGHTS}, "
                f"got {folder} without {name}; {advice}"
            )
