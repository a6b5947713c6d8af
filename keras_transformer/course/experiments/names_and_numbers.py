"""Names and numbers that no training pair has: do they come through a translation?

Captions of Multi30k with a name, a number or a word of capitals put in. The recipe has
seldom seen what stays as it is. A second model reads a quarter more pairs, in which a
word and its translation are one made-up word (`corpora.copied_pairs`).
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_transformer import corpora
from keras_transformer.corpora.copied import made_up
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.put_in import PutIn, came_through, put_in
from keras_transformer.course.studies import recipe
from keras_transformer.translation.evaluation import score
from keras_transformer.translation.experiment import train

CORPUS, SPLIT, RECIPE = "multi30k-de-en", "test_2016", "transformer_recipe_rotary"
MADE = 7_250
"""Pairs with a made-up word: a quarter of the corpus's own."""
SCOREBOARD = pathlib.Path("runs/scoreboard")
"""Where `course.scoreboard` trains: what it has finished is not trained anew."""


def unlike(asked: Sequence[PutIn]) -> Callable[[np.random.Generator], str]:
    """Makes words up, but none of those that are asked: these must be new."""
    known = {word.lower() for each in asked for word in each.words}

    def make(random: np.random.Generator) -> str:
        while (word := made_up(random)).lower() in known:
            pass
        return word

    return make


def measure(variant: str, seed: int) -> dict[str, Any]:
    """The shares that come through, and BLEU of captions as they are."""
    corpus, made = corpora.load(CORPUS), recipe(RECIPE, CORPUS, seed=seed)
    tested = corpus.splits[SPLIT]
    asked = put_in(tested)
    with tempfile.TemporaryDirectory() as folder:
        if variant == "copied":
            train_on, make = corpus.splits["train"], unlike(asked)
            more = corpora.copied_pairs(train_on, MADE, make, seed)
            splits = {**corpus.splits, "train": more}
            corpus = dataclasses.replace(corpus, splits=splits)
        elif (SCOREBOARD / CORPUS / f"{RECIPE}-{seed}").is_dir():
            folder = SCOREBOARD / CORPUS / f"{RECIPE}-{seed}"
        translator = train(made, folder, corpus, progress=False, say=lambda line: None)
    written = translator([each.source for each in asked])
    bleu = score(translator(tested.source), list(tested.target), lower=True).bleu
    return {**came_through(asked, written), "bleu_test_2016": bleu}


EXPERIMENT = Experiment(
    "Do names and numbers that no training pair has come through a translation?",
    {
        "recipe": "the recipe with rotary positions",
        "copied": "the same, and a quarter more pairs with a made-up word in both",
    },
    measure,
)
