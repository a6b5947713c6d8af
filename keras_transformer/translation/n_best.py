"""Several translations of each text, the best first."""

from collections.abc import Sequence
from typing import NamedTuple

from keras_transformer.decoding import Beam
from keras_transformer.translation.translator import Translator


class Scored(NamedTuple):
    """One of several translations of a text."""

    text: str
    score: float | None  # `None` of a text in parts, which have no common one


class NBest:
    """A translator that says what else it would say, by a beam.

    Args:
        translator: The translator; a beam of its own stays as wide, if it suffices.
        count: How many translations each text has at most.

    Example:
        ```python
        NBest(Translator.load("runs/phrasebook"), 3)(["Der Zug kommt an."])
        ```
    """

    def __init__(self, translator: Translator, count: int):
        method = translator.decoder.method
        penalty = getattr(method, "length_penalty", 0.6)
        width = max(count, getattr(method, "width", 1))
        beam = Beam(width=width, length_penalty=penalty, n_best=count)
        self.translator = translator
        self.wide = translator.using(beam)

    def __call__(self, texts: Sequence[str]) -> list[list[Scored]]:
        """The translations of each text, at least one.

        Args:
            texts: Texts of any length. One that is translated in parts has one, that
                of the translator.
        """
        wide, decode = self.wide, self.wide.target_tokenizer.decode
        encoded = wide.source_tokenizer.encode(texts)
        whole = [0 < len(ids) <= wide.max_tokens for ids in encoded]
        sources = [ids for ids, fits in zip(encoded, whole, strict=True) if fits]
        found = iter(wide.decoder.hypotheses(sources, progress=wide.progress))
        parts = [text for text, fits in zip(texts, whole, strict=True) if not fits]
        joined = iter(self.translator(parts))
        answers = []
        for fits in whole:
            if fits:
                each = next(found)
                spelled = decode([one.ids for one in each])
                scores = [one.score for one in each]
                answers.append(list(map(Scored, spelled, scores)))
            else:
                answers.append([Scored(next(joined), None)])
        return answers
