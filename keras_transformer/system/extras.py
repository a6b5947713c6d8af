"""Extras: what a room needs beyond Keras and NumPy, asked for when it is imported."""

import importlib.util

DISTRIBUTION = "keras-transformer-course"


class MissingExtra(ModuleNotFoundError):  # noqa: N818 a message for users, not a fault
    """A room was imported whose extra is not installed."""


def needs(room: str, extra: str, *modules: str) -> None:
    """Say in one line which extra to install, if one of its modules is missing.

    Args:
        room: Who asks, its `__name__`.
        extra: The extra, as `pyproject.toml` calls it.
        modules: What is imported from it.

    Raises:
        MissingExtra: If a module is not installed.

    Example:
        >>> needs("keras_transformer.plots", "plots", "a_picture_library")
        Traceback (most recent call last):
            ...
        keras_transformer.system.extras.MissingExtra: keras_transformer.plots needs \
the extra plots: pip install 'keras-transformer-course[plots]'
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(
                f"{room} needs the extra {extra}: "
                f"pip install '{DISTRIBUTION}[{extra}]'",
                name=module,
            )
