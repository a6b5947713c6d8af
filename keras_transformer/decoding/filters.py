"""Filters: which tokens may be drawn, and how eagerly.

Pure functions logits → logits; what is filtered out becomes -inf. Ties with the last
token that is kept are kept too.

Axes: `n` rows, `v` vocabulary.
"""

import math
from typing import Annotated, Any

from keras import ops

from keras_transformer.decoding.constraints import IMPOSSIBLE
from keras_transformer.system.ranges import Range, require

Temperature = Annotated[float, Range(above=0, most=1e6)]

_RANGE = 80.0
_HALVINGS = 32  # of a range of 81: to 2e-8, finer than most logits are


def temper(logits: Any, temperature: float) -> Any:
    """Sharper below 1, flatter above: `p(v) ∝ exp(logits[v] / temperature)`.

    Args:
        logits: Float `[n, v]`.
        temperature: Positive; 1 changes nothing; towards 0, sampling becomes greedy
            decoding.

    Raises:
        ValueError: If `temperature` is not positive and finite.

    Example:
        >>> import numpy as np
        >>> np.asarray(temper(np.array([[1.0, 3.0]], "float32"), 2.0)).tolist()
        [[0.5, 1.5]]
    """
    require(Temperature, temperature=temperature)
    return logits / temperature


def keep_top_k(logits: Any, k: int) -> Any:
    """Keep the `k` most likely tokens.

    Args:
        logits: Float `[n, v]`.
        k: At least 1; more than `v` keeps all.

    Raises:
        ValueError: If `k` is less than 1.

    Example:
        >>> import numpy as np
        >>> logits = np.array([[1.0, 3.0, 2.0]], "float32")
        >>> np.isfinite(np.asarray(keep_top_k(logits, 2))).tolist()
        [[False, True, True]]

    Source: Fan et al. 2018.
    """
    require(Annotated[int, Range(1, 2**31 - 1)], top_k=k)
    logits = ops.convert_to_tensor(logits)
    least = ops.top_k(logits, min(k, logits.shape[-1]))[0][:, -1:]
    return ops.where(logits >= least, logits, IMPOSSIBLE)


def keep_top_p(logits: Any, p: float) -> Any:
    """Keep the smallest set of most likely tokens that together have probability `p`.

    The token with which `p` is reached belongs to it, so the likeliest always does.

    The least logit of the set is found by bisection, to the precision of float32: to
    sort 64 × 8,000 logits takes 65 ms on two CPU cores (XLA), as long as 15 steps of
    decoding.

    Args:
        logits: Float `[n, v]`.
        p: In (0, 1]; 1 keeps all.

    Raises:
        ValueError: If `p` is not in (0, 1].

    Example:
        >>> import numpy as np
        >>> logits = np.log(np.array([[0.2, 0.5, 0.3]], "float32"))
        >>> np.isfinite(np.asarray(keep_top_p(logits, 0.6))).tolist()
        [[False, True, True]]

    Source: Holtzman et al. 2020, section 3.1.
    """
    _require_share("top_p", p)
    if p == 1:
        return logits
    logits = ops.convert_to_tensor(logits)
    # What is less likely than the likeliest by e^-80 counts for nothing.
    below = ops.maximum(logits - ops.max(logits, axis=-1, keepdims=True), -_RANGE)
    weights = ops.exp(below)
    wanted = p * ops.sum(weights, axis=-1, keepdims=True)

    def halve(_, bounds):
        enough, too_high = bounds
        middle = (enough + too_high) / 2
        mass = ops.sum(ops.where(below >= middle, weights, 0.0), -1, keepdims=True)
        reached = mass >= wanted
        return ops.where(reached, middle, enough), ops.where(reached, too_high, middle)

    lowest = ops.full_like(below[:, :1], -_RANGE)
    least, _ = ops.fori_loop(0, _HALVINGS, halve, (lowest, ops.ones_like(lowest)))
    return ops.where(below >= least, logits, IMPOSSIBLE)


def keep_min_p(logits: Any, p: float) -> Any:
    """Keep the tokens that are at least `p` times as likely as the likeliest.

    Args:
        logits: Float `[n, v]`.
        p: In (0, 1]; 1 keeps the likeliest only.

    Raises:
        ValueError: If `p` is not in (0, 1].

    Example:
        >>> import numpy as np
        >>> logits = np.log(np.array([[0.1, 0.6, 0.3]], "float32"))
        >>> np.isfinite(np.asarray(keep_min_p(logits, 0.4))).tolist()
        [[False, True, True]]

    Source: Nguyen et al. 2025 (min-p sampling).
    """
    _require_share("min_p", p)
    logits = ops.convert_to_tensor(logits)
    likeliest = ops.max(logits, axis=-1, keepdims=True)
    # In logarithms: log(p(v) / p(likeliest)) ≥ log p.
    return ops.where(logits - likeliest >= math.log(p), logits, IMPOSSIBLE)


def _require_share(name, p):
    require(Annotated[float, Range(above=0, most=1)], **{name: p})
