"""Scores of a translator: it translates, and what it says meets the references."""

import dataclasses
import time
from collections.abc import Sequence

from keras_transformer.corpora import Corpus, Pairs
from keras_transformer.translation.evaluation import Scores, score
from keras_transformer.translation.translator import Translator


def evaluate(
    translator: Translator,
    pairs: Pairs,
    language: str = "und",
    tokenize: str | None = None,
    others: Sequence[Sequence[str]] = (),
) -> Scores:
    """Translate the source side and score it against the target side.

    Like is compared with like: the references are brought to the form that the target
    tokenizer writes, so that a perfect translation is exact. A translator that was
    trained on lower-cased text is scored without case.

    Args:
        translator: The translator.
        pairs: Source sentences and references.
        language: ISO 639-1 code of the target language; see `score`.
        tokenize: A tokenizer of sacreBLEU; see `score`.
        others: Further references, lists with one for each sentence.
    """
    tokenizer = translator.target_tokenizer
    references = [tokenizer.normalize(side) for side in (pairs.target, *others)]
    return score(
        translator(pairs.source),
        references,
        lower=tokenizer.case == "lower",
        language=language,
        tokenize=tokenize,
    )


def evaluate_splits(
    translator: Translator,
    corpus: Corpus,
    splits: tuple[str, ...] = (),
    tokenize: str | None = None,
    others: Sequence[Sequence[str]] = (),
) -> dict[str, dict]:
    """Score a translator on test splits.

    Args:
        translator: The translator.
        corpus: The corpus.
        splits: Names of splits; all but the training split by default.
        tokenize: A tokenizer of sacreBLEU; by default that of the target language.
        others: Further references of a corpus with one split.

    Returns:
        For each split the fields of `Scores`, and the `seconds` that it took.

    Raises:
        ValueError: If the corpus has no such split.
    """
    results = {}
    for name in splits or [name for name in corpus.splits if name != "train"]:
        if name not in corpus.splits:
            raise ValueError(
                f"{corpus.name} has the splits {', '.join(corpus.splits)}, got {name!r}"
            )
        started = time.monotonic()
        pairs, language = corpus.splits[name], corpus.target_language
        scores = evaluate(translator, pairs, language, tokenize, others)
        results[name] = {
            **dataclasses.asdict(scores),
            "seconds": round(time.monotonic() - started, 1),
        }
    return results
