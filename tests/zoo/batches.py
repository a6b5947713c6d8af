import numpy as np

from keras_transformer.training import LengthBuckets, PackedRows
from zoo import mutant, sound

SENTENCES = [[7], [3, 4, 5], [6, 3], [8, 4], [5], [9, 9, 3], [4, 6]]


class Pairs(LengthBuckets):
    """Seven pairs; a mutant changes what comes out."""

    def __init__(self):
        super().__init__(SENTENCES, SENTENCES, lengths=(3, 5), batch_tokens=6)


class Rows(PackedRows):
    """The same sentences, several in a row."""

    def __init__(self):
        super().__init__(SENTENCES, length=6, batch_tokens=12)


sound("buckets of pairs", like="LengthBuckets")(Pairs)
sound("packed sentences", like="PackedRows")(Rows)


@mutant("the labels are what is read, not what comes next", like="LengthBuckets")
class Unshifted(Pairs):
    def batch(self, epoch, index):
        inputs, _ = super().batch(epoch, index)
        target = inputs["target"]
        return inputs, np.where(target == 1, 0, target)


@mutant("the end is no label: nothing teaches to stop", like="LengthBuckets")
class NeverEnds(Pairs):
    def batch(self, epoch, index):
        inputs, labels = super().batch(epoch, index)
        return inputs, np.where(labels == 2, 0, labels)


@mutant("what is left over at the end of an epoch is dropped", like="LengthBuckets")
class RestDropped(Pairs):
    def order(self, epoch):
        return [
            (length, pairs[: 6 // length] if len(pairs) == 6 // length else pairs[:0])
            for length, pairs in super().order(epoch)
        ]


@mutant("packed: the label of a last token is the next one's start", like="PackedRows")
class IntoTheNext(Rows):
    def batch(self, epoch, index):
        inputs, labels = super().batch(epoch, index)
        following = np.roll(inputs["ids"], -1, axis=1)
        return inputs, np.where((labels == 2) & (following == 1), 1, labels)


@mutant("packed: all sentences of a row have one number", like="PackedRows")
class OneSegment(Rows):
    def batch(self, epoch, index):
        inputs, labels = super().batch(epoch, index)
        return {**inputs, "segments": np.minimum(inputs["segments"], 1)}, labels
