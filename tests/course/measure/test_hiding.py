import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
from typing import Any, NamedTuple

import numpy as np
import pytest
from keras import ops

from keras_transformer import RecurrentSeq2Seq
from keras_transformer.course.measure import changed_by_hiding


class State(NamedTuple):
    step: int
    source: Any
    memory_mask: Any


class Copier:
    """Writes the source token at the place of the step, or 0 where it is hidden."""

    def start(self, source, max_length):
        return State(0, source, np.expand_dims(source != 0, 1))

    def step(self, tokens, state):
        seen = ops.convert_to_numpy(state.memory_mask)[:, 0, state.step]
        token = np.where(seen, state.source[:, state.step], 0)
        logits = ops.one_hot(token, 11)
        return logits, state._replace(step=state.step + 1)


SOURCE = np.array([[7, 5, 3, 9, 2], [4, 6, 8, 2, 0]])
TARGET = np.array([[1, 7, 5], [1, 4, 6]])


def test_hiding_the_place_that_a_step_copies_changes_what_it_writes():
    inputs = {"source": SOURCE, "target": TARGET}
    positions = np.array([[0, 0, 2], [1, 1, -1]])
    assert changed_by_hiding(Copier(), inputs, positions).tolist() == [
        [True, False, True],
        [False, True, False],
    ]


def test_what_was_hidden_from_one_step_is_seen_again_by_the_next():
    # Row 0 hides place 1 from step 0, which does not copy it, and then from step 1.
    inputs = {"source": SOURCE, "target": TARGET}
    positions = np.array([[1, 1, 1], [2, -1, 2]])
    assert changed_by_hiding(Copier(), inputs, positions).tolist() == [
        [False, True, False],
        [False, False, True],
    ]


def test_hiding_changes_what_an_attention_writes():
    model = RecurrentSeq2Seq(11, 13, width=7, units=8, context="attention", seed=5)
    model.build()
    random = np.random.default_rng(5)
    for weight in model.trainable_variables:
        weight.assign(random.normal(size=weight.shape))
    source = np.random.default_rng(5).integers(3, 11, size=(61, 5))
    source[:, 4] = 0
    inputs = {"source": source, "target": np.ones((61, 3), int)}
    changed = [
        changed_by_hiding(model, inputs, np.full((61, 3), place))
        for place in range(-1, 5)
    ]
    assert not changed[0].any()
    assert np.any(changed[1:5])
    assert not changed[5].any()  # padding, at which nobody looks


def test_one_position_a_step_is_asked_for():
    inputs = {"source": SOURCE, "target": TARGET}
    with pytest.raises(ValueError, match=r"one position to hide, got positions \(2,\)"):
        changed_by_hiding(Copier(), inputs, np.array([0, 1]))
