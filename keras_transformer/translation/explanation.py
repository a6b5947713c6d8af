"""What a translator says about one translation."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Explanation:
    """A translation and where the model looked to make it.

    Axes: layer, head `h`, target token `t`, source token `s`; rows sum to 1.

    Args:
        translation: The translation.
        source: The source tokens, the end token last.
        target: The target tokens, the end token last: row `t` of a weight belongs to
            the step that wrote `target[t]`.
        cross: Float32 `[layer, h, t, s]`; `None` if the model has no attention. A
            recurrent model has one layer with one head.
        encoder: Float32 `[layer, h, s, s]`; `None` without self-attention.
        decoder: Float32 `[layer, h, t, t]`; column `i` is the input of step `i`: the
            start token, then the tokens written so far. `None` without
            self-attention.
    """

    translation: str
    source: list[str]
    target: list[str]
    cross: np.ndarray | None
    encoder: np.ndarray | None = None
    decoder: np.ndarray | None = None
