"""What a trick of training buys, added to a bare training or taken from a full one.

Weights are scored three times: the last ones, their moving average, and those of the
lowest cross-entropy on validation sentences, where early stopping would have stopped.
"""

from typing import Any

import numpy as np

from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.craft import (
    PHRASEBOOK,
    Setting,
    entropy,
    said,
    tokenizer,
    tokens,
    trained,
    with_back,
)
from keras_transformer.training.checkpoint import assign, values
from keras_transformer.translation.evaluation import score

FULL: dict[str, Any] = {
    "schedule": "root",
    "dropout": 0.1,
    "smoothing": 0.1,
    "clip": 1.0,
    "decay": 0.3,
    "words": 0.1,
}
ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    "bare": ("no trick", {}),
    "root": ("warm-up, inverse root", {"schedule": "root"}),
    "cosine": ("warm-up, cosine", {"schedule": "cosine"}),
    "he": ("He initialisation", {"start": "he_normal"}),
    "small": ("normal, 0.02", {"start": "small"}),
    "dropout": ("dropout 0.1", {"dropout": 0.1}),
    "l1": ("L1, 1e-5", {"l1": 1e-5}),
    "l2": ("L2, 1e-4", {"l2": 1e-4}),
    "decay": ("weight decay 0.3", {"decay": 0.3}),
    "smoothing": ("label smoothing 0.1", {"smoothing": 0.1}),
    "clip": ("clipping at 1", {"clip": 1.0}),
    "batch_norm": ("batch norm, not layer norm", {"norm": "batch"}),
    "words": ("word dropout 0.1", {"words": 0.1}),
    "subwords": ("subword sampling 0.1", {"subwords": 0.1}),
    "dropout_2": ("dropout 0.2", {"dropout": 0.2}),
    "dropout_3": ("dropout 0.3", {"dropout": 0.3}),
    "back": ("back-translation", {"back": 3}),
    "dropout_back": ("dropout 0.1, back-translation", {"dropout": 0.1, "back": 3}),
    "twice": ("twice the pairs", {"times": 2}),
}
TAKEN = {
    "schedule": "constant rate",
    "dropout": "no dropout",
    "smoothing": "no label smoothing",
    "clip": "no clipping",
}
CONSTANT = {k: v for k, v in FULL.items() if k != "schedule"}
TRIED: dict[str, tuple[str, dict[str, Any]]] = {
    "tried_1": ("dropout 0.2", {"dropout": 0.2}),
    "tried_2": ("dropout 0.3", {"dropout": 0.3}),
    "tried_3": ("decay 1, no word dropout", {"decay": 1.0, "words": 0.0}),
    "tried_4": ("nothing else", {}),
}
OPTIONS = {name: options for name, (_, options) in ALONE.items()}
OPTIONS["full"] = FULL
OPTIONS |= {name: CONSTANT | options for name, (_, options) in TRIED.items()}
OPTIONS |= {
    f"without_{name}": {k: v for k, v in FULL.items() if k != name} for name in TAKEN
}


def measure(variant: str, seed: int, at: Setting = PHRASEBOOK) -> dict[str, Any]:
    """Scores of a variant, and its cross-entropy on the way."""
    options = dict(OPTIONS[variant])
    pairs = tokens(at, "train", options.pop("times", 1) * at.pairs)
    if back := options.pop("back", 0):
        more = tokens(at, "train", (1 + back) * at.pairs)[1][at.pairs :]
        pairs = with_back(at, pairs, more, seed, **options)
    valid, test = tokens(at, "valid", 150), tokens(at, at.test, 300)
    lowest = [np.inf, None]

    def watch(model):
        found = entropy(at, model, valid)
        if found < lowest[0]:
            lowest[:] = found, values(model.variables)
        return round(found, 4)

    model, curve = trained(at, pairs, seed, watch=watch, **options)

    def bleu(held):
        translations = said(at, model, held[0])
        return round(score(translations, tokenizer(at).decode(held[1])).bleu, 2)

    def scores():
        return {"bleu": bleu(test), "entropy": round(entropy(at, model, test), 4)}

    first = [side[:300] for side in pairs]
    found = {"train_entropy": round(entropy(at, model, first), 4), "curve": curve}
    found |= {"stopped": at.every * (1 + int(np.argmin(curve)))} | scores()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    found |= {f"{name}_average": value for name, value in scores().items()}
    if variant in TRIED:
        found["bleu_valid"] = bleu(tokens(at, "valid", 300))
    if variant in ("bare", "full"):
        assign(model.variables, lowest[1], "the best")
        found |= {f"{name}_early": value for name, value in scores().items()}
    return found


EXPERIMENT = Experiment(
    "Which tricks of training are worth their trouble, on 1,000 pairs?",
    {name: title for name, (title, _) in ALONE.items()}
    | {"full": "all together"}
    | {f"without_{name}": title for name, title in TAKEN.items()}
    | {name: title for name, (title, _) in TRIED.items()},
    measure,
)
