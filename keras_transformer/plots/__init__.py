"""Figures and tables: arrays in, something that a notebook shows out."""

from keras_transformer.system.extras import needs

needs(__name__, "plots", "matplotlib", "PIL")

from keras_transformer.plots.attention_heads import attention_heads
from keras_transformer.plots.bars import bars
from keras_transformer.plots.curves import curves
from keras_transformer.plots.dots import dots
from keras_transformer.plots.figure import Picture
from keras_transformer.plots.glyphs import missing_glyphs
from keras_transformer.plots.heatmaps import attention_heatmap, heatmaps
from keras_transformer.plots.html_heatmap import HtmlHeatmap, html_heatmap
from keras_transformer.plots.matrix import matrix
from keras_transformer.plots.panels import panels
from keras_transformer.plots.patterns import patterns
from keras_transformer.plots.pictures import pictures
from keras_transformer.plots.scatter import scatter
from keras_transformer.plots.table import Table, table
from keras_transformer.plots.views.attention import AttentionMap, attention_view, view
from keras_transformer.plots.views.decoding import beam_view, cache_view, step_view
from keras_transformer.plots.views.rotary import rotary_view
from keras_transformer.plots.views.sampling import cut_view, softmax_view
from keras_transformer.plots.views.view import View

__all__ = [
    "AttentionMap",
    "HtmlHeatmap",
    "Picture",
    "Table",
    "View",
    "attention_heads",
    "attention_heatmap",
    "attention_view",
    "bars",
    "beam_view",
    "cache_view",
    "curves",
    "cut_view",
    "dots",
    "heatmaps",
    "html_heatmap",
    "matrix",
    "missing_glyphs",
    "panels",
    "patterns",
    "pictures",
    "rotary_view",
    "scatter",
    "softmax_view",
    "step_view",
    "table",
    "view",
]
