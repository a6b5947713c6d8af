"""Masks as rules: arrays only where somebody needs one, combined with `&`.

Axes: `b` batch, `h` head, `t` query position, `s` key position. `True` = keep.
"""

import dataclasses
from typing import Any

import keras
from keras import ops

from keras_transformer.masks.arrays import require_boolean

rule = dataclasses.dataclass(frozen=True, eq=False)


class Mask:
    """A rule of what a query may see; `&` keeps what both sides keep.

    It goes wherever an `attention_mask` goes, alone or with arrays:
    `CausalMask() & WindowMask(4)`, `LengthMask(lengths) & array`.
    """

    __array_ufunc__ = None  # so that `array & mask` is asked of the mask

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """The rule as an array.

        Args:
            query_length: Number of queries, `t`, an integer or integer scalar tensor.
            key_length: Number of keys, `s`, likewise.
            offset: Position of the first query among the keys, likewise; by default
                the last query stands on the last key.

        Returns:
            Boolean `[b, t, s]`, each axis possibly 1; with a mask for each head among
            its parts `[b, h, t, s]`.
        """
        raise NotImplementedError

    def __and__(self, other: Any) -> "Mask":
        return combine_masks(self, other)

    def __rand__(self, other: Any) -> "Mask":
        return combine_masks(other, self)

    def get_config(self) -> dict[str, Any]:
        """The arguments, as plain data."""
        names = [field.name for field in dataclasses.fields(self)]
        return {n: keras.saving.serialize_keras_object(getattr(self, n)) for n in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Mask":
        """The mask that `get_config` described."""
        restored = keras.saving.deserialize_keras_object
        return cls(**{name: restored(value) for name, value in config.items()})


@keras.saving.register_keras_serializable(package="keras_transformer")
@rule
class AllOf(Mask):
    """What every part keeps; made by `&` and `combine_masks`.

    Args:
        parts: Masks, and boolean arrays `[t, s]`, `[b, t, s]` or `[b, h, t, s]`.
    """

    parts: tuple

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """As of `Mask`."""
        lengths = (query_length, key_length, offset)
        made = [m.array(*lengths) if isinstance(m, Mask) else m for m in self.parts]
        if any(len(mask.shape) == 4 for mask in made):
            made = [ops.expand_dims(m, 1) if len(m.shape) == 3 else m for m in made]
        return combine_masks(*made)


def combine_masks(*masks: Any) -> Any:
    """Keep what every mask keeps.

    Args:
        *masks: Boolean masks that broadcast against each other, or rules; `None` hides
            nothing.

    Returns:
        The logical and of the masks, a rule if one of them is a rule; `None` if all of
        them are `None`.

    Raises:
        ValueError: If a mask is not boolean. An additive mask of zeros and large
            negative numbers would otherwise be read upside down.
    """
    given = [mask for mask in masks if mask is not None]
    for mask in given:
        if not isinstance(mask, Mask):
            require_boolean(mask)
    if len(given) > 1 and any(isinstance(mask, Mask) for mask in given):
        return AllOf(tuple(given))
    combined = None
    for mask in given:
        combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined
