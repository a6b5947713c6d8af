"""The recurrent translator, from token ids to logits.

Axes: `b` batch, `s` source position, `t` target position, `w` width of the embeddings,
`u` units, `v` vocabulary.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_transformer.attention import Attention
from keras_transformer.attention.adapted import adapt, adaptations
from keras_transformer.masks import padding_mask
from keras_transformer.models.embedding import both_embeddings, embed
from keras_transformer.models.recurrent.attention_decoder import (
    AttentionDecoder,
    AttentionState,
)
from keras_transformer.models.recurrent.decoder import (
    FixedContextDecoder,
    FixedContextState,
)
from keras_transformer.models.recurrent.encoder import BidirectionalEncoder
from keras_transformer.models.token_inputs import require_inputs, require_tokens
from keras_transformer.tokens.reserved import PADDING


class CrossWeights(NamedTuple):
    """The attention weights of one pass, with the axes that a Transformer's have."""

    cross: Any  # [b, 1 layer, 1 head, t, s]


@keras.saving.register_keras_serializable(package="keras_transformer")
class RecurrentSeq2Seq(keras.Model):
    """A bidirectional GRU reads the source, a GRU writes the target.

    What the writer knows of the source is the `context`: one vector, at the start or
    at each step, or an attention over everything that was read.

    Args:
        source_vocabulary: Number of source tokens.
        target_vocabulary: Number of target tokens, `v`.
        width: Width of the embeddings, `w`.
        units: Width of the memory and of the decoder's state, `u`; even.
        context: `"start"`, `"every_step"` or `"attention"`.
        attention: The `Attention` to look with; scaled dot products by default.
        wiring: `"bahdanau"`, which looks and then steps, or `"luong"`, which steps and
            then looks.
        input_feeding: Whether a step of Luong's wiring also reads the output of the
            step before.
        dropout: Dropout on the embeddings and before the output projection.
        share_embeddings: One matrix for source and target; needs one vocabulary.
        tie_output: The target embedding is also the output projection.
        use_cudnn: Let TensorFlow run the GRUs in cuDNN's kernels on an NVIDIA GPU; no
            part of the model is then compiled with XLA.
        seed: Seed of every dropout.

    Call arguments:
        inputs: A dict of token ids, 0 = padding: `"source"`, integers `[b, s]`, and
            `"target"`, integers `[b, t]`, the target shifted right, so that it
            begins with the start token.

    Returns:
        Logits `[b, t, v]`: position `t` predicts the token after `target[t]`.

    Masking:
        Source padding is skipped by the encoder and hidden from the attention. Target
        padding stands at the end, where it changes nothing that counts.

    Raises:
        ValueError: If the embeddings are to be shared between vocabularies of
            different size, an option is unknown, or an attention is given to a
            context that uses none.

    Example:
        >>> import numpy as np
        >>> model = RecurrentSeq2Seq(11, 13, width=4, units=6, context="attention")
        >>> ids = np.array([[4, 5, 0]])
        >>> inputs = {"source": ids, "target": ids[:, :2]}
        >>> tuple(model(inputs).shape)
        (1, 2, 13)
        >>> tuple(model.attention_weights(inputs).cross.shape)
        (1, 1, 1, 2, 3)

    Source: Sutskever et al. 2014; Cho et al. 2014; Bahdanau et al. 2015; Luong et al.
    2015.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        width: int = 128,
        units: int = 256,
        context: str = "start",
        attention: Any = None,
        wiring: str = "bahdanau",
        input_feeding: bool = False,
        dropout: float = 0.1,
        share_embeddings: bool = False,
        tie_output: bool = True,
        use_cudnn: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if context not in ("start", "every_step", "attention"):
            raise ValueError(
                f"context must be 'start', 'every_step' or 'attention', got {context!r}"
            )
        if attention is not None and context != "attention":
            raise ValueError(
                f"an attention needs context='attention', got context={context!r}"
            )
        super().__init__(**kwargs)
        self.source_vocabulary = source_vocabulary
        self.target_vocabulary = target_vocabulary
        self.width = width
        self.units = units
        self.context = context
        self.attention = attention
        self.wiring = wiring
        self.input_feeding = input_feeding
        self.dropout = dropout
        self.share_embeddings = share_embeddings
        self.tie_output = tie_output
        self.use_cudnn = use_cudnn
        self.seed = seed

        sizes = source_vocabulary, target_vocabulary, width
        self.target_embedding, self.source_embedding = both_embeddings(
            *sizes, share_embeddings, tie_output, self.dtype_policy
        )
        self.encoder = BidirectionalEncoder(
            units, dropout, use_cudnn, seed, dtype=self.dtype_policy, name="encoder"
        )
        self.decoder = self._decoder()

    def _decoder(self):
        common = {
            "dropout": self.dropout,
            "use_cudnn": self.use_cudnn,
            # Equal seeds would drop the same units in layers of equal shape.
            "seed": None if self.seed is None else self.seed + 1,
            "dtype": self.dtype_policy,
            "name": "decoder",
        }
        if self.context != "attention":
            return FixedContextDecoder(self.units, self.width, self.context, **common)
        attention = self.attention
        if attention is None:
            attention = Attention(dtype=self.dtype_policy, name="attention")
        sizes = self.units, self.width
        return AttentionDecoder(
            *sizes, attention, self.wiring, self.input_feeding, **common
        )

    def build(self, input_shape: tuple | None = None) -> None:
        if self.built:
            return
        self.target_embedding.build((None, None))
        if not self.share_embeddings:
            self.source_embedding.build((None, None))
        sequence, vector = (None, None, self.width), (None, self.units)
        self.encoder.build(sequence)
        if self.context == "attention":
            memory = (None, None, self.units)
            output = (None, self.width)
            state = AttentionState(vector, output, memory, (None, 1, None))
        else:
            state = FixedContextState(vector, vector)
        self.decoder.build(sequence, state)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        state = self._read(require_inputs(inputs)["source"], training)
        output = self.decoder(
            embed(self.target_embedding, inputs["target"]), state, training=training
        )
        return self.target_embedding(output, reverse=True)

    def encode(self, source: Any, training: bool | None = None) -> Any:
        """What the encoder makes of the source.

        Args:
            source: Source ids, integers `[b, s]`.
            training: Whether dropout is active.

        Returns:
            The memory `[b, s, u]`, the final state `[b, u]` and the mask `[b, 1, s]`.
        """
        require_tokens("source", source)
        mask = padding_mask(source, PADDING)
        x = embed(self.source_embedding, source)
        memory, final = self.encoder(x, mask, training=training)
        return memory, final, mask

    def _read(self, source, training=None):
        memory, final, mask = self.encode(source, training)
        return self.decoder.start(final, memory, mask)

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first target token.

        Args:
            source: Source ids, integers `[b, s]`.
            max_length: How many target tokens follow; a recurrent state has room for
                any number.

        Returns:
            A `FixedContextState` or an `AttentionState`.
        """
        self.build()
        return self._read(source, training=False)

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """One more target token.

        Args:
            tokens: The last token of each sentence, integers `[b]`.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[b, v]`, and the new state.
        """
        x = embed(self.target_embedding, tokens)
        output, state = self.decoder.step(x, state)
        return self.target_embedding(output, reverse=True), state

    def attention_weights(self, inputs: Any) -> CrossWeights | None:
        """The attention weights of one teacher-forced pass.

        Args:
            inputs: As in a call: `"source"` `[b, s]` and `"target"` `[b, t]`.

        Returns:
            `None` where the context is a fixed vector.
        """
        state = self._read(require_inputs(inputs)["source"])
        x = embed(self.target_embedding, inputs["target"])
        _, weights = self.decoder(x, state, return_weights=True)
        if weights is None:
            return None
        return CrossWeights(cross=ops.expand_dims(weights, (1, 2)))

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        shape = (*require_inputs(inputs)["target"].shape, self.target_vocabulary)
        return keras.KerasTensor(shape, self.target_embedding.reverse_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            source_vocabulary=self.source_vocabulary,
            target_vocabulary=self.target_vocabulary,
            width=self.width,
            units=self.units,
            context=self.context,
            attention=(
                None
                if self.attention is None
                else keras.saving.serialize_keras_object(self.attention)
            ),
            wiring=self.wiring,
            input_feeding=self.input_feeding,
            dropout=self.dropout,
            share_embeddings=self.share_embeddings,
            tie_output=self.tie_output,
            use_cudnn=self.use_cudnn,
            seed=self.seed,
        )
        return config | adaptations(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        attention = config["attention"]
        if attention is not None:
            attention = keras.saving.deserialize_keras_object(attention)
        return adapt(cls, {**config, "attention": attention})
