"""How digits were found before: one classifier, on every window.

Axes: `n` picture; windows are `[row, column]`.
"""

import warnings

import numpy as np

from keras_transformer.course.elsewhere.pictures import SIDE, Scenes, boxes, overlap

NOTHING = 10  # the class of a window that holds no digit


class Windows:
    """A small network that looks at each window of 8×8, and says what is there.

    It learns the windows that hold a digit exactly, and as "nothing" some that do not.
    To read a scene it looks at all windows. The surest that is not "nothing" is taken,
    what overlaps with it is dropped, and so forth while it is surer than not.

    Args:
        seen: Scenes to learn from.
        seed: Seed of weights and windows.
        count: How many of the scenes it learns from.
    """

    def __init__(self, seen: Scenes, seed: int, count: int = 3000):
        from sklearn.neural_network import MLPClassifier

        dice, cuts, labels = np.random.default_rng(seed), [], []
        for picture, tokens in zip(seen.pictures[:count], seen.tokens, strict=False):
            views, there = _views(picture), boxes(tokens)
            for digit, row, column in there:
                cuts.append(views[row, column])
                labels.append(digit)
            for _ in range(6):  # near a digit as often as far from all
                row, column = (dice.integers(size) for size in views.shape[:2])
                if (row, column) not in {box[1:] for box in there}:
                    cuts.append(views[row, column])
                    labels.append(NOTHING)
        # It stops when it has looked at all of them so often, not when it is done.
        options = {"max_iter": 40, "learning_rate_init": 3e-3, "random_state": seed}
        self.classifier = MLPClassifier(64, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            self.classifier.fit(np.reshape(cuts, (-1, SIDE**2)), labels)

    def read(self, pictures: np.ndarray) -> list[list[tuple[int, int, int]]]:
        """The boxes of each picture, (digit, row, column), from left to right.

        Args:
            pictures: Float `[n, row, column]`.
        """
        return [self._read(_views(picture)) for picture in pictures]

    def _read(self, views):
        chances = self.classifier.predict_proba(views.reshape(-1, SIDE**2))
        chances = chances[:, self.classifier.classes_ < NOTHING]
        best, found = chances.max(axis=1), []
        for which in np.argsort(-best):
            if best[which] < 0.5:
                break
            place = np.unravel_index(which, views.shape[:2])
            digit = self.classifier.classes_[chances[which].argmax()]
            box = (int(digit), *map(int, place))
            if all(overlap(box, other) == 0 for other in found):
                found.append(box)
        return sorted(found, key=lambda box: box[2])


def _views(picture):
    """Every window, [row, column, 8, 8]."""
    return np.lib.stride_tricks.sliding_window_view(picture, (SIDE, SIDE))
