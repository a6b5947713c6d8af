import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.training.cross_entropy import smoothed_cross_entropy
from keras_transformer.training.losses import SentenceCrossEntropy, SmoothedCrossEntropy
from keras_transformer.training.metrics import TokenAccuracy, TokenCrossEntropy

LABELS = np.array([[3, 1, 2, 0, 0], [4, 2, 0, 0, 0], [0, 0, 0, 0, 0]])


def logits(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 3, shape).astype("float32")


def cross_entropy(labels, logits, smoothing):
    """In float64, with the smoothed distribution written out."""
    logits = np.float64(logits)
    logits = logits - logits.max(-1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    size = logits.shape[-1]
    wanted = (1 - smoothing) * np.eye(size)[labels] + smoothing / size
    return -(wanted * log_p).sum(-1)


def value(tensor):
    return float(ops.convert_to_numpy(tensor))


def test_the_loss_by_hand():
    # p = 1/2, 1/4, 1/4 and the label's is 1/4: log 4; the second token is padding.
    scores = np.log(np.array([[[2.0, 1.0, 1.0], [9.0, 1.0, 1.0]]], "float32"))
    loss = SmoothedCrossEntropy()(np.array([[2, 0]]), scores)
    assert value(loss) == pytest.approx(math.log(4))
    # With ε = 0.3: 0.7·log 4 + 0.1·(log 2 + log 4 + log 4).
    loss = SmoothedCrossEntropy(0.3)(np.array([[2, 0]]), scores)
    assert value(loss) == pytest.approx(0.7 * math.log(4) + 0.1 * math.log(32))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_without_knowledge_the_loss_is_log_v(smoothing):
    loss = SmoothedCrossEntropy(smoothing)(LABELS, np.zeros((3, 5, 11), "float32"))
    assert value(loss) == pytest.approx(math.log(11))


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 0.99), st.integers(0, 1000))
def test_each_token_equals_the_definition(smoothing, seed):
    scores = logits(3, 5, 7, seed=seed)
    losses = ops.convert_to_numpy(smoothed_cross_entropy(LABELS, scores, smoothing))
    expected = cross_entropy(LABELS, scores, smoothing)
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-5)


def test_the_loss_is_a_mean_over_kept_tokens():
    scores = logits(3, 5, 7)
    losses = cross_entropy(LABELS, scores, 0.1)
    loss = value(SmoothedCrossEntropy(0.1)(LABELS, scores))
    assert loss == pytest.approx(losses[LABELS != 0].mean(), rel=1e-5)
    assert loss != pytest.approx(losses.mean(), rel=1e-2)


@pytest.mark.parametrize("rows, columns", [(0, 3), (2, 0), (4, 6)])
def test_padding_changes_no_loss(rows, columns):
    scores = logits(3, 5, 7)
    wider = np.pad(LABELS, ((0, rows), (0, columns)))
    more = np.concatenate([scores, logits(3, columns, 7, seed=2)], 1)
    more = np.concatenate([more, logits(rows, 5 + columns, 7, seed=3)], 0)
    loss = SmoothedCrossEntropy(0.1)
    assert value(loss(wider, more)) == pytest.approx(value(loss(LABELS, scores)))


def test_a_batch_of_padding_only_has_loss_zero():
    loss = SmoothedCrossEntropy(0.1)(np.zeros((2, 3), int), logits(2, 3, 7))
    assert value(loss) == 0.0


@pytest.mark.parametrize(
    "weight", [np.array([1.0, 3.0, 7.0]), np.arange(15).reshape(3, 5)], ids=["b", "bt"]
)
def test_sample_weights_make_a_weighted_mean_over_kept_tokens(weight):
    scores = logits(3, 5, 7)
    losses = cross_entropy(LABELS, scores, 0.1)
    each = np.broadcast_to(weight.reshape(3, -1), (3, 5)) * (LABELS != 0)
    expected = (losses * each).sum() / each.sum()
    loss = SmoothedCrossEntropy(0.1)(LABELS, scores, sample_weight=weight)
    assert value(loss) == pytest.approx(expected, rel=1e-5)


def test_the_gradient_is_p_minus_the_wanted_distribution(gradient):
    scores = logits(3, 5, 7)
    slope = gradient(lambda s: SmoothedCrossEntropy(0.2)(LABELS, s), scores)
    p = np.exp(np.float64(scores))
    p /= p.sum(-1, keepdims=True)
    wanted = 0.8 * np.eye(7)[LABELS] + 0.2 / 7
    kept = LABELS != 0
    expected = np.where(kept[..., None], (p - wanted) / kept.sum(), 0.0)
    np.testing.assert_allclose(slope, expected, atol=1e-6)
    assert not slope[~kept].any()


def test_half_precision_logits_are_read_as_float32():
    # In float16, e^12 · 7 would overflow on the way to the sum.
    scores = np.full((1, 1, 7), 12.0, "float16")
    loss = SmoothedCrossEntropy()(np.array([[3]]), scores)
    assert value(loss) == pytest.approx(math.log(7), rel=1e-6)


def test_another_padding_id():
    scores = logits(1, 2, 7)
    loss = SmoothedCrossEntropy(padding_id=6)(np.array([[6, 0]]), scores)
    expected = cross_entropy(np.array([[0]]), scores[:, 1:], 0.0)[0, 0]
    assert value(loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ValueError, match=rf"got label_smoothing={smoothing}"):
        SmoothedCrossEntropy(smoothing)


BOTH = pytest.mark.parametrize("kind", [SmoothedCrossEntropy, SentenceCrossEntropy])


def reduced(kind, reduction, weight=None):
    """The loss, and what it reduces: weighted losses, and their weights, in float64."""
    scores = logits(3, 5, 7)
    loss = kind(0.1, reduction=reduction)(LABELS, scores, sample_weight=weight)
    kept = np.float64(LABELS != 0)
    weights = kept if weight is None else kept * weight.reshape(3, -1)
    losses = cross_entropy(LABELS, scores, 0.1) * weights
    if kind is SentenceCrossEntropy:
        tokens = np.maximum(kept.sum(-1), 1)
        losses, weights = losses.sum(-1) / tokens, weights.sum(-1) / tokens
    return ops.convert_to_numpy(loss), losses, weights


WEIGHTS = [None, np.array([1.0, 3.0, 7.0]), np.arange(15.0).reshape(3, 5)]


@BOTH
@pytest.mark.parametrize("weight", WEIGHTS, ids=["none", "b", "bt"])
def test_every_reduction_reduces_what_is_kept(kind, weight):
    for mean in ("mean", "sum_over_batch_size", "mean_with_sample_weight"):
        loss, losses, weights = reduced(kind, mean, weight)
        assert loss == pytest.approx(losses.sum() / weights.sum(), rel=1e-5)
    loss, losses, _ = reduced(kind, "sum", weight)
    assert loss == pytest.approx(losses.sum(), rel=1e-5)
    for none in ("none", None):
        loss, losses, _ = reduced(kind, none, weight)
        np.testing.assert_allclose(loss, losses, rtol=1e-4, atol=1e-6)
        assert loss.shape == losses.shape and not loss[2].any()  # a row of padding


@BOTH
def test_an_unknown_reduction_is_refused(kind):
    with pytest.raises(ValueError, match=r"one of .*'sum'.*, got reduction='average'"):
        kind(reduction="average")


@BOTH
def test_weights_of_another_rank_are_refused(kind):
    with pytest.raises(
        ValueError, match=r"\[b\] or \[b, t\], got the shape \(3, 5, 1\)"
    ):
        kind()(LABELS, logits(3, 5, 7), sample_weight=np.ones((3, 5, 1)))


@BOTH
def test_labels_with_an_axis_too_many_are_refused(kind):
    with pytest.raises(ValueError, match=r"got shapes \(3, 5, 1\) and \(3, 5, 7\)"):
        kind()(LABELS[..., None], logits(3, 5, 7))


@BOTH
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_nan_at_padding_reaches_neither_loss_nor_gradient(kind, poison, gradient):
    scores = logits(3, 5, 7)
    poisoned = np.where((LABELS == 0)[..., None], np.float32(poison), scores)
    for reduction in ("mean", "sum"):
        loss = kind(0.1, reduction=reduction)
        assert value(loss(LABELS, poisoned)) == value(loss(LABELS, scores))
        slope = gradient(lambda s, loss=loss: loss(LABELS, s), poisoned)
        np.testing.assert_array_equal(
            slope, gradient(lambda s, loss=loss: loss(LABELS, s), scores)
        )
        assert not slope[LABELS == 0].any()


@pytest.mark.parametrize("metric", [TokenAccuracy, TokenCrossEntropy])
def test_nan_at_padding_reaches_no_metric(metric):
    scores = logits(3, 5, 7)
    scores[0, 0, 3] = 9.0  # one is right
    poisoned = np.where((LABELS == 0)[..., None], np.float32("nan"), scores)
    clean, other = metric(), metric()
    clean.update_state(LABELS, scores)
    other.update_state(LABELS, poisoned)
    assert value(other.result()) == value(clean.result()) > 0


@BOTH
def test_a_label_that_is_no_token_can_mark_padding(kind):
    scores, labels = logits(1, 2, 7), np.array([[3, -100]])
    loss = kind(padding_id=-100)(labels, scores)
    expected = cross_entropy(labels[:, :1], scores[:, :1], 0.0)[0, 0]
    assert value(loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "measure",
    [SmoothedCrossEntropy, SentenceCrossEntropy, TokenAccuracy, TokenCrossEntropy],
)
def test_what_an_implicit_mask_hides_does_not_count(measure):
    # Keras hands the mask of an embedding on to what is computed from it.
    tokens = np.array([[3, 1, 0, 2], [5, 0, 0, 0]])
    labels = np.array([[3, 4, 2, 6], [2, 3, 1, 5]])  # none of them is padding
    embed = keras.layers.Embedding(7, 7, "identity", mask_zero=True)

    def measured(labels, logits):
        made = measure()
        if isinstance(made, keras.Loss):
            return value(made(labels, logits))
        made.update_state(labels, logits)
        return value(made.result())

    unmasked = ops.convert_to_numpy(embed(tokens))
    shown = np.where(tokens != 0, labels, 0)
    hidden = measured(labels, embed(tokens))
    assert hidden == pytest.approx(measured(shown, unmasked), rel=1e-6)
    assert hidden != pytest.approx(measured(labels, unmasked), rel=1e-3)


@pytest.mark.parametrize(
    "made",
    [
        SmoothedCrossEntropy(0.25, padding_id=3, name="other", reduction="sum"),
        SentenceCrossEntropy(0.25, padding_id=3, name="other", reduction="none"),
        TokenAccuracy(padding_id=3, name="other"),
        TokenCrossEntropy(padding_id=3, name="other"),
    ],
    ids=lambda made: type(made).__name__,
)
def test_losses_and_metrics_come_back_from_their_config(made):
    config = keras.saving.serialize_keras_object(made)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


# Metrics


def test_accuracy_counts_kept_tokens_over_all_batches():
    hits = np.eye(7, dtype="float32")
    metric = TokenAccuracy()
    # Right, wrong, padding; then right, right, right, right.
    metric.update_state(np.array([[3, 4, 0]]), hits[np.array([[3, 5, 0]])])
    assert float(metric.result()) == 0.5
    metric.update_state(np.array([[1, 2, 3, 4]]), hits[np.array([[1, 2, 3, 4]])])
    assert float(metric.result()) == pytest.approx(5 / 6)
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_accuracy_is_that_of_the_largest_logit():
    scores = logits(13, 11, 7)
    labels = np.random.default_rng(3).integers(0, 7, (13, 11))
    metric = TokenAccuracy()
    metric.update_state(labels, scores)
    right = (scores.argmax(-1) == labels)[labels != 0]
    assert float(metric.result()) == pytest.approx(right.mean())
    assert 0 < right.mean() < 1


def test_a_label_among_n_likeliest_tokens_counts_as_a_guess_would():
    metric = TokenAccuracy()
    tied = np.array([[[0, 5, 5, 0], [0, 5, 5, 0]]], "float32")
    metric.update_state(np.array([[2, 3]]), tied)
    assert float(metric.result()) == 0.25  # half of the first, nothing of the second
    metric.reset_state()
    metric.update_state(np.array([[2, 3]]), np.full_like(tied, np.nan))
    assert float(metric.result()) == 0.0


def test_cross_entropy_weighs_every_token_the_same():
    metric = TokenCrossEntropy()
    short, long = logits(1, 1, 7), logits(2, 5, 7, seed=2)
    metric.update_state(np.array([[3]]), short)
    metric.update_state(LABELS[:2], long)
    losses = cross_entropy(LABELS[:2], long, 0.0)[LABELS[:2] != 0]
    everything = [cross_entropy(np.array([[3]]), short, 0.0)[0, 0], *losses]
    assert float(metric.result()) == pytest.approx(np.mean(everything), rel=1e-5)


def test_metrics_take_sample_weights():
    labels, scores = np.array([[3, 4]]), np.eye(7, dtype="float32")[None, [3, 5]]
    metric = TokenAccuracy()
    metric.update_state(labels, scores, sample_weight=np.array([[1.0, 4.0]]))
    assert float(metric.result()) == pytest.approx(0.2)
