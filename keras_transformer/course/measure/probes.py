"""What a vector still knows: linear classifiers on frozen features.

Axes: `n` example, `u` width of the features.
"""

import numpy as np


def probe_accuracy(
    features: np.ndarray,
    labels: np.ndarray,
    new_features: np.ndarray,
    new_labels: np.ndarray,
    ridge: float = 1.0,
) -> float:
    """How often a linear classifier reads a label off features it has not seen.

    The classifier is a ridge regression of one-hot labels on standardised features,
    in closed form:

    ```
    W = (XᵀX + λ·I)⁻¹ XᵀY        label = argmax over classes of [x; 1] · W
    ```

    Args:
        features: Features to fit on, float `[n, u]`.
        labels: Their labels, integers `[n]`.
        new_features: Features to judge on, float `[m, u]`.
        new_labels: Their labels, integers `[m]`. One that was not fitted on is never
            guessed.
        ridge: The penalty `λ`.

    Returns:
        The share of new labels that are guessed, 0 to 1.

    Raises:
        ValueError: If features and labels differ in number, or there are none.

    Example:
        >>> x = np.array([[0.0], [0.1], [0.9], [1.0]])
        >>> probe_accuracy(x, np.array([7, 7, 3, 3]), x, np.array([7, 7, 3, 7]))
        0.75

    Source: Alain and Bengio 2016 (linear classifier probes).
    """
    _require_examples(features, labels)
    _require_examples(new_features, new_labels)
    features = np.asarray(features, "float64")
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-8
    classes, targets = np.unique(labels, return_inverse=True)
    x = (features - mean) / spread
    shares = np.bincount(targets) / len(targets)
    # Features have mean 0 here, so that the constant is fitted by itself: it is the
    # share of each class.
    sums = np.zeros((len(classes), x.shape[1]))
    np.add.at(sums, targets, x)
    weights = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), sums.T)
    guesses = ((new_features - mean) / spread) @ weights + shares
    return float(np.mean(classes[guesses.argmax(axis=1)] == np.asarray(new_labels)))


def majority_accuracy(labels: np.ndarray, new_labels: np.ndarray) -> float:
    """How often the most frequent label is right: what a probe without features has.

    Args:
        labels: Labels to count, integers `[n]`.
        new_labels: Labels to judge on, integers `[m]`.

    Returns:
        The share of new labels that are the most frequent one, 0 to 1.

    Raises:
        ValueError: If there are no labels.

    Example:
        >>> majority_accuracy(np.array([3, 5, 5]), np.array([5, 3, 3, 5]))
        0.5
    """
    if not len(labels) or not len(new_labels):
        raise ValueError(
            "a share needs labels to count and to judge on, "
            f"got {len(labels)} and {len(new_labels)}"
        )
    classes, counts = np.unique(labels, return_counts=True)
    return float(np.mean(np.asarray(new_labels) == classes[counts.argmax()]))


def _require_examples(features, labels):
    if len(features) != len(labels) or not len(labels):
        raise ValueError(
            "a probe needs one label an example, and at least one, "
            f"got {len(features)} examples, {len(labels)} labels"
        )
