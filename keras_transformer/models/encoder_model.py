"""Models of an encoder alone: hidden tokens guessed, sentences classified.

Axes: `b` batch, `t` position, `w` width, `v` vocabulary, `c` class.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.masks import without_padding
from keras_transformer.models.nested import deserialized, serialized
from keras_transformer.models.segments import unpacked
from keras_transformer.randomness.dropout import Dropout
from keras_transformer.tokens.reserved import PADDING

POOLINGS = ("mean", "first")


def require_both_ways(backbone: Any) -> None:
    """Refuse a backbone that does not look ahead.

    Raises:
        ValueError: If it is causal.
    """
    if backbone.causal:
        raise ValueError("an encoder sees both ways, got a backbone with causal=True")


@keras.saving.register_keras_serializable(package="keras_transformer")
class MaskedLanguageModel(keras.Model):
    """An encoder that guesses the tokens which `MaskedTokens` has hidden.

    Args:
        backbone: A `Backbone`, not causal. A `Classifier` goes on from it:
            `Classifier(model.backbone, classes=2)`.

    Call arguments:
        inputs: Token ids, integers `[b, t]`, 0 = padding; or a dict of `"ids"` and,
            with several sentences in a row, of `"segments"`, see `PackedRows`.

    Returns:
        Logits `[b, t, v]`: position `t` says which token stood there.

    Masking:
        As in its backbone.

    Raises:
        ValueError: If the backbone is causal.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.models import Backbone
        >>> model = MaskedLanguageModel(Backbone(11, 8, 1, 2, 16))
        >>> tuple(model(np.array([[1, 4, 10, 0]])).shape)
        (1, 4, 11)

    Source: Devlin et al. 2019, section 3.1.
    """

    def __init__(self, backbone: Any, **kwargs: Any):
        require_both_ways(backbone)
        super().__init__(**kwargs)
        self.backbone = backbone

    def build(self, input_shape: Any = None) -> None:
        if not self.backbone.built:
            self.backbone.build((None, None))
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = self.backbone(*unpacked(inputs), training=training)
        return self.backbone.logits(x)

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        shape = (*unpacked(inputs)[0].shape, self.backbone.vocabulary)
        return keras.KerasTensor(shape, self.backbone.embedding.reverse_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "backbone": serialized(self.backbone)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{**config, "backbone": deserialized(config["backbone"])})


@keras.saving.register_keras_serializable(package="keras_transformer")
class Classifier(keras.Model):
    """An encoder whose vectors become one for the sentence, and that one a class.

    Args:
        backbone: A `Backbone`, not causal, fresh or trained.
        classes: Number of classes, `c`.
        pooling: `"mean"` of all real tokens, or the `"first"` of them, such as the
            start token.
        dropout: Dropout on the pooled vector.
        seed: Seed of this dropout.

    Call arguments:
        inputs: Token ids, integers `[b, t]`, 0 = padding.

    Returns:
        Logits `[b, c]`, in float32.

    Masking:
        Padding is hidden in the backbone, and takes no part in the mean. A row of
        padding only has a mean of 0.

    Raises:
        ValueError: If the backbone is causal, or the pooling unknown.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.models import Backbone
        >>> model = Classifier(Backbone(11, 8, 1, 2, 16), classes=3)
        >>> tuple(model(np.array([[1, 4, 5, 0]])).shape)
        (1, 3)

    Source: Devlin et al. 2019, section 3.2.
    """

    def __init__(
        self,
        backbone: Any,
        classes: int,
        pooling: str = "mean",
        dropout: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ):
        require_both_ways(backbone)
        if pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {POOLINGS}, got {pooling!r}")
        super().__init__(**kwargs)
        self.backbone = backbone
        self.classes = classes
        self.pooling = pooling
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self.output_dropout = Dropout(
            dropout, seed=seed, dtype=policy, name="output_dropout"
        )
        self.output_projection = keras.layers.Dense(
            classes, dtype="float32", name="output"
        )

    def build(self, input_shape: Any = None) -> None:
        if not self.backbone.built:
            self.backbone.build((None, None))
        self.output_projection.build((None, self.backbone.width))
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        pooled = self.pool(self.backbone(inputs, training=training), inputs)
        return self.output_projection(self.output_dropout(pooled, training=training))

    def pool(self, x: Any, ids: Any) -> Any:
        """One vector a sentence, float32 `[b, w]`.

        Args:
            x: What the backbone made, float `[b, t, w]`.
            ids: Token ids, integers `[b, t]`.
        """
        x = ops.cast(x, "float32")
        if self.pooling == "first":
            return x[:, 0]
        kept = ops.not_equal(ids, PADDING)
        count = ops.sum(ops.cast(kept, "float32"), axis=1, keepdims=True)
        return ops.sum(without_padding(x, kept), axis=1) / ops.maximum(count, 1.0)

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        return keras.KerasTensor((inputs.shape[0], self.classes), "float32")

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            backbone=serialized(self.backbone),
            classes=self.classes,
            pooling=self.pooling,
            dropout=self.dropout,
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{**config, "backbone": deserialized(config["backbone"])})
