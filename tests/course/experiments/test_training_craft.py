import dataclasses

import numpy as np
import pytest

from keras_transformer.course.experiments import (
    training_craft,
    training_craft_multi30k,
)
from keras_transformer.course.measure import craft

SHORT = dataclasses.replace(craft.PHRASEBOOK, steps=4, every=2, warmup=2)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(craft, "XLA", False)
    craft.compiled.cache_clear()
    yield
    craft.compiled.cache_clear()


def test_what_is_taken_away_is_in_the_full_set_alone():
    options = training_craft.OPTIONS
    assert set(options) == set(training_craft.EXPERIMENT.variants)
    for trick in training_craft.TAKEN:
        rest = options[f"without_{trick}"]
        assert rest | {trick: training_craft.FULL[trick]} == training_craft.FULL


def test_a_start_and_a_penalty_are_for_the_matrices_alone():
    plain, small = craft.made(SHORT, 1), craft.made(SHORT, 1, start="small", l1=0.5)
    for before, after in zip(
        plain.trainable_variables, small.trainable_variables, strict=True
    ):
        matrix = len(after.shape) == 2 and "embedding" not in after.path
        assert (after.regularizer is not None) == matrix
        assert np.allclose(before.numpy(), after.numpy()) != matrix


def test_a_seed_begins_anew_whatever_was_trained_before(short):
    pairs = craft.tokens(SHORT, "train", 60)
    first, _ = craft.trained(SHORT, pairs, 1, words=0.1, dropout=0.1)
    wanted = [w.numpy() for w in first.trainable_variables]
    craft.trained(SHORT, pairs, 2, words=0.1, dropout=0.1)
    again, watched = craft.trained(
        SHORT, pairs, 1, words=0.1, dropout=0.1, watch=lambda model: 7
    )
    for weight, value in zip(again.trainable_variables, wanted, strict=True):
        np.testing.assert_allclose(weight.numpy(), value, rtol=1e-5, atol=1e-6)
    assert watched == [7, 7]


def test_back_translation_pairs_real_targets_with_sources_that_a_model_wrote(
    monkeypatch,
):
    pairs, asked = craft.tokens(SHORT, "train", 4), []
    source, target = (side[:2] for side in pairs)
    more = pairs[1][2:] * 3
    words = [*craft.tokenizer(SHORT).decode(pairs[0][2:]), "", "Ja. " * 20, "Gut!", "?"]

    def trained(at, given, seed, **options):
        asked.append((given, seed, options))
        return "the other direction", []

    monkeypatch.setattr(craft, "trained", trained)
    monkeypatch.setattr(craft, "said", lambda at, model, given: words[: len(given)])
    found = craft.with_back(SHORT, [source, target], more, 7, dropout=0.1)
    assert asked == [([target, source], 7, {"dropout": 0.1})]
    # Four of six sources fit; so each of the two real pairs is read twice.
    kept = [words[place] for place in (0, 1, 4, 5)]
    said = craft.tokenizer(SHORT).decode(found[0])
    assert said == [*craft.tokenizer(SHORT).decode(source)] * 2 + kept
    assert found[1] == [*target, *target, *(more[place] for place in (0, 1, 4, 5))]


def test_what_is_asked_of_captions_is_asked_of_the_phrasebook_too():
    asked = training_craft_multi30k.EXPERIMENT
    assert asked.variants.items() <= training_craft.EXPERIMENT.variants.items()
    assert asked.measure.keywords["at"].corpus == "multi30k-de-en"
