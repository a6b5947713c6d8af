import inspect
import typing

import numpy as np
import pytest

from keras_transformer.decoding import (
    BatchDecoder,
    Beam,
    Forbidden,
    ForcedPrefix,
    MaxLength,
    MinLength,
    RepetitionPenalty,
    Sample,
    beam,
    greedy,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    temper,
)
from keras_transformer.laws.toy_models import Tree

LOGITS = np.zeros((1, 5), "float32")
SOURCES = np.array([[5, 3, 0]])
# All that takes a number, with what stands before its numbers.
TAKERS = [
    (Beam, ()),
    (Sample, ()),
    (MinLength, ()),
    (MaxLength, ()),
    (RepetitionPenalty, ()),
    (BatchDecoder, (object(),)),
    (temper, (LOGITS,)),
    (keep_top_k, (LOGITS,)),
    (keep_top_p, (LOGITS,)),
    (keep_min_p, (LOGITS,)),
    (beam, (Tree(6), SOURCES, 3)),
]
SENSELESS = (-1, float("nan"), float("inf"), -float("inf"), 10**40, "4")


def numbers():
    for taker, before in TAKERS:
        for name, parameter in inspect.signature(taker).parameters.items():
            hint = parameter.annotation
            plain = {hint, *typing.get_args(hint)}
            if {int, float} & plain and name != "max_length":
                yield pytest.param(taker, before, name, id=f"{taker.__name__}({name}=)")


def test_the_numbers_are_found():
    assert len([*numbers()]) == 24


@pytest.mark.parametrize(("taker", "before", "name"), [*numbers()])
@pytest.mark.parametrize("value", SENSELESS, ids=str)
def test_a_number_that_makes_no_sense_is_refused_by_name(taker, before, name, value):
    own = {"p": "top_p" if taker is keep_top_p else "min_p", "k": "top_k"}
    with pytest.raises(ValueError, match=f"{own.get(name, name)} must be "):
        taker(*before, **{name: (value,) if name == "lengths" else value})


@pytest.mark.parametrize("tokens", [(99,), np.array([99]), np.array([[99]])], ids=repr)
def test_what_is_forced_is_in_the_vocabulary_like_what_is_forbidden(tokens):
    prefix = ForcedPrefix(tokens)
    with pytest.raises(ValueError, match=r"a forced prefix must be in the vocabulary"):
        beam(Tree(6), SOURCES, 3, constraints=(prefix,))
    with pytest.raises(ValueError, match=r"in the vocabulary of 7 tokens, got \[99\]"):
        greedy(Tree(6), SOURCES, 3, constraints=(ForcedPrefix(np.array([99])),))
    with pytest.raises(ValueError, match="forbidden tokens must be in the vocabulary"):
        greedy(Tree(6), SOURCES, 3, constraints=(Forbidden((99,)),))
