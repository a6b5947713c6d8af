"""A Transformer in the form of CTranslate2, an engine in C++.

What its form cannot express is refused by name; all else is the same model, and not one
that is nearly the same.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import ctranslate2
import keras
import numpy as np
from ctranslate2.specs import Activation, transformer_spec

from keras_transformer.models import Transformer
from keras_transformer.models.position_kinds import ROTARY
from keras_transformer.positions.sinusoidal import sinusoidal_positions
from keras_transformer.tokens.reserved import END, PADDING, START

Quantization = Literal["float32", "float16", "bfloat16", "int16", "int8"]

LONGEST = 4096
"""Tokens of the longest source and translation; beyond, the engine has no position."""
NEVER = -1e9  # a logit of what is no word

ACTIVATIONS = {
    "relu": Activation.RELU,
    "gelu": Activation.GELU,
    "silu": Activation.SWISH,
    "tanh": Activation.Tanh,
    "sigmoid": Activation.Sigmoid,
}
SCORES = {"ScaledDot": None, "Dot": np.float32(1)}  # what a query is multiplied by


def unknown_parts(model: keras.Model) -> Iterator[str]:
    """The parts of a model that CTranslate2 has no form for, in words.

    Args:
        model: A translation model.

    Example:
        >>> from keras_transformer.attention import Additive
        >>> list(unknown_parts(Transformer(9, 9, 8, 1, 2, 16, score=Additive(4))))
        ['score Additive']
    """
    if not isinstance(model, Transformer):
        yield f"model {type(model).__name__}"
        return
    attention = model.encoder.blocks[0].self_attention.attention
    activation = keras.activations.serialize(model.activation)
    known = {
        "score": (type(attention.score).__name__, SCORES),
        "weighting": (type(attention.weighting).__name__, ("Softmax",)),
        "positions": (model.positions, _POSITIONS),
        "norm": (model.norm, ("pre", "post")),
        "activation": (activation, ACTIVATIONS),
        "gated": (model.gated, (False,)),
        "head_gates": (model.head_gates, (False,)),
    }
    for part, (found, among) in known.items():
        if found not in among:
            yield f"{part} {found}"
    if (own := model.patterns.normalization) is not None:
        yield f"normalization {type(own).__name__}"
    modes = {getattr(each, "quantization_mode", None) for each in _layers(model)}
    for mode in sorted(modes - {None}):
        yield f"quantization {mode}"


_POSITIONS = ("sinusoidal", "learned", *ROTARY, "relative", "vectors", "none")


def _layers(model):
    return model._flatten_layers(include_self=False)


def specification(
    model: Any,
    source: Sequence[str],
    target: Sequence[str],
    quantization: Quantization = "float32",
) -> ctranslate2.specs.TransformerSpec:
    """What CTranslate2 saves and loads: the weights, by its names.

    Args:
        model: A built `Transformer`.
        source: The pieces of the source vocabulary.
        target: The pieces of the target vocabulary.
        quantization: In what numbers the weights are kept.

    Raises:
        ValueError: If it has parts that cannot be expressed; names all of them.
    """
    if unknown := list(unknown_parts(model)):
        raise ValueError(
            f"CTranslate2 has no form for {', '.join(unknown)}: "
            "the model cannot be exported to it"
        )
    sides = (model.encoder, model.decoder)
    spec = transformer_spec.TransformerSpec(
        transformer_spec.TransformerEncoderSpec(*_measures(model), **_options(model)),
        transformer_spec.TransformerDecoderSpec(*_measures(model), **_options(model)),
    )
    for stack, side in zip(sides, (spec.encoder, spec.decoder), strict=True):
        if stack.final_norm is not None:
            _norm(side.layer_norm, stack.final_norm)
        for block, layer in zip(stack.blocks, side.layer, strict=True):
            _block(layer, block)
        if hasattr(side, "position_encodings"):
            side.position_encodings.encodings = _table(model, side is spec.encoder)
    _ends(spec, model)
    spec.register_source_vocabulary(list(source))
    spec.register_target_vocabulary(list(target))
    names = {"bos_token": START, "decoder_start_token": START, "eos_token": END}
    for name, place in names.items():
        setattr(spec.config, name, target[place])
    spec.config.unk_token = target[END + 1]
    spec.config.add_source_eos = True
    spec.config.layer_norm_epsilon = _epsilon(model)
    spec.validate()
    spec.optimize(quantization)
    return spec


def _measures(model):
    return model.num_layers, model.num_heads


def _options(model):
    """How the blocks of both sides are built."""
    groups, options = model.encoder.blocks[0].self_attention.groups, {}
    if groups != model.num_heads:
        options["num_heads_kv"] = groups
    if model.positions in ROTARY:
        width = model.width // model.num_heads
        rotary = model.encoder.blocks[0].self_attention.positions
        turned, wavelength, _ = rotary.measures(width)
        options |= {"rotary_dim": turned, "rotary_base": wavelength}
        options["rotary_interleave"] = False
    return options | {
        "pre_norm": model.norm == "pre",
        "activation": ACTIVATIONS[keras.activations.serialize(model.activation)],
        "relative_attention_bias": model.positions == "relative",
        "relative_position": model.positions == "vectors",
    }


def _ends(spec, model):
    """Embeddings, and the projection to the vocabulary."""
    source, target = model.source_embedding, model.target_embedding
    spec.encoder.embeddings[0].weight = _number(source.embeddings)
    weights = spec.decoder.embeddings.weight = _number(target.embeddings)
    if not model.tie_output:
        weights = _number(target.reverse_embeddings).T
    spec.decoder.projection.weight = np.ascontiguousarray(weights)
    # As with us, padding and start are no words.
    bias = np.zeros(len(weights), "float32")
    bias[[PADDING, START]] = NEVER
    spec.decoder.projection.bias = bias


def _table(model, of_source):
    """What is added to the embeddings: ours, the engine has other sines."""
    if model.positions == "sinusoidal":
        return _number(sinusoidal_positions(LONGEST, model.width))
    if model.positions == "learned":
        layer = model.source_positions if of_source else model.target_positions
        return _number(layer.table)
    return np.zeros((LONGEST, model.width), "float32")


def _block(layer, block):
    _attention(layer.self_attention, block.self_attention, block.self_residual)
    if block.cross_attention is not None:
        _attention(layer.attention, block.cross_attention, block.cross_residual, True)
    feed, residual = block.feed_forward, block.feed_forward_residual
    _linear(layer.ffn.linear_0, feed.hidden)
    _linear(layer.ffn.linear_1, feed.output_projection)
    _norm(layer.ffn.layer_norm, residual.normalization)


def _attention(into, layer, residual, across=False):
    query, output = layer.query_projection, layer.output_projection
    seen = [layer.key_projection, layer.value_projection]
    groups = [[query], seen, [output]] if across else [[query, *seen], [output]]
    for place, layers in zip(into.linear, groups, strict=True):
        _linear(place, *layers)
    _norm(into.layer_norm, residual.normalization)
    scale = SCORES[type(layer.attention.score).__name__]
    if scale is not None:
        into.queries_scale = scale
    if hasattr(into, "relative_attention_bias"):
        into.relative_attention_bias = _number(layer.positions.table)
        far = np.int32(layer.positions.max_distance)
        into.relative_attention_max_distance = far
    if hasattr(into, "relative_position_keys"):
        # Ours are met by a query that is always scaled, theirs by the one that scores.
        share = 1 if scale is None else layer.head_dim**-0.5
        into.relative_position_keys = share * _number(layer.positions.key_table)
        into.relative_position_values = _number(layer.positions.value_table)


def _linear(into, *layers):
    into.weight = np.concatenate([_number(layer.kernel).T for layer in layers])
    into.bias = np.concatenate([_number(layer.bias) for layer in layers])


def _norm(into, layer):
    into.gamma, into.beta = _number(layer.gamma), _number(layer.beta)


def _epsilon(model):
    return model.encoder.blocks[0].self_residual.normalization.epsilon


def _number(array):
    return keras.ops.convert_to_numpy(array).astype("float32")
