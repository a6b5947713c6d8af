"""How `masked_softmax(query · key) · value` is computed; `choose.py` says where."""

from keras_transformer.attention.kernels.fused import fused_attention
from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks

__all__ = ["attention_in_blocks", "attention_in_wide_blocks", "fused_attention"]
