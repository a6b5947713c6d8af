"""From the folder of a trained translator to a folder for somebody else's program."""

import os
import pathlib
from collections.abc import Callable
from typing import Literal

import keras

from keras_transformer.system.extras import needs
from keras_transformer.system.files import new_folder, require_new, write_json
from keras_transformer.translation.run_folder import RECIPE, VERSIONS, versions
from keras_transformer.translation.tokenizer_folders import save_tokenizers
from keras_transformer.translation.translator import Translator

Format = Literal["ctranslate2", "onnx", "litert", "savedmodel", "keras"]
Quantization = Literal["float32", "float16", "bfloat16", "int16", "int8"]


def export(
    folder: str | os.PathLike,
    to: Format,
    out: str | os.PathLike | None = None,
    quantization: Quantization | None = None,
) -> pathlib.Path:
    """Write a trained translator in another form, into a new folder.

    Vocabularies, recipe and versions stand beside the model.

    Args:
        folder: The folder of a trained translator.
        to: `"ctranslate2"`, for an engine in C++; `"onnx"` and `"litert"`, the two
            steps of decoding for engines of many machines; `"savedmodel"`, for
            TensorFlow and tensorflow-text, from text to text; `"keras"`, the model as
            one file.
        out: The new folder; by default its name and the form's, beside it.
        quantization: In what numbers CTranslate2 keeps the weights; `"float32"` by
            default.

    Returns:
        The new folder.

    Raises:
        FileNotFoundError: If the folder holds no finished translator.
        MissingExtra: If an extra is not installed.
        ValueError: If the form cannot express a part of the model, or the new folder is
            there already; nothing is written then.
    """
    folder = pathlib.Path(folder)
    if quantization is not None and to != "ctranslate2":
        raise ValueError(f"quantization is for ctranslate2, got it with {to}")
    if to == "ctranslate2":
        needs("export to ctranslate2", "ctranslate2", "ctranslate2")
    if to == "onnx":
        needs("export to onnx", "onnx", "tf2onnx")
    in_tensorflow = to in ("onnx", "litert", "savedmodel")
    if in_tensorflow and keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"{to} needs the TensorFlow backend, "
            f"got KERAS_BACKEND={keras.backend.backend()}"
        )
    named = "-".join(filter(None, [folder.resolve().name, to, quantization]))
    out = folder.resolve().with_name(named) if out is None else pathlib.Path(out)
    require_new(out)
    translator = Translator.load(folder)
    write = _WRITERS[to](translator, quantization or "float32")
    with new_folder(out) as temporary:
        write(temporary)
        save_tokenizers(
            temporary, translator.source_tokenizer, translator.target_tokenizer
        )
        write_json(temporary / RECIPE, translator.recipe.to_dict())
        write_json(temporary / VERSIONS, versions())
    return out


def _ctranslate2(translator, quantization) -> Callable[[pathlib.Path], None]:
    from keras_transformer.translation.exports.ctranslate2_model import specification

    source, target = translator.source_tokenizer, translator.target_tokenizer
    pieces = source.vocabulary, target.vocabulary
    spec = specification(translator.model, *pieces, quantization)
    return lambda folder: spec.save(os.fspath(folder))


def _onnx(translator, _) -> Callable[[pathlib.Path], None]:
    from keras_transformer.translation.exports.onnx_model import onnx_models

    files = {
        f"{name}.onnx": model.SerializeToString()
        for name, model in onnx_models(translator.model).items()
    }
    return lambda folder: _write(folder, files)


def _litert(translator, _) -> Callable[[pathlib.Path], None]:
    from keras_transformer.translation.exports.litert_model import litert_model

    files = {"model.tflite": litert_model(translator.model)}
    return lambda folder: _write(folder, files)


def _write(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _saved_model(translator, _) -> Callable[[pathlib.Path], None]:
    from keras_transformer.translation.exports.saved_model import write_saved_model

    return lambda folder: write_saved_model(folder, translator)


def _keras(translator, _) -> Callable[[pathlib.Path], None]:
    return lambda folder: translator.model.save(folder / "model.keras")


_WRITERS = {
    "ctranslate2": _ctranslate2,
    "onnx": _onnx,
    "litert": _litert,
    "savedmodel": _saved_model,
    "keras": _keras,
}
