"""Sentences longer than any that was trained on: what closes the gap?

The phrasebook trains on up to 16 words and asks for up to 40 (`test_long`). Positions
may be to blame, which another rule of positions would cure; or lengths, which joining
short pairs to longer ones would. Each model sees about as many tokens.
"""

import dataclasses
import tempfile
from typing import Any

import numpy as np

from keras_transformer import corpora
from keras_transformer.corpora import Corpus, Pairs
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.studies import recipe
from keras_transformer.translation.evaluation import score
from keras_transformer.translation.experiment import train

SHORT = {"lengths": (12, 20), "epochs": 6}
JOINED = {"lengths": (12, 20, 40, 60), "epochs": 2, "score_every": 1}
MODELS = {
    "additive": ("GRUs, additive attention", "soft_additive"),
    "sinusoidal": ("Transformer, sinusoidal positions", "transformer"),
    "rotary": ("Transformer, rotary positions", "transformer_rotary"),
    "alibi": ("Transformer, ALiBi", "transformer_alibi"),
}
ASKED = ("test", "test_long")


def joined(pairs: Pairs, count: int, seed: int) -> Pairs:
    """Pairs, and some that are two or three of them, one after the other.

    Args:
        pairs: The pairs.
        count: How many are made of two, and how many of three.
        seed: Seed of who is joined to whom.

    Source: Kondo et al. 2021, "Sentence concatenation approach to data augmentation".
    """
    sides = [list(pairs.source), list(pairs.target)]
    random, first = np.random.default_rng(seed), len(pairs)
    for size in (2, 3):
        for chosen in random.integers(first, size=(count, size)):
            for side in sides:
                side.append(" ".join(side[i] for i in chosen))
    return Pairs(*map(tuple, sides))


def measure(variant: str, seed: int) -> dict[str, Any]:
    """BLEU of what is as long as what was trained on, and of what is longer."""
    model, _, longer = variant.partition("_")
    corpus = corpora.load("phrasebook")
    if longer:
        splits = {**corpus.splits, "train": joined(corpus.splits["train"], 7000, seed)}
        corpus = dataclasses.replace(corpus, splits=splits)
    made = recipe(MODELS[model][1], seed=seed, **JOINED if longer else SHORT)
    with tempfile.TemporaryDirectory() as folder:
        translator = train(made, folder, corpus, progress=False, say=lambda line: None)
    return {f"bleu_{split}": _bleu(translator, corpus, split) for split in ASKED}


def _bleu(translator: Any, corpus: Corpus, split: str) -> float:
    pairs = corpus.splits[split]
    return score(translator(pairs.source), list(pairs.target)).bleu


EXPERIMENT = Experiment(
    "What translates sentences that are longer than any it was trained on?",
    {name: title for name, (title, _) in MODELS.items()}
    | {
        f"{name}_joined": f"{title}, pairs joined"
        for name, (title, _) in MODELS.items()
    },
    measure,
)
