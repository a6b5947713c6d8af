"""The backbone: from token ids to vectors, without a head.

Axes: `b` batch, `t` position, `w` width, `v` vocabulary, `h` head.
"""

import types
from functools import partial
from typing import Any

import keras
from keras import ops

from keras_transformer.attention.kernels.choose import causal_for
from keras_transformer.masks import combine_masks
from keras_transformer.models.embedding import embed, token_embedding
from keras_transformer.models.nested import serialized
from keras_transformer.models.parts import makers, one_stack, own_parts, with_patterns
from keras_transformer.models.position_kinds import (
    added_positions,
    require_known_positions,
)
from keras_transformer.models.segments import own_sentence, restarts
from keras_transformer.models.stack import Stack
from keras_transformer.randomness.dropout import Dropout
from keras_transformer.randomness.seeds import spread_seed

_PLAIN = ("vocabulary", "width", "num_layers", "num_heads", "hidden_width", "dropout")
_PLAIN += ("attention_dropout", "hidden_dropout", "norm", "positions", "max_length")
_PLAIN += ("causal", "tie_output", "num_key_value_heads", "gated", "parallel", "seed")


@keras.saving.register_keras_serializable(package="keras_transformer")
class Backbone(keras.layers.Layer):
    """Embedding, positions and a stack: what models of one sequence have in common.

    Causal, it is the decoder of a `LanguageModel`; else the encoder of a
    `MaskedLanguageModel` and of a `Classifier`, which may share one backbone.

    Args:
        vocabulary: Number of tokens, `v`.
        width: Width of the model, `w`.
        num_layers: Number of blocks.
        num_heads: Number of heads; divides `width`.
        hidden_width: Hidden width of the feed-forward networks.
        dropout: Dropout on the embeddings and after each sub-layer.
        attention_dropout: Dropout on the attention weights.
        hidden_dropout: Dropout on the hidden layers of the feed-forward networks.
        norm: `"pre"`, `"post"` or `"both"`, see `Residual`.
        activation: Activation of the feed-forward networks.
        positions: Kind of positions, as of a `Transformer`.
        max_length: Number of learned positions, or of distances, likewise.
        causal: Whether no position sees a later one.
        tie_output: Whether the embedding is also the way back to the vocabulary.
        score: Score rule of every attention, a pattern: each gets a copy.
        weighting: Weighting of every attention, likewise.
        num_key_value_heads: Number of key/value heads; `num_heads` by default.
        normalization: A pattern of every normalisation, see `Residual`.
        gated: Whether the feed-forward networks have gates.
        parallel: Whether the sub-layers of a block stand side by side.
        seed: Seed of every dropout.

    Call arguments:
        ids: Token ids, integers `[b, t]`, 0 = padding.
        segments: The number of its sentence for each token, integers `[b, t]`, where
            rows hold several; see `PackedRows`.

    Returns:
        Float `[b, t, w]`.

    Masking:
        Padding, other sentences of the row and, if causal, later positions are hidden.
        The positions of a sentence begin at 0, wherever it stands.

    Raises:
        ValueError: If an option is unknown, or sizes do not go with one another.

    Example:
        >>> import numpy as np
        >>> backbone = Backbone(11, width=8, num_layers=1, num_heads=2, hidden_width=16)
        >>> tuple(backbone(np.array([[4, 5, 0]])).shape)
        (1, 3, 8)

    Source: Devlin et al. 2019 (encoder); Radford et al. 2018 (decoder).
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = 256,
        num_layers: int = 3,
        num_heads: int = 8,
        hidden_width: int = 1024,
        dropout: float = 0.1,
        attention_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        norm: str = "pre",
        activation: Any = "relu",
        positions: str = "sinusoidal",
        max_length: int = 256,
        causal: bool = False,
        tie_output: bool = True,
        score: Any = None,
        weighting: Any = None,
        num_key_value_heads: int | None = None,
        normalization: Any = None,
        gated: bool = False,
        parallel: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        require_known_positions(positions)
        super().__init__(**kwargs)
        self.vocabulary, self.width = vocabulary, width
        self.num_layers, self.num_heads = num_layers, num_heads
        self.hidden_width, self.num_key_value_heads = hidden_width, num_key_value_heads
        self.dropout, self.attention_dropout = dropout, attention_dropout
        self.hidden_dropout, self.seed = hidden_dropout, seed
        self.norm, self.gated, self.parallel = norm, gated, parallel
        self.positions, self.max_length = positions, max_length
        self.causal, self.tie_output = causal, tie_output
        self.activation = keras.activations.get(activation)
        # Never built, only copied; Keras does not look for layers in a namespace.
        self.patterns = types.SimpleNamespace(
            score=score, weighting=weighting, normalization=normalization
        )
        policy, sizes = self.dtype_policy, (vocabulary, width)
        self.embedding = token_embedding(*sizes, tie_output, policy, "embedding")
        self.added_positions = added_positions(
            positions, max_length, policy, "added_positions"
        )
        seeds = spread_seed(seed, 2)
        self.embedding_dropout = Dropout(
            dropout, seed=seeds[0], dtype=policy, name="embedding_dropout"
        )
        self.stack = one_stack(
            own_parts(num_layers, score=score, weighting=weighting),
            seeds[1],
            partial(Stack, dtype=policy, name="stack"),
            causal,
            **makers(self),
        )

    def build(self, ids_shape: tuple, segments_shape: tuple | None = None) -> None:
        sequence = (None, None, self.width)
        self.embedding.build((None, None))
        if self.added_positions is not None:
            self.added_positions.build(sequence)
        self.stack.build(sequence)
        self.built = True

    def call(self, ids: Any, segments: Any = None, training: bool | None = None) -> Any:
        return self._read(ids, segments, training=training)

    def _read(self, ids, segments=None, **asked):
        x = self.embed(ids, restarts(segments), asked.get("training"))
        return self.stack(x, attention_mask=self.visible(ids, segments), **asked)

    def visible(self, ids: Any, segments: Any = None) -> Any:
        """What each position sees: boolean, broadcastable to `[b, t, t]`, or a rule."""
        past = causal_for(self.stack, ops.shape(ids)[1]) if self.causal else None
        return combine_masks(own_sentence(ids, segments), past)

    def embed(self, ids: Any, offset: Any = 0, training: bool | None = None) -> Any:
        """Token ids `[b, t]` to vectors `[b, t, w]`, positions added to them.

        Args:
            ids: Integers `[b, t]`.
            offset: What is added to places in a row, of all or integers `[b, t]`.
            training: Whether dropout is active.
        """
        x = embed(self.embedding, ids)
        if self.added_positions is not None:
            x = self.added_positions(x, offset=offset)
        return self.embedding_dropout(x, training=training)

    def logits(self, x: Any) -> Any:
        """Vectors `[b, t, w]` to logits over the vocabulary `[b, t, v]`."""
        return self.embedding(x, reverse=True)

    def attention_weights(self, ids: Any, segments: Any = None) -> Any:
        """Every attention weight of one pass, float `[b, layers, h, t, t]`.

        Args:
            ids: As in a call.
            segments: As in a call.
        """
        _, weights = self._read(ids, segments, return_weights=True)
        return ops.stack([block["self_attention"] for block in weights], axis=1)

    def compute_output_shape(self, ids_shape: tuple, *segments_shape: Any) -> Any:
        return (*ids_shape, self.width)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config |= {name: getattr(self, name) for name in _PLAIN}
        config["activation"] = keras.activations.serialize(self.activation)
        return config | {n: serialized(part) for n, part in vars(self.patterns).items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**with_patterns(config))
