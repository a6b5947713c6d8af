"""Layers of other packages, called as the laws call: by role, with masks that keep.

A plain function, and a layer that is called like one of Keras's, need none of these.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_transformer.laws.answers import NotApplicable


class _Adapted(keras.layers.Layer):
    """A layer around one of another package, which it makes when the widths are known.

    Args:
        make: Makes the inner layer, from the shapes that `build` gets and the options.
        options: What it is made with besides; an option is in the config, so that a law
            may ask with another.
    """

    def __init__(
        self,
        make: Callable,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
        **options: Any,
    ):
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self.make = make
        self.options = options
        for option, value in options.items():
            if not hasattr(self, option):
                setattr(self, option, value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "make": self.make, **self.options}


class AdaptedAttention(_Adapted):
    """Attention, or several heads: `(query, value, key, mask) → context, weights`."""

    def build(
        self, query_shape: tuple, value_shape: tuple, key_shape: tuple | None = None
    ) -> None:
        shapes = query_shape, value_shape, key_shape or value_shape
        self.inner = self.make(*(shape[-1] for shape in shapes), **self.options)
        self.module = getattr(self.inner, "wrapped", None)  # whose weights are ours
        self.built = True

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        attention_mask: Any = None,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        key = value if key is None else key
        made, weights = self.inner(query, value, key, attention_mask, training)
        return (made, weights) if return_weights else made


class AdaptedEncoder(_Adapted):
    """An encoder block: `(x, mask) → x`."""

    def build(self, x_shape: tuple) -> None:
        self.width = x_shape[-1]
        self.inner = self.make(**self.options)
        self.inner.build(x_shape)
        self.built = True

    def call(
        self, x: Any, attention_mask: Any = None, training: bool | None = None
    ) -> Any:
        return self.inner(
            x, attention_mask=_square(attention_mask, x, x), training=training
        )


class AdaptedDecoder(_Adapted):
    """A decoder block: `(x, memory, masks) → x`."""

    def build(self, x_shape: tuple, memory_shape: tuple) -> None:
        self.width = x_shape[-1]
        self.inner = self.make(**self.options)
        self.inner.build(x_shape, memory_shape)
        self.built = True

    def call(
        self,
        x: Any,
        memory: Any,
        attention_mask: Any = None,
        cross_attention_mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        return self.inner(
            x,
            memory,
            decoder_attention_mask=_square(attention_mask, x, x),
            encoder_attention_mask=_square(cross_attention_mask, x, memory),
            use_causal_mask=False,
            training=training,
        )


def _square(mask, x, y):
    """A mask with every axis written out, `[b, t, s]`."""
    if mask is None:
        return None
    mask = ops.convert_to_tensor(mask)
    return ops.broadcast_to(mask, (x.shape[0], x.shape[1], y.shape[1]))


def listed(layer: Any) -> Callable:
    """`keras.layers.Attention` and `AdditiveAttention`, which take their inputs listed.

    They mask by whole keys only: of another mask no law can ask.

    Args:
        layer: The layer.
    """

    def attend(query, value, key=None, attention_mask=None, return_weights=False):
        key, mask = value if key is None else key, None
        if attention_mask is not None:
            if attention_mask.shape[1] != 1:
                raise NotApplicable("it takes no mask with an axis of queries")
            shape = (len(query), value.shape[1])
            mask = [None, ops.broadcast_to(attention_mask[:, 0], shape)]
        asked = {"return_attention_scores": True} if return_weights else {}
        return layer([query, value, key], mask=mask, **asked)

    return attend


def torch_attention(make: Callable, **options: Any) -> AdaptedAttention:
    """`torch.nn.MultiheadAttention`, or a module that is called like it.

    Args:
        make: Makes a module, from the widths of query, value and key and the options.
        options: Such as `dropout`.

    Raises:
        ValueError: If Keras runs on another backend: there it has no gradients.
    """
    if keras.backend.backend() != "torch":
        raise ValueError(
            "a torch.nn.Module is judged with KERAS_BACKEND=torch, "
            f"got {keras.backend.backend()}"
        )

    def made(query, value, key, **asked):
        module = make(query, value, key, **asked)
        wrapped = keras.layers.TorchModuleWrapper(module)

        def attend(query, value, key, mask, training):
            module.train(bool(training))
            hidden = None
            if mask is not None:
                heads = module.num_heads
                hidden = ops.logical_not(_square(mask, query, value))
                hidden = ops.repeat(hidden, heads, axis=0)
            return module(
                *(ops.convert_to_tensor(x) for x in (query, key, value)),
                attn_mask=hidden,
                average_attn_weights=False,
            )

        attend.wrapped = wrapped
        return attend

    return AdaptedAttention(made, **options)
