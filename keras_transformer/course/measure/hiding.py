"""What a decoder does when one source position is hidden from its attention.

Axes: `b` sentence, `t` target position, `s` source position.
"""

from typing import Any

import numpy as np
from keras import ops


def changed_by_hiding(model: Any, inputs: dict, positions: np.ndarray) -> np.ndarray:
    """Whether a step writes another token when it cannot look at one source position.

    Every step begins from the state that it would have had if nothing had been hidden
    before, and the position is hidden for this one step only.

    Args:
        model: A translator whose decoding state has a `memory_mask` `[b, 1, s]`, such
            as `RecurrentSeq2Seq` with attention. What its other parts know of the
            hidden position, they keep.
        inputs: Token ids, as for a call of the model: `"source"` `[b, s]` and
            `"target"` `[b, t]`.
        positions: The source position to hide from each step, integers `[b, t]`; -1
            hides nothing.

    Returns:
        Boolean `[b, t]`: whether the most likely token is another one.

    Raises:
        ValueError: If there is not one position a step.

    Example:
        >>> from keras_transformer import RecurrentSeq2Seq
        >>> model = RecurrentSeq2Seq(11, 13, width=4, units=6, context="attention")
        >>> inputs = {"source": np.array([[4, 5, 2]]), "target": np.array([[1, 7]])}
        >>> changed_by_hiding(model, inputs, np.array([[-1, -1]])).tolist()
        [[False, False]]

    Source: Serrano and Smith 2019, section 4 (erasing the largest weight).
    """
    target = np.asarray(inputs["target"])
    positions = np.asarray(positions)
    if positions.shape != target.shape:
        raise ValueError(
            "every step needs one position to hide, got positions "
            f"{positions.shape}, target {target.shape}"
        )
    state = model.start(inputs["source"], max_length=target.shape[1])
    places = np.arange(np.shape(inputs["source"])[1])
    changed = []
    for t in range(target.shape[1]):
        kept = places[None, None] != positions[:, t, None, None]
        visible = ops.logical_and(state.memory_mask, kept)
        before, following = model.step(target[:, t], state)
        after, _ = model.step(target[:, t], state._replace(memory_mask=visible))
        changed.append(ops.argmax(before, axis=-1) != ops.argmax(after, axis=-1))
        state = following
    return ops.convert_to_numpy(ops.stack(changed, axis=1))
