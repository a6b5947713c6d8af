"""The command `export`."""

import dataclasses
import pathlib
import typing

import tyro

from keras_transformer.cli.say import say


@dataclasses.dataclass(frozen=True)
class Export:
    """Write a trained translator for other programs, into a new folder.

    `ctranslate2` is for an engine in C++ that is quick on processors, `onnx` and
    `litert` for engines of many machines and devices, which are given token ids,
    `savedmodel` for TensorFlow, from text to text, `keras` the model as one file of
    Keras. What a form cannot express is refused before anything is written.
    """

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    to: typing.Literal["ctranslate2", "onnx", "litert", "savedmodel", "keras"]
    """The form."""
    out: pathlib.Path | None = None
    """The new folder; by default beside the translator's, FOLDER-FORM."""
    quantization: (
        typing.Literal["float32", "float16", "bfloat16", "int16", "int8"] | None
    ) = None
    """In what numbers ctranslate2 keeps the weights; float32 by default."""

    def run(self) -> None:
        """Export."""
        from keras_transformer.translation.exports.export import export

        written = export(self.folder, self.to, self.out, self.quantization)
        say(f"{written} written")
