"""Laws of decoding: `(model, source, max_length) → token ids [b, max_length]`.

They bring their own models, whose every logit is known. Padding is 0, start 1, end 2.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.law import law
from keras_transformer.laws.likely_searches import likely_search
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.toy_models import (
    TRAPS,
    Count,
    Script,
    Trap,
    Tree,
)
from keras_transformer.tokens.reserved import END, PADDING, START

SOURCES = np.array([[5, 3, 6, 4, 0], [6, 0, 0, 0, 0], [3, 3, 5, 0, 0]])


def with_options(decode: Subject, **options: Any) -> Callable:
    """The candidate with options: a dataclass, or what its class makes of them.

    Raises:
        NotApplicable: If it has no such option.
    """
    judged, unknown = decode.candidate, f"it has no option {', '.join(options)}"
    if inspect.isroutine(judged):
        if not set(options) <= set(inspect.signature(judged).parameters):
            raise NotApplicable(unknown)
        return functools.partial(judged, **options)
    try:
        if dataclasses.is_dataclass(judged):
            return dataclasses.replace(judged, **options)
        return type(judged)(**options)
    except TypeError:
        raise NotApplicable(unknown) from None


def decoded(decode: Subject, model: Subject, source: Any, max_length: int) -> Any:
    """What a decoder says, as an array padded to `max_length`."""
    made = decode.call(model=model, source=source, max_length=max_length)
    return _rows(made, max_length)


def _rows(made, max_length):
    """The first hypothesis of each sentence, as an array padded to `max_length`."""
    if isinstance(made, tuple):
        made = made[0]
    rows = [np.asarray(ops.convert_to_numpy(row)).astype(int) for row in made]
    rows = [row[0] if row.ndim > 1 else row for row in rows]
    longest = max(len(row) for row in rows)
    if longest > max_length:
        raise LawBroken(f"with max_length={max_length} it said {longest} tokens")
    padded = np.full((len(rows), max_length), PADDING)
    for row, tokens in zip(padded, rows, strict=True):
        row[: len(tokens)] = tokens
    return padded


def _said(row):
    return " ".join(str(int(token)) for token in row)


def _require(got, wanted, what):
    for row, (one, two) in enumerate(zip(got, wanted, strict=True)):
        if not np.array_equal(one, two):
            raise LawBroken(
                f"{what}, row {row} is [{_said(one)}], it should be [{_said(two)}]"
            )


def _expected(sources, max_length):
    wanted = np.full((len(sources), max_length), PADDING)
    for row, source in zip(wanted, sources, strict=True):
        said = [*source[source != PADDING], END][:max_length]
        row[: len(said)] = said
    return wanted


def _require_the_best(cases, what):
    """Refuse a search that misses a tree's best sentence of up to five tokens.

    Of each case the search, the tree and the length penalty.
    """
    sources = SOURCES[:2]
    for search, tree, penalty in cases:
        wanted = np.full((2, 5), PADDING)
        for row, source in zip(wanted, sources, strict=True):
            _, best = tree.sentences(source[0], 5, penalty)[0]
            row[: len(best)] = best
        got = _rows(guarded(search, tree, sources, 5), 5)
        try:
            _require(got, wanted, what.format(penalty=penalty))
        except LawBroken as broken:
            # The others are asked too: one sentence alone tells little of a rule.
            found = [
                (t, p, sources[:, 0], _rows(guarded(s, t, sources, 5), 5))
                for s, t, p in cases
            ]
            raise LawBroken(f"{broken}{likely_search(found)}") from None


@law("decoding")
def the_most_likely_token_is_taken(decode: Subject) -> None:
    """Where one token is by far the most likely, it is the one that is said."""
    got = decoded(decode, Script(), SOURCES[:1], 5)
    _require(got, _expected(SOURCES[:1], 5), "of a model that repeats 5 3 6 4")


@law("decoding")
def a_sentence_that_ended_stays_as_it_is(decode: Subject) -> None:
    """After END comes padding only, however long the other sentences go on."""
    got = decoded(decode, Script(), SOURCES, 8)
    _require(got, _expected(SOURCES, 8), "of sentences that end at different times")


@law("decoding")
def a_sentence_does_not_know_its_batch(decode: Subject) -> None:
    """Decoded alone a sentence is the same as in a batch."""
    together = decoded(decode, Script(), SOURCES, 7)
    alone = [decoded(decode, Script(), SOURCES[i : i + 1], 7)[0] for i in range(3)]
    _require(together, alone, "in a batch")


@law("decoding")
def what_was_said_is_read_next(decode: Subject) -> None:
    """Each step is given the token that the step before has chosen."""
    got = decoded(decode, Count(), SOURCES[:2], 6)
    wanted = np.array([[3, 4, 5, 6, END, PADDING]] * 2)
    _require(got, wanted, "of a model that counts on from its last token")


@law("decoding")
def padding_and_start_are_never_said(decode: Subject) -> None:
    """Padding and start are no words: not chosen even if they score highest."""
    got = decoded(decode, Script(tempting=9.0), SOURCES, 8)
    # What a beam then finds likelier depends on whether it scales up the rest.
    strict = "greedy" in decode.traits
    for row, wanted in zip(got, _expected(SOURCES, 8), strict=True):
        words = row[: list(row).index(END)] if END in row else row
        if strict or (words <= END).any():
            _require([row], [wanted], "though padding and start score higher")


@law("decoding")
def max_length_is_kept(decode: Subject) -> None:
    """Without an end, decoding stops at max_length, with every token said."""
    for length in (1, 3):
        got = decoded(decode, Script(), SOURCES, length)
        _require(got, _expected(SOURCES, length), f"with max_length={length}")


@law("decoding")
def an_empty_source_says_nothing(decode: Subject) -> None:
    """A source of padding only has an empty translation."""
    sources = np.array([[0, 0, 0], [5, 6, 0]])
    got = decoded(decode, Script(), sources, 4)
    got[0] = np.where(got[0] == END, PADDING, got[0])
    _require(got, [[0, 0, 0, 0], [5, 6, 2, 0]], "with an empty source beside")


@law("decoding", needs={"beam"})
def a_wide_beam_finds_the_best_sentence(decode: Subject) -> None:
    """Where greedy is led astray, a beam that holds every prefix finds the best."""
    for seed in TRAPS:
        trap = Trap(seed)
        _, best = trap.best()
        got = decoded(decode, trap, SOURCES[:2], 5)
        what = "of a model whose best sentence begins with a worse token"
        _require(got, np.array([[*best, END, PADDING]] * 2), what)


@law("decoding", needs={"beam"})
def sentences_of_all_lengths_are_compared_by_their_sums(decode: Subject) -> None:
    """Without a length penalty the likeliest sentence wins, be it short or long."""
    try:
        search = with_options(decode, length_penalty=0.0)
    except NotApplicable:
        search = decode.candidate
    what = "of a model whose sentences have one to five tokens"
    _require_the_best([(search, Tree(seed), 0.0) for seed in Tree.BY_SUM], what)


@law("decoding", needs={"greedy"})
def greedy_takes_the_best_next_token(decode: Subject) -> None:
    """Greedy, or a beam of one, takes the likeliest token at every step."""
    for seed in TRAPS:
        trap = Trap(seed)
        state = trap.start(SOURCES[:1], 5)
        tokens, said = np.array([START]), []
        for _ in range(4):
            logits, state = trap.step(tokens, state)
            tokens = np.argmax(ops.convert_to_numpy(logits), -1)
            said.append(int(tokens[0]))
        got = decoded(decode, trap, SOURCES[:1], 5)
        _require(got, [[*said, PADDING]], "of a model that remembers")


EVERY = 3**4  # histories of four of a tree's words: a beam so wide forgets none


@law("decoding", needs={"beam"})
def a_search_goes_on_while_a_longer_sentence_can_win(decode: Subject) -> None:
    """Under a length penalty too, a beam that holds everything finds the best."""
    usual = [(seed, 0.6) for seed in Tree.LONGER]
    asked = (*((s, 2.0) for s in (*Tree.SEEDS, Tree.LATE)), *usual)
    cases = [
        (with_options(decode, width=EVERY, length_penalty=penalty), Tree(seed), penalty)
        for seed, penalty in asked
    ]
    what = "with length_penalty={penalty:g} and a beam that holds everything"
    _require_the_best(cases, what)
