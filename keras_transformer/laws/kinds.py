"""Which kind of thing a reference is, by its name: nothing judged is imported."""

import inspect
from typing import Any

# name of the reference: (kind, traits)
REFERENCES = {
    # scores
    "Dot": ("score", {"a plain dot product", "bilinear"}),
    "ScaledDot": ("score", {"a scaled dot product", "bilinear"}),
    "Bilinear": ("score", {"bilinear", "learned"}),
    "Linear": ("score", {"linear on [query; key]", "learned"}),
    "Additive": ("score", {"additive", "learned"}),
    "SoftCap": ("score", {"capped"}),
    "QueryKeyNorm": ("score", {"normalised"}),
    "LearnedTemperature": ("score", {"tempered score"}),
    # weightings
    "Softmax": ("weighting", {"soft", "softmax"}),
    "softmax": ("weighting", {"soft", "softmax"}),
    "masked_softmax": ("weighting", {"soft", "softmax"}),
    "TopK": ("weighting", {"hard"}),
    "Sampled": ("weighting", {"hard", "sampled"}),
    "SinkSoftmax": ("weighting", {"absolute", "sink"}),
    "Sigmoid": ("weighting", {"absolute", "sigmoid"}),
    "Sparsemax": ("weighting", {"soft", "sparse"}),
    "Entmax": ("weighting", {"soft", "sparse"}),
    "TemperedSoftmax": ("weighting", {"soft"}),
    # what a weighting of your own is like
    "soft_weighting": ("weighting", {"soft"}),
    "absolute_weighting": ("weighting", {"absolute"}),
    # attention
    "Attention": ("attention", set()),
    "MultiHeadAttention": ("multi_head", set()),
    # masks
    "padding_mask": ("padding_mask", set()),
    "causal_mask": ("causal_mask", set()),
    "combine_masks": ("combine_masks", set()),
    "CausalMask": ("mask_rule", {"causal"}),
    "WindowMask": ("mask_rule", {"window"}),
    "PrefixMask": ("mask_rule", {"prefix"}),
    "SegmentMask": ("mask_rule", {"segments"}),
    "LengthMask": ("mask_rule", {"lengths"}),
    # positions
    "SinusoidalPositions": ("positions", {"sinusoidal"}),
    "LearnedPositions": ("positions", {"learned"}),
    "sinusoidal_positions": ("position_table", {"sinusoidal"}),
    "RotaryPositions": ("rotary", set()),
    "rotate": ("rotary", set()),
    "RelativePositionBias": ("position_bias", set()),
    "AlibiPositions": ("position_bias", {"alibi"}),
    "PairBias": ("position_bias", {"by pair"}),
    "RelativeVectors": ("relative_vectors", set()),
    # blocks
    "Block": ("encoder_block", set()),  # with a second attention a decoder_block
    "Stack": ("encoder_block", {"a stack"}),
    "Residual": ("residual", set()),
    "FeedForward": ("feed_forward", set()),
    "RMSNormalization": ("normalization", {"root mean square"}),
    "LayerNormalization": ("normalization", {"centred"}),
    # recurrent
    "BidirectionalEncoder": ("recurrent_encoder", set()),
    "AttentionDecoder": ("recurrent_decoder", {"looks"}),
    "FixedContextDecoder": ("recurrent_decoder", set()),
    # models
    "Transformer": ("model", {"Transformer"}),
    "RecurrentSeq2Seq": ("model", set()),
    "LanguageModel": ("language_model", {"packs"}),
    "MaskedLanguageModel": ("encoder_model", {"packs"}),
    "Classifier": ("encoder_model", set()),
    # training
    "SmoothedCrossEntropy": ("loss", set()),
    "TokenAccuracy": ("accuracy", set()),
    "TokenCrossEntropy": ("cross_entropy", set()),
    "reinforce_loss": ("reinforce_loss", set()),
    "InverseSquareRoot": ("schedule", set()),
    "LengthBuckets": ("batches", set()),
    "PackedRows": ("batches", {"packed"}),
    "mask_tokens": ("masking", set()),
    # decoding
    "Greedy": ("decoding", {"greedy"}),
    "greedy": ("decoding", {"greedy"}),
    "Beam": ("decoding", {"beam"}),
    "beam": ("decoding", {"beam"}),
    "Sample": ("sampling", set()),
    "temper": ("temperature", set()),
    "keep_top_k": ("filter", {"top-k"}),
    "keep_top_p": ("filter", {"top-p"}),
    "keep_min_p": ("filter", {"min-p"}),
}

KINDS = (
    *sorted({"decoder_block", *(kind for kind, _ in REFERENCES.values())}),
    "clipping",
    "start",
    "decay",
    "pruning",
    "quantization",
    "perplexity",
    "bleu",
    "teacher_forcing",
    "batch_worker",
)

ORDERED = ("attention", "multi_head", "encoder_block", "decoder_block")
"""Kinds to which an instance's positions may give an order."""


def describe(
    reference: Any, kind: str | None = None
) -> tuple[str | None, frozenset[str]]:
    """Kind and traits of a reference.

    Args:
        reference: A class, an instance, a function, or the name of a kind or of a
            reference.
        kind: The kind, where it is known.

    Returns:
        The pair `(kind, traits)`.

    Raises:
        ValueError: If the reference is unknown and no kind is given.
    """
    if isinstance(reference, str):
        if reference in REFERENCES:
            found, traits = REFERENCES[reference]
            return found, frozenset(traits) | _traits(None, found)
        if reference in KINDS:
            return reference, frozenset()
    for name in _names(reference):
        if name in REFERENCES:
            found, traits = REFERENCES[name]
            if getattr(_inner(reference), "cross_attention", None) is not None:
                found = "decoder_block"
            return found, frozenset(traits) | _traits(reference, found)
    if kind is not None:
        return kind, _traits(reference, kind)
    raise ValueError(
        "like must be one of the package's layers or functions, or a kind "
        f"({', '.join(KINDS)}), got {reference!r}"
    )


def _names(reference):
    if inspect.isclass(reference):
        return [base.__name__ for base in reference.__mro__]
    if inspect.isroutine(reference):
        return [reference.__name__]
    return [base.__name__ for base in type(reference).__mro__]


def _traits(reference, kind):
    """What an instance says about itself through its parts and options."""
    traits = set()
    if kind in ("attention", "multi_head"):
        inner = getattr(reference, "attention", reference)
        for part, default in (("score", "ScaledDot"), ("weighting", "Softmax")):
            named = reference is None or inspect.isclass(reference)
            held = default if named else getattr(inner, part, None)
            if held is not None:
                names = [held] if isinstance(held, str) else _names(held)
                for name in names:
                    traits |= REFERENCES.get(name, (None, set()))[1]
    if getattr(reference, "head_gates", None) is True:
        traits.add("gated")
    if kind == "rotary" and getattr(reference, "share", 1) != 1:
        traits.add("in part")
    if kind == "rotary" and getattr(reference, "stretch", 1) != 1:
        traits.add("stretched")
    if _knows_order(reference, kind):
        traits.add("aware of order")
        if _positions(reference) & {"rotary", "position_bias"}:
            traits.add("counts distances")
    if getattr(reference, "norm", None) in ("pre", "post", "both"):
        traits.add(f"{reference.norm}-norm")
    if getattr(reference, "gated", False) is True:
        traits.add("gated")
    if getattr(_inner(reference), "parallel", False) is True:
        traits.add("parallel")
    residual = getattr(_inner(reference), "self_residual", reference)
    if "RMSNormalization" in _names(getattr(residual, "normalization", None)):
        traits.add("root mean square")
    if getattr(reference, "renormalize", False) is True:
        traits.add("renormalised")
    if getattr(reference, "estimator", None) == "straight_through":
        traits.add("straight-through")
    return frozenset(traits)


def _knows_order(reference, kind):
    """Whether positions count: a translator's do unless it is said to have none."""
    if kind in ("language_model", "encoder_model"):
        reference = getattr(reference, "backbone", reference)
    if kind in ("model", "language_model", "encoder_model"):
        return getattr(reference, "positions", None) != "none"
    return kind in ORDERED and bool(_positions(reference))


def _positions(reference):
    """Names of the class of the positions inside, and their kinds."""
    inner = _inner(reference)
    positions = getattr(getattr(inner, "self_attention", inner), "positions", None)
    names = [] if positions is None else _names(positions)
    return {*names, *(REFERENCES[n][0] for n in names if n in REFERENCES)}


def _inner(reference):
    """The first block of a stack; what is no stack, itself."""
    return (getattr(reference, "blocks", None) or [reference])[0]
