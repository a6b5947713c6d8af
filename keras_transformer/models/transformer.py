"""The Transformer, from token ids to logits.

Axes: `b` batch, `n` hypotheses of all sentences, `s` source position, `t` target
position, `w` width, `v` vocabulary, `h` head.
"""

import types
from functools import partial
from typing import Any

import keras
from keras import ops

from keras_transformer.attention.adapted import adapt, adaptations
from keras_transformer.attention.kernels.choose import causal_for
from keras_transformer.masks import combine_masks
from keras_transformer.models.embedding import both_embeddings, embed
from keras_transformer.models.nested import serialized
from keras_transformer.models.parts import both_stacks, makers, with_patterns
from keras_transformer.models.position_kinds import (
    added_positions,
    require_known_positions,
)
from keras_transformer.models.segments import own_sentence, packing, restarts
from keras_transformer.models.stack import Stack
from keras_transformer.models.state import AttentionWeights, TransformerState
from keras_transformer.models.token_inputs import require_inputs, require_tokens
from keras_transformer.randomness.dropout import Dropout

_PLAIN = ("source_vocabulary", "target_vocabulary", "width", "num_layers", "num_heads")
_PLAIN += ("hidden_width", "dropout", "attention_dropout", "hidden_dropout", "norm")
_PLAIN += ("positions", "max_length", "share_embeddings", "tie_output")
_PLAIN += ("num_key_value_heads", "seed", "gated", "head_gates")


@keras.saving.register_keras_serializable(package="keras_transformer")
class Transformer(keras.Model):
    """Encoder and decoder, with embeddings and the projection to the vocabulary.

    Args:
        source_vocabulary: Number of source tokens.
        target_vocabulary: Number of target tokens, `v`.
        width: Width of the model, `w`.
        num_layers: Blocks in the encoder, and as many in the decoder.
        num_heads: Number of heads; divides `width`.
        hidden_width: Hidden width of the feed-forward networks.
        dropout: Dropout on the embeddings and after each sub-layer.
        attention_dropout: Dropout on the attention weights.
        hidden_dropout: Dropout on the hidden layers of the feed-forward networks.
        norm: `"pre"`, `"post"` or `"both"`, see `Residual`.
        activation: Activation of the feed-forward networks.
        positions: `"sinusoidal"` or `"learned"`, added to the embeddings; `"rotary"`,
            `"rotary_half"`, `"rotary_ntk"`, `"relative"`, `"vectors"` or `"alibi"`,
            inside every self-attention; or `"none"`.
        max_length: Number of learned positions; or the distance from which on all
            distances share one relative bias. The others know no end.
        share_embeddings: One matrix for source and target; needs one vocabulary.
        tie_output: The target embedding is also the output projection.
        score: Score rule of every attention; `ScaledDot()` by default. This layer and
            the next are patterns: every attention gets a copy, with weights and
            random numbers of its own.
        weighting: Weighting of every attention; `Softmax()` by default.
        num_key_value_heads: Number of key/value heads; `num_heads` by default.
        seed: Seed of every dropout.
        normalization: A pattern of every normalisation, see `Residual`.
        gated: Whether the feed-forward networks have gates.
        head_gates: Whether the heads of every attention have gates.

    Call arguments:
        inputs: A dict of token ids, 0 = padding: `"source"`, integers `[b, s]`, and
            `"target"`, integers `[b, t]`, the target shifted right, so that it
            begins with the start token. With several pairs in a row, see `PackedRows`,
            also `"source_segments"` and `"target_segments"`.

    Returns:
        Logits `[b, t, v]`: position `t` predicts the token after `target[t]`.

    Masking:
        Source padding is hidden from every query, and no target position sees a
        later one. Target padding stands at the end, where causality hides it. Several
        pairs in a row do not see each other.

    Raises:
        ValueError: If the embeddings are to be shared between vocabularies of
            different size, or an option is unknown.

    Example:
        >>> import numpy as np
        >>> model = Transformer(11, 13, width=8, num_layers=1, num_heads=2,
        ...                     hidden_width=16)
        >>> ids = np.array([[4, 5, 0]])
        >>> tuple(model({"source": ids, "target": ids[:, :2]}).shape)
        (1, 2, 13)

    Source: Vaswani et al. 2017; tied embeddings: Press and Wolf 2017.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        width: int = 256,
        num_layers: int = 3,
        num_heads: int = 8,
        hidden_width: int = 1024,
        dropout: float = 0.1,
        attention_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        norm: str = "pre",
        activation: Any = "relu",
        positions: Any = "sinusoidal",
        max_length: int = 256,
        share_embeddings: bool = False,
        tie_output: bool = True,
        score: Any = None,
        weighting: Any = None,
        num_key_value_heads: int | None = None,
        seed: int | None = None,
        normalization: Any = None,
        gated: bool = False,
        head_gates: bool = False,
        **kwargs: Any,
    ):
        require_known_positions(positions)
        super().__init__(**kwargs)
        self.source_vocabulary = source_vocabulary
        self.target_vocabulary = target_vocabulary
        self.width = width
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.hidden_width = hidden_width
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.hidden_dropout = hidden_dropout
        self.norm = norm
        self.activation = keras.activations.get(activation)
        self.positions = positions
        self.max_length = max_length
        self.share_embeddings = share_embeddings
        self.tie_output = tie_output
        # Never built, only copied; Keras does not look for layers in a namespace.
        self.patterns = types.SimpleNamespace(
            score=score, weighting=weighting, normalization=normalization
        )
        self.num_key_value_heads = num_key_value_heads
        self.seed = seed
        self.gated = gated
        self.head_gates = head_gates

        def made(kind, *numbers, **options):
            return partial(kind, *numbers, **options, dtype=self.dtype_policy)

        sizes = source_vocabulary, target_vocabulary, width
        self.target_embedding, self.source_embedding = both_embeddings(
            *sizes, share_embeddings, tie_output, self.dtype_policy
        )
        positions_of = made(added_positions, positions, max_length)
        self.source_positions = positions_of(name="source_positions")
        self.target_positions = positions_of(name="target_positions")
        # Equal seeds would drop the same units in layers of equal shape.
        seeds = [None if seed is None else seed + offset for offset in range(3)]
        drops = made(Dropout, dropout)
        self.source_dropout = drops(seed=seeds[0], name="source_dropout")
        self.target_dropout = drops(seed=seeds[1], name="target_dropout")
        self.encoder, self.decoder = both_stacks(
            num_layers,
            seeds[2],
            {"score": score, "weighting": weighting},
            made(Stack),
            **makers(self),
        )

    def build(self, input_shape: tuple | None = None) -> None:
        if self.built:
            return
        sequence = (None, None, self.width)
        for layer in (self.target_embedding, self.source_embedding):
            if not layer.built:
                layer.build((None, None))
        for layer in (self.source_positions, self.target_positions):
            if layer is not None:
                layer.build(sequence)
        self.encoder.build(sequence)
        self.decoder.build(sequence, sequence)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x, _ = self._forward(inputs, training=training)
        return self.target_embedding(x, reverse=True)

    def _forward(self, inputs, **asked):
        """What the decoder makes of source and target, and what the encoder made."""
        require_inputs(inputs)
        target, (packed, own, across, offset) = inputs["target"], packing(inputs)
        read, mask = self.encode(inputs["source"], **packed, **asked)
        past = causal_for(self.decoder, ops.shape(target)[1])
        return self.decoder(
            self._embed_target(target, offset, training=asked.get("training")),
            read[0] if asked.get("return_weights") else read,
            attention_mask=combine_masks(past, own),
            cross_attention_mask=mask if across is None else across,
            **asked,
        ), read

    def encode(
        self,
        source: Any,
        training: bool | None = None,
        segments: Any = None,
        **asked: Any,
    ) -> Any:
        """Source ids `[b, s]` to memory `[b, s, w]` and its mask `[b, 1, s]`."""
        require_tokens("source", source)
        mask = own_sentence(source, segments)
        x = embed(self.source_embedding, source)
        if self.source_positions is not None:
            x = self.source_positions(x, offset=restarts(segments))
        x = self.source_dropout(x, training=training)
        return self.encoder(x, attention_mask=mask, training=training, **asked), mask

    def _embed_target(self, target, offset=0, training=None):
        x = embed(self.target_embedding, target)
        if self.target_positions is not None:
            x = self.target_positions(x, offset=offset)
        return self.target_dropout(x, training=training)

    def start(self, source: Any, max_length: int) -> TransformerState:
        """The state before the first target token.

        Args:
            source: Source ids, integers `[b, s]`.
            max_length: How many target tokens the state has room for.

        Raises:
            ValueError: If learned positions end before `max_length`.
        """
        # A tensor is a number that only the engine of an export knows.
        known = 0 if ops.is_tensor(max_length) else max_length
        if self.positions == "learned" and known > self.max_length:
            raise ValueError(
                f"learned positions end at max_length={self.max_length}, "
                f"got max_length={max_length} to decode"
            )
        self.build()
        memory, memory_mask = self.encode(source, training=False)
        batch = ops.shape(source)[0]
        return TransformerState(
            position=ops.zeros((batch,), "int32"),
            past=self.decoder.allocate(batch, max_length, memory.dtype),
            memory=self.decoder.project(memory),
            memory_mask=memory_mask,
        )

    def step(self, tokens: Any, state: TransformerState) -> tuple[Any, Any]:
        """One more target token.

        Args:
            tokens: The last token of each hypothesis, integers `[n]`.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[n, v]`, and the new state.
        """
        position = state.position[0]
        x = self._embed_target(ops.expand_dims(tokens, 1), position, training=False)
        seen = (state.memory, state.memory_mask, state.own_past())
        x, past = self.decoder.step(x, state.past, position, *seen)
        logits = self.target_embedding(x, reverse=True)[:, 0]
        return logits, state._replace(position=state.position + 1, past=past)

    def attention_weights(self, inputs: Any) -> AttentionWeights:
        """Every attention weight of one teacher-forced pass.

        Args:
            inputs: As in a call: `"source"` `[b, s]` and `"target"` `[b, t]`.

        Returns:
            The weights that the logits were computed with.
        """
        (_, decoder), (_, encoder) = self._forward(inputs, return_weights=True)
        return AttentionWeights(
            encoder=ops.stack([w["self_attention"] for w in encoder], axis=1),
            decoder=ops.stack([w["self_attention"] for w in decoder], axis=1),
            cross=ops.stack([w["cross_attention"] for w in decoder], axis=1),
        )

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        shape = (*require_inputs(inputs)["target"].shape, self.target_vocabulary)
        return keras.KerasTensor(shape, self.target_embedding.reverse_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config |= {name: getattr(self, name) for name in _PLAIN}
        config["activation"] = keras.activations.serialize(self.activation)
        config |= {n: serialized(part) for n, part in vars(self.patterns).items()}
        return config | adaptations(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return adapt(cls, with_patterns(config))
