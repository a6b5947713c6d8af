"""Mistakes where two options meet, and in what is done beside a plain call."""

import numpy as np
from keras import ops

from keras_transformer.attention import Attention
from keras_transformer.decoding import Sample, keep_top_k, keep_top_p
from keras_transformer.masks import causal_mask
from keras_transformer.models.state import LanguageModelState, TransformerState
from zoo import language_models, models, mutant
from zoo.attention import attention
from zoo.metrics import Count, hits


@mutant("a mask of keys forgotten where there is another mask", like="Attention")
def one_mask_of_two(query, key, value, mask=None, value_mask=None):
    if mask is None and value_mask is not None:
        mask = ops.expand_dims(value_mask, 1)
    return attention(query, key, value, mask)


@mutant("a mask of keys taken and not used", like="Attention")
def value_mask_unused(query, key, value, mask=None, value_mask=None):
    return attention(query, key, value, mask)


@mutant("queries of padding hidden as keys too", like="Attention")
def padding_hidden_as_keys(query, key, value, mask=None, query_mask=None):
    if query_mask is not None:
        real = ops.expand_dims(query_mask, 1)
        mask = real if mask is None else ops.logical_and(mask, real)
    return attention(query, key, value, mask)


@mutant("the causal option forgotten where there is a mask", like="Attention")
def causal_or_mask(query, key, value, mask=None, use_causal_mask=False):
    if mask is None and use_causal_mask:
        mask = causal_mask(query.shape[1])[None]
    return attention(query, key, value, mask)


@mutant(
    "the weights that are returned in training lack what was dropped", like="Attention"
)
class WeightsDropped(Attention):
    def call(self, query, value, key, mask=None, return_weights=False, training=None):
        asked = {"return_weights": True, "training": training}
        made, weights = super().call(query, value, key, attention_mask=mask, **asked)
        weights = self.weight_dropout(weights, training=training)
        return (made, weights) if return_weights else made


@mutant("accuracy: the weights of the sentences taken and not used", like="accuracy")
class WeightsUnused(Count):
    def update_state(self, labels, logits, sample_weight=None):
        right, kept = hits(labels, logits)
        self.add((right & kept).sum(), kept.sum())


class Staying(TransformerState):
    """Caches that stay with their rows when hypotheses change places."""

    def reorder(self, parents):
        return self


@models.model("a beam's hypotheses change places, their caches do not")
class CachesStay(models.Small):
    def start(self, source, max_length):
        return Staying(*super().start(source, max_length))


class StayingBehind(LanguageModelState):
    """The same, of a language model."""

    def reorder(self, parents):
        return self


@language_models.model(
    "a language model's hypotheses change places, their caches do not"
)
class PastsStay(language_models.Small):
    def start(self, source, max_length):
        return StayingBehind(*super().start(source, max_length))


@models.model("pairs in a row: the positions of the target run on")
class TargetsRunOn(models.Small):
    def _embed_target(self, target, offset=0, training=None):
        offset = 0 if np.ndim(offset) else offset
        return super()._embed_target(target, offset, training)


@models.model("pairs in a row: a target reads the sources of all of them")
class SourcesShared(models.Small):
    def call(self, inputs, training=None):
        if "source_segments" in inputs:
            one = ops.cast(inputs["source"] != 0, "int32")
            own = ops.cast(inputs["target"] != 0, "int32")
            inputs = {**inputs, "source_segments": one, "target_segments": own}
        return super().call(inputs, training=training)


@mutant("sampling: top_p chooses by other chances than are drawn by", like="Sample")
class TemperatureLast(Sample):
    def filtered(self, logits):
        if self.top_k is not None:
            logits = keep_top_k(logits, self.top_k)
        if self.top_p is not None:
            logits = keep_top_p(logits, self.top_p)
        return logits / self.temperature
