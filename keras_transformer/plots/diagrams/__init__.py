"""Drawings of the machines that the lessons build: boxes, arrows, shapes."""

from keras_transformer.plots.diagrams.attention_steps import attention_steps
from keras_transformer.plots.diagrams.flow import flow
from keras_transformer.plots.diagrams.heads import heads
from keras_transformer.plots.diagrams.recurrent import recurrent_encoder_decoder
from keras_transformer.plots.diagrams.transformer import transformer
from keras_transformer.plots.diagrams.transformer_block import transformer_block

__all__ = [
    "attention_steps",
    "flow",
    "heads",
    "recurrent_encoder_decoder",
    "transformer",
    "transformer_block",
]
