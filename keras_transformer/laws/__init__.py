"""Laws: what must hold, stated once.

The package's tests run every layer through every law that applies to it; `check` tells
a learner which law an exercise breaks, and what was seen; the mutants of `tests/zoo`
must each break one. Nothing here imports what it judges: layers, functions and models
are handed in.
"""

from keras_transformer.laws import (  # each registers its laws
    attention,
    attention_safety,
    attention_weights,
    block_training,
    blocks,
    decoder_blocks,
    decoders,
    hard_weightings,
    losses,
    masks,
    metrics,
    model_steps,
    models,
    multi_head,
    positions,
    residual_streams,
    rotary,
    sampled_weightings,
    score_rules,
    scores,
    serialization,
    sublayers,
    trainability,
    weighting_masks,
    weightings,
)
from keras_transformer.laws.check import Report, Verdict, check
from keras_transformer.laws.law import (
    LAWS,
    Law,
    LawBroken,
    NotApplicable,
    NotWritten,
    law,
    laws_of,
)

__all__ = [
    "LAWS",
    "Law",
    "LawBroken",
    "NotApplicable",
    "NotWritten",
    "Report",
    "Verdict",
    "attention",
    "attention_safety",
    "attention_weights",
    "block_training",
    "blocks",
    "check",
    "decoder_blocks",
    "decoders",
    "hard_weightings",
    "law",
    "laws_of",
    "losses",
    "masks",
    "metrics",
    "model_steps",
    "models",
    "multi_head",
    "positions",
    "residual_streams",
    "rotary",
    "sampled_weightings",
    "score_rules",
    "scores",
    "serialization",
    "sublayers",
    "trainability",
    "weighting_masks",
    "weightings",
]
