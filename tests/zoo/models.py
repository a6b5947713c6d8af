import keras
import numpy as np
from keras import ops

from keras_transformer.attention.cache import write
from keras_transformer.masks import causal_mask, padding_mask
from keras_transformer.models import Transformer
from zoo import mutant, sound


class Small(Transformer):
    """A small Transformer; each mutant replaces one step.

    It is sound: the tests of the laws ask a Transformer with these options everything.
    """

    def __init__(self, **kwargs):
        options = {
            "source_vocabulary": 11,
            "target_vocabulary": 13,
            "width": 12,
            "num_layers": 1,
            "num_heads": 6,
            "hidden_width": 17,
            "dropout": 0.0,
        }
        super().__init__(**{**options, **kwargs})


def model(name, seen=""):
    return mutant(name, like="Transformer", seen=seen)


def logits(self, source, target, mask, training):
    memory, memory_mask = self.encode(source, training)
    x = self._embed_target(target, training=training)
    x = self.decoder(x, memory, mask, memory_mask, training=training)
    return self.target_embedding(x, reverse=True)


@model(
    "peeking decoder: no causal mask",
    "jadore801120/attention-is-all-you-need-pytorch#19: 98 % accuracy, and nonsense "
    "for translations",
)
class Peeks(Small):
    def call(self, inputs, training=None):
        return logits(self, inputs["source"], inputs["target"], None, training)


@model("target masked for padding only, not for causality")
class PaddingMaskOnly(Small):
    def call(self, inputs, training=None):
        mask = padding_mask(inputs["target"])
        return logits(self, inputs["source"], inputs["target"], mask, training)


def seen_so_far(source, length):
    """A mask of order where none belongs: target t sees the source up to t."""
    return ops.logical_and(
        padding_mask(source), causal_mask(length, source.shape[1], offset=0)
    )


@model(
    "a causal mask on the cross-attention too",
    "keras-team/keras-io#1046: the padding mask reduced by the causal mask",
)
class CausalAcross(Small):
    def call(self, inputs, training=None):
        source, target = inputs["source"], inputs["target"]
        memory, _ = self.encode(source, training)
        x = self._embed_target(target, training=training)
        masks = causal_mask(target.shape[1]), seen_so_far(source, target.shape[1])
        x = self.decoder(x, memory, *masks, training=training)
        return self.target_embedding(x, reverse=True)

    def attention_weights(self, inputs):
        found = super().attention_weights(inputs)
        mask = seen_so_far(inputs["source"], inputs["target"].shape[1])
        return found._replace(cross=ops.where(mask[:, None, None], found.cross, 0.0))


@model("inputs of encoder and decoder swapped")
class InputsSwapped(Small):
    def call(self, inputs, training=None):
        swapped = {
            "source": ops.minimum(inputs["target"], 10),
            "target": inputs["source"],
        }
        return super().call(swapped, training=training)


@model("the target is given as source too")
class TargetAsSource(Small):
    def call(self, inputs, training=None):
        target = inputs["target"]
        return super().call(
            {"source": ops.minimum(target, 10), "target": target}, training=training
        )


@model(
    "source padding is attended to",
    "MaximumEntropy/Seq2Seq-PyTorch#6; tensorflow/tensorflow#512",
)
class PaddingSeen(Small):
    def encode(self, source, training=None):
        mask = ops.ones_like(padding_mask(source), "bool")
        return self.encoder(self._embed_source(source), mask, training=training), mask


@model("padding hidden in the encoder, seen by the decoder")
class PaddingSeenByTheDecoder(Small):
    def encode(self, source, training=None):
        memory, mask = super().encode(source, training)
        return memory, ops.ones_like(mask, "bool")


@model("no positions: a bag of words")
class BagOfWords(Small):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.source_positions = None


@model(
    "softmax in the model, and in the loss again",
    "bkitano/llama-from-scratch#5; nfmcclure/tensorflow_cookbook#86",
)
class Probabilities(Small):
    def call(self, inputs, training=None):
        return ops.softmax(super().call(inputs, training=training))


@model("cache written one slot too far")
class CacheOneTooFar(Small):
    def step(self, tokens, state):
        late = state._replace(position=state.position + 1)
        made, after = super().step(tokens, late)
        return made, after._replace(position=state.position + 1)


@model("cache always written to slot 0")
class CacheOverwritten(Small):
    def step(self, tokens, state):
        made, after = super().step(tokens, state)
        past = tuple(
            write(old, type(old)(*(part[:, :, :1] for part in new)), 0)
            for old, new in zip(state.past, after.past, strict=True)
        )
        return made, after._replace(past=past)


@model("cached step is embedded at position 0")
class PositionForgotten(Small):
    def _embed_target(self, target, offset=0, training=None):
        return super()._embed_target(target, 0, training)


@model("position kept on the model instead of in the state")
class PositionOnTheModel(Small):
    def start(self, source, max_length):
        self._steps = 0
        return super().start(source, max_length)

    def step(self, tokens, state):
        position = ops.zeros_like(state.position) + self._steps
        self._steps = self._steps + 1
        return super().step(tokens, state._replace(position=position))


@model("embeddings of variance 1: the untrained model is sure of nonsense")
class LoudEmbeddings(Small):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        for embedding in (self.source_embedding, self.target_embedding):
            loud = keras.initializers.RandomNormal(stddev=1.0)
            embedding.embeddings_initializer = loud


def tied_by_copy(embedding):
    one, two = (
        weight
        for weight in embedding.trainable_weights
        if np.prod(weight.shape) == 12 * 13
    )
    two.assign(np.transpose(one.numpy()).reshape(two.shape))


@model("output weights tied by copying the embedding once")
class TiedByCopy(Small):
    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "tie_output": False})

    def build(self, input_shape=None):
        super().build(input_shape)
        tied_by_copy(self.target_embedding)


@model("one embedding row for all: token ids divided before the look-up")
class TokensMerged(Small):
    def _embed_target(self, target, offset=0, training=None):
        return super()._embed_target(target // 2, offset, training)


@model("the first sentence's padding mask is used for all")
class MaskOfTheFirst(Small):
    def encode(self, source, training=None):
        memory, mask = super().encode(source, training)
        return memory, ops.logical_and(mask, mask[:1])


@model("decoder ignores the encoder")
class LanguageModel(Small):
    def encode(self, source, training=None):
        memory, mask = super().encode(source, training)
        return 0 * memory, mask


@model("the last source token is cut off")
class LastTokenLost(Small):
    def encode(self, source, training=None):
        return super().encode(source[:, :-1], training)


@model("dropout at inference")
class DropsAtInference(Small):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def pairs(target, inputs, labels):
    width = max(len(tokens) for tokens in target) + 1
    filled = np.zeros((2, len(target), width), "int32")
    for row, tokens in enumerate(target):
        for side, made in zip(filled, (inputs(tokens), labels(tokens)), strict=True):
            made = made[:width]
            side[row, : len(made)] = made
    return filled[0], filled[1]


@sound("teacher forcing", like="teacher_forcing")
def shifted(target):
    return pairs(target, lambda tokens: [1, *tokens], lambda tokens: [*tokens, 2])


@mutant(
    "labels not shifted: the decoder reads the token that it must predict",
    like="teacher_forcing",
    seen="Kyubyong/transformer#94 reports the symptom: the model copies its input",
)
def not_shifted(target):
    return pairs(target, lambda tokens: [1, *tokens], lambda tokens: [1, *tokens])


@mutant("labels shifted the wrong way", like="teacher_forcing")
def shifted_back(target):
    return pairs(target, lambda tokens: [*tokens, 2], lambda tokens: [1, *tokens])


@mutant("labels without an end: the model never learns to stop", like="teacher_forcing")
def endless(target):
    return pairs(target, lambda tokens: [1, *tokens], lambda tokens: tokens)


@mutant("targets filled up with END: its repetition is learned", like="teacher_forcing")
def filled_with_ends(target):
    return pairs(target, lambda tokens: [1, *tokens], lambda tokens: [*tokens, 2, 2, 2])


@mutant("padding as start token: the mask hides it", like="teacher_forcing")
def starts_with_padding(target):
    return pairs(target, lambda tokens: [0, *tokens], lambda tokens: [*tokens, 2])
