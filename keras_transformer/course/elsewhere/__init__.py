"""The same blocks where there are no words: pictures, sound, choices."""

from keras_transformer.course.elsewhere.forecasts import forecast, next_item_gru
from keras_transformer.course.elsewhere.pictures import (
    CLASS,
    GREY,
    PIXEL_VOCABULARY,
    SCENE_VOCABULARY,
    Digits,
    Scenes,
    boxes,
    digits,
    neighbour_bits,
    overlap,
    patches,
    pixel_tokens,
    rated,
    scenes,
)
from keras_transformer.course.elsewhere.sessions import Chain, Tastes, hit_rates
from keras_transformer.course.elsewhere.windows import Windows
from keras_transformer.course.elsewhere.written import drawn, written

__all__ = [
    "CLASS",
    "GREY",
    "PIXEL_VOCABULARY",
    "SCENE_VOCABULARY",
    "Chain",
    "Digits",
    "Scenes",
    "Tastes",
    "Windows",
    "boxes",
    "digits",
    "drawn",
    "forecast",
    "hit_rates",
    "neighbour_bits",
    "next_item_gru",
    "overlap",
    "patches",
    "pixel_tokens",
    "rated",
    "scenes",
    "written",
]
