"""Layers in the config of the layer that was given them."""

from typing import Any

import keras


def serialized(layer: Any) -> dict[str, Any]:
    """A layer as plain data; `None` stays `None`.

    Args:
        layer: The layer.
    """
    return keras.saving.serialize_keras_object(layer)


def deserialized(config: dict[str, Any]) -> Any:
    """An unbuilt layer from plain data; `None` stays `None`.

    Whoever is given it builds it, so that its weights have the same paths as before.

    Args:
        config: What `serialized` made.
    """
    if isinstance(config, dict):
        config = {name: part for name, part in config.items() if name != "build_config"}
    return keras.saving.deserialize_keras_object(config)
