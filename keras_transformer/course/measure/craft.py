"""A small Transformer, trained on few pairs with or without each trick of training."""

import dataclasses
import functools
import itertools
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer import corpora
from keras_transformer.course.measure.fresh import fresh_start, reseed
from keras_transformer.course.measure.noise import dropped_words, other_pieces
from keras_transformer.decoding import Greedy
from keras_transformer.models import Transformer
from keras_transformer.text import Tokenizer
from keras_transformer.training import (
    InverseSquareRoot,
    LengthBuckets,
    SmoothedCrossEntropy,
)
from keras_transformer.training.checkpoint import assign, values

XLA = True
MODEL = ("start", "dropout", "norm", "l1", "l2")  # the options of the model itself


@dataclasses.dataclass(frozen=True)
class Setting:
    """How many pairs of which corpus, what model reads them, and for how long."""

    corpus: str = "phrasebook"
    test: str = "test"
    pairs: int = 1000
    length: int = 14
    vocabulary: int = 1000
    width: int = 64
    rows: int = 24
    steps: int = 1000
    every: int = 100
    peak: float = 3e-3
    warmup: int = 100


PHRASEBOOK = Setting()
MULTI30K = Setting(
    **{"corpus": "multi30k-de-en", "test": "test_2016", "pairs": 3000, "length": 16},
    **{"vocabulary": 2000},
)


@functools.cache
def tokenizer(at: Setting) -> Tokenizer:
    """One vocabulary for all variants."""
    pairs = corpora.load(at.corpus).splits["train"].take(2000)
    return Tokenizer.learn([*pairs.source, *pairs.target], at.vocabulary)


@functools.cache
def tokens(at: Setting, split: str, count: int) -> list[list[Any]]:
    """Both sides of the first pairs as ids, of those that fit."""
    pairs = corpora.load(at.corpus).splits[split]
    both = zip(pairs.source, pairs.target, strict=True)
    coded = map(tokenizer(at).encode, both)  # one by one: no more than are needed
    fitting = (pair for pair in coded if max(map(len, pair)) < at.length)
    return [list(side) for side in zip(*itertools.islice(fitting, count), strict=True)]


def rate(at: Setting, schedule: str) -> Any:
    """The learning rate: the same peak for all."""
    if schedule == "root":
        return InverseSquareRoot(at.peak, at.warmup)
    if schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            at.peak / at.warmup,
            at.steps - at.warmup,
            warmup_target=at.peak,
            warmup_steps=at.warmup,
        )
    return at.peak


def made(
    at: Setting,
    seed: int,
    start: str = "",
    dropout: float = 0.0,
    norm: str = "layer",
    l1: float = 0.0,
    l2: float = 0.0,
) -> Transformer:
    """The model, its matrices drawn anew and with a penalty where that is asked."""
    reseed(seed)
    size = len(tokenizer(at).vocabulary)
    batch = keras.layers.BatchNormalization(epsilon=1e-6)
    model = Transformer(
        *(size, size),
        **{"width": at.width, "num_layers": 1, "num_heads": 4},
        hidden_width=2 * at.width,
        **{"dropout": dropout, "share_embeddings": True, "seed": seed},
        normalization=batch if norm == "batch" else None,
    )
    model.build()
    for number, weight in enumerate(model.trainable_variables):
        if len(weight.shape) < 2 or "embedding" in weight.path:
            continue
        own = 1000 * seed + number
        if start == "small":
            weight.assign(keras.random.normal(weight.shape, 0, 0.02, seed=own))
        elif start:
            weight.assign(keras.initializers.HeNormal(seed=own)(weight.shape))
        if l1 or l2:
            weight.regularizer = keras.regularizers.L1L2(l1, l2)
    return model


def one_bucket(
    at: Setting, source: list[Any], target: list[Any], rows: int, seed: int = 0
) -> LengthBuckets:
    """Batches of one shape."""
    return LengthBuckets(source, target, (at.length,), rows * at.length, seed=seed)


def seen(
    at: Setting, pairs: list[list[Any]], seed: int, subwords: float
) -> list[LengthBuckets]:
    """The pairs as batches; with subword sampling four times, the source cut anew."""
    source, target = pairs
    random, pieces = np.random.default_rng(seed), tokenizer(at).vocabulary
    found = []
    for _ in range(4 if subwords else 1):
        cut = [other_pieces(ids, pieces, subwords, random) for ids in source]
        cut = [
            new if len(new) < at.length else ids
            for new, ids in zip(cut, source, strict=True)
        ]
        found.append(one_bucket(at, cut, target, at.rows, seed))
    return found


@functools.cache
def compiled(
    at: Setting,
    schedule: str = "",
    smoothing: float = 0.0,
    clip: float | None = None,
    decay: float | None = None,
    **options: Any,
) -> Transformer:
    """A model with optimizer and loss, compiled once for all seeds."""
    model = made(at, 0, **options)
    adam = keras.optimizers.Adam(
        rate(at, schedule),
        **{"beta_2": 0.98, "epsilon": 1e-9, "global_clipnorm": clip},
        **{"weight_decay": decay, "use_ema": True, "ema_momentum": 0.99},
    )
    if decay:
        adam.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embedding"])
    model.compile(adam, SmoothedCrossEntropy(smoothing), jit_compile=XLA)
    return model


def trained(
    at: Setting,
    pairs: list[list[Any]],
    seed: int,
    words: float = 0.0,
    subwords: float = 0.0,
    watch: Any = None,
    **options: Any,
) -> tuple[Transformer, list[float]]:
    """A model after all steps, and what `watch` said on the way."""
    graph = {k: v for k, v in options.items() if k != "start"}
    model = compiled(at, **graph)  # where it starts is no part of the graph
    new = made(at, seed, **{k: v for k, v in options.items() if k in MODEL})
    fresh_start(model, lambda: new, seed)
    assign(model.variables, values(new.variables), "a new model")  # dropout's too
    batches, random, watched = (
        seen(at, pairs, seed, subwords),
        np.random.default_rng(seed),
        [],
    )
    for step in range(at.steps):
        epoch, index = divmod(step, len(batches[0]))
        inputs, labels = batches[epoch % len(batches)].batch(epoch, index)
        if words:
            inputs["source"] = dropped_words(inputs["source"], words, random)
        model.train_on_batch(inputs, labels)
        if watch and not (step + 1) % at.every:
            watched.append(watch(model))
    return model, watched


def entropy(at: Setting, model: Transformer, held: list[list[Any]]) -> float:
    """Cross-entropy of held-out pairs, in nats a token."""
    inputs, labels = one_bucket(at, *held, len(held[0])).batch(0, 0)
    return float(SmoothedCrossEntropy()(labels, model(inputs, training=False)))


def said(at: Setting, model: Transformer, source: list[Any]) -> list[str]:
    """Greedy translations."""
    buckets = one_bucket(at, source, source, len(source))
    rows = buckets.batch(0, 0)[0]["source"][np.argsort(buckets.order(0)[0][1])]
    ids = ops.convert_to_numpy(Greedy()(model, rows, at.length + 4)[0])[:, 0]
    return tokenizer(at).decode(ids)


def with_back(
    at: Setting, pairs: list[list[Any]], more: list[Any], seed: int, **options: Any
) -> list[list[Any]]:
    """The pairs, and pairs whose source a model of the other direction wrote.

    That model learns from the same pairs in the same way. Real pairs are repeated, so
    that about half of what is read is real.
    """
    source, target = pairs
    model, _ = trained(at, [target, source], seed, **options)
    parts = [more[first : first + 300] for first in range(0, len(more), 300)]
    texts = [text for part in parts for text in said(at, model, part)]
    written = zip(tokenizer(at).encode(texts), more, strict=True)
    fitting = [pair for pair in written if 0 < len(pair[0]) < at.length]
    often = max(1, round(len(fitting) / len(source)))
    real = [*zip(source, target, strict=True)]
    return [list(side) for side in zip(*real * often, *fitting, strict=True)]
