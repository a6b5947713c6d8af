import numpy as np
from keras import ops

from keras_transformer.masks import (
    CausalMask,
    LengthMask,
    PrefixMask,
    SegmentMask,
    WindowMask,
)
from zoo import mutant

LENGTHS = LengthMask(np.array([0, 3, 7]))
SEGMENTS = SegmentMask(np.array([[1, 1, 1, 2, 3, 3, 0], [1, 2, 2, 2, 2, 2, 2]]))


class Rule:
    """Each mutant is a rule with another array."""

    def array(self, query_length, key_length, offset=None):
        offset = key_length - query_length if offset is None else offset
        query = ops.expand_dims(ops.arange(query_length) + offset, 1)
        return self.keeps(query, ops.arange(key_length))[None]


@mutant("causal rule: a part of the queries counts from 0", like=CausalMask())
class CountsFromZero(CausalMask):
    def array(self, query_length, key_length, offset=None):
        return super().array(query_length, key_length, 0)


@mutant("window: it is as wide as it says in all, not on each side", like=WindowMask(2))
class AsWideInAll(Rule):
    def keeps(self, query, key):
        return ops.abs(key - query) <= 1


@mutant("window: the last key inside is hidden", like=WindowMask(2))
class OneShort(Rule):
    def keeps(self, query, key):
        return ops.abs(key - query) < 2


@mutant("window: nothing after the query, though asked for", like=WindowMask(0, 3))
class OnlyThePast(Rule):
    def keeps(self, query, key):
        return ops.logical_and(key <= query, key >= query - 3)


@mutant("prefix: beyond it everything is seen", like=PrefixMask(3))
class NoPastBeyond(Rule):
    def keeps(self, query, key):
        return ops.logical_or(key < 3, query >= 3)


@mutant("prefix: one key too many", like=PrefixMask(3))
class OneTooMany(Rule):
    def keeps(self, query, key):
        return ops.logical_or(key <= 3, key <= query)


@mutant("prefix: seen by what stands in it only", like=PrefixMask(3))
class ForgottenBeyond(Rule):
    def keeps(self, query, key):
        return ops.where(query < 3, key < 3, ops.logical_and(key >= 3, key <= query))


@mutant("segments: padding sees padding", like=SEGMENTS)
class PaddingIsASentence:
    def array(self, *lengths):
        return SegmentMask(SEGMENTS.query + 1).array(*lengths)


@mutant("segments: a sentence sees all that came before it", like=SEGMENTS)
class EarlierSentencesToo(SegmentMask):
    def __init__(self):
        super().__init__(SEGMENTS.query)

    def array(self, *lengths):
        query = ops.expand_dims(ops.convert_to_tensor(self.query), 2)[:, -lengths[0] :]
        key = ops.expand_dims(ops.convert_to_tensor(self.query), 1)
        return ops.logical_and(query >= key, key != 0)


@mutant("lengths: the key after the last one is seen", like=LENGTHS)
class OneBeyond:
    def array(self, *lengths):
        return LengthMask(LENGTHS.lengths + 1).array(*lengths)


@mutant("lengths: counted from the end, as if padding stood in front", like=LENGTHS)
class FromTheEnd(LengthMask):
    def __init__(self):
        super().__init__(LENGTHS.lengths)

    def array(self, *lengths):
        return ops.flip(super().array(*lengths), axis=-1)


@mutant("a rule of 0 and 1", like=LENGTHS)
class NotBoolean(FromTheEnd):
    def array(self, *lengths):
        return ops.cast(LENGTHS.array(*lengths), "float32")
