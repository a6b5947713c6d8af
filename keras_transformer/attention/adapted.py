"""What is done to dense layers after they were made: quantisation and LoRA.

A layer that makes its own children makes them plain again when it is loaded, and what
was saved of the changed ones does not fit. So its config says how they were changed.
"""

import keras

ADAPTED = "adapted"


def adaptations(layer: keras.layers.Layer) -> dict:
    """What was done to the dense layers that a layer has as attributes.

    Args:
        layer: A layer that makes its own dense layers.

    Returns:
        An entry for its config, as plain data; nothing if nothing was done.
    """
    found = {}
    for name, part in _parts(layer):
        if not isinstance(part, keras.layers.Dense):
            continue
        if part.quantization_mode or part.lora_rank:
            config = part.get_config()
            names = ("dtype", "quantization_config", "lora_rank", "lora_alpha")
            found[name] = {key: config.get(key) for key in names}
    return {ADAPTED: found} if found else {}


def _parts(layer):
    """The attributes of a layer among which its layers are, by name."""
    # On PyTorch a layer is a module too, which keeps its layers apart.
    if hasattr(layer, "named_children"):
        return layer.named_children()
    return vars(layer).items()


def adapt(kind: type, config: dict) -> keras.layers.Layer:
    """A layer from its config, its dense layers changed as the config says.

    Args:
        kind: The layer's class.
        config: Arguments of the class, and what `adaptations` added.

    Returns:
        The layer, not built yet.
    """
    config = dict(config)
    changes = config.pop(ADAPTED, {})
    made = kind(**config)
    restored = keras.saving.deserialize_keras_object
    for name, change in changes.items():
        part = getattr(made, name)
        part.dtype_policy = restored(change["dtype"])
        part.quantization_config = restored(change["quantization_config"])
        part.lora_rank, part.lora_alpha = change["lora_rank"], change["lora_alpha"]
    return made
