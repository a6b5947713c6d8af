"""CTranslate2 as the engine of a translator: our text and tokens, its decoding."""

import os
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import ctranslate2
import numpy as np

from keras_transformer.decoding import Beam, Greedy
from keras_transformer.decoding.batches import Hypothesis
from keras_transformer.decoding.beam import length_divisors
from keras_transformer.decoding.lengths import longest_translation, padded_length
from keras_transformer.system.devices import cores
from keras_transformer.system.progress import progress_bar
from keras_transformer.tokens.reserved import END
from keras_transformer.translation.exports.ctranslate2_model import (
    LONGEST,
    specification,
)
from keras_transformer.translation.recipes import Recipe

AT_ONCE = 1024  # sentences that the engine is given, between steps of the bar
PATIENCE = 3.0
"""A beam of the engine ends when it has found so many times its width; ours when none
that goes on can become better."""


class CTranslate2Engine:
    """A model in CTranslate2, for as many methods of search as are asked for.

    Args:
        folder: The folder of an export, or of what `specification(…).save` wrote.
        source: The pieces of the source vocabulary.
        target: The pieces of the target vocabulary.
    """

    def __init__(
        self, folder: str | os.PathLike, source: Sequence[str], target: Sequence[str]
    ):
        self.source, self.target = list(source), list(target)
        # A worker of one thread for each core: sentences are many, and short.
        options = {"inter_threads": cores(), "intra_threads": 1}
        self.translator = ctranslate2.Translator(os.fspath(folder), **options)

    @classmethod
    def of(
        cls, model: Any, source: Sequence[str], target: Sequence[str]
    ) -> "CTranslate2Engine":
        """The engine with the weights of a model, as 32-bit numbers.

        Args:
            model: A built `Transformer`.
            source: The pieces of the source vocabulary.
            target: The pieces of the target vocabulary.

        Raises:
            ValueError: If the model has parts that it cannot express.
        """
        spec = specification(model, source, target)
        with tempfile.TemporaryDirectory() as folder:
            spec.save(folder)
            return cls(folder, source, target)

    def decoder(
        self, recipe: Recipe, method: Callable | None = None
    ) -> "CTranslate2Decoder":
        """The decoder of whole lists of sentences that a recipe asks for.

        Args:
            recipe: The recipe.
            method: `Greedy()` or `Beam(…)`; by default as the recipe says.
        """
        return CTranslate2Decoder(self, recipe, method or recipe.decoding.method)


class CTranslate2Decoder:
    """Translates lists of token ids as `BatchDecoder` does, by the engine's search.

    Greedily every token is ours. A beam follows the same hypotheses; the engine ends it
    by another rule, and what it found is rated by ours.

    Args:
        engine: The engine.
        recipe: The recipe of the model.
        method: `Greedy()` or `Beam(…)`, without constraints.

    Raises:
        ValueError: If it is another method.
    """

    def __init__(self, engine: CTranslate2Engine, recipe: Recipe, method: Any):
        if not isinstance(method, Greedy | Beam) or method.constraints:
            raise ValueError(
                "the engine ctranslate2 searches by Greedy() or Beam(…) without "
                f"constraints, got {method}"
            )
        self.engine = engine
        self.method = method
        self.batch_size = recipe.decoding.batch_size
        self.lengths = recipe.training.lengths
        self.length_ratio = recipe.decoding.length_ratio
        self.places = {piece: place for place, piece in enumerate(engine.target)}

    def __call__(
        self, sources: Sequence[Sequence[int]], progress: bool = False
    ) -> list[np.ndarray]:
        """Target ids of each sentence, without start and end.

        Args:
            sources: Source ids of each sentence, without start and end.
            progress: Whether to show a progress bar, where tqdm is installed.
        """
        return [found[0].ids for found in self.hypotheses(sources, progress)]

    def hypotheses(
        self, sources: Sequence[Sequence[int]], progress: bool = False
    ) -> list[list[Hypothesis]]:
        """All hypotheses of each sentence, with their scores.

        Args:
            sources: Source ids of each sentence, without start and end.
            progress: Whether to show a progress bar, where tqdm is installed.

        Raises:
            ValueError: If a sentence is longer than the engine has positions for.
        """
        results = [[Hypothesis(np.zeros(0, "int32"), 0.0)] for _ in sources]
        by_length: dict[int, list[int]] = {}
        for index, ids in enumerate(sources):
            if len(ids):
                length = padded_length(len(ids) + 1, self.lengths)
                by_length.setdefault(length, []).append(index)
        count = sum(map(len, by_length.values()))
        with progress_bar(shown=progress, total=count, unit="sentence") as bar:
            for length, indices in by_length.items():
                for first in range(0, len(indices), AT_ONCE):
                    batch = indices[first : first + AT_ONCE]
                    found = self._translate([sources[index] for index in batch], length)
                    for index, each in zip(batch, found, strict=True):
                        results[index] = each
                    bar.update(len(batch))
        return results

    def _translate(self, sources, length):
        longest = longest_translation(length, self.length_ratio)
        if max(length, longest) > LONGEST:
            raise ValueError(
                f"the engine ctranslate2 has positions for {LONGEST} tokens, got a "
                f"sentence of up to {length} and a translation of up to {longest}"
            )
        alpha = getattr(self.method, "length_penalty", 0.0)
        # Of what a beam finds the engine returns the best by the penalty n^β. For n
        # near the length of the source, this β is nearest to our ((5 + n) / 6)^α.
        beta = alpha * length / (length + 5)
        pieces = self.engine.source
        found = self.engine.translator.translate_batch(
            [[pieces[place] for place in ids] for ids in sources],
            max_batch_size=max(1, self.batch_size // cores()),
            max_input_length=0,  # else what is longer is cut off without a word
            max_decoding_length=longest,
            min_decoding_length=0,
            return_end_token=True,
            return_scores=True,
            length_penalty=beta,
            **self._search(),
        )
        divisors = length_divisors(longest, alpha)
        return [self._rated(each, beta, divisors) for each in found]

    def _search(self):
        if isinstance(self.method, Greedy):
            return {"beam_size": 1}
        width = self.method.width
        return {"beam_size": width, "num_hypotheses": width, "patience": PATIENCE}

    def _rated(self, found, beta, divisors):
        scored = getattr(self.method, "scored", True)
        rated = []
        for pieces, score in zip(found.hypotheses, found.scores, strict=True):
            count = len(pieces)  # the end is one of them
            score = score * count**beta / divisors[count] if scored else 0.0
            ids = [self.places[piece] for piece in pieces]
            ids = ids[:-1] if ids[-1:] == [END] else ids
            rated.append(Hypothesis(np.array(ids, "int32"), float(score)))
        rated.sort(key=lambda each: -each.score)
        return rated[: getattr(self.method, "n_best", 1)]
