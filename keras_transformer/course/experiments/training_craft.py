"""What a trick of training buys, added to a bare training or taken from a full one.

Weights are scored three times: the last ones, their moving average, and those of the
lowest cross-entropy on validation sentences, where early stopping would have stopped.
"""

from typing import Any

import numpy as np

from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.craft import (
    EVERY,
    PAIRS,
    entropy,
    said,
    tokenizer,
    tokens,
    trained,
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
    "twice": ("twice the pairs", {"pairs": 2 * PAIRS}),
}
TAKEN = {
    "schedule": "constant rate",
    "dropout": "no dropout",
    "smoothing": "no label smoothing",
    "clip": "no clipping",
}
OPTIONS = {name: options for name, (_, options) in ALONE.items()}
OPTIONS["full"] = FULL
OPTIONS |= {
    f"without_{name}": {k: v for k, v in FULL.items() if k != name} for name in TAKEN
}


def measure(variant: str, seed: int) -> dict[str, Any]:
    """Scores of a variant, and its cross-entropy on the way."""
    options = dict(OPTIONS[variant])
    pairs = tokens("train", options.pop("pairs", PAIRS))
    valid, test = tokens("valid", 150), tokens("test", 300)
    lowest = [np.inf, None]

    def watch(model):
        found = entropy(model, valid)
        if found < lowest[0]:
            lowest[:] = found, values(model.variables)
        return round(found, 4)

    model, curve = trained(pairs, seed, watch=watch, **options)
    wanted = tokenizer().decode(test[1])

    def scores():
        bleu = score(said(model, test[0]), wanted).bleu
        return {"bleu": round(bleu, 2), "entropy": round(entropy(model, test), 4)}

    found = {"train_entropy": round(entropy(model, [side[:300] for side in pairs]), 4)}
    found |= {"curve": curve, "stopped": EVERY * (1 + int(np.argmin(curve)))} | scores()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    found |= {f"{name}_average": value for name, value in scores().items()}
    if variant in ("bare", "full"):
        assign(model.variables, lowest[1], "the best")
        found |= {f"{name}_early": value for name, value in scores().items()}
    return found


EXPERIMENT = Experiment(
    "Which tricks of training are worth their trouble, on 1,000 pairs?",
    {name: title for name, (title, _) in ALONE.items()}
    | {"full": "all together"}
    | {f"without_{name}": title for name, title in TAKEN.items()},
    measure,
)
