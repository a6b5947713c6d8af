"""Prompts in the place of sources: every search goes on from them."""

import functools
import itertools

import keras
import numpy as np
import pytest
from decoding_models import END, PADDING, array

from keras_transformer.decoding import (
    BatchDecoder,
    Beam,
    Forbidden,
    Greedy,
    MaxLength,
    MinLength,
    RepetitionPenalty,
    Sample,
    beam,
    greedy,
)
from keras_transformer.decoding.beam import length_divisors
from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.models import state as model_state

VOCABULARY = 13
PROMPTS = [[1, 5, 6, 7], [1], [1, 9, 8]]
PADDED = np.array([[1, 5, 6, 7], [1, 0, 0, 0], [1, 9, 8, 0]])


@functools.cache
def strong(vocabulary=VOCABULARY, **changes):
    """A random language model with large weights, equal everywhere. To be read."""
    model = LanguageModel(
        Backbone(vocabulary, 12, 2, 6, 17, dropout=0.0, causal=True, **changes)
    )
    model.build()
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        noise = random.normal(0, 0.4, weight.shape)
        weight.assign(array(weight) + noise.astype("float32"))
    return model


def log_probabilities(model, prompt, rows):
    """Of each token after a prompt, and after each token of equally long rows.

    Whatever is asked is as wide: what stands behind changes nothing, and JAX compiles
    every operation for every width.
    """
    asked = np.array([[*prompt, *row] for row in rows])
    width = asked.shape[1]
    ids = np.pad(asked, ((0, 0), (0, 12 - width)), constant_values=END)
    logits = array(model(ids))[:, len(prompt) - 1 : width].astype("float64")
    logits[..., :END] = -np.inf  # no words
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@functools.cache
def continuations(row):
    """A model, a prompt, and all that can follow in three tokens, the best first."""
    model, prompt = strong(7), tuple(np.minimum(PROMPTS[row], 6).tolist())
    words, found = range(END + 1, 7), {(END,): None}
    rows = list(itertools.product(words, repeat=2))
    for chances, (one, two) in zip(
        log_probabilities(model, prompt, rows), rows, strict=True
    ):
        found[END,] = chances[0, END]
        found[one, END] = chances[0, one] + chances[1, END]
        for last in (END, *words):
            total = chances[0, one] + chances[1, two] + chances[2, last]
            found[one, two, last] = total
    return model, prompt, sorted(found.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("row", [0, 1])
def test_a_wide_beam_finds_the_best_continuations_of_a_prompt(row, uncompiled):
    model, prompt, wanted = continuations(row)
    other = [1, 6, 6, 6, 6]  # in company, a prompt goes on as it does alone
    ids = np.zeros((2, 5), "int32")
    ids[0, : len(prompt)], ids[1] = prompt, other
    found = beam(model, ids, 3, width=16, length_penalty=0.0, n_best=2)
    for place in range(2):
        tokens, total = wanted[place]
        said = array(found.tokens)[0, place]
        assert said[said != PADDING].tolist() == list(tokens)
        np.testing.assert_allclose(array(found.scores)[0, place], total, atol=1e-4)


@pytest.mark.parametrize("few", [16, 1], ids=["one cache", "a cache each"])
def test_a_beam_rates_what_it_says_as_the_model_does(few, monkeypatch, uncompiled):
    monkeypatch.setattr(model_state, "FEW", few)
    model = strong(positions="rotary", num_key_value_heads=2)
    found = beam(model, PADDED, 5, width=3, length_penalty=0.6, n_best=3)
    for row, prompt in enumerate(PROMPTS):
        for tokens, score in zip(
            array(found.tokens)[row], array(found.scores)[row], strict=True
        ):
            said = tokens[tokens != PADDING]
            chances = log_probabilities(model, prompt, [said])[0]
            total = chances[range(len(said)), said].sum()
            divisor = length_divisors(5, 0.6)[len(said)]
            np.testing.assert_allclose(score, total / divisor, atol=1e-3)


def require_greedy(model, prompt, said, length, allowed=lambda place, token: True):
    """What is said is the most likely of the allowed words, up to an end or length."""
    chances = log_probabilities(model, prompt, [said])[0]
    assert len(said) == length or said[-1] == END
    for place, token in enumerate(said):
        may = [t for t in range(END, VOCABULARY) if allowed(place, t)]
        assert token == max(may, key=lambda t: chances[place, t])


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "relative"])
def test_greedy_goes_on_from_each_prompt(positions, uncompiled):
    model = strong(positions=positions)
    found = array(greedy(model, PADDED, 6))
    for row, prompt in enumerate(PROMPTS):
        require_greedy(model, prompt, found[row][found[row] != PADDING].tolist(), 6)


def test_constraints_count_what_follows_the_prompt(uncompiled):
    model = strong()
    constraints = (MinLength(2), Forbidden((3, 4)), MaxLength(4))

    def allowed(place, token):
        if token == END:
            return place >= 2
        return token not in (3, 4) and place < 4

    found = array(greedy(model, PADDED, 6, constraints))
    for row, prompt in enumerate(PROMPTS):
        said = found[row][found[row] != PADDING].tolist()
        require_greedy(model, prompt, said, 6, allowed)


def decode(model, method, **options):
    on_jax = keras.backend.backend() == "jax"
    options = {"batch_size": 4, "lengths": (6,), "length_ratio": 0.1} | options
    return BatchDecoder(model, method, xla=on_jax, **options)


METHODS = {
    "greedy": Greedy(scored=True, constraints=(MinLength(3),)),
    "beam": Beam(width=3, n_best=2, constraints=(RepetitionPenalty(1.5),)),
    "samples": Sample(temperature=0.8, count=3, seed=5),
    "top k": Sample(top_k=3, seed=5),
    "top p": Sample(top_p=0.8, seed=5),
    "min p": Sample(min_p=0.1, seed=5, constraints=(MinLength(1),)),
}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_decodes_prompts_and_company_changes_nothing(name):
    model = strong()
    search = decode(model, METHODS[name])
    together = search.hypotheses(PROMPTS)
    padding = [[1, 12, 12, 12, 12]] * 3
    beside = search.hypotheses([*PROMPTS, *padding])[: len(PROMPTS)]
    assert any(len(h.ids) for found in together for h in found)
    for mine, theirs in zip(together, beside, strict=True):
        assert [h.ids.tolist() for h in mine] == [h.ids.tolist() for h in theirs]
        np.testing.assert_allclose(
            [h.score for h in mine], [h.score for h in theirs], rtol=1e-3, atol=1e-4
        )
        for hypothesis in mine:
            assert len(hypothesis.ids) <= 8 and END not in hypothesis.ids
    if name == "greedy":
        for row, prompt in enumerate(PROMPTS):
            said = together[row][0].ids.tolist()
            said += [END] * (len(said) < 8)

            def allowed(place, token):
                return token != END or place > 2

            require_greedy(model, prompt, said, 8, allowed)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="elsewhere it is always so, or never",
)
@pytest.mark.parametrize("name", ["greedy", "beam"])
def test_compiled_by_xla_the_same_is_said(name):
    model, method = strong(positions="rotary"), METHODS[name]
    plain = decode(model, method).hypotheses(PROMPTS)
    options = {"batch_size": 4, "lengths": (6,), "length_ratio": 0.1}
    compiled = BatchDecoder(model, method, xla=True, **options).hypotheses(PROMPTS)
    for mine, theirs in zip(compiled, plain, strict=True):
        assert [h.ids.tolist() for h in mine] == [h.ids.tolist() for h in theirs]


def test_a_prefix_is_written_behind_the_prompt():
    found = decode(strong(), Greedy())(PROMPTS, [[7], [8, 9], [3]])
    assert [ids[:1].tolist() for ids in found] == [[7], [8], [3]]
    assert found[1][1] == 9
