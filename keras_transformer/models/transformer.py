"""The Transformer, from token ids to logits.

Axes: `b` batch, `n` hypotheses of all sentences, `s` source position, `t` target
position, `w` width, `v` vocabulary, `h` head.
"""

import types
from functools import partial

import keras
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.masks import causal_mask, padding_mask
from keras_transformer.models.block import Block
from keras_transformer.models.embedding import both_embeddings, embed
from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.nested import deserialized, serialized
from keras_transformer.models.parts import both_stacks
from keras_transformer.models.position_kinds import (
    added_positions,
    inner_positions,
    require_known_positions,
)
from keras_transformer.models.stack import Stack
from keras_transformer.models.state import AttentionWeights, TransformerState
from keras_transformer.models.token_inputs import require_inputs, require_tokens
from keras_transformer.randomness.dropout import Dropout
from keras_transformer.tokens.reserved import PADDING


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
        norm: `"pre"` or `"post"`.
        activation: Activation of the feed-forward networks.
        positions: `"sinusoidal"` or `"learned"`, added to the embeddings; `"rotary"`
            or `"relative"`, inside every self-attention; or `"none"`.
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

    Call arguments:
        inputs: A dict of token ids, 0 = padding: `"source"`, integers `[b, s]`, and
            `"target"`, integers `[b, t]`, the target shifted right, so that it
            begins with the start token.

    Returns:
        Logits `[b, t, v]`: position `t` predicts the token after `target[t]`.

    Masking:
        Source padding is hidden from every query, and no target position sees a
        later one. Target padding stands at the end, where causality hides it.

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
        source_vocabulary,
        target_vocabulary,
        width=256,
        num_layers=3,
        num_heads=8,
        hidden_width=1024,
        dropout=0.1,
        attention_dropout=0.0,
        hidden_dropout=0.0,
        norm="pre",
        activation="relu",
        positions="sinusoidal",
        max_length=256,
        share_embeddings=False,
        tie_output=True,
        score=None,
        weighting=None,
        num_key_value_heads=None,
        seed=None,
        **kwargs,
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
        self.patterns = types.SimpleNamespace(score=score, weighting=weighting)
        self.num_key_value_heads = num_key_value_heads
        self.seed = seed

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
        own = {"num_key_value_heads": num_key_value_heads, "dropout": attention_dropout}
        inner = (width, hidden_width, activation, hidden_dropout)
        self.encoder, self.decoder = both_stacks(
            num_layers,
            seeds[2],
            {"score": score, "weighting": weighting},
            made(Stack),
            positions=made(inner_positions, positions, num_heads, max_length),
            attention=made(MultiHeadAttention, num_heads, width, **own),
            feed_forward=made(FeedForward, *inner),
            block=made(Block, norm=norm),
            dropout=dropout,
        )

    def build(self, input_shape=None):
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

    def call(self, inputs, training=None):
        x, _ = self._forward(inputs, training=training)
        return self.target_embedding(x, reverse=True)

    def _forward(self, inputs, **asked):
        """What the decoder makes of source and target, and what the encoder made."""
        read, mask = self.encode(require_inputs(inputs)["source"], **asked)
        written = self.decoder(
            self._embed_target(inputs["target"], training=asked.get("training")),
            read[0] if asked.get("return_weights") else read,
            attention_mask=causal_mask(ops.shape(inputs["target"])[1]),
            cross_attention_mask=mask,
            **asked,
        )
        return written, read

    def encode(self, source, training=None, **asked):
        """Source ids `[b, s]` to memory `[b, s, w]` and its mask `[b, 1, s]`."""
        require_tokens("source", source)
        mask = padding_mask(source, PADDING)
        x = embed(self.source_embedding, source)
        if self.source_positions is not None:
            x = self.source_positions(x)
        x = self.source_dropout(x, training=training)
        return self.encoder(x, attention_mask=mask, training=training, **asked), mask

    def _embed_target(self, target, offset=0, training=None):
        x = embed(self.target_embedding, target)
        if self.target_positions is not None:
            x = self.target_positions(x, offset=offset)
        return self.target_dropout(x, training=training)

    def start(self, source, max_length: int) -> TransformerState:
        """The state before the first target token.

        Args:
            source: Source ids, integers `[b, s]`.
            max_length: How many target tokens the state has room for.

        Raises:
            ValueError: If learned positions end before `max_length`.
        """
        if self.positions == "learned" and max_length > self.max_length:
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

    def step(self, tokens, state: TransformerState):
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

    def attention_weights(self, inputs) -> AttentionWeights:
        """Every attention weight of one teacher-forced pass.

        Args:
            inputs: As in a call: `"source"` `[b, s]` and `"target"` `[b, t]`.

        Returns:
            The weights that the logits were computed with. The rows of padding hold
            what padding looked at: nobody reads it.
        """
        (_, decoder), (_, encoder) = self._forward(inputs, return_weights=True)
        return AttentionWeights(
            encoder=ops.stack([w["self_attention"] for w in encoder], axis=1),
            decoder=ops.stack([w["self_attention"] for w in decoder], axis=1),
            cross=ops.stack([w["cross_attention"] for w in decoder], axis=1),
        )

    def compute_output_spec(self, inputs, training=None):
        shape = (*require_inputs(inputs)["target"].shape, self.target_vocabulary)
        return keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self):
        config = super().get_config()
        config.update(
            source_vocabulary=self.source_vocabulary,
            target_vocabulary=self.target_vocabulary,
            width=self.width,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            hidden_width=self.hidden_width,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            hidden_dropout=self.hidden_dropout,
            norm=self.norm,
            activation=keras.activations.serialize(self.activation),
            positions=self.positions,
            max_length=self.max_length,
            share_embeddings=self.share_embeddings,
            tie_output=self.tie_output,
            score=serialized(self.patterns.score),
            weighting=serialized(self.patterns.weighting),
            num_key_value_heads=self.num_key_value_heads,
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config):
        # A config of before there were patterns has none.
        patterns = {n: deserialized(config.get(n)) for n in ("score", "weighting")}
        return cls(**{**config, **patterns})
