"""What a translator answers to a request, as plain data."""

from typing import Any, NamedTuple

from keras_transformer.decoding import Beam
from keras_transformer.translation.translator import Translator


class Wanted(NamedTuple):
    """What is wanted beside the translation."""

    n_best: int = 1
    attention: bool = False


class Answers:
    """Translates texts and says what else is wanted.

    Args:
        translator: The translator.
        max_n_best: The most hypotheses that may be asked for.
    """

    def __init__(self, translator: Translator, max_n_best: int = 8):
        self.translator = translator
        self.max_n_best = max_n_best
        self._wide: dict[int, Translator] = {}

    def __call__(self, texts: list[str], wanted: Wanted) -> list[dict[str, Any]]:
        """The answer to each text.

        Args:
            texts: The texts.
            wanted: What is wanted beside the translation.

        Returns:
            For each text its `"translation"`. With `n_best` over 1 `"hypotheses"`, each
            with `"text"` and `"score"`, the best first; `None` for a text that is
            translated in parts, which have no common hypotheses. With `attention` the
            pieces `"source"` and `"target"` and the mean of the cross-attention
            `"weights"` `[t][s]`; all `None` where there are none.
        """
        answers: list[dict[str, Any]]
        if wanted.n_best > 1:
            answers = self._hypotheses(texts, wanted.n_best)
        else:
            answers = [{"translation": text} for text in self.translator(texts)]
        if wanted.attention:
            for text, answer in zip(texts, answers, strict=True):
                answer.update(self._attention(text))
        return answers

    def _hypotheses(self, texts, count):
        if count not in self._wide:
            method = self.translator.decoder.method
            penalty = getattr(method, "length_penalty", 0.6)
            width = max(count, getattr(method, "width", 1))
            beam = Beam(width=width, length_penalty=penalty, n_best=count)
            self._wide[count] = self.translator.using(beam)
        wide, decode = self._wide[count], self.translator.target_tokenizer.decode
        encoded = wide.source_tokenizer.encode(texts)
        whole = [0 < len(ids) <= wide.max_tokens for ids in encoded]
        sources = [ids for ids, fits in zip(encoded, whole, strict=True) if fits]
        found = iter(wide.decoder.hypotheses(sources))
        parts = [t for t, fits in zip(texts, whole, strict=True) if not fits]
        joined = iter(self.translator(parts))
        answers = []
        for fits in whole:
            if not fits:
                answers.append({"translation": next(joined), "hypotheses": None})
                continue
            each = next(found)
            spelled = decode([one.ids for one in each])
            hypotheses = [
                {"text": text, "score": round(one.score, 4)}
                for text, one in zip(spelled, each, strict=True)
            ]
            answers.append({"translation": spelled[0], "hypotheses": hypotheses})
        return answers

    def _attention(self, text):
        ids = self.translator.source_tokenizer.encode([text])[0]
        if not 1 <= len(ids) <= self.translator.max_tokens:
            return {"source": None, "target": None, "weights": None}
        explained = self.translator.explain(text)
        if explained.cross is None:
            return {"source": None, "target": None, "weights": None}
        weights = explained.cross.mean(axis=(0, 1), dtype="float64").round(4).tolist()
        return {
            "source": explained.source,
            "target": explained.target,
            "weights": weights,
        }
