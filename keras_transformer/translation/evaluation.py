"""How good is a translator: BLEU and chrF as the field reports them."""

import dataclasses
import re
from collections.abc import Sequence

from keras_transformer.system.extras import needs

needs(__name__, "text", "sacrebleu")

import sacrebleu


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
    hypotheses: Sequence[str], references: Sequence[str], lower: bool = False
) -> Scores:
    """Score translations against one reference each.

    Args:
        hypotheses: The translations.
        references: The references, in the same order.
        lower: Ignore case, in BLEU (`case:lc` in its signature), chrF and exactness.

    Raises:
        ValueError: If the sides differ in number, or are empty.

    Example:
        >>> scores = score(["the cat sat on the mat"], ["the cat sat on the mat"])
        >>> round(scores.bleu, 6), scores.exact
        (100.0, 1.0)

    Source: Post 2018 (sacreBLEU); Papineni et al. 2002; Popović 2015.
    """
    _require_pairs(hypotheses, references)
    if lower:
        hypotheses = [text.lower() for text in hypotheses]
        references = [text.lower() for text in references]
    bleu = sacrebleu.BLEU(lowercase=lower)
    # sacreBLEU takes (hypotheses, [references]); the other way round it also gives a
    # number, and a wrong one.
    result = bleu.corpus_score(hypotheses, [references])
    chrf = sacrebleu.CHRF(lowercase=lower).corpus_score(hypotheses, [references])
    hits = sum(h == r for h, r in zip(hypotheses, references, strict=True))
    return Scores(
        bleu=result.score,
        chrf=chrf.score,
        exact=hits / len(references),
        sentences=len(references),
        signature=str(bleu.get_signature()),
    )


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
    if len(hypotheses) != len(references) or not references:
        raise ValueError(
            "scores need one reference a hypothesis, and at least one, "
            f"got {len(hypotheses)} hypotheses, {len(references)} references"
        )
