"""Does guessing hidden words help to tell what a customer of a bank wants?"""

import functools
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from keras_transformer.corpora import load_banking77
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.few_labels import (
    drawn,
    linear_accuracy,
    tuned_accuracy,
)
from keras_transformer.course.measure.pretraining import (
    classifier,
    compiled,
    encoder,
    pretrain,
    right_guesses,
)
from keras_transformer.course.measure.sentence_kinds import WordIds, plain_words
from keras_transformer.models import MaskedLanguageModel
from keras_transformer.tokens import START, padded

EACH = {1: 60, 5: 100, 10: 150, "all": 500}  # labels an intent: steps of tuning
LENGTH = 32  # tokens; what is longer is cut
PASSES = 8
LEARNING_RATE = 2e-3
VARIANTS = {
    "pretrained": "encoder that has guessed hidden words",
    "scratch": "encoder with random weights",
    "words": "bag of words, logistic regression",
}


def measure(variant: str, seed: int) -> dict[str, Any]:
    """What one start reaches with so many labels an intent.

    Args:
        variant: One of `VARIANTS`.
        seed: Seed of weights, order, and of the labels that are drawn.
    """
    splits = load_banking77()
    said = {name: [plain_words(t) for t in part.texts] for name, part in splits.items()}
    numbers = WordIds(said["train"])
    size = len(numbers.vocabulary)
    text = {name: [s[: LENGTH - 1] for s in numbers(said[name])] for name in said}
    intents = sorted(set(splits["train"].labels))
    ids, test_ids = (padded([[START, *s] for s in text[n]], LENGTH) for n in text)
    labels, test_labels = (
        np.array([intents.index(label) for label in splits[n].labels]) for n in text
    )
    measured: dict[str, Any] = {"vocabulary": size}
    start = None
    backbone = encoder(size, seed)
    backbone.build((None, None))
    if variant == "pretrained":
        model = MaskedLanguageModel(backbone)
        pretrain(model, text["train"], PASSES, seed, length=48)
        measured["guessed"] = right_guesses(model, text["test"][::100])
        start = backbone.get_weights()
    make = functools.partial(classifier, size, len(intents), seed)
    model = compiled(make(), LEARNING_RATE)

    if variant == "words":
        bags = CountVectorizer(analyzer=plain_words).fit(splits["train"].texts)
        read, test = (bags.transform(part.texts) for part in splits.values())
    for each, steps in EACH.items():
        few = drawn(labels, len(labels) if each == "all" else each, seed)
        if variant == "words":
            seen, judged = (read[few], labels[few]), (test, test_labels)
            measured[f"frozen {each}"] = linear_accuracy(seen, judged)
            continue
        train, judged = (ids[few], labels[few]), (test_ids, test_labels)
        measured[f"tuned {each}"] = tuned_accuracy(
            model, make, start, train, judged, steps, seed, rows=60
        )
    return measured


EXPERIMENT = Experiment("What does a customer of a bank want?", VARIANTS, measure)
