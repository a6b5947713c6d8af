"""Does guessing hidden words help an encoder that has few labels to learn from?"""

import functools
from typing import Any

import numpy as np

from keras_transformer import corpora
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.few_labels import (
    bag_of_words,
    drawn,
    linear_accuracy,
    mean_vectors,
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
    plain_words,
)
from keras_transformer.models import MaskedLanguageModel

EACH = (1, 5, 10, 50, 470)  # labels a class; 470 are all that there are of each
STEPS = {1: 60, 5: 60, 10: 60, 50: 150, 470: 400}
DRAWS, PASSES = 2, 16
LONGEST = 8  # words of a sentence to guess in
LEARNING_RATE = 2e-3
VARIANTS = {
    "pretrained": "encoder that has guessed hidden words",
    "shuffled": "encoder that has guessed them in shuffled sentences",
    "scratch": "encoder with random weights",
    "words": "bag of words, logistic regression",
    "long": "encoder with random weights, tuned five times as long",
}


def measure(variant: str, seed: int) -> dict[str, Any]:
    """What one start reaches with so many labels a class.

    Args:
        variant: One of `VARIANTS`.
        seed: Seed of weights, order, and of the labels that are drawn.
    """
    splits = corpora.load("phrasebook").splits
    text = [plain_words(sentence) for sentence in splits["train"].source]
    numbers = WordIds(text)
    size = len(numbers.vocabulary)
    ids, labels, *test = kinds_of_phrasebook(splits, numbers)
    measured: dict[str, Any] = {}
    start = None
    backbone = encoder(size, seed)
    backbone.build((None, None))
    if variant in ("pretrained", "shuffled"):
        read = [s for s in numbers(text) if len(s) <= LONGEST]
        if variant == "shuffled":
            random = np.random.default_rng(seed)
            read = [random.permutation(s).tolist() for s in read]
        model = MaskedLanguageModel(backbone)
        pretrain(model, read, PASSES, seed)
        held = numbers(map(plain_words, splits["valid"].source))
        measured["guessed"] = right_guesses(
            model, [s for s in held if len(s) <= LONGEST]
        )
        start = backbone.get_weights()
    make = functools.partial(classifier, size, len(KINDS), seed)
    model = compiled(make(), LEARNING_RATE)

    def features(x):
        if variant == "words":
            return bag_of_words(x, size)
        return mean_vectors(backbone, x)

    for each in (5,) if variant == "long" else EACH:
        frozen, tuned = [], []
        for draw in range(DRAWS if each < 50 else 1):
            this = 100 * seed + draw
            few = drawn(labels, each, this)
            train = ids[few], labels[few]
            if variant != "long":
                seen, judged = ((features(x), y) for x, y in (train, test))
                frozen.append(linear_accuracy(seen, judged))
            if variant != "words":
                steps = STEPS[each] * (5 if variant == "long" else 1)
                tuned.append(
                    tuned_accuracy(model, make, start, train, test, steps, this)
                )
        for name, found in (("frozen", frozen), ("tuned", tuned)):
            if found:
                measured[f"{name} {each}"] = float(np.mean(found))
    return measured


EXPERIMENT = Experiment(
    "What does an encoder learn from text alone?", VARIANTS, measure
)
