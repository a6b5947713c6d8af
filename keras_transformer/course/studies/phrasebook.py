"""The study of the phrasebook: every model of the course, within minutes."""

import dataclasses
import types
import typing

from keras_transformer.course.studies.phrasebook_parts import CHANGED
from keras_transformer.course.studies.phrasebook_tricks import TRICKS
from keras_transformer.course.studies.study import Variant
from keras_transformer.training import TrainingConfig
from keras_transformer.translation.model_configs import (
    RecurrentConfig,
    TransformerConfig,
)
from keras_transformer.translation.recipes import Recipe, TextConfig

# Every model is trained for as many passes over the same
# batches of the same tokens, and has 0.66 million parameters within 1 %, but for the
# rows that vary the width of the context.
_TEXT = TextConfig(vocabulary_size=2000)
_TRAINING = TrainingConfig(
    epochs=6,
    batch_tokens=2048,
    lengths=(12, 20),
    peak_learning_rate=3e-3,
    warmup_steps=300,
    average=0.99,
    score_every=3,
)


def _recurrent(title, lesson, **measures):
    model = RecurrentConfig(**{"width": 96, "units": 192, **measures})
    return Variant(title, Recipe("phrasebook", _TEXT, model, _TRAINING), lesson)


def _attention(title, lesson, **measures):
    return _recurrent(title, lesson, context="attention", **measures)


def _transformer(title, lesson, training=_TRAINING, **measures):
    model = TransformerConfig(
        **{"width": 128, "num_layers": 2, "hidden_width": 256, **measures}
    )
    made = Recipe("phrasebook", _TEXT, model, training)
    # Tricks of training have budgets of their own, which their titles say.
    return Variant(title, made, lesson, compared=training == _TRAINING)


_VARIANTS = {
    "fixed_start": _recurrent(
        "fixed context, at the start", 1, context="start", units=238
    ),
    "fixed_every_step": _recurrent(
        "fixed context, at every step", 1, context="every_step"
    ),
    "fixed_start_32": _recurrent(
        "fixed context of width 32", 2, context="start", units=32
    ),
    "fixed_start_64": _recurrent(
        "fixed context of width 64", 2, context="start", units=64
    ),
    "fixed_start_128": _recurrent(
        "fixed context of width 128", 2, context="start", units=128
    ),
    "soft_scaled_dot": _attention("soft attention, scaled dot product", 3),
    "hard_top_1": _attention("hard attention, best key", 4, weighting="top_k", k=1),
    "hard_top_2": _attention("hard attention, 2 best keys", 4, weighting="top_k", k=2),
    "hard_top_4": _attention("hard attention, 4 best keys", 4, weighting="top_k", k=4),
    "hard_straight_through": _attention(
        "hard attention, 1 key drawn, straight-through", 4, weighting="straight_through"
    ),
    "hard_gumbel": _attention(
        "hard attention, 1 key drawn, Gumbel-softmax", 4, weighting="gumbel"
    ),
    "hard_reinforce": _attention(
        "hard attention, 1 key drawn, REINFORCE", 4, weighting="reinforce"
    ),
    "hard_reinforce_no_baseline": _attention(
        "hard attention, 1 key drawn, REINFORCE without baseline",
        4,
        weighting="reinforce",
        baseline=False,
    ),
    "soft_linear": _attention("soft attention, linear on [q; k]", 5, score="linear"),
    "soft_additive": _attention(
        "soft attention, additive", 5, score="additive", units=176
    ),
    "soft_dot": _attention("soft attention, dot product", 6, score="dot"),
    "soft_bilinear": _attention(
        "soft attention, bilinear", 6, score="bilinear", units=184
    ),
    "soft_luong": _attention(
        "soft attention, bilinear, Luong's wiring",
        6,
        score="bilinear",
        wiring="luong",
        units=216,
    ),
    "soft_luong_feeding": _attention(
        "soft attention, bilinear, Luong's wiring, input feeding",
        6,
        score="bilinear",
        wiring="luong",
        input_feeding=True,
        units=200,
    ),
    "transformer": _transformer("Transformer, 2 + 2 layers, 4 heads", 11),
    "transformer_1_head": _transformer("Transformer, 1 head", 8, num_heads=1),
    "transformer_2_heads": _transformer("Transformer, 2 heads", 8, num_heads=2),
    "transformer_8_heads": _transformer("Transformer, 8 heads", 8, num_heads=8),
    "transformer_no_positions": _transformer(
        "Transformer, no positions", 9, positions="none"
    ),
    "transformer_learned": _transformer(
        "Transformer, learned positions", 9, positions="learned"
    ),
    "transformer_rotary": _transformer(
        "Transformer, rotary positions", 9, positions="rotary"
    ),
    "transformer_relative": _transformer(
        "Transformer, relative positions", 9, positions="relative"
    ),
    "transformer_post_norm": _transformer(
        "Transformer, normalised after each sub-layer", 10, norm="post"
    ),
    **{
        name: _transformer(f"Transformer, {title}", 0, **measures)
        for name, (title, measures) in CHANGED.items()
    },
    **{
        name: _transformer(
            f"Transformer, {title}",
            12,
            dataclasses.replace(_TRAINING, **training),
            **measures,
        )
        for name, (title, measures, training) in TRICKS.items()
    },
}

PHRASEBOOK: typing.Mapping[str, Variant] = types.MappingProxyType(_VARIANTS)
