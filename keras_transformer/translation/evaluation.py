"""How good is a translator: BLEU and chrF as the field reports them."""

import dataclasses
import re
from collections.abc import Sequence

from keras_transformer.system.extras import needs

needs(__name__, "text", "sacrebleu")

import sacrebleu

from keras_transformer.translation.bleu_tokens import TOKENIZERS, tokenizer_of


@dataclasses.dataclass(frozen=True)
class Scores:
    """Corpus scores of one test set.

    Args:
        bleu: BLEU, 0 to 100.
        chrf: chrF2, 0 to 100.
        exact: Share of translations equal to their reference, 0 to 1.
        sentences: Number of sentences.
        signature: The sacreBLEU signature of the BLEU figure.
    """

    bleu: float
    chrf: float
    exact: float
    sentences: int
    signature: str

    def __str__(self):
        return (
            f"BLEU {self.bleu:.2f}  chrF {self.chrf:.2f}  exact {self.exact:.3f}  "
            f"({self.sentences} sentences, {self.signature})"
        )


def score(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    lower: bool = False,
    language: str = "und",
    tokenize: str | None = None,
) -> Scores:
    """Score translations against references.

    Args:
        hypotheses: The translations.
        references: One reference each, in the same order; or several lists of them,
            each with one for every hypothesis.
        lower: Ignore case, in BLEU (`case:lc` in its signature), chrF and exactness.
        language: ISO 639-1 code of the target language, which chooses how BLEU cuts
            words; where it is `"und"`, the script of the references does.
        tokenize: A tokenizer of sacreBLEU, such as `"char"`, instead.

    Returns:
        The scores. BLEU of lines all shorter than four words counts the n-grams that
        there are (`eff:yes` in its signature). What equals one of its references is
        exact.

    Raises:
        ValueError: If the sides differ in number, are empty, or are no lists of
            strings, or the tokenizer is unknown.

    Example:
        >>> scores = score(["the cat sat on the mat"], ["the cat sat on the mat"])
        >>> round(scores.bleu, 6), scores.exact
        (100.0, 1.0)
        >>> score(["我爱北京"], ["我爱北京"]).signature.split("|")[3]
        'tok:zh'

    Source: Post 2018 (sacreBLEU); Papineni et al. 2002; Popović 2015.
    """
    sets = [references] if all(isinstance(r, str) for r in references) else references
    for each in sets:
        _require_pairs(hypotheses, each)
    if lower:
        hypotheses = [text.lower() for text in hypotheses]
        sets = [[text.lower() for text in each] for each in sets]
    if tokenize is None:
        tokenize = tokenizer_of(language, sets[0])
    if tokenize not in TOKENIZERS:
        raise ValueError(
            f"tokenize must be one of {', '.join(TOKENIZERS)}, got {tokenize!r}"
        )
    bleu, result = _bleu(hypotheses, sets, lower, tokenize)
    chrf = sacrebleu.CHRF(lowercase=lower).corpus_score(hypotheses, sets)
    exact = sum(text in rows for text, *rows in zip(hypotheses, *sets, strict=True))
    return Scores(
        bleu=result.score,
        chrf=chrf.score,
        exact=exact / len(hypotheses),
        sentences=len(hypotheses),
        signature=str(bleu.get_signature()),
    )


def _bleu(hypotheses, sets, lower, tokenize):
    # sacreBLEU takes (hypotheses, [references]); the other way round it also gives a
    # number, and a wrong one. `force`: it warns of text that ends in " .".
    options = {"lowercase": lower, "tokenize": tokenize, "force": True}
    bleu = sacrebleu.BLEU(**options)
    result = bleu.corpus_score(hypotheses, sets)
    if not result.totals[-1]:  # no line of four words: BLEU would be 0 whatever it says
        bleu = sacrebleu.BLEU(**options, effective_order=True)
        result = bleu.corpus_score(hypotheses, sets)
    return bleu, result


_ENGLISH = re.compile(
    r"""
      (?:[^\W\d_]\.){2,}            # u.s.
    | can(?=not\b)
    | \w+?(?=n['’]t\b)              # did | n't
    | n['’]t\b
    | ['’](?:s|re|ve|ll|d|m)\b       # man | 's
    | \w+
    | \.{2,}
    | [^\w\s]                       # t | - | shirt
    """,
    re.VERBOSE,
)


def english_tokens(text: str) -> list[str]:
    """English as spaCy's tokenizer cuts it, in lower case.

    The rules that captions need: hyphens stand alone, as do 's and n't. They give the
    tokens of spaCy 3.8, double spaces aside, for every caption of Multi30k's validation
    and test sets, and for all but 43 of its 29,000 training captions.

    Example:
        >>> english_tokens("A man's T-shirt didn't fit.")
        ['a', 'man', "'s", 't', '-', 'shirt', 'did', "n't", 'fit', '.']

    Source: spaCy, `spacy/lang/en/tokenizer_exceptions.py` and
    `spacy/lang/punctuation.py`.
    """
    return _ENGLISH.findall(text.lower())


def tokenized_bleu(
    hypotheses: Sequence[str], references: Sequence[str]
) -> tuple[float, str]:
    """BLEU of lower-cased English tokens, as PyTorch tutorials report it.

    No smoothing, and hyphens count as words: compare it only with figures of the same
    protocol. The references keep words that no vocabulary holds.

    Args:
        hypotheses: The translations, as plain text.
        references: One reference each.

    Returns:
        BLEU, 0 to 100, and its sacreBLEU signature.

    Raises:
        ValueError: If the sides differ in number, or are empty.

    Example:
        >>> bleu, signature = tokenized_bleu(["A dog runs ."], ["A dog runs."])
        >>> round(bleu, 6), signature.partition("|version")[0]
        (100.0, 'nrefs:1|case:lc|eff:no|tok:none|smooth:none')

    Source: `torchtext.data.metrics.bleu_score` and Hugging Face's `evaluate`, which
    https://github.com/bentrevett/pytorch-seq2seq calls on spaCy's tokens.
    """
    _require_pairs(hypotheses, references)
    # `force`: sacreBLEU warns of text that is already cut into tokens.
    bleu = sacrebleu.BLEU(
        lowercase=True, force=True, tokenize="none", smooth_method="none"
    )
    cut = [
        [" ".join(english_tokens(text)) for text in side]
        for side in (hypotheses, references)
    ]
    result = bleu.corpus_score(cut[0], [cut[1]])
    return result.score, str(bleu.get_signature())


def _require_pairs(hypotheses, references):
    for side in (hypotheses, references):
        if isinstance(side, str) or not all(isinstance(text, str) for text in side):
            raise ValueError(
                "scores need lists of strings, one for each sentence, got "
                f"{type(side).__name__} {str(side)[:40]!r}"
            )
    if len(hypotheses) != len(references) or not references:
        raise ValueError(
            "scores need one reference a hypothesis, and at least one, "
            f"got {len(hypotheses)} hypotheses, {len(references)} references"
        )
