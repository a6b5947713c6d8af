"""The decoder that looks at the source anew before or after each step.

Axes: `b` batch, `t` target position, `s` source position, `e` width of the
embeddings, `u` units, `m` width of the memory.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_transformer.attention.adapted import adapt, adaptations
from keras_transformer.models.recurrent.loop import recur


class AttentionState(NamedTuple):
    """What decoding carries from step to step."""

    hidden: Any  # [b, u]
    output: Any  # [b, e], the output of the step before; 0 at the start
    memory: Any  # [b, s, m], the source
    memory_mask: Any  # boolean [b, 1, s], True = keep


@keras.saving.register_keras_serializable(package="keras_transformer")
class AttentionDecoder(keras.layers.Layer):
    """A GRU that writes the target with any attention over the source.

    ```
    wiring="bahdanau"    c[t] = attention(h[t-1], memory)       look, then step
                         h[t] = GRU([x[t]; c[t]], h[t-1])
                         output[t] = tanh(W · [h[t]; x[t]; c[t]] + b)

    wiring="luong"       h[t] = GRU(x[t], h[t-1])               step, then look
                         c[t] = attention(h[t], memory)
                         output[t] = tanh(W · [c[t]; h[t]] + b)

    input_feeding=True   h[t] = GRU([x[t]; output[t-1]], h[t-1])
    ```

    In Luong's wiring without input feeding nothing that was looked up flows back into
    the recurrence: a whole target is one fused GRU, then one attention of all its
    states. Otherwise the step runs position by position: unrolled where the length of
    the target is static, else in a loop. (TensorFlow's compiled training step forgets
    the length once it has seen a second one.)

    Args:
        units: Width of the state, `u`.
        width: Width of the output, `e`: what the output projection reads.
        attention: A layer called as `Attention` is. Its score compares the state,
            `u` wide, with the memory, `m` wide: a dot product needs `u = m`.
        wiring: `"bahdanau"` or `"luong"`.
        input_feeding: Whether a step also reads the output of the step before; only
            in Luong's wiring.
        dropout: Share of inputs and outputs that training sets to 0, in [0, 1).
        use_cudnn: Let TensorFlow run a fused GRU in cuDNN's kernels; see
            `BidirectionalEncoder`.
        seed: Seed of the dropout.

    Call arguments:
        x: The embedded target, float `[b, t, e]`.
        state: An `AttentionState`, as `start` returns it.
        return_weights: Whether to return the attention weights too.

    Returns:
        Float `[b, t, e]`; with `return_weights` the pair `(output, weights)`, the
        weights float `[b, t, s]`.

    Masking:
        The state's `memory_mask` hides source positions. What stands after the end of
        a target changes nothing before it.

    Raises:
        ValueError: If `wiring` is unknown, input feeding is asked of Bahdanau's
            wiring, `dropout` is not in [0, 1), or weights are asked for in a loop.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.attention import Attention
        >>> decoder = AttentionDecoder(units=6, width=4, attention=Attention())
        >>> final, memory = np.ones((1, 6), "float32"), np.ones((1, 5, 6), "float32")
        >>> state = decoder.start(final, memory, np.ones((1, 1, 5), bool))
        >>> x = np.ones((1, 3, 4), "float32")
        >>> output, weights = decoder(x, state, return_weights=True)
        >>> tuple(output.shape), tuple(weights.shape)
        ((1, 3, 4), (1, 3, 5))

    Source: Bahdanau et al. 2015, section 3.1 and appendix A.2.2, with one layer of
    tanh for its maxout; Luong et al. 2015, equation 5 and section 3.3.
    """

    def __init__(
        self,
        units: int,
        width: int,
        attention: Any,
        wiring: str = "bahdanau",
        input_feeding: bool = False,
        dropout: float = 0.0,
        use_cudnn: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if wiring not in ("bahdanau", "luong"):
            raise ValueError(f"wiring must be 'bahdanau' or 'luong', got {wiring!r}")
        if input_feeding and wiring != "luong":
            raise ValueError(
                "input_feeding needs wiring='luong': in Bahdanau's wiring the context "
                f"is already an input of the step; got wiring={wiring!r}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got dropout={dropout}")
        super().__init__(**kwargs)
        self.units = units
        self.width = width
        self.attention = attention
        self.wiring = wiring
        self.input_feeding = input_feeding
        self.dropout = dropout
        self.use_cudnn = use_cudnn
        self.seed = seed
        self.input_dropout = keras.layers.Dropout(
            dropout, seed=seed, dtype=self.dtype_policy, name="input_dropout"
        )
        self.output_dropout = keras.layers.Dropout(
            dropout,
            seed=None if seed is None else seed + 1,
            dtype=self.dtype_policy,
            name="output_dropout",
        )
        self.gru = keras.layers.GRU(
            units,
            return_sequences=True,
            use_cudnn="auto" if use_cudnn else False,
            dtype=self.dtype_policy,
            name="gru",
        )
        self.readout = keras.layers.Dense(
            width, activation="tanh", dtype=self.dtype_policy, name="readout"
        )

    def build(self, x_shape: tuple, state_shape: tuple) -> None:
        batch, width = x_shape[0], x_shape[-1]
        memory_shape = tuple(state_shape[2])
        if self.wiring == "bahdanau":
            gru_width = width + memory_shape[-1]
            readout_width = self.units + width + memory_shape[-1]
        else:
            gru_width = width + (self.width if self.input_feeding else 0)
            readout_width = memory_shape[-1] + self.units
        self.gru.build((batch, None, gru_width))
        self.readout.build((batch, readout_width))
        if not self.attention.built:
            self.attention.build((batch, 1, self.units), memory_shape)
        self.built = True

    def start(self, final: Any, memory: Any, memory_mask: Any) -> AttentionState:
        """The state before the first target token.

        Args:
            final: The encoder's final state, float `[b, u]`.
            memory: The encoder's memory, float `[b, s, m]`.
            memory_mask: Boolean `[b, 1, s]`, `True` = keep.
        """
        final = ops.convert_to_tensor(final)
        nothing = ops.zeros((ops.shape(final)[0], self.width), self.compute_dtype)
        return AttentionState(final, nothing, memory, memory_mask)

    def call(
        self,
        x: Any,
        state: Any,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        x = self.input_dropout(x, training=training)
        if self.wiring == "luong" and not self.input_feeding:
            hidden = self.gru(x, initial_state=state.hidden)
            context, weights = self._attend(hidden, state, training)
            output = self._output(hidden, x, context)
        else:
            output, weights = self._recur(x, state, return_weights, training)
        output = self.output_dropout(output, training=training)
        return (output, weights) if return_weights else output

    def _recur(self, x, state, return_weights, training):
        # Once for all positions: what they share in the forward pass a compiler merges,
        # but not the gradients.
        project = getattr(self.attention, "project_key", None)
        key = None if project is None else project(state.memory)
        if x.shape[1] is not None:
            return self._unroll(x, state, training, key)
        if return_weights:
            raise ValueError(
                f"attention weights of wiring={self.wiring!r} need a target of static "
                f"length, got a target of shape {tuple(x.shape)}"
            )

        def step(token, state):
            return self._advance(token, state, training, key)[:2]

        return recur(step, x, state), None

    def _unroll(self, x, state, training, key):
        outputs, weights = [], []
        for position in range(x.shape[1]):
            output, state, row = self._advance(x[:, position], state, training, key)
            outputs.append(output)
            weights.append(row)
        return ops.stack(outputs, axis=1), ops.stack(weights, axis=1)

    def step(self, x: Any, state: AttentionState) -> tuple[Any, Any]:
        """One more target position, without dropout.

        Args:
            x: The embedded token, float `[b, e]`.
            state: What `start` or the step before returned.

        Returns:
            The output, float `[b, e]`, and the new state.
        """
        output, state, _ = self._advance(x, state, training=False)
        return output, state

    def _advance(self, x, state, training, key=None):
        """The equations of the class, for one position."""
        if self.wiring == "bahdanau":
            context, weights = self._look(state.hidden, state, training, key)
            cell_input = ops.concatenate([x, context], axis=-1)
            hidden, _ = self.gru.cell(cell_input, state.hidden)
        else:
            fed = ops.concatenate([x, state.output], -1) if self.input_feeding else x
            hidden, _ = self.gru.cell(fed, state.hidden)
            context, weights = self._look(hidden, state, training, key)
        output = self._output(hidden, x, context)
        return output, state._replace(hidden=hidden, output=output), weights

    def _look(self, query, state, training, key):
        """One query `[b, u]` to its context `[b, m]` and weights `[b, s]`."""
        query = ops.expand_dims(query, 1)
        context, weights = self._attend(query, state, training, key)
        return context[:, 0], weights[:, 0]

    def _attend(self, query, state, training, key=None):
        projected = {} if key is None else {"key": key, "key_projected": True}
        return self.attention(
            query,
            state.memory,
            **projected,
            attention_mask=state.memory_mask,
            return_weights=True,
            training=training,
        )

    def _output(self, hidden, x, context):
        seen = [context, hidden] if self.wiring == "luong" else [hidden, x, context]
        output = self.readout(ops.concatenate(seen, axis=-1))
        return ops.cast(output, self.compute_dtype)  # as in the encoder

    def compute_output_shape(
        self, x_shape: tuple, state_shape: tuple | None = None
    ) -> Any:
        return (*x_shape[:-1], self.width)

    def compute_output_spec(
        self,
        x: Any,
        state: Any,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        shape = (*x.shape[:-1], state.memory.shape[1])
        output = keras.KerasTensor((*x.shape[:-1], self.width), self.compute_dtype)
        if not return_weights:
            return output
        return output, keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            units=self.units,
            width=self.width,
            attention=keras.saving.serialize_keras_object(self.attention),
            wiring=self.wiring,
            input_feeding=self.input_feeding,
            dropout=self.dropout,
            use_cudnn=self.use_cudnn,
            seed=self.seed,
        )
        return config | adaptations(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        attention = keras.saving.deserialize_keras_object(config["attention"])
        return adapt(cls, {**config, "attention": attention})
