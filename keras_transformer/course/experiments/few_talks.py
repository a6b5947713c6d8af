"""Does telling sentences help a decoder that has few talks to learn answering from?

Axes: `b` talk, `t` position, `v` vocabulary.
"""

import functools
from typing import Any

import keras
import numpy as np

from keras_transformer import corpora
from keras_transformer.corpora import words
from keras_transformer.course.dialogues import ANSWERS, dialogues, questions
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.few_labels import tune
from keras_transformer.course.measure.fresh import fresh_start
from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.tokens import END, START, padded
from keras_transformer.training import (
    PackedRows,
    SmoothedCrossEntropy,
    TrainingConfig,
    compile_model,
)

STEPS = {4: 60, 16: 100, 64: 150, 256: 300}  # of tuning, by number of talks
PASSES = 4  # over the sentences, before there is a talk
LEARNING_RATE = 2e-3
TURNS = 4
VARIANTS = {
    "pretrained": "decoder that has read twenty thousand sentences",
    "shuffled": "decoder that has read them with their words shuffled",
    "scratch": "decoder with random weights",
    "long": "decoder with random weights, tuned five times as long",
}


@functools.cache
def numbers() -> tuple[dict[str, list[str]], dict[str, int]]:
    """The English sentences of each split, and the id of each word and marker."""
    splits = corpora.load("phrasebook").splits
    told = {n: [" ".join(words(x)) for x in p.target] for n, p in splits.items()}
    talks = map(str, dialogues(questions(told["train"]), 4000, TURNS, seed=1))
    known = {word for text in (*told["train"], *talks) for word in text.split()}
    return told, {word: 3 + i for i, word in enumerate(sorted(known))}


def encoded(texts: Any) -> list[list[int]]:
    """The ids of each text, without start and end."""
    number = numbers()[1]
    return [[number[word] for word in str(text).split()] for text in texts]


def decoder() -> LanguageModel:
    """A decoder of two layers, four heads and width 64, with random weights."""
    sizes = {"width": 64, "num_layers": 2, "num_heads": 4, "hidden_width": 256}
    options = {"dropout": 0.0, "positions": "rotary", "causal": True}
    model = LanguageModel(Backbone(len(numbers()[1]) + 3, **sizes, **options))
    model.build()
    return model


def pretrained(seed: int, shuffled: bool) -> list[np.ndarray]:
    """The weights after guessing each next word of the training sentences."""
    read, dice = encoded(numbers()[0]["train"]), np.random.default_rng(seed)
    if shuffled:
        read = [dice.permutation(ids).tolist() for ids in read]
    keras.utils.set_random_seed(seed)
    model = decoder()
    config = TrainingConfig(
        peak_learning_rate=4e-3, warmup_steps=60, label_smoothing=0.0
    )
    compile_model(model, config)
    rows = PackedRows(read, length=64, batch_tokens=2048, seed=seed)
    model.fit(rows, epochs=PASSES, verbose=0)
    return model.get_weights()


def rows_of(talks: Any) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels `[b, t]`, a talk a row."""
    ids = padded([[START, *talk, END] for talk in encoded(talks)], 64)
    return ids[:, :-1], ids[:, 1:]


def right_answers(
    model: LanguageModel, ids: np.ndarray, labels: np.ndarray
) -> list[float]:
    """The share of first, second, … answers of which it guesses pronoun and verb.

    Each is asked for after what was really said.
    """
    said = model.predict(ids, batch_size=64, verbose=0).argmax(-1)
    talk, place = np.nonzero(ids == numbers()[1][ANSWERS])
    found = (said == labels)[talk[:, None], place[:, None] + [2, 3]].all(axis=1)
    return found.reshape(len(ids), TURNS).mean(axis=0).round(4).tolist()


def measure(variant: str, seed: int) -> dict[str, Any]:
    """How many answers are right after tuning on so many talks.

    Args:
        variant: One of `VARIANTS`.
        seed: Seed of weights, of the order, and of the talks to learn from.
    """
    told = numbers()[0]
    asked = questions(told["train"])
    unseen = questions(told["valid"] + told["test"])
    test = rows_of(dialogues(unseen, 200, TURNS, seed=7))
    start = None
    if variant in ("pretrained", "shuffled"):
        start = pretrained(seed, variant == "shuffled")
    model = decoder()
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0),
        SmoothedCrossEntropy(),
    )
    dice, measured = np.random.default_rng(seed), {}
    for talks, steps in STEPS.items():
        fresh_start(model, decoder, seed)
        if start is not None:
            model.set_weights(start)
        about = dice.permutation(asked).tolist()
        ids, labels = rows_of(dialogues(about, talks, TURNS, seed=seed))
        tune(model, ids, labels, steps * (5 if variant == "long" else 1), 16, seed)
        by_answer = right_answers(model, *test)
        measured[f"right {talks}"] = float(np.mean(by_answer))
        measured[f"right {talks} by answer"] = by_answer
    return measured


EXPERIMENT = Experiment(
    "What does a decoder learn from text that nobody answered?", VARIANTS, measure
)
