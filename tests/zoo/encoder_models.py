from keras import ops

from keras_transformer.models import Backbone, Classifier, MaskedLanguageModel
from zoo import mutant
from zoo.models import tied_by_copy

SIZES = {"width": 12, "num_layers": 1, "num_heads": 6, "hidden_width": 17}


class Sentiment(Classifier):
    """A small classifier; each mutant replaces one step.

    It is sound: the tests of encoders ask one with these options everything.
    """

    def __init__(self, backbone=None, classes=3, dropout=0.0, **kwargs):
        backbone = backbone or Backbone(13, **SIZES, dropout=0.0)
        super().__init__(backbone, classes, dropout=dropout, **kwargs)


class Guesser(MaskedLanguageModel):
    """A small model of hidden tokens; it is sound, likewise."""

    options = {}  # noqa: RUF012 - only read

    def __init__(self, backbone=None, **kwargs):
        options = {**SIZES, "dropout": 0.0, **self.options}
        super().__init__(backbone or Backbone(13, **options), **kwargs)


def classifier(name):
    return mutant(name, like="Classifier")


def guesser(name):
    return mutant(name, like="MaskedLanguageModel")


@classifier("one answer for the whole batch")
class MeanOfTheBatch(Sentiment):
    def call(self, inputs, training=None):
        made = super().call(inputs, training=training)
        return ops.mean(made, axis=0, keepdims=True)


@classifier("padding takes part in the mean")
class MeanOfAll(Sentiment):
    def pool(self, x, ids):
        return ops.mean(x, axis=1)


@classifier("the sum of the real tokens divided by the length of the row")
class DividedByTheRow(Sentiment):
    def pool(self, x, ids):
        return super().pool(x, ids) * ops.mean(
            ops.cast(ids != 0, "float32"), axis=1, keepdims=True
        )


@classifier("pooled from the last position, which may be padding")
class LastPosition(Sentiment):
    def pool(self, x, ids):
        return x[:, -1]


@classifier("the encoder sees padding")
class PaddingSeen(Sentiment):
    def call(self, inputs, training=None):
        x = self.backbone.stack(self.backbone.embed(inputs, 0, training))
        return self.output_projection(self.pool(x, inputs))


@classifier("an average of embeddings: no order")
class BagOfWords(Sentiment):
    def call(self, inputs, training=None):
        x = self.backbone.embedding(inputs)
        return self.output_projection(self.pool(x, inputs))


@classifier("the encoder is not told of training: its dropout never drops")
class EncoderNeverDrops(Sentiment):
    def call(self, inputs, training=None):
        pooled = self.pool(self.backbone(inputs, training=False), inputs)
        return self.output_projection(self.output_dropout(pooled, training=training))


@guesser("a causal mask in an encoder: nothing to the right is seen")
class OneWay(Guesser):
    def call(self, inputs, training=None):
        self.backbone.causal = True
        made = super().call(inputs, training=training)
        self.backbone.causal = False
        return made


@guesser("an encoder whose packed sentences see each other")
class RowSeen(Guesser):
    def call(self, inputs, training=None):
        ids = inputs["ids"] if isinstance(inputs, dict) else inputs
        return super().call(ids, training=training)


@guesser("the way back to the vocabulary tied by copying the embedding once")
class TiedByCopy(Guesser):
    options = {"tie_output": False}  # noqa: RUF012 - only read

    def build(self, input_shape=None):
        super().build(input_shape)
        tied_by_copy(self.backbone.embedding)
