"""Who decodes for a translator: Keras, or an engine in another language."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any, Literal, get_args

from keras_transformer.system.extras import needs

Engine = Literal["keras", "ctranslate2"]

EXPORTED = "model.bin"
"""The file by which an export for CTranslate2 is known."""


def is_export(folder: str | os.PathLike) -> bool:
    """Whether a folder holds an export for CTranslate2."""
    return (pathlib.Path(folder) / EXPORTED).is_file()


def require_engine(engine: str) -> None:
    """Refuse an engine that there is not, or whose extra is not installed.

    Args:
        engine: Its name.

    Raises:
        MissingExtra: If the extra is not installed.
        ValueError: If there is no such engine.
    """
    known = get_args(Engine)
    if engine not in known:
        raise ValueError(f"engine must be one of {', '.join(known)}, got {engine!r}")
    if engine == "ctranslate2":
        needs("engine ctranslate2", "ctranslate2", "ctranslate2")


def ctranslate2_engine(
    folder: str | os.PathLike,
    model: Any,
    source: Sequence[str],
    target: Sequence[str],
) -> Any:
    """The engine of an export, or of a model that it is given.

    Args:
        folder: The folder of an export.
        model: A `Transformer`; `None` reads the folder instead.
        source: The pieces of the source vocabulary.
        target: The pieces of the target vocabulary.

    Raises:
        ValueError: If the model has parts that the engine cannot express.
    """
    from keras_transformer.translation.exports.ctranslate2_engine import (
        CTranslate2Engine,
    )

    if model is None:
        return CTranslate2Engine(folder, source, target)
    return CTranslate2Engine.of(model, source, target)
