"""A translator in CTranslate2, to be scored fast, and the bytes that weights take."""

import pathlib
import tempfile

import keras
import numpy as np

from keras_transformer.translation.translator import Translator


def exported(
    translator: Translator,
    model: keras.Model | None = None,
    quantization: str = "float32",
) -> tuple[Translator, int]:
    """The same translator in CTranslate2, and the bytes of its weights on the disk.

    As 32-bit numbers it writes, greedily, every token that Keras writes.

    Args:
        translator: The translator: its tokenizers and its recipe.
        model: The model; by default the translator's.
        quantization: In what numbers the weights are kept.

    Raises:
        MissingExtra: If CTranslate2 is not installed.
    """
    from keras_transformer.translation.engines import require_engine

    require_engine("ctranslate2")
    from keras_transformer.translation.exports.ctranslate2_engine import (
        CTranslate2Engine,
    )
    from keras_transformer.translation.exports.ctranslate2_model import specification

    own = translator.source_tokenizer, translator.target_tokenizer
    pieces = [tokenizer.vocabulary for tokenizer in own]
    spec = specification(model or translator.model, *pieces, quantization)
    with tempfile.TemporaryDirectory() as folder:
        spec.save(folder)
        engine = CTranslate2Engine(folder, *pieces)
        size = pathlib.Path(folder, "model.bin").stat().st_size
    return Translator(None, *own, translator.recipe, engine=engine), size


def weighed(model: keras.Model) -> dict[str, int]:
    """The bytes that the weights of a model take in three forms.

    Args:
        model: A built model.

    Returns:
        `"dense"`: 32 bits a weight; `"zipped"`: the same, compressed as NumPy does;
        `"sparse"`: 32 bits for each weight that is not 0, and one bit for each that
        says whether it is.
    """
    arrays = model.get_weights()
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder, "weights.npz")
        np.savez_compressed(place, *arrays)
        zipped = place.stat().st_size
    return {
        "dense": sum(array.nbytes for array in arrays),
        "zipped": zipped,
        "sparse": sum(4 * int((a != 0).sum()) + -(-a.size // 8) for a in arrays),
    }


def saved_bytes(model: keras.Model) -> int:
    """The bytes of the file that Keras saves a model in.

    Args:
        model: A built model; an optimizer that it was compiled with is saved too.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder, "model.keras")
        model.save(place)
        return place.stat().st_size


def copied(model: keras.Model) -> keras.Model:
    """A model with the same weights, and without an optimizer.

    Args:
        model: A built model.
    """
    made = type(model).from_config(model.get_config())
    made.build()
    made.set_weights(model.get_weights())
    return made
