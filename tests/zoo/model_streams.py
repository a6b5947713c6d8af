from keras import ops

from keras_transformer.masks import causal_mask, padding_mask
from zoo.models import Small, model


@model("root of the width times embedding and position together")
class ScaledTogether(Small):
    def _embed_target(self, target, offset=0, training=None):
        root = self.width**0.5
        x = self.target_positions(self.target_embedding(target), offset=offset)
        return root * x


@model("no normalisation after the last block of a pre-norm decoder")
class DecoderNotNormalised(Small):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.decoder.final_norm = None


@model("a causal mask in the encoder: no word reads what comes after it")
class CausalEncoder(Small):
    def encode(self, source, training=None, **asked):
        mask = padding_mask(source)
        x = self.source_positions(12**0.5 * self.source_embedding(source))
        seen = ops.logical_and(mask, causal_mask(source.shape[1]))
        return self.encoder(x, attention_mask=seen, training=training, **asked), mask


@model("target words without positions")
class TargetWithoutPositions(Small):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.target_positions = None


@model("the weights of the last layer are shown first")
class LastLayerFirst(Small):
    def attention_weights(self, inputs):
        shown = super().attention_weights(inputs)
        return shown._replace(cross=ops.flip(shown.cross, axis=1))
