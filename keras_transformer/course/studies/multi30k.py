"""The study of Multi30k, German to English: the same ideas on real text."""

import dataclasses
import types
import typing

from keras_transformer.course.studies.study import Published, Variant
from keras_transformer.translation.model_configs import RecurrentConfig
from keras_transformer.translation.recipes import RECIPES, DecodingConfig

# Tokens, batches and the Transformer's measures are those of the recipe. Every model is
# trained for as many passes, fewer than the recipe's, and has the parameters of the
# recipe's Transformer, 5.49 million, within 3 %.
_FULL = RECIPES["multi30k-de-en"]
_ROTARY = dataclasses.replace(
    _FULL, model=dataclasses.replace(_FULL.model, positions="rotary")
)
_TRAINING = dataclasses.replace(
    _FULL.training,
    epochs=5,
    peak_learning_rate=2e-3,
    warmup_steps=400,
    # Over so few passes an average as long as the recipe's would lag behind.
    average=0.995,
    score_every=5,
)


def _variant(title, lesson, model):
    return Variant(
        title, dataclasses.replace(_FULL, model=model, training=_TRAINING), lesson
    )


def _recurrent(title, lesson, **measures):
    given = {"width": 256, "dropout": 0.3, **measures}
    return _variant(title, lesson, RecurrentConfig(**given))


def _attention(title, lesson, units=568, **measures):
    return _recurrent(title, lesson, context="attention", units=units, **measures)


def _transformer(title, lesson, **measures):
    return _variant(title, lesson, dataclasses.replace(_FULL.model, **measures))


_VARIANTS = {
    "fixed_start": _recurrent(
        "fixed context, at the start", 1, context="start", units=704
    ),
    "fixed_every_step": _recurrent(
        "fixed context, at every step", 1, context="every_step", units=568
    ),
    "soft_scaled_dot": _attention("soft attention, scaled dot product", 3),
    "hard_top_1": _attention("hard attention, best key", 4, weighting="top_k", k=1),
    "hard_top_2": _attention("hard attention, 2 best keys", 4, weighting="top_k", k=2),
    "hard_top_4": _attention("hard attention, 4 best keys", 4, weighting="top_k", k=4),
    "hard_gumbel": _attention(
        "hard attention, 1 key drawn, Gumbel-softmax", 4, weighting="gumbel"
    ),
    "soft_linear": _attention("soft attention, linear on [q; k]", 5, score="linear"),
    "soft_additive": _attention(
        "soft attention, additive", 5, score="additive", units=520
    ),
    "soft_dot": _attention("soft attention, dot product", 6, score="dot"),
    "soft_bilinear": _attention(
        "soft attention, bilinear", 6, score="bilinear", units=544
    ),
    "transformer_1_head": _transformer("Transformer, 1 head", 8, num_heads=1),
    "transformer": _transformer("Transformer, 3 + 3 layers, 4 heads", 11),
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
    "transformer_recipe": Variant(
        "Transformer, 12 passes instead of 5", _FULL, 12, compared=False
    ),
    "transformer_recipe_beam": Variant(
        "Transformer, 12 passes instead of 5, beam of 5",
        dataclasses.replace(_FULL, decoding=DecodingConfig(beam=5)),
        13,
        trained_by="transformer_recipe",
        compared=False,
    ),
    "transformer_recipe_rotary": Variant(
        "Transformer, rotary positions, 12 passes instead of 5",
        _ROTARY,
        12,
        compared=False,
    ),
    "transformer_recipe_rotary_beam": Variant(
        "Transformer, rotary positions, 12 passes instead of 5, beam of 5",
        dataclasses.replace(_ROTARY, decoding=DecodingConfig(beam=5)),
        13,
        trained_by="transformer_recipe_rotary",
        compared=False,
    ),
}

MULTI30K: typing.Mapping[str, Variant] = types.MappingProxyType(_VARIANTS)

_NOTEBOOKS = "https://github.com/bentrevett/pytorch-seq2seq/blob"
_NOW = f"{_NOTEBOOKS}/4574589a428f84bec7ffd71e7579af5815a67cbf"
_BEFORE = f"{_NOTEBOOKS}/7faa64a895fe4b76cb87409d66a0ba349a78298e"

PUBLISHED_MULTI30K = (
    Published(
        "LSTM, 2 layers, fixed context, at the start",
        13_900_000,
        13.8,
        f"{_NOW}/1%20-%20Sequence%20to%20Sequence%20Learning%20with%20Neural%20"
        "Networks.ipynb",
    ),
    Published(
        "GRU, fixed context, at every step",
        14_200_000,
        20.6,
        f"{_NOW}/2%20-%20Learning%20Phrase%20Representations%20using%20RNN%20"
        "Encoder-Decoder%20for%20Statistical%20Machine%20Translation.ipynb",
    ),
    Published(
        "GRU, soft attention, additive",
        20_500_000,
        28.3,
        f"{_NOW}/3%20-%20Neural%20Machine%20Translation%20by%20Jointly%20Learning%20to"
        "%20Align%20and%20Translate.ipynb",
    ),
    Published(
        "Transformer, 3 + 3 layers, 8 heads",
        9_000_000,
        36.5,
        f"{_BEFORE}/6%20-%20Attention%20is%20All%20You%20Need.ipynb",
    ),
)
"""What a well-known course reports of test_2016, greedy: whole words, the rare ones
`<unk>` where a model writes them, and sizes and passes of its own choice."""
