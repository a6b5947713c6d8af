import numpy as np
import pytest
from decoding_models import END, Copying, array
from keras import ops

from keras_transformer.decoding import (
    Forbidden,
    ForcedPrefix,
    MaxLength,
    MinLength,
    RepetitionPenalty,
    greedy,
)

CHANCES = np.log(
    np.array([[1e-9, 1e-9, 0.2, 0.3, 0.4, 0.1], [1e-9, 1e-9, 0.5, 0.2, 0.2, 0.1]])
).astype("float32")
NOTHING = np.zeros((2, 7), "int32")


def possible(constraint, said=NOTHING, index=0):
    """What is possible in each row; and what is, is as probable as before."""
    made = array(constraint(ops.convert_to_tensor(CHANCES), said, index))
    kept = np.isfinite(made)
    np.testing.assert_array_equal(made[kept], CHANCES[kept])
    return [np.flatnonzero(row).tolist() for row in kept]


def test_there_is_no_end_before_the_minimum_length():
    assert possible(MinLength(2), index=1) == [[0, 1, 3, 4, 5]] * 2
    assert possible(MinLength(2), index=2) == [[0, 1, 2, 3, 4, 5]] * 2


def test_after_the_maximum_length_there_is_only_the_end():
    assert possible(MaxLength(2), index=1) == [[0, 1, 2, 3, 4, 5]] * 2
    assert possible(MaxLength(2), index=2) == [[END]] * 2
    assert possible(MaxLength(2), index=5) == [[END]] * 2


def test_forbidden_tokens_are_impossible():
    assert possible(Forbidden([3, 5])) == [[0, 1, 2, 4]] * 2
    assert Forbidden([3, 5]) == Forbidden((3, 5))


def test_a_prefix_is_forced_token_by_token_and_then_no_more():
    prefix = ForcedPrefix([4, 3])
    assert possible(prefix, index=0) == [[4], [4]]
    assert possible(prefix, index=1) == [[3], [3]]
    assert possible(prefix, index=2) == possible(prefix, index=6)
    assert possible(prefix, index=2) == [[0, 1, 2, 3, 4, 5]] * 2


def test_each_sentence_has_its_own_prefix():
    prefix = ForcedPrefix(np.array([[4, 3], [5, 0]]))
    assert possible(prefix, index=0) == [[4], [5]]
    assert possible(prefix, index=1) == [[3], [0, 1, 2, 3, 4, 5]]


def test_hypotheses_of_a_sentence_share_its_prefix():
    chances = np.repeat(CHANCES, 3, axis=0)
    prefix = ForcedPrefix(np.array([[4], [5]]))
    made = array(prefix(ops.convert_to_tensor(chances), np.zeros((6, 7), "int32"), 0))
    assert np.argmax(made, axis=1).tolist() == [4, 4, 4, 5, 5, 5]
    assert np.isfinite(made).sum() == 6


def test_what_was_said_is_raised_to_the_power_of_the_penalty():
    said = np.array([[3, 5, 3, 0], [4, 0, 0, 0]], "int32")
    made = array(RepetitionPenalty(2.0)(ops.convert_to_tensor(CHANCES), said, 3))
    # Padding too, which is impossible when a decoder asks.
    np.testing.assert_allclose(
        np.exp(made[:, END:]),
        [[0.2, 0.09, 0.4, 0.01], [0.5, 0.2, 0.04, 0.1]],
        rtol=1e-5,
    )


def test_constraints_are_applied_together():
    source = np.array([[5, 9, 9, 4, 2, 0], [8, 2, 0, 0, 0, 0]])
    constraints = (ForcedPrefix([7]), MinLength(3), MaxLength(4), Forbidden([9, 3]))
    said = array(greedy(Copying(), source, 6, constraints))
    assert said[:, 0].tolist() == [7, 7]
    assert not np.isin(said, [3, 9]).any()
    assert ((said > END).sum(axis=1) >= 3).all()
    assert ((said > END).sum(axis=1) <= 4).all()
    assert (said == END).any(axis=1).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MinLength(-1), "length must be at least 0, got -1"),
        (lambda: MaxLength(0), "length must be at least 1, got 0"),
        (lambda: RepetitionPenalty(0.5), "penalty must be at least 1, got 0.5"),
        (lambda: Forbidden((5, 2)), r"forbidden tokens must be words, .* got \(5, 2\)"),
        (lambda: ForcedPrefix((4, 0)), r"a forced prefix must be words, .*\(4, 0\)"),
        (
            lambda: ForcedPrefix(np.zeros((1, 1, 1), int)),
            r"a forced prefix must be \[p\] or \[b, p\], got shape \(1, 1, 1\)",
        ),
        (
            lambda: possible(Forbidden((6,))),
            r"forbidden tokens must be in the vocabulary of 6 tokens, got \(6,\)",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
