"""Softmax and the filters of sampling, moved by sliders."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_transformer.plots.table import table
from keras_transformer.plots.views.view import View


def softmax_view(
    scores: Mapping[int, Any] | Sequence[float],
    keys: Sequence[str],
    title: str = "",
) -> View:
    """Show what softmax makes of scores, under temperature and width.

    Args:
        scores: The scores of one query, `[s]`; or dot products by the width of the
            vectors, not divided by its root, which the view does.
        keys: Names of the keys.
        title: A line above.

    Raises:
        ValueError: If there is not one finite score a key, or there is no score.

    Example:
        >>> softmax_view([2.0, 1.0, 0.0], ["欢迎", "来", "北京"])
        key   weight
        ----  ------
        欢迎    0.67
        来      0.24
        北京    0.09
    """
    given = scores if isinstance(scores, Mapping) else {1: scores}
    by_width = {int(d): _numbers(row, keys, "score a key") for d, row in given.items()}
    if not by_width:
        raise ValueError("a softmax needs scores, got none")
    width, first = next(iter(by_width.items()))
    powers = np.exp((first - first.max()) / width**0.5)
    rows = [
        {"key": str(key), "weight": float(weight)}
        for key, weight in zip(keys, powers / powers.sum(), strict=True)
    ]
    data = {
        "title": title,
        "keys": list(map(str, keys)),
        "widths": list(by_width),
        "scores": [row.tolist() for row in by_width.values()],
    }
    return View("softmax", data, [table(rows, formats={"weight": ".2f"})])


def cut_view(
    probabilities: Sequence[float], tokens: Sequence[str], title: str = ""
) -> View:
    """Show what temperature, top-k, top-p and min-p leave of probabilities.

    They act in this order, as in `Sample`; what is left sums to 1.

    Args:
        probabilities: Of the next token, `[v]`; only the likeliest, if they are many.
        tokens: The tokens.
        title: A line above.

    Raises:
        ValueError: If there is not one probability a token, or one is not positive.

    Example:
        >>> cut_view([0.4, 0.35, 0.25], ["dog", "cat", "sun"])
        token  probability
        -----  -----------
        dog           0.40
        cat           0.35
        sun           0.25
    """
    chances = _numbers(probabilities, tokens, "probability a token")
    if not np.all(chances > 0):
        raise ValueError(f"probabilities must be positive, got {chances.min():g}")
    rows = [
        {"token": str(token), "probability": float(p)}
        for token, p in zip(tokens, chances, strict=True)
    ]
    data = {
        "title": title,
        "tokens": list(map(str, tokens)),
        "probabilities": chances.tolist(),
    }
    return View("cut", data, [table(rows, formats={"probability": ".2f"})])


def _numbers(values, names, rule) -> np.ndarray:
    numbers = np.asarray(values, "float64")
    if numbers.shape != (len(names),) or not numbers.size:
        raise ValueError(
            f"a view needs one {rule}, got {numbers.shape} for {len(names)} names"
        )
    if not np.all(np.isfinite(numbers)):
        raise ValueError(f"a view needs finite numbers, got {numbers.tolist()}")
    return numbers
