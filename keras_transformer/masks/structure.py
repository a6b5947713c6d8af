"""Masks as rules: arrays only where somebody needs one, combined with `&`.

Axes: `b` batch, `h` head, `t` query position, `s` key position. `True` = keep.
"""

import dataclasses
from typing import Any

import keras
from keras import ops

from keras_transformer.masks.arrays import require_boolean

rule = dataclasses.dataclass(frozen=True, eq=False)
PAIRS_AT_ONCE = 2**22  # of query and key: 4 MB of truth values


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

    def shape_of_array(self, query_length: int, key_length: int) -> tuple | None:
        """Shape of the array, before it is made.

        Args:
            query_length: Number of queries, `t`.
            key_length: Number of keys, `s`.

        Returns:
            `(b, t, s)`, each possibly 1, and `b` `None` where it is not known;
            `None`, of a rule that says nothing more than its array, or of each head.
        """
        return None

    def rows(self, begin: Any, count: int, query_length: int, key_length: int) -> Any:
        """The rows of some of the queries, without the array of all of them.

        The last query stands on the last key.

        Args:
            begin: The first of these queries, an integer or integer scalar tensor.
            count: How many they are, `c`; what is beyond the last query may be
                anything.
            query_length: Number of all queries, `t`.
            key_length: Number of keys, `s`.

        Returns:
            Boolean `[b, c, s]`, each axis possibly 1.
        """
        return self.array(count, key_length, begin + key_length - query_length)

    def of_sentence(self, index: Any) -> "Mask":
        """The rule for one sentence of the batch, as a batch of one.

        Args:
            index: Which, an integer scalar tensor.
        """
        return self

    def seen(self, query_length: int, key_length: int) -> Any:
        """Which keys any query sees, a few queries at a time.

        Args:
            query_length: Number of queries, `t`.
            key_length: Number of keys, `s`.

        Returns:
            Boolean `[b, s]`, the first axis possibly 1.
        """
        lengths = query_length, key_length
        batch = (self.shape_of_array(*lengths) or (1,))[0]
        count = min(query_length, max(1, PAIRS_AT_ONCE // (key_length * (batch or 1))))

        def add(block, found):
            # The last rows are looked at twice, where they do not fill a block.
            begin = ops.minimum(block * count, query_length - count)
            rows = ops.cast(self.rows(begin, count, *lengths), "int32")
            return ops.logical_or(found, ops.sum(rows, axis=1) > 0)

        found = ops.sum(ops.cast(self.rows(0, count, *lengths), "int32"), axis=1) > 0
        blocks = -(-query_length // count)
        return found if blocks == 1 else ops.fori_loop(1, blocks, add, found)

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

    def shape_of_array(self, query_length: int, key_length: int) -> tuple | None:
        """As of `Mask`.

        Raises:
            ValueError: If the parts do not broadcast.
        """
        shapes = [
            m.shape_of_array(query_length, key_length)
            if isinstance(m, Mask)
            else tuple(m.shape)
            for m in self.parts
        ]
        if any(shape is None or len(shape) not in (2, 3) for shape in shapes):
            return None
        axes = [*zip(*((1, *shape)[-3:] for shape in shapes), strict=True)]
        if any(len({n for n in lengths if n not in (1, None)}) > 1 for lengths in axes):
            raise ValueError(
                "masks that are combined must broadcast to [b, t, s], got shapes "
                + ", ".join(map(str, shapes))
            )
        return tuple(map(_longest, axes))

    def rows(self, begin: Any, count: int, query_length: int, key_length: int) -> Any:
        """As of `Mask`."""
        lengths = (query_length, key_length)
        return combine_masks(
            *(
                m.rows(begin, count, *lengths)
                if isinstance(m, Mask)
                else some_rows(m, begin, count, axis=-2)
                for m in self.parts
            )
        )

    def of_sentence(self, index: Any) -> Mask:
        """As of `Mask`."""
        return AllOf(
            tuple(
                m.of_sentence(index) if isinstance(m, Mask) else _of_one(m, index)
                for m in self.parts
            )
        )

    def seen(self, query_length: int, key_length: int) -> Any:
        """As of `Mask`."""
        lengths = (query_length, key_length)
        alike, differ = [], []  # for all queries, or not
        for part in self.parts:
            if isinstance(part, Mask):
                one = part.shape_of_array(*lengths)[1] == 1
            else:
                one = part.shape[-2] == 1
            (alike if one else differ).append(part)
        if len(differ) != 1 or not isinstance(differ[0], Mask):
            return super().seen(*lengths)
        rows = [
            part.seen(*lengths) if isinstance(part, Mask) else part[..., 0, :]
            for part in alike
        ]
        return combine_masks(differ[0].seen(*lengths), *rows)


def some_rows(x: Any, begin: Any, count: int, axis: int) -> Any:
    """Some places of an axis, the last one again where there are no more.

    Args:
        x: The array; an axis of length 1 stands for all.
        begin: The first place, an integer or integer scalar tensor.
        count: How many.
        axis: The axis.
    """
    if x.shape[axis] == 1:
        return x
    place = ops.arange(count, dtype="int32") + ops.cast(begin, "int32")
    return ops.take(x, ops.minimum(place, x.shape[axis] - 1), axis=axis)


def _of_one(x, index):
    """`[b, t, s]` of one sentence; what is the same for all stays."""
    one = len(x.shape) < 3 or x.shape[0] == 1
    return x if one else ops.expand_dims(ops.take(x, index, axis=0), 0)


def _longest(lengths):
    """What lengths broadcast to; `None` is not known."""
    beyond = [n for n in lengths if n != 1]
    return next((n for n in beyond if n is not None), beyond[0] if beyond else 1)


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
