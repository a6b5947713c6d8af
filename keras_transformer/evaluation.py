"""How good is a translator: BLEU and chrF as the field reports them."""

import dataclasses
from collections.abc import Sequence

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
    if len(hypotheses) != len(references) or not references:
        raise ValueError(
            "scores need one reference a hypothesis, and at least one, "
            f"got {len(hypotheses)} hypotheses, {len(references)} references"
        )
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
