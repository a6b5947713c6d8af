"""A model for LiteRT, once TensorFlow Lite: the engine of phones and small devices."""

import re
import tempfile
from typing import Any

import keras
import tensorflow as tf

from keras_transformer.translation.exports.step_functions import (
    functions,
    require_float32,
)


def litert_model(model: Any) -> bytes:
    """One file with the signatures `start` and `step`, as in `step_functions`.

    Only operations that LiteRT itself brings are in it, none of TensorFlow's.

    Args:
        model: A built model with `start` and `step`.

    Raises:
        ValueError: If it has parts that cannot be expressed; names their operations.
    """
    require_float32(model, "LiteRT")
    archive = keras.export.ExportArchive()
    archive.track(model)
    both = functions(model)
    for name, function in both.items():
        archive.add_endpoint(name, *function)
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, list(both))
        try:
            return converter.convert()
        except Exception as error:
            # TensorFlow does not hand out the class of this error.
            if type(error).__name__ != "ConverterError":
                raise
            unknown = sorted(set(re.findall(r"'tf\.(\w+)' op", str(error))))
            raise ValueError(
                f"LiteRT has no form for model {type(model).__name__} "
                f"({', '.join(unknown)}): the model cannot be exported to it"
            ) from error
