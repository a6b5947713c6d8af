"""A language model: what comes next, from what there is.

Axes: `b` batch, `k` hypotheses of a prompt, `n = b·k` rows, `t` position, `s` position
in a prompt, `v` vocabulary, `h` head.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.models.nested import deserialized, serialized
from keras_transformer.models.prompts import prefill, prompts
from keras_transformer.models.segments import unpacked
from keras_transformer.models.state import LanguageModelState


@keras.saving.register_keras_serializable(package="keras_transformer")
class LanguageModel(keras.Model):
    """A decoder alone: each position predicts the next token.

    It decodes with every method of `decoding`, from a prompt in the place of a source:
    `BatchDecoder(model, Sample(top_p=0.9))([[START, 5, 6]])` returns what follows.

    Args:
        backbone: A causal `Backbone`.

    Call arguments:
        inputs: Token ids, integers `[b, t]`, 0 = padding, each row begun by the start
            token; or a dict of `"ids"` and, with several sentences in a row, of
            `"segments"`, see `PackedRows`.

    Returns:
        Logits `[b, t, v]`: position `t` predicts the token after `ids[t]`.

    Masking:
        As in its backbone.

    Raises:
        ValueError: If the backbone is not causal.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.models import Backbone
        >>> model = LanguageModel(Backbone(11, 8, 1, 2, 16, causal=True))
        >>> tuple(model(np.array([[1, 4, 5, 0]])).shape)
        (1, 4, 11)

    Source: Radford et al. 2018; Liu et al. 2018, section 4.2.3.
    """

    def __init__(self, backbone: Any, **kwargs: Any):
        if not backbone.causal:
            raise ValueError(
                "a language model needs a causal backbone, got causal=False"
            )
        super().__init__(**kwargs)
        self.backbone = backbone

    def build(self, input_shape: Any = None) -> None:
        if not self.backbone.built:
            self.backbone.build((None, None))
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = self.backbone(*unpacked(inputs), training=training)
        return self.backbone.logits(x)

    def start(self, source: Any, max_length: int) -> LanguageModelState:
        """The state before the first token after the prompts, read in one pass.

        Args:
            source: Prompts, integers `[b, s]`, each begun by the start token, padding
                at the end. An end token that closes a prompt is not read.
            max_length: How many tokens the state has room for, the prompts not
                counted.

        Raises:
            ValueError: If learned positions end before the prompts and `max_length`.
        """
        longest, room = source.shape[1], self.backbone.max_length
        learned = self.backbone.positions == "learned" and longest is not None
        if learned and longest - 1 + max_length > room:
            raise ValueError(
                f"learned positions end at max_length={room}, got prompts of length "
                f"{longest} and max_length={max_length} to decode"
            )
        found = prompts(source)
        past = prefill(self.backbone, found, max_length)
        position = ops.full_like(found.last, ops.shape(found.read)[1])
        return LanguageModelState(position, past, found.padding, found.last)

    def step(self, tokens: Any, state: LanguageModelState) -> tuple[Any, Any]:
        """One more token.

        Args:
            tokens: The last token of each hypothesis, integers `[n]`. The first step
                reads the end of the prompts instead, which `start` has left over.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[n, v]`, and the new state.
        """
        position, left = state.position[0], state.left
        tokens = ops.where(left > 0, left, ops.cast(tokens, "int32"))
        offset = ops.expand_dims(position - state.of_rows(state.padding), 1)
        x = self.backbone.embed(ops.expand_dims(tokens, 1), offset, training=False)
        x, past = self.backbone.stack.step(
            x, state.past, position, own_past=state.own_past()
        )
        after = {"position": state.position + 1, "left": ops.zeros_like(left)}
        return self.backbone.logits(x)[:, 0], state._replace(past=past, **after)

    def attention_weights(self, inputs: Any) -> Any:
        """Every attention weight of one pass, float `[b, layers, h, t, t]`.

        Args:
            inputs: As in a call.
        """
        return self.backbone.attention_weights(*unpacked(inputs))

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        shape = (*unpacked(inputs)[0].shape, self.backbone.vocabulary)
        return keras.KerasTensor(shape, self.backbone.embedding.reverse_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "backbone": serialized(self.backbone)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{**config, "backbone": deserialized(config["backbone"])})
