"""The models of the recipes, as frozen dataclasses that make them."""

import dataclasses
import functools
import typing
from typing import Any

import keras

from keras_transformer.attention import (
    Additive,
    Attention,
    Bilinear,
    Dot,
    Entmax,
    LearnedTemperature,
    Linear,
    QueryKeyNorm,
    Sampled,
    ScaledDot,
    Sigmoid,
    SinkSoftmax,
    SoftCap,
    Softmax,
    Sparsemax,
    TopK,
)
from keras_transformer.models import Transformer
from keras_transformer.models.recurrent import RecurrentSeq2Seq

SCORES = {
    "dot": Dot,
    "scaled_dot": ScaledDot,
    "bilinear": Bilinear,
    "linear": Linear,
    "additive": Additive,
    "soft_cap": SoftCap,
    "query_key_norm": QueryKeyNorm,
    "learned_temperature": LearnedTemperature,
}
Score = typing.Literal[
    "dot",
    "scaled_dot",
    "bilinear",
    "linear",
    "additive",
    "soft_cap",
    "query_key_norm",
    "learned_temperature",
]
WEIGHTINGS = {
    "softmax": Softmax,
    "sink": SinkSoftmax,
    "off_by_one": functools.partial(SinkSoftmax, learned=False),
    "sigmoid": Sigmoid,
    "sparsemax": Sparsemax,
    "entmax": Entmax,
}
Soft = typing.Literal["softmax", "sink", "off_by_one", "sigmoid", "sparsemax", "entmax"]


def make_score(name: str, units: int, policy: str) -> keras.layers.Layer:
    """A score rule by name.

    Args:
        name: One of `SCORES`.
        units: Hidden width, of an additive score.
        policy: Its dtype policy.
    """
    return SCORES[name](*((units,) if name == "additive" else ()), dtype=policy)


def make_weighting(name: str, k: int, policy: str) -> keras.layers.Layer:
    """A weighting that draws nothing, by name.

    Args:
        name: One of `WEIGHTINGS`, or `"top_k"`: the k best, renormalised.
        k: Number of keys, of `"top_k"`.
        policy: Its dtype policy.
    """
    if name == "top_k":
        return TopK(k, renormalize=True, dtype=policy)
    return WEIGHTINGS[name](dtype=policy)


@dataclasses.dataclass(frozen=True)
class TransformerConfig:
    """The Transformer's measures."""

    kind: typing.Literal["transformer"] = "transformer"
    """What kind of model this is."""
    width: int = 256
    """Width of the model."""
    num_layers: int = 3
    """Blocks in the encoder, and as many in the decoder."""
    num_heads: int = 4
    """Attention heads; must divide the width."""
    hidden_width: int = 512
    """Hidden width of the feed-forward networks."""
    dropout: float = 0.1
    """Dropout on embeddings and after each sub-layer."""
    attention_dropout: float = 0.0
    """Dropout on the attention weights."""
    hidden_dropout: float = 0.0
    """Dropout on the hidden layers of the feed-forward networks."""
    norm: typing.Literal["pre", "post"] = "pre"
    """Normalise before each sub-layer, or after it."""
    positions: typing.Literal[
        "sinusoidal",
        "learned",
        "rotary",
        "rotary_half",
        "rotary_ntk",
        "relative",
        "vectors",
        "alibi",
        "none",
    ] = "sinusoidal"
    """How positions are told apart: added to the embeddings, or inside the
    self-attentions."""
    score: Score = "scaled_dot"
    """How every attention compares a query with a key."""
    weighting: Soft | typing.Literal["top_k"] = "softmax"
    """How scores become weights."""
    k: int = 4
    """Number of keys that "top_k" looks at."""
    head_gates: bool = False
    """Whether each head's context is multiplied by a gate that the query opens."""
    num_key_value_heads: int = 0
    """Heads of keys and values, each shared by as many query heads; 0 gives each
    query head its own."""

    draws: typing.ClassVar[bool] = False

    def make(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        text: Any,
        training: Any,
    ) -> Any:
        """The model for vocabularies of these sizes."""
        policy = keras.DTypePolicy(training.precision)
        measures = dataclasses.asdict(self)
        del measures["kind"], measures["k"]
        measures["weighting"] = make_weighting(self.weighting, self.k, policy)
        measures["score"] = make_score(self.score, self.width // self.num_heads, policy)
        measures["num_key_value_heads"] = self.num_key_value_heads or None
        return Transformer(
            source_vocabulary,
            target_vocabulary,
            **measures,
            share_embeddings=text.shared,
            seed=training.seed,
            dtype=policy,
        )


@dataclasses.dataclass(frozen=True)
class RecurrentConfig:
    """The measures of a GRU encoder and decoder, and how the source is seen."""

    kind: typing.Literal["recurrent"] = "recurrent"
    """What kind of model this is."""
    width: int = 128
    """Width of the embeddings."""
    units: int = 256
    """Width of memory and state; even."""
    context: typing.Literal["start", "every_step", "attention"] = "attention"
    """One fixed vector, given at the start or at every step, or an attention."""
    score: Score = "scaled_dot"
    """How the attention compares a query with a key."""
    weighting: (
        Soft | typing.Literal["top_k", "straight_through", "gumbel", "reinforce"]
    ) = "softmax"
    """How scores become weights: soft; the k best, renormalised; or k drawn, trained
    by one of three estimators."""
    k: int = 1
    """Number of keys that a hard attention looks at."""
    baseline: bool = True
    """Whether REINFORCE subtracts the moving average of the loss."""
    wiring: typing.Literal["bahdanau", "luong"] = "bahdanau"
    """Look and then step, or step and then look."""
    input_feeding: bool = False
    """Whether a step of Luong's wiring also reads the output of the step before."""
    dropout: float = 0.2
    """Dropout on the embeddings and before the output projection."""

    def make(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        text: Any,
        training: Any,
    ) -> Any:
        """The model for vocabularies of these sizes."""
        policy = keras.DTypePolicy(training.precision)
        return RecurrentSeq2Seq(
            source_vocabulary,
            target_vocabulary,
            width=self.width,
            units=self.units,
            context=self.context,
            attention=self._attention(training.seed, policy),
            wiring=self.wiring,
            input_feeding=self.input_feeding,
            dropout=self.dropout,
            share_embeddings=text.shared,
            seed=training.seed,
            dtype=policy,
        )

    @property
    def draws(self) -> bool:
        """Whether training needs `Reinforce`, which rates what the model drew."""
        return self.context == "attention" and self.weighting == "reinforce"

    def _attention(self, seed, policy):
        if self.context != "attention":
            return None
        score = make_score(self.score, self.units, policy)
        return Attention(score, self._weighting(seed, policy), dtype=policy)

    def _weighting(self, seed, policy):
        if self.weighting in ("top_k", *WEIGHTINGS):
            return make_weighting(self.weighting, self.k, policy)
        return Sampled(self.k, estimator=self.weighting, seed=seed, dtype=policy)


ModelConfig = TransformerConfig | RecurrentConfig
