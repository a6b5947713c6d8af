"""Figures: arrays in, matplotlib Figure out."""

from keras_transformer.plots.attention import (
    attention_heads,
    attention_heatmap,
    draw_heatmap,
)

__all__ = ["attention_heads", "attention_heatmap", "draw_heatmap"]
