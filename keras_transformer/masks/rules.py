"""Rules of what a query may see: what came before, what is near, its own sentence.

Axes: `b` batch, `t` query position, `s` key position. `True` = keep.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.masks.arrays import causal_mask, segment_mask
from keras_transformer.masks.structure import Mask, rule, some_rows


def _ahead(query_length, key_length, offset):
    """How far ahead of each query each key stands, `[1, t, s]`."""
    offset = key_length - query_length if offset is None else offset
    query = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
    key = ops.arange(key_length, dtype="int32")
    return ops.expand_dims(key - ops.expand_dims(query, 1), 0)


def _require_integers(name, numbers, axes):
    if isinstance(numbers, keras.KerasTensor):
        raise ValueError(
            f"{name} must be numbers when the rule is made, got a symbolic tensor: "
            "make the rule inside a layer, or hand over an array as the mask"
        )
    dtype = keras.backend.standardize_dtype(numbers.dtype)
    if "int" not in dtype or len(numbers.shape) != len(axes):
        raise ValueError(
            f"{name} must be integers [{', '.join(axes)}], got dtype {dtype}, shape "
            f"{tuple(numbers.shape)}"
        )


def _one(x, index):
    """What belongs to one sentence, as of a batch of one."""
    x = ops.convert_to_tensor(x)
    return x if x.shape[0] == 1 else ops.expand_dims(ops.take(x, index, axis=0), 0)


@keras.saving.register_keras_serializable(package="keras_transformer")
@rule
class CausalMask(Mask):
    """A query sees itself and what came before it.

    Example:
        >>> import numpy as np
        >>> np.asarray(CausalMask().array(2, 3)).astype(int).tolist()
        [[[1, 1, 0], [1, 1, 1]]]
    """

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """As of `Mask`, `[1, t, s]`."""
        return causal_mask(query_length, key_length, offset)

    def shape_of_array(self, query_length: int, key_length: int) -> tuple:
        """As of `Mask`."""
        return 1, query_length, key_length

    def seen(self, query_length: int, key_length: int) -> Any:
        """As of `Mask`: the last query sees what any of them sees."""
        return self.rows(query_length - 1, 1, query_length, key_length)[:, 0]


@keras.saving.register_keras_serializable(package="keras_transformer")
@rule
class WindowMask(Mask):
    """A query sees the keys near it.

    Args:
        before: How many keys before its own position it sees.
        after: How many after it; as many as before by default.

    Raises:
        ValueError: If a number is below 0.

    Example:
        >>> import numpy as np
        >>> mask = CausalMask() & WindowMask(1)
        >>> np.asarray(mask.array(3, 3)).astype(int).tolist()
        [[[1, 0, 0], [1, 1, 0], [0, 1, 1]]]

    Source: Beltagy et al. 2020, section 3.1.
    """

    before: int
    after: int | None = None

    def __post_init__(self):
        if self.before < 0 or (self.after or 0) < 0:
            raise ValueError(
                "a window has at least 0 keys on each side, got "
                f"before={self.before}, after={self.after}"
            )

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """As of `Mask`, `[1, t, s]`."""
        ahead = _ahead(query_length, key_length, offset)
        after = self.before if self.after is None else self.after
        return ops.logical_and(ahead >= -self.before, ahead <= after)

    def shape_of_array(self, query_length: int, key_length: int) -> tuple:
        """As of `Mask`."""
        return 1, query_length, key_length


@keras.saving.register_keras_serializable(package="keras_transformer")
@rule
class PrefixMask(Mask):
    """A query sees the whole prefix, and beyond it what came before, itself included.

    Args:
        lengths: Length of the prefix, an integer, or integers `[b]`.

    Raises:
        ValueError: If the lengths are no integers `[b]`.

    Example:
        >>> import numpy as np
        >>> np.asarray(PrefixMask(2).array(3, 3)).astype(int).tolist()
        [[[1, 1, 0], [1, 1, 0], [1, 1, 1]]]

    Source: Raffel et al. 2020, section 3.2.1.
    """

    lengths: Any

    def __post_init__(self):
        if not isinstance(self.lengths, int):
            _require_integers("lengths", self.lengths, ("b",))

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """As of `Mask`."""
        prefix = LengthMask(ops.reshape(self.lengths, (-1,)))
        parts = [
            m.array(query_length, key_length, offset) for m in (prefix, CausalMask())
        ]
        return ops.logical_or(*parts)

    def shape_of_array(self, query_length: int, key_length: int) -> tuple:
        """As of `Mask`."""
        alone = isinstance(self.lengths, int)
        return 1 if alone else self.lengths.shape[0], query_length, key_length

    def of_sentence(self, index: Any) -> Mask:
        """As of `Mask`."""
        alone = isinstance(self.lengths, int)
        return self if alone else PrefixMask(_one(self.lengths, index))

    def seen(self, query_length: int, key_length: int) -> Any:
        """As of `Mask`: the last query sees what any of them sees."""
        return self.rows(query_length - 1, 1, query_length, key_length)[:, 0]


@keras.saving.register_keras_serializable(package="keras_transformer")
@rule
class SegmentMask(Mask):
    """A query sees its own sentence, of several that are packed into one sequence.

    Args:
        query: Which sentence each query belongs to, integers `[b, t]`; 0 is padding,
            which sees nothing and is not seen.
        key: Likewise of the keys, `[b, s]`; the same by default.

    Raises:
        ValueError: If they are no integers of two axes.

    Example:
        >>> import numpy as np
        >>> mask = SegmentMask(np.array([[1, 1, 2, 0]]))
        >>> np.asarray(mask.array(4, 4)).astype(int).tolist()
        [[[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]]

    Source: Krell et al. 2021, section 3.2.
    """

    query: Any
    key: Any = None

    def __post_init__(self):
        for name in ("query", "key"):
            if getattr(self, name) is not None:
                axes = ("b", "t" if name == "query" else "s")
                _require_integers(name, getattr(self, name), axes)

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """As of `Mask`; a part of the queries begins at `offset`."""
        query = ops.convert_to_tensor(self.query)
        key = query if self.key is None else ops.convert_to_tensor(self.key)
        if offset is not None:
            position = ops.arange(query_length, dtype="int32")
            query = ops.take(query, position + ops.cast(offset, "int32"), axis=1)
        return segment_mask(query, key)

    def shape_of_array(self, query_length: int, key_length: int) -> tuple:
        """As of `Mask`."""
        key = self.query if self.key is None else self.key
        return (*self.query.shape, key.shape[1])

    def rows(self, begin: Any, count: int, query_length: int, key_length: int) -> Any:
        """As of `Mask`."""
        query = ops.convert_to_tensor(self.query)
        key = query if self.key is None else ops.convert_to_tensor(self.key)
        return segment_mask(some_rows(query, begin, count, axis=1), key)

    def of_sentence(self, index: Any) -> Mask:
        """As of `Mask`."""
        parts = (self.query, self.key)
        return SegmentMask(*(x if x is None else _one(x, index) for x in parts))


@keras.saving.register_keras_serializable(package="keras_transformer")
@rule
class LengthMask(Mask):
    """A query sees as many keys as there are; what follows is padding.

    Args:
        lengths: How many keys each sentence has, integers `[b]`.

    Raises:
        ValueError: If the lengths are no integers `[b]`.

    Example:
        >>> import numpy as np
        >>> np.asarray(LengthMask(np.array([1, 3])).array(2, 3)).astype(int).tolist()
        [[[1, 0, 0]], [[1, 1, 1]]]
    """

    lengths: Any

    def __post_init__(self):
        _require_integers("lengths", self.lengths, ("b",))

    def array(self, query_length: Any, key_length: Any, offset: Any = None) -> Any:
        """As of `Mask`, `[b, 1, s]`."""
        lengths = ops.expand_dims(ops.cast(self.lengths, "int32"), (1, 2))
        return ops.arange(key_length, dtype="int32") < lengths

    def shape_of_array(self, query_length: int, key_length: int) -> tuple:
        """As of `Mask`."""
        return self.lengths.shape[0], 1, key_length

    def of_sentence(self, index: Any) -> Mask:
        """As of `Mask`."""
        return LengthMask(_one(self.lengths, index))

    def seen(self, query_length: int, key_length: int) -> Any:
        """As of `Mask`."""
        return self.array(query_length, key_length)[:, 0]
