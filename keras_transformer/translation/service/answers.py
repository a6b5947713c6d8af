"""What a translator answers to a request, as plain data."""

from typing import Any, NamedTuple

from keras_transformer.translation.n_best import NBest, Scored
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
        self._wide: dict[int, NBest] = {}

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
            self._wide[count] = NBest(self.translator, count)
        return [_said(each) for each in self._wide[count](texts)]

    def _attention(self, text):
        ids = self.translator.source_tokenizer.encode([text])[0]
        fits = 1 <= len(ids) <= self.translator.max_tokens
        if not fits or self.translator.model is None:
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


def _said(translations: list[Scored]) -> dict[str, Any]:
    best = translations[0]
    if best.score is None:
        return {"translation": best.text, "hypotheses": None}
    hypotheses = [{"text": t.text, "score": round(t.score, 4)} for t in translations]
    return {"translation": best.text, "hypotheses": hypotheses}
