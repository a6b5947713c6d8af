"""What is done to matrices after they were made: quantisation and LoRA.

A layer that makes its own children makes them plain again when it is loaded, and what
was saved of the changed ones does not fit. So its config says how they were changed.
"""

from collections.abc import Iterator

import keras

ADAPTED = "adapted"
_ADAPTABLE = (keras.layers.Dense, keras.layers.Embedding)


def adaptations(layer: keras.layers.Layer) -> dict:
    """What was done to the matrices of a layer, and of the layers inside it.

    Args:
        layer: A layer that makes its own dense layers and embeddings, or layers that
            make them.

    Returns:
        An entry for its config, as plain data; nothing if nothing was done.
    """
    found = {}
    for path, part in _matrices(layer):
        if part.quantization_mode or part.lora_rank:
            config = part.get_config()
            names = ("dtype", "quantization_config", "lora_rank", "lora_alpha")
            found[path] = {key: config.get(key) for key in names}
    return {ADAPTED: found} if found else {}


def _matrices(layer, path="", met=None) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Dense layers and embeddings inside a layer, each once, by their dotted path."""
    met = set() if met is None else met
    for name, part in _parts(layer):
        below = f"{path}.{name}" if path else name
        if isinstance(part, list | tuple):
            part = dict(enumerate(part))
        if isinstance(part, dict):
            for key, each in part.items():
                yield from _matrices({key: each}, below, met)
        elif isinstance(part, keras.layers.Layer) and id(part) not in met:
            met.add(id(part))
            if isinstance(part, _ADAPTABLE):
                yield below, part
            else:
                yield from _matrices(part, below, met)


def _parts(layer):
    """The attributes of a layer among which its layers are, by name."""
    if isinstance(layer, dict):
        return list(layer.items())
    # On PyTorch a layer is a module too, which keeps its layers apart.
    modules = dict(layer.named_children()) if hasattr(layer, "named_children") else {}
    parts = {**vars(layer), **modules}
    return [pair for pair in parts.items() if not pair[0].startswith("_")]


def adapt(kind: type, config: dict) -> keras.layers.Layer:
    """A layer from its config, its matrices changed as the config says.

    Args:
        kind: The layer's class.
        config: Arguments of the class, and what `adaptations` added.

    Returns:
        The layer, not built yet.
    """
    config = dict(config)
    changes = config.pop(ADAPTED, {})
    made = kind(**config)
    parts = dict(_matrices(made)) if changes else {}
    restored = keras.saving.deserialize_keras_object
    for path, change in changes.items():
        part = parts[path]
        part.dtype_policy = restored(change["dtype"])
        part.quantization_config = restored(change["quantization_config"])
        part.lora_rank, part.lora_alpha = change["lora_rank"], change["lora_alpha"]
    return made
