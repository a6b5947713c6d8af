"""Forced decoding: given translations, and how likely the model finds them.

Axes: `b` sentence, `s` source position, `t` target position.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_transformer.decoding.hypotheses import Hypotheses
from keras_transformer.decoding.protocol import Decodable
from keras_transformer.decoding.single import follow
from keras_transformer.tokens.reserved import END


@dataclasses.dataclass(frozen=True)
class Forced:
    """Write given translations, whatever the model would rather say.

    Their scores are their log-probabilities, the end included: those by which beam
    search rates what it finds, before the length penalty.

    Args:
        targets: Target ids of each sentence, without start and end.

    Example:
        ```python
        rated = BatchDecoder(model, Forced(references)).hypotheses(sources)
        ```
    """

    targets: Sequence[Sequence[int]]

    def inputs(self, sentences: Sequence[int], max_length: int) -> dict:
        """The translations, int32 `[b, max_length]`, each ended by `END`.

        Args:
            sentences: The numbers of the sentences.
            max_length: Longest translation.

        Raises:
            ValueError: If a translation and its end are longer than that.
        """
        target = np.full((len(sentences), max_length), END, "int32")
        for row, number in zip(target, sentences, strict=True):
            ids = self.targets[number]
            if len(ids) >= max_length:
                raise ValueError(
                    f"a translation and its end must fit into {max_length} tokens "
                    f"(length_ratio raises it), got {len(ids) + 1} of sentence {number}"
                )
            row[: len(ids)] = ids
        return {"target": target}

    def __call__(
        self, model: Decodable, source: Any, max_length: int, target: Any
    ) -> Hypotheses:
        """The translations with their log-probabilities, `[b, 1, max_length]`.

        Args:
            model: Anything with `start` and `step`.
            source: Source ids, integers `[b, s]`.
            max_length: Longest translation, in tokens, its end included.
            target: What is written, integers `[b, max_length]`.
        """
        target = ops.cast(target, "int32")
        return follow(
            model,
            source,
            max_length,
            lambda logits, index: ops.take(target, index, axis=1),
        )
