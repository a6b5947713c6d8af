"""Sentences longer than any that was trained on: what closes the gap?

The phrasebook trains on up to 16 words and asks for up to 40 (`test_long`). Positions
may be to blame: the scoreboard has a row for each rule of them. Or lengths: here pairs
are joined to longer ones, and each model sees about as many tokens as there.
"""

import dataclasses
import tempfile
from typing import Any

from keras_transformer import corpora
from keras_transformer.corpora import Corpus, joined_pairs
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.studies import recipe
from keras_transformer.translation.evaluation import score
from keras_transformer.translation.experiment import train

JOINED = {"lengths": (12, 20, 40, 60), "epochs": 2, "score_every": 1}
MODELS = {
    "soft_additive": "GRUs, additive attention",
    "transformer": "Transformer, sinusoidal positions",
    "transformer_rotary": "Transformer, rotary positions",
}
LONGER = ("transformer_6_passes", "Transformer, sinusoidal positions, 6 passes")
ASKED = ("test", "test_long")


def measure(variant: str, seed: int) -> dict[str, Any]:
    """BLEU of what is as long as single sentences, and of what is longer."""
    corpus = corpora.load("phrasebook")
    splits = {
        **corpus.splits,
        "train": joined_pairs(corpus.splits["train"], 7000, seed=seed),
    }
    corpus = dataclasses.replace(corpus, splits=splits)
    passes = {"epochs": 6} if variant == LONGER[0] else {}
    name = variant.removesuffix("_6_passes")
    made = recipe(name, seed=seed, **JOINED | passes)
    with tempfile.TemporaryDirectory() as folder:
        translator = train(made, folder, corpus, progress=False, say=lambda line: None)
    return {f"bleu_{split}": _bleu(translator, corpus, split) for split in ASKED}


def _bleu(translator: Any, corpus: Corpus, split: str) -> float:
    pairs = corpus.splits[split]
    return score(translator(pairs.source), list(pairs.target)).bleu


EXPERIMENT = Experiment(
    "Do joined pairs teach to translate longer sentences than any that was trained on?",
    {
        name: f"{title}, pairs joined"
        for name, title in {**MODELS, LONGER[0]: LONGER[1]}.items()
    },
    measure,
)
