"""What a translator says about one translation."""

import dataclasses
import functools
import typing
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from keras_transformer.tokens import END, START
from keras_transformer.translation.words import token_words

if typing.TYPE_CHECKING:
    from keras_transformer.plots import View


@dataclasses.dataclass(frozen=True)
class Explanation:
    """A translation and where the model looked to make it.

    Axes: layer, head `h`, target token `t`, source token `s`; rows sum to 1.

    Args:
        translation: The translation.
        source: The source tokens, the end token last.
        target: The target tokens, the end token last: row `t` of a weight belongs to
            the step that wrote `target[t]`.
        cross: Float32 `[layer, h, t, s]`; `None` if the model has no attention. A
            recurrent model has one layer with one head.
        encoder: Float32 `[layer, h, s, s]`; `None` without self-attention.
        decoder: Float32 `[layer, h, t, t]`; column `i` is the input of step `i`: the
            start token, then the tokens written so far. `None` without
            self-attention.
        source_words: The word of each source token, as alignments count them; the end
            is none.
        target_words: The word of each target token.
        hiding: The explanation of the same sentence without some of its words, which
            are cut out of it: the model never meets them, and nobody looks at them.
    """

    translation: str
    source: list[str]
    target: list[str]
    cross: np.ndarray | None
    encoder: np.ndarray | None = None
    decoder: np.ndarray | None = None
    source_words: Sequence[int] = ()
    target_words: Sequence[int] = ()
    hiding: Callable[[Iterable[int]], "Explanation"] | None = dataclasses.field(
        default=None, repr=False, compare=False
    )

    def view(
        self,
        beside: "Explanation | None" = None,
        names: Sequence[str] = ("", ""),
        gold: Iterable[tuple[int, int]] = (),
        title: str = "",
    ) -> "View":
        """Draw the weights as lines, with words that can be pointed at and hidden.

        What the model does without each single word is translated here, so that a page
        without a kernel can show it.

        Args:
            beside: Another model's explanation of the same sentence.
            names: Names of this model and of the other.
            gold: Alignment `(source_word, target_word)`, as corpora write it, for a
                translation that is the reference.
            title: A line above.

        Raises:
            ValueError: If a model has no attention, or the other explains another
                sentence.
        """
        from keras_transformer.translation.explanation_view import explanation_view

        explanations = [self] if beside is None else [self, beside]
        return explanation_view(explanations, names, tuple(gold), title)


def explain(
    translator: typing.Any, ids: np.ndarray, words: Sequence[int], hidden: Iterable[int]
) -> Explanation:
    """Translate one sentence without some of its words, and report every weight.

    Args:
        translator: The translator.
        ids: The source ids.
        words: The word of each of them.
        hidden: Words that are cut out of the sentence.
    """
    hidden = set(hidden)
    seen = [i for i, word in enumerate(words) if word not in hidden]
    output = translator.decoder([ids[seen]])[0]
    weights = translator.attention([[*ids[seen], END]], [[START, *output]])
    columns = [*seen, len(ids)]  # the end is never hidden
    shown = {"cross": None, **{name: array[0] for name, array in weights.items()}}
    if hidden:
        if shown["cross"] is not None:
            shown["cross"] = _spread(shown["cross"], columns, len(ids) + 1)
        if shown.get("encoder") is not None:
            rows = _spread(shown["encoder"], columns, len(ids) + 1)
            shown["encoder"] = _spread(rows.mT, columns, len(ids) + 1).mT
    source, target = translator.source_tokenizer, translator.target_tokenizer
    translation = target.decode([output])[0]
    return Explanation(
        translation=translation,
        source=[*source.pieces(ids), source.vocabulary[END]],
        target=[*target.pieces(output), target.vocabulary[END]],
        source_words=words,
        target_words=words_of(target, output, translation),
        hiding=functools.partial(explain, translator, ids, words),
        **shown,
    )


def words_of(tokenizer: typing.Any, ids: Sequence[int], text: str) -> list[int]:
    """The word of each token, as alignments count them where tokens spell words.

    Args:
        tokenizer: What the text was encoded by.
        ids: The ids of the text.
        text: The text.
    """
    try:
        return token_words(tokenizer, ids, text)
    except ValueError:  # spaces and spelled bytes are words of their own
        begins = [not tokenizer.continues(int(token)) for token in ids]
        return (np.cumsum(begins) - 1).tolist()


def _spread(weights: np.ndarray, columns: Sequence[int], count: int) -> np.ndarray:
    """Put columns where they stood before others were cut out; those get 0."""
    wide = np.zeros((*weights.shape[:-1], count), weights.dtype)
    wide[..., columns] = weights
    return wide
