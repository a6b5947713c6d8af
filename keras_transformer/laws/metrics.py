"""Laws of metrics; label 0 = padding."""

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


def _measure(metric, *batches):
    """The result after some batches `(labels, logits)`, of an object or a function."""
    judged = metric.candidate
    if not hasattr(judged, "update_state"):
        if len(batches) > 1:
            raise NotApplicable("a function keeps no count over batches")
        return float(metric(labels=batches[0][0], logits=batches[0][1]))
    judged.reset_state()
    for labels, logits in batches:
        guarded(judged.update_state, labels, logits)
    return float(plain(guarded(judged.result)))


def _require(got, wanted, what):
    if not np.isfinite(got) or abs(got - wanted) > 1e-3 * max(1, abs(wanted)):
        raise LawBroken(f"{what} it is {show(got)}, it should be {show(wanted)}")


@law("accuracy")
def accuracy_counts_right_tokens(metric: Subject) -> None:
    """All right is 1, all wrong is 0, three of seven is 3/7."""
    _require(_measure(metric, (LABELS, RIGHT)), 1.0, "with every token right")
    wrong = np.roll(RIGHT, 1, -1)
    _require(_measure(metric, (LABELS, wrong)), 0.0, "with every token wrong")
    half = np.stack([RIGHT[0], wrong[1]])
    _require(_measure(metric, (LABELS, half)), 3 / 7, "with 3 of 7 tokens right")


@law(*BY_TOKEN)
def a_metric_skips_padding(metric: Subject) -> None:
    """What is predicted where the label is padding changes nothing."""
    logits = numbers(*RIGHT.shape, scale=2.0)
    wanted = _measure(metric, (LABELS, logits))
    for padded in (np.eye(VOCABULARY)[0], np.eye(VOCABULARY)[3]):
        other = np.where((LABELS == 0)[..., None], 9 * padded, logits)
        got = _measure(metric, (LABELS, other.astype("float32")))
        _require(got, wanted, "with other predictions at padding only")


@law(*BY_TOKEN)
def a_metric_counts_tokens_over_batches(metric: Subject) -> None:
    """Over two batches every token weighs the same, not every batch."""
    logits = numbers(*RIGHT.shape, scale=2.0)
    logits[1] += 4 * RIGHT[1]
    together = _measure(metric, (LABELS, logits))
    parts = [(LABELS[i : i + 1], logits[i : i + 1]) for i in (0, 1)]
    _require(_measure(metric, *parts), together, "over two batches instead of one")


@law(*BY_TOKEN)
def a_reset_metric_forgets(metric: Subject) -> None:
    """After a reset the count begins anew."""
    first, second = (LABELS, RIGHT), (LABELS, -RIGHT)
    if not hasattr(metric.candidate, "reset_state"):
        raise NotApplicable("a function keeps no count over batches")
    wanted = _measure(metric, second)
    _measure(metric, first)
    _require(_measure(metric, second), wanted, "after a reset")


@law("cross_entropy")
def cross_entropy_of_a_guess_is_log_v(metric: Subject) -> None:
    """With all V tokens equally likely it is log V."""
    got = _measure(metric, (LABELS, 0 * RIGHT))
    _require(got, float(np.log(VOCABULARY)), "with logits 0 for all 7 tokens")


@law("perplexity")
def perplexity_of_a_guess_is_v(metric: Subject) -> None:
    """With all V tokens equally likely it is V: as good as a die with V sides."""
    got = _measure(metric, (LABELS, 0 * RIGHT))
    _require(got, VOCABULARY, "with logits 0 for all 7 tokens")


def _bleu(bleu, hypotheses, references):
    made = guarded(bleu.candidate, hypotheses, references)
    return float(plain(getattr(made, "bleu", getattr(made, "score", made))))


REFERENCES = [
    "the cat that we saw on the old red mat today was not so old when it came here",
    "we do like green tea a lot but only when there is some cake on the table too .",
]


def _full(bleu):
    full = _bleu(bleu, REFERENCES, REFERENCES)
    if not (abs(full - 1) < 1e-6 or abs(full - 100) < 1e-4):
        raise LawBroken(f"the references themselves score {show(full)}, not 100")
    return full


@law("bleu")
def bleu_of_the_reference_is_full(bleu: Subject) -> None:
    """A translation that equals its reference scores 100, without its words 0."""
    full = _full(bleu)
    nothing = _bleu(bleu, ["x y z v w u"] * 2, REFERENCES) / full
    if nothing > 0.1:
        raise LawBroken(f"without a word in common the score is {show(100 * nothing)}")
    half = _bleu(bleu, [REFERENCES[0], "x y z v w u"], REFERENCES) / full
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
    got = 100 * _bleu(bleu, halves, REFERENCES) / full
    if abs(got - wanted) > 2:
        raise LawBroken(
            f"translations of {words[0]} words, all right, against references of "
            f"{words[1]} score {show(got)}, it should be {show(wanted)}: are "
            "translation and reference the wrong way round?"
        )


@law("bleu")
def bleu_pools_the_whole_corpus(bleu: Subject) -> None:
    """BLEU counts over the corpus; it is no mean over the sentences."""
    full = _full(bleu)
    hypotheses = [REFERENCES[0], "we like green tea but only with it ."]
    got = 100 * _bleu(bleu, hypotheses, REFERENCES) / full
    single = [
        100 * _bleu(bleu, [h], [r]) / full
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
    got = 100 * _bleu(bleu, ["a b c d a b c d"], ["a b c d e f"]) / full
    # Of 8 words 4 are right, of 7 pairs 3, of 6 triples 2, of 5 fours 1. Longer than
    # the reference: no penalty, and no reward.
    wanted = 100 * (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    if abs(got - wanted) > 0.5:
        raise LawBroken(
            f"'a b c d a b c d' against 'a b c d e f' scores {show(got)}, it should be "
            f"{show(wanted)}, the fourth root of 4/8 · 3/7 · 2/6 · 1/5"
        )
