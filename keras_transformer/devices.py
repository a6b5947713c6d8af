"""What the backend can compute on."""

import keras


def devices() -> list[str]:
    """What the backend can compute on, the accelerators if there are any.

    Returns:
        Names such as `"gpu:0"` or `"cpu:0"`.
    """
    try:
        return keras.distribution.list_devices()
    except AttributeError:  # Keras has no distribution for this backend
        return ["cpu:0"]


def accelerated() -> bool:
    """Whether the backend computes on something else than a processor."""
    return any(not name.lower().startswith("cpu") for name in devices())
