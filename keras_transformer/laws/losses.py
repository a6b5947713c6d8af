"""Laws of losses: `(labels, logits) → mean over the kept tokens`; 0 = padding."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import numbers, require_equal, require_finite, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

VOCABULARY = 7
LABELS = np.array([[3, 2, 6, 0, 0], [5, 1, 4, 2, 0]])
LOGITS = ("batch", "token", "vocabulary")


def _logits(labels=LABELS, seed=0):
    return numbers(*labels.shape, VOCABULARY, seed=seed, scale=2.0)


def _mean(loss, labels, logits):
    made = loss(labels=labels, logits=logits)
    if made.size != 1:
        raise LawBroken(f"a loss is one number, got an array of shape {made.shape}")
    return float(made)


def _require(got, wanted, what, tolerance=1e-3):
    if not np.isfinite(got) or abs(got - wanted) > tolerance * max(1, abs(wanted)):
        raise LawBroken(f"{what} the loss is {show(got)}, it should be {show(wanted)}")


def _smoothing(loss):
    return float(loss.option("label_smoothing", 0.0))


@law("loss")
def a_guess_costs_log_v(loss: Subject) -> None:
    """If all V tokens are equally likely, the loss is log V."""
    logits = np.zeros((*LABELS.shape, VOCABULARY), "float32")
    wanted = float(np.log(VOCABULARY))
    _require(_mean(loss, LABELS, logits), wanted, "with logits 0 for all 7 tokens")
    full = np.maximum(LABELS, 1)
    _require(_mean(loss, full, logits), wanted, "with logits 0 and no padding at all,")


@law("loss")
def a_certain_right_answer_costs_nothing(loss: Subject) -> None:
    """Logits 30 above the others for the right token cost 0; for a wrong one, 30."""
    if _smoothing(loss):
        raise NotApplicable("label smoothing asks for doubt")
    sure = 30 * np.eye(VOCABULARY, dtype="float32")
    right = _mean(loss, LABELS, sure[LABELS])
    wrong = _mean(loss, LABELS, sure[(LABELS + 1) % VOCABULARY])
    for others in (VOCABULARY, VOCABULARY - 1):  # an ε that no option tells
        epsilon = right / 30 * others / (VOCABULARY - 1)
        smoothed = abs(wrong - 30 * (1 - epsilon / others)) < 0.01
        if 0.001 < epsilon < 0.5 and smoothed:
            raise NotApplicable(f"it smooths labels, by {show(epsilon)}")
    _require(right, 0.0, "with certainty and rightly")
    _require(wrong, 30.0, "with certainty and wrongly")


@law("loss")
def logits_at_padding_change_nothing(loss: Subject) -> None:
    """Whatever is predicted where the label is padding, the loss is the same."""
    logits = _logits()
    other = np.where((LABELS == 0)[..., None], _logits(seed=1), logits)
    wanted = _mean(loss, LABELS, logits)
    got = _mean(loss, LABELS, other)
    _require(got, wanted, "with other predictions at padding only,")


@law("loss")
def more_padding_changes_nothing(loss: Subject) -> None:
    """Two more columns of padding, or a row of it, leave the loss as it is."""
    logits = _logits()
    wanted = _mean(loss, LABELS, logits)
    labels = np.pad(LABELS, ((0, 1), (0, 2)))
    wider = _logits(labels, seed=1)
    wider[:2, :5] = logits
    got = _mean(loss, labels, wider)
    _require(got, wanted, "with 2 columns and 1 row of padding more,")


@law("loss")
def the_loss_is_a_mean_over_kept_tokens(loss: Subject) -> None:
    """Every kept token weighs the same, whatever sentence or batch it is in."""
    logits = _logits()
    parts = [_mean(loss, LABELS[i : i + 1], logits[i : i + 1]) for i in (0, 1)]
    wanted = (3 * parts[0] + 4 * parts[1]) / 7
    got = _mean(loss, LABELS, logits)
    _require(got, wanted, "over sentences of 3 and 4 tokens,")
    twice = _mean(loss, np.tile(LABELS, (2, 1)), np.tile(logits, (2, 1, 1)))
    _require(twice, got, "over the same batch twice,")


@law("loss")
def a_weight_counts_like_copies(loss: Subject) -> None:
    """A sentence of weight 2 counts like two of it; a weight that all share, not."""
    logits = _logits()

    def weighed(*weights):
        weights = np.array(weights, "float32")
        made = loss(labels=LABELS, logits=logits, sample_weight=weights)
        return float(made.reshape(()))

    copies = [0, 0, 1]
    wanted = _mean(loss, LABELS[copies], logits[copies])
    _require(weighed(2, 1), wanted, "with weight 2 for the first of two sentences,")
    wanted = _mean(loss, LABELS, logits)
    _require(weighed(3, 3), wanted, "with weight 3 for every sentence,")


@law("loss")
def the_order_of_tokens_changes_nothing(loss: Subject) -> None:
    """Sentences or tokens in another order have the same loss."""
    order = np.array([4, 2, 0, 3, 1])
    logits = _logits()
    got = _mean(loss, LABELS[::-1][:, order], logits[::-1][:, order])
    _require(got, _mean(loss, LABELS, logits), "in another order")


@law("loss")
def only_differences_of_logits_count(loss: Subject) -> None:
    """Logits are no probabilities: 5 more for every token changes nothing."""
    got = _mean(loss, LABELS, _logits() + 5)
    _require(got, _mean(loss, LABELS, _logits()), "with 5 more for every logit")


@law("loss")
def padding_gets_no_gradient(loss: Subject) -> None:
    """The gradient is exactly 0 at padding, and each kept token's sums to 0."""
    logits = _logits()
    (slope,), _ = gradients(
        lambda x: loss.call(labels=LABELS, logits=x), [logits], np.ones(1, "float32")
    )
    require_finite(slope, LOGITS, "the gradient")
    padding = (LABELS == 0)[..., None] * slope
    require_equal(padding, 0.0, LOGITS, "the gradient at padding", 0.0)
    sums = slope.sum(-1, keepdims=True)
    require_equal(sums, 0.0, LOGITS, "the sum of one token's gradient", 1e-4)
    if np.abs(slope).max() < 1e-4:
        raise LawBroken("there is no gradient at all")


@law("loss")
def the_best_prediction_is_the_smoothed_label(loss: Subject) -> None:
    """The loss is lowest where the label has probability 1 - ε, and its share of ε."""
    epsilon = _smoothing(loss)
    if not epsilon:
        raise NotApplicable("it smooths no labels")
    best = None
    for others in (VOCABULARY, VOCABULARY - 1, VOCABULARY - 2):
        target = np.full((*LABELS.shape, VOCABULARY), epsilon / others)
        right = 1 - epsilon + (epsilon / others if others == VOCABULARY else 0)
        np.put_along_axis(target, LABELS[..., None], right, -1)
        (slope,), _ = gradients(
            lambda x: loss.call(labels=LABELS, logits=x),
            [np.log(target).astype("float32")],
            np.ones(1, "float32"),
        )
        steep = float(np.abs(slope[LABELS != 0]).max())
        best = steep if best is None else min(best, steep)
    if best > 1e-3:
        raise LawBroken(
            f"with ε={epsilon} the gradient at the smoothed label is {show(best)}"
        )


@law("loss")
def a_batch_of_padding_costs_nothing(loss: Subject) -> None:
    """A batch that is all padding costs 0, not NaN."""
    _require(_mean(loss, 0 * LABELS, _logits()), 0.0, "for a batch of padding only")


@law("loss", craft=True)
def half_precision_logits_cost_the_same(loss: Subject) -> None:
    """float16 logits, large ones too, give the loss of float32."""
    logits = np.round(20 * _logits()).astype("float16")
    got = _mean(loss, LABELS, logits)
    _require(got, _mean(loss, LABELS, logits.astype("float32")), "in float16", 0.01)


@law("loss", craft=True)
def nan_at_padding_costs_nothing(loss: Subject) -> None:
    """NaN predicted where the label is padding reaches neither loss nor gradient."""
    logits, padding = _logits(), LABELS == 0
    poisoned = np.where(padding[..., None], np.float32("nan"), logits)
    wanted = _mean(loss, LABELS, logits)
    _require(_mean(loss, LABELS, poisoned), wanted, "with NaN predicted at padding")
    (slope,), _ = gradients(
        lambda x: loss.call(labels=LABELS, logits=x), [poisoned], np.ones(1, "float32")
    )
    require_finite(slope, LOGITS, "with NaN predicted at padding, the gradient")
