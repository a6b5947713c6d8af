"""Few labels: which are drawn, what is read of a sentence, how a model is tuned."""

import functools

import numpy as np
import pytest

from keras_transformer import corpora
from keras_transformer.course.measure.few_labels import (
    bag_of_words,
    drawn,
    linear_accuracy,
    mean_vectors,
    tune,
    tuned_accuracy,
)
from keras_transformer.course.measure.pretraining import (
    classifier,
    compiled,
    encoder,
    pretrain,
    right_guesses,
)
from keras_transformer.course.measure.sentence_kinds import (
    KINDS,
    WordIds,
    kinds_of_phrasebook,
    of_one_kind,
    plain_words,
)
from keras_transformer.models import MaskedLanguageModel

LABELS = np.repeat([0, 1, 2], [5, 9, 2])


def test_as_many_are_drawn_of_each_class_as_there_are():
    found = drawn(LABELS, each=4, seed=3)
    assert np.bincount(LABELS[found]).tolist() == [4, 4, 2]
    assert len(set(found)) == 10
    assert drawn(LABELS, 4, 3).tolist() == found.tolist()
    assert drawn(LABELS, 4, 4).tolist() != found.tolist()


def test_a_mean_is_over_the_real_tokens_and_as_the_classifier_takes_it():
    model = classifier(17, classes=3, seed=1)
    ids = np.array([[1, 5, 9, 0], [1, 4, 16, 11]])
    means = mean_vectors(model.backbone, ids)
    wanted = model.pool(model.backbone(ids), ids)
    np.testing.assert_allclose(means, wanted, atol=1e-5)


def test_every_example_comes_by_before_one_comes_again():
    seen = []

    class Model:
        def train_on_batch(self, ids, labels):
            seen.append(ids)

    tune(Model(), np.arange(7), np.arange(7), steps=5, rows=3)
    assert [len(batch) for batch in seen] == [3] * 5
    every = np.concatenate(seen)
    assert sorted(every[:7]) == sorted(every[7:14]) == list(range(7))


def test_words_tell_what_words_tell():
    ids = np.array([[1, 4, 5], [1, 4, 6], [1, 7, 5], [1, 7, 6]] * 3)
    bag = bag_of_words(ids, 8)
    assert linear_accuracy((bag, ids[:, 1] == 4), (bag, ids[:, 1] == 4)) == 1.0


def test_tuning_begins_where_it_is_told_to():
    make = functools.partial(classifier, 9, 2, seed=1)
    model = compiled(make(), learning_rate=0.0)
    start = [w + 1 for w in encoder_weights()]
    test = np.array([[1, 4, 5]]), np.array([1])
    tuned_accuracy(model, make, start, test, test, steps=1, seed=1)
    for found, wanted in zip(model.backbone.get_weights(), start, strict=True):
        np.testing.assert_array_equal(found, wanted)


def encoder_weights():
    return classifier(9, 2, seed=1).backbone.get_weights()


def test_an_encoder_learns_what_stands_beside_what():
    text = [[4, 5, 6], [7, 8, 9]] * 40
    model = MaskedLanguageModel(encoder(10, seed=1))
    pretrain(model, text, passes=60, seed=1)
    assert right_guesses(model, [[4, 5, 6], [7, 8, 9]]) == 1.0


def test_the_kinds_are_what_the_phrasebook_says_and_share_no_sentence():
    splits = corpora.load("phrasebook").splits
    numbers = WordIds(plain_words(text) for text in splits["train"].source)
    ids, labels, test_ids, test_labels = kinds_of_phrasebook(splits, numbers)
    assert np.bincount(test_labels).tolist() == [90] * len(KINDS)
    assert np.bincount(labels).min() >= 470
    seen = {row.tobytes() for row in ids}
    assert not [row for row in test_ids if row.tobytes() in seen]
    sentences, kinds = of_one_kind([splits["valid"]])
    question = list(KINDS).index("question")
    asked = [t for t in splits["valid"].source if t.endswith("?")]
    assert 0 < np.sum(kinds == question) < len(asked)
    assert not any(mark in s for s in sentences for mark in ".?")


@pytest.mark.parametrize(
    ("text", "wanted"), [("Ruft er an?", ["ruft", "er", "an"]), ("Ja, er.", None)]
)
def test_the_mark_at_the_end_is_taken_off_and_no_other(text, wanted):
    assert plain_words(text) == (wanted or ["ja", ",", "er"])
