"""Laws of metrics; label 0 = padding."""

import inspect
from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import numbers, plain, show
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

VOCABULARY = 7
LABELS = np.array([[3, 2, 6, 0, 0], [5, 1, 4, 2, 0]])
RIGHT = np.eye(VOCABULARY, dtype="float32")[LABELS]
BY_TOKEN = ("accuracy", "cross_entropy", "perplexity")


def measured(metric: Subject, *batches: Any) -> float:
    """The result after batches `(labels, logits[, weights])`, of object or function."""
    judged = metric.candidate
    if not hasattr(judged, "update_state"):
        if len(batches) > 1:
            raise NotApplicable("a function keeps no count over batches")
        return float(metric(labels=batches[0][0], logits=batches[0][1]))
    judged.reset_state()
    for batch in batches:
        guarded(judged.update_state, *batch)
    return float(plain(guarded(judged.result)))


def _require(got, wanted, what):
    if not np.isfinite(got) or abs(got - wanted) > 1e-3 * max(1, abs(wanted)):
        raise LawBroken(f"{what} it is {show(got)}, it should be {show(wanted)}")


@law("accuracy")
def accuracy_counts_right_tokens(metric: Subject) -> None:
    """All right is 1, all wrong is 0, three of seven is 3/7."""
    _require(measured(metric, (LABELS, RIGHT)), 1.0, "with every token right")
    wrong = np.roll(RIGHT, 1, -1)
    _require(measured(metric, (LABELS, wrong)), 0.0, "with every token wrong")
    half = np.stack([RIGHT[0], wrong[1]])
    _require(measured(metric, (LABELS, half)), 3 / 7, "with 3 of 7 tokens right")


@law(*BY_TOKEN)
def a_metric_skips_padding(metric: Subject) -> None:
    """What is predicted where the label is padding changes nothing."""
    logits = numbers(*RIGHT.shape, scale=2.0)
    wanted = measured(metric, (LABELS, logits))
    for padded in (np.eye(VOCABULARY)[0], np.eye(VOCABULARY)[3]):
        other = np.where((LABELS == 0)[..., None], 9 * padded, logits)
        got = measured(metric, (LABELS, other.astype("float32")))
        _require(got, wanted, "with other predictions at padding only")


@law(*BY_TOKEN)
def a_metric_counts_tokens_over_batches(metric: Subject) -> None:
    """Over two batches every token weighs the same, not every batch."""
    logits = numbers(*RIGHT.shape, scale=2.0)
    logits[1] += 4 * RIGHT[1]
    together = measured(metric, (LABELS, logits))
    parts = [(LABELS[i : i + 1], logits[i : i + 1]) for i in (0, 1)]
    _require(measured(metric, *parts), together, "over two batches instead of one")


@law(*BY_TOKEN)
def a_token_counts_alike_in_batches_of_any_width(metric: Subject) -> None:
    """Two right in a narrow batch and three wrong in a wide one are two of five."""
    wide = np.array([[5, 1, 4, 0, 0, 0]])
    wrong = np.roll(np.eye(VOCABULARY, dtype="float32")[wide], 1, -1)
    narrow = LABELS[:1, :2]
    # The same tokens as one batch, the first two filled up with padding.
    labels = np.concatenate([np.pad(narrow, ((0, 0), (0, 4))), wide])
    logits = np.concatenate([np.pad(RIGHT[:1, :2], ((0, 0), (0, 4), (0, 0))), wrong])
    wanted = measured(metric, (labels, logits))
    got = measured(metric, (narrow, RIGHT[:1, :2]), (wide, wrong))
    _require(got, wanted, "over a narrow batch and a wide one, instead of one batch,")
    if metric.kind == "accuracy":
        _require(got, 2 / 5, "with 2 right in a narrow batch and 3 wrong in a wide one")


@law(*BY_TOKEN)
def a_weighted_sentence_counts_like_copies(metric: Subject) -> None:
    """A sentence of weight 3 counts as much as three like it."""
    update = getattr(metric.candidate, "update_state", None)
    if update is None or "sample_weight" not in inspect.signature(update).parameters:
        raise NotApplicable("it keeps no count with a sample_weight")
    logits = np.stack([RIGHT[0], numbers(*RIGHT.shape, scale=2.0)[1]])
    copies = np.array([0, 0, 0, 1])
    wanted = measured(metric, (LABELS[copies], logits[copies]))
    got = measured(metric, (LABELS, logits, np.float32([3, 1])))
    _require(got, wanted, "with weights 3 and 1, instead of three copies and one,")


@law(*BY_TOKEN)
def a_reset_metric_forgets(metric: Subject) -> None:
    """After a reset the count begins anew."""
    first, second = (LABELS, RIGHT), (LABELS, -RIGHT)
    if not hasattr(metric.candidate, "reset_state"):
        raise NotApplicable("a function keeps no count over batches")
    wanted = measured(metric, second)
    measured(metric, first)
    _require(measured(metric, second), wanted, "after a reset")


@law("cross_entropy")
def cross_entropy_of_a_guess_is_log_v(metric: Subject) -> None:
    """With all V tokens equally likely it is log V."""
    got = measured(metric, (LABELS, 0 * RIGHT))
    _require(got, float(np.log(VOCABULARY)), "with logits 0 for all 7 tokens")


@law("perplexity")
def perplexity_of_a_guess_is_v(metric: Subject) -> None:
    """With all V tokens equally likely it is V: as good as a die with V sides."""
    got = measured(metric, (LABELS, 0 * RIGHT))
    _require(got, VOCABULARY, "with logits 0 for all 7 tokens")


def bleu_score(bleu: Subject, hypotheses: list[str], references: list[str]) -> float:
    """What a BLEU says, of an object or a number."""
    made = guarded(bleu.candidate, hypotheses, references)
    return float(plain(getattr(made, "bleu", getattr(made, "score", made))))


REFERENCES = [
    "the cat that we saw on the old red mat today was not so old when it came here",
    "we do like green tea a lot but only when there is some cake on the table too .",
]


def _full(bleu):
    full = bleu_score(bleu, REFERENCES, REFERENCES)
    if not (abs(full - 1) < 1e-6 or abs(full - 100) < 1e-4):
        raise LawBroken(f"the references themselves score {show(full)}, not 100")
    return full


@law("bleu")
def bleu_of_the_reference_is_full(bleu: Subject) -> None:
    """A translation that equals its reference scores 100, without its words 0."""
    full = _full(bleu)
    nothing = bleu_score(bleu, ["x y z v w u"] * 2, REFERENCES) / full
    if nothing > 0.1:
        raise LawBroken(f"without a word in common the score is {show(100 * nothing)}")
    half = bleu_score(bleu, [REFERENCES[0], "x y z v w u"], REFERENCES) / full
    if half > 0.9:
        raise LawBroken(
            f"with one of two sentences all wrong the score is {show(100 * half)}"
        )


@law("bleu")
def bleu_punishes_what_is_too_short(bleu: Subject) -> None:
    """The translation comes first: half a reference scores 100·e^(1 - 2) = 36.8."""
    full = _full(bleu)
    halves = [" ".join(text.split()[: len(text.split()) // 2]) for text in REFERENCES]
    words = [len(" ".join(texts).split()) for texts in (halves, REFERENCES)]
    wanted = 100 * np.exp(1 - words[1] / words[0])
    got = 100 * bleu_score(bleu, halves, REFERENCES) / full
    if abs(got - wanted) > 2:
        raise LawBroken(
            f"translations of {words[0]} words, all right, against references of "
            f"{words[1]} score {show(got)}, it should be {show(wanted)}: are "
            "translation and reference the wrong way round?"
        )


@law("bleu")
def bleu_compares_with_the_own_reference(bleu: Subject) -> None:
    """Two right translations in each other's place are two wrong ones."""
    got = 100 * bleu_score(bleu, REFERENCES[::-1], REFERENCES) / _full(bleu)
    if got > 30:
        raise LawBroken(
            f"two right translations in each other's place score {show(got)}: counts "
            "are clipped by all references together, not each sentence by its own"
        )


@law("bleu")
def bleu_pools_the_whole_corpus(bleu: Subject) -> None:
    """BLEU counts over the corpus; it is no mean over the sentences."""
    full = _full(bleu)
    hypotheses = [REFERENCES[0], "we like green tea but only with it ."]
    got = 100 * bleu_score(bleu, hypotheses, REFERENCES) / full
    single = [
        100 * bleu_score(bleu, [h], [r]) / full
        for h, r in zip(hypotheses, REFERENCES, strict=True)
    ]
    if abs(got - np.mean(single)) < 0.5:
        raise LawBroken(
            f"the corpus scores {show(got)}, just the mean of its sentences' scores"
        )


@law("bleu")
def bleu_joins_clipped_counts_of_one_to_four_words(bleu: Subject) -> None:
    """A run of words counts as often as the reference has it; the mean is geometric."""
    full = _full(bleu)
    got = 100 * bleu_score(bleu, ["a b c d a b c d"], ["a b c d e f"]) / full
    # Of 8 words 4 are right, of 7 pairs 3, of 6 triples 2, of 5 fours 1. Longer than
    # the reference: no penalty, and no reward.
    wanted = 100 * (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    if abs(got - wanted) > 0.5:
        raise LawBroken(
            f"'a b c d a b c d' against 'a b c d e f' scores {show(got)}, it should be "
            f"{show(wanted)}, the fourth root of 4/8 · 3/7 · 2/6 · 1/5"
        )
