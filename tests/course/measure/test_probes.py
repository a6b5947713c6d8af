import numpy as np
import pytest

from keras_transformer.course.measure import majority_accuracy, probe_accuracy

CLASSES, WIDTH = 5, 7


def examples(count, seed, noise=0.0):
    """A label is one-hot in a rotated space: a linear classifier can read it."""
    random = np.random.default_rng(seed)
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(WIDTH, WIDTH)))[0]
    labels = random.integers(CLASSES, size=count)
    features = np.eye(WIDTH)[labels] @ rotation + noise * random.normal(
        size=(count, WIDTH)
    )
    return features, 10 * labels + 3


def test_what_is_linear_in_the_features_is_read_off():
    assert probe_accuracy(*examples(200, 1), *examples(100, 2)) == 1.0


def test_noise_that_holds_no_label_leaves_chance():
    random = np.random.default_rng(5)
    features, labels = random.normal(size=(2000, WIDTH)), random.integers(4, size=2000)
    accuracy = probe_accuracy(
        features[:1500], labels[:1500], features[1500:], labels[1500:]
    )
    assert 0.18 < accuracy < 0.32


def test_the_probe_is_ridge_regression_of_one_hot_labels():
    x, y = examples(60, 1, noise=0.8)
    new_x, new_y = examples(40, 2, noise=0.8)
    mean, spread = x.mean(0), x.std(0)
    classes = np.unique(y)
    one_hot = (y[:, None] == classes).astype(float)
    # The same minimum by the normal equations with a constant that is not penalised.
    design = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    penalty = np.diag([3.0] * WIDTH + [0.0])
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ one_hot)
    new = np.column_stack([(new_x - mean) / spread, np.ones(len(new_x))])
    wanted = np.mean(classes[(new @ weights).argmax(1)] == new_y)
    assert 0.3 < wanted < 1
    assert probe_accuracy(x, y, new_x, new_y, ridge=3.0) == wanted


def test_a_label_that_was_not_fitted_is_not_guessed():
    x, y = examples(50, 1)
    assert probe_accuracy(x, y, x[:10], np.full(10, 999)) == 0.0


def test_a_constant_feature_does_no_harm():
    x, y = examples(200, 1)
    x = np.column_stack([x, np.full(len(x), 4.0)])
    assert probe_accuracy(x, y, x, y) == 1.0


def test_the_majority_is_counted_on_the_first_labels():
    first = np.array([8, 8, 8, 2])
    assert majority_accuracy(first, np.array([2, 2, 8, 5])) == 0.25


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.ones((3, 2)), np.ones(2), "got 3 examples, 2 labels"),
        (np.ones((0, 2)), np.ones(0), "got 0 examples, 0 labels"),
    ],
)
def test_a_probe_needs_a_label_an_example(features, labels, message):
    fine = np.ones((2, 2)), np.ones(2)
    for arguments in ((features, labels, *fine), (*fine, features, labels)):
        with pytest.raises(ValueError, match=message):
            probe_accuracy(*arguments)


def test_a_majority_needs_labels():
    with pytest.raises(ValueError, match="got 0 and 2"):
        majority_accuracy(np.zeros(0), np.ones(2))
