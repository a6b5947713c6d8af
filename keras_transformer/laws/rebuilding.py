"""How a candidate is built anew, with changes, and its randomness put to rest."""

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import keras

from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.roles import first_line

_OF_KERAS = ("name", "trainable", "dtype")


def config_of(given: Any) -> dict[str, Any]:
    """What `get_config` returns.

    Raises:
        NotApplicable: If there is none.
    """
    try:
        return given.get_config()
    except (AttributeError, NotImplementedError):
        raise NotApplicable("it cannot be rebuilt: it has no config") from None


def rebuilt(given: Any, config: dict[str, Any], changed: Any = ()) -> Any:
    """Another candidate, from its config.

    A constructor that takes nothing of Keras's (`name`, `dtype`) gets what it names, if
    that is plain: `def __init__(self, units)` is as good a layer as any.

    Args:
        given: The candidate.
        config: Its config, with changes.
        changed: Names of the changes, which must reach the constructor.

    Raises:
        NotApplicable: If it cannot be.
    """
    try:
        return type(given).from_config(config)
    except Exception as error:
        refused = error
    named = _named(type(given), config, changed)
    if named is not None:
        try:
            return type(given)(**named)
        except Exception as error:
            refused = error
    raise NotApplicable(
        f"it cannot be rebuilt from its config: {first_line(refused)}"
    ) from refused


def _named(kind, config, changed):
    """The part of a config that a constructor names; None if that is not enough."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    taken = {p.name for p in parameters}
    named = {name: value for name, value in config.items() if name in taken}
    own = {name: value for name, value in named.items() if name not in _OF_KERAS}
    if any(isinstance(value, dict) for value in own.values()):
        return None  # a part, written down: only from_config can read it
    return named if set(changed) <= set(named) else None


def with_value(config: Any, value: Any, *names: str) -> Any:
    """A config with one value for all arguments of these names, also in its parts."""
    if isinstance(config, list | tuple):
        return type(config)(with_value(part, value, *names) for part in config)
    if not isinstance(config, dict):
        return config
    return {
        name: value if name in names else with_value(part, value, *names)
        for name, part in config.items()
    }


def differences(config: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Names of the arguments in which two configs differ."""
    return [name for name in other if repr(other[name]) != repr(config.get(name))]


@contextlib.contextmanager
def everywhere(policy: str) -> Iterator[None]:
    """A dtype policy for all layers that are made meanwhile.

    Args:
        policy: Its name.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def noises(layer: Any) -> list[tuple[Any, str]]:
    """The layers inside that draw random numbers in training, and what says how much.

    Args:
        layer: A Keras layer; what is no layer has none.
    """
    if not isinstance(layer, keras.layers.Layer):
        return []
    found = []
    for part in layer._flatten_layers():
        for name in ("rate", "drop_rate", "stddev"):
            if isinstance(getattr(part, name, None), int | float) and any(
                word in type(part).__name__ for word in ("Drop", "Noise", "Depth")
            ):
                found.append((part, name))
    return found


def rest(layer: Any) -> Any:
    """Put every layer that draws random numbers to rest: nothing is dropped."""
    for part, name in noises(layer):
        setattr(part, name, 0.0)
    return layer
