"""Do attention weights say what a translation was made of?

Each method gives, for each target word of a reference, shares of the source words; the
gold alignments of the phrasebook say which source words it translates.
"""

import dataclasses
import pathlib
import tempfile
from typing import Any

import numpy as np

from keras_transformer import corpora
from keras_transformer.corpora import Alignment, Pairs
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.counted_links import ibm_1
from keras_transformer.course.measure.reasons import gradient_times_input, hidden_words
from keras_transformer.course.studies import recipe, with_seed
from keras_transformer.translation.alignment import (
    alignment_error_rate,
    attention_of,
    links,
    links_both_ways,
)
from keras_transformer.translation.experiment import train
from keras_transformer.translation.translator import Translator

PAIRS = 200  # of the test sentences, and as many to choose a layer by
METHODS = {
    "writes": "attention of the step that writes the word",
    "reads": "attention of the step that reads it",
    "layer": "attention of one layer and step, chosen on other sentences",
    "hidden": "what it loses without the source word",
    "contrastive": "the same, against the next best word",
    "gradient": "gradient × input",
}
"""What stands under each name, in the rows and in the page's table."""
COUNTED = "counted"
"""The variant that is no network: what counting finds."""
BOTH_WAYS = "both_ways"
"""The variant of two Transformers, one in each direction."""


def pointed(found: list[np.ndarray], gold: tuple[Alignment, ...]) -> float:
    """The share of words with a gold link whose first source word is one of them."""
    right = []
    for shares, pairs in zip(found, gold, strict=True):
        wanted: dict[int, set[int]] = {}
        for s, t in pairs:
            wanted.setdefault(t, set()).add(s)
        right += [shares[t].argmax() in those for t, those in wanted.items()]
    return round(float(np.mean(right)), 4)


def attentions(translator: Translator, pairs: Pairs) -> dict[Any, list[np.ndarray]]:
    """The weights of each step, of all layers on average and of each for itself."""
    found: dict[Any, list[np.ndarray]] = {}
    for step in ("writes", "reads"):
        for weights in attention_of(translator, pairs, step=step):
            by_layer = weights.mean(axis=1)
            found.setdefault(step, []).append(by_layer.mean(axis=0))
            for layer, each in enumerate(by_layer):
                found.setdefault((step, layer), []).append(each)
    return found


def measure(variant: str, seed: int) -> dict[str, Any]:
    """What each method finds of the gold alignments, after training.

    Args:
        variant: Name of a variant of the phrasebook's study.
        seed: Seed of weights and order.
    """
    splits = corpora.load("phrasebook").splits
    if variant == COUNTED:
        asked = splits["test"].take(PAIRS)
        return _judged(COUNTED, ibm_1(splits["train"], asked), asked)
    if variant == BOTH_WAYS:
        return _both_ways(seed)
    with tempfile.TemporaryDirectory() as folder:
        asked = with_seed(recipe(variant), seed)
        translator = train(asked, pathlib.Path(folder) / "run", progress=False)
    valid, test = splits["valid"].take(PAIRS), splits["test"].take(PAIRS)
    others = {
        key: pointed(shares, valid.alignments)
        for key, shares in attentions(translator, valid).items()
        if isinstance(key, tuple)
    }
    best = max(others, key=others.get)
    seen = attentions(translator, test)
    found = {"writes": seen["writes"], "reads": seen["reads"], "layer": seen[best]}
    found["hidden"] = hidden_words(translator, test)
    found["contrastive"] = hidden_words(translator, test, contrastive=True)
    found["gradient"] = gradient_times_input(translator, test)
    measured: dict[str, Any] = {"step": best[0], "layer": best[1]}
    for method, shares in found.items():
        measured |= _judged(method, shares, test)
    return measured


def _both_ways(seed):
    """The weights of a Transformer and of one that translates back, together."""
    corpus = corpora.load("phrasebook")
    turned = {name: _turned(pairs) for name, pairs in corpus.splits.items()}
    back = dataclasses.replace(
        corpus,
        source_language=corpus.target_language,
        target_language=corpus.source_language,
        splits=turned,
    )
    test, asked = (
        corpus.splits["test"].take(PAIRS),
        with_seed(recipe("transformer"), seed),
    )
    told = []
    for each, pairs in ((corpus, test), (back, _turned(test))):
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder) / "run"
            translator = train(asked, run, each, progress=False)
        told.append(attentions(translator, pairs)["writes"])
    found = [links_both_ways(*weights) for weights in zip(*told, strict=True)]
    error = alignment_error_rate(found, test.alignments)
    return {f"{BOTH_WAYS} aer": round(error, 4)}


def _turned(pairs):
    return Pairs(pairs.target, pairs.source)


def _judged(method, shares, test):
    error = alignment_error_rate([links(each) for each in shares], test.alignments)
    return {
        f"{method} right": pointed(shares, test.alignments),
        f"{method} aer": round(error, 4),
    }


EXPERIMENT = Experiment(
    "Do attention weights say what a translation was made of?",
    {
        "soft_additive": "GRUs, additive attention",
        "transformer": "Transformer",
        COUNTED: "IBM model 1",
        BOTH_WAYS: "Two Transformers, one in each direction",
    },
    measure,
)
