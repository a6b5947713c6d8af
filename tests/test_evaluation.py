import math

import pytest
import sacrebleu

from keras_transformer.evaluation import score

REFERENCES = [
    "The old man calls his sister.",
    "Why did you not close the window yesterday?",
    "I know that the train arrives at three o'clock.",
]
HYPOTHESES = [
    "The old man calls his brother.",
    "Why did you close the window?",
    "I know that the train arrives at three o'clock.",
]


def test_the_scores_are_sacrebleu_s():
    scores = score(HYPOTHESES, REFERENCES)
    bleu = sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES])
    chrf = sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES])
    assert scores.bleu == pytest.approx(bleu.score)
    assert scores.chrf == pytest.approx(chrf.score)
    assert scores.sentences == 3
    assert scores.exact == pytest.approx(1 / 3)


def test_a_translation_that_is_too_short_pays_by_hand():
    # Every n-gram is right; 4 of 8 words: exp(1 - 8/4).
    scores = score(["a b c d"], ["a b c d e f g h"])
    assert scores.bleu == pytest.approx(100 * math.exp(-1))


def test_hypotheses_and_references_are_not_exchanged():
    # Twice the words: half of the n-grams are right, and nothing is too short.
    scores = score(["a b c d e f g h"], ["a b c d"])
    expected = 100 * (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    assert scores.bleu == pytest.approx(expected)


def test_case_counts_unless_it_is_lowered():
    upper = [text.upper() for text in REFERENCES]
    assert score(upper, REFERENCES).exact == 0.0
    assert score(upper, REFERENCES).bleu < 20
    lowered = score(upper, REFERENCES, lower=True)
    assert (round(lowered.bleu, 6), lowered.chrf, lowered.exact) == (100.0, 100.0, 1.0)


def test_the_signature_says_how_it_was_scored():
    assert "case:mixed|eff:no|tok:13a" in score(HYPOTHESES, REFERENCES).signature
    lowered = score(HYPOTHESES, REFERENCES, lower=True)
    assert "case:lc|eff:no|tok:13a" in lowered.signature
    assert f"version:{sacrebleu.__version__}" in lowered.signature


def test_scores_read_well():
    shown = str(score(HYPOTHESES, REFERENCES))
    assert "exact 0.333  (3 sentences, nrefs:1|case:mixed" in shown


@pytest.mark.parametrize(
    ("hypotheses", "references"), [(["a"], []), ([], []), (["a"], ["a", "b"])]
)
def test_every_hypothesis_needs_a_reference(hypotheses, references):
    message = rf"got {len(hypotheses)} hypotheses, {len(references)} references"
    with pytest.raises(ValueError, match=message):
        score(hypotheses, references)
