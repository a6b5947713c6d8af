"""A small Transformer, trained on few pairs with or without each trick of training."""

import functools
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer import corpora
from keras_transformer.course.measure.fresh import fresh_start
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
PAIRS, LENGTH, ROWS = 1000, 14, 24
STEPS, EVERY, PEAK, WARMUP = 1000, 100, 3e-3, 100
MODEL = ("start", "dropout", "norm", "l1", "l2")  # the options of the model itself


@functools.cache
def tokenizer() -> Tokenizer:
    """One vocabulary for all variants."""
    pairs = corpora.load("phrasebook").splits["train"].take(2000)
    return Tokenizer.learn([*pairs.source, *pairs.target], 1000)


@functools.cache
def tokens(split: str, count: int) -> list[list[Any]]:
    """Both sides of the first pairs as ids, of those that fit."""
    pairs = corpora.load("phrasebook").splits[split].take(6 * count)
    both = zip(*map(tokenizer().encode, (pairs.source, pairs.target)), strict=True)
    fitting = [pair for pair in both if max(map(len, pair)) < LENGTH]
    return [list(side) for side in zip(*fitting[:count], strict=True)]


def rate(schedule: str) -> Any:
    """The learning rate: the same peak for all."""
    if schedule == "root":
        return InverseSquareRoot(PEAK, WARMUP)
    if schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            PEAK / WARMUP, STEPS - WARMUP, warmup_target=PEAK, warmup_steps=WARMUP
        )
    return PEAK


def made(
    seed: int,
    start: str = "",
    dropout: float = 0.0,
    norm: str = "layer",
    l1: float = 0.0,
    l2: float = 0.0,
) -> Transformer:
    """The model, its matrices drawn anew and with a penalty where that is asked."""
    keras.utils.set_random_seed(seed)
    size = len(tokenizer().vocabulary)
    batch = keras.layers.BatchNormalization(epsilon=1e-6)
    model = Transformer(
        *(size, size),
        **{"width": 64, "num_layers": 1, "num_heads": 4, "hidden_width": 128},
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


def seen(pairs: list[list[Any]], seed: int, subwords: float) -> list[LengthBuckets]:
    """The pairs as batches; with subword sampling four times, the source cut anew."""
    source, target = pairs
    random, pieces = np.random.default_rng(seed), tokenizer().vocabulary
    found = []
    for _ in range(4 if subwords else 1):
        cut = [other_pieces(ids, pieces, subwords, random) for ids in source]
        cut = [
            new if len(new) < LENGTH else ids
            for new, ids in zip(cut, source, strict=True)
        ]
        found.append(LengthBuckets(cut, target, (LENGTH,), ROWS * LENGTH, seed=seed))
    return found


@functools.cache
def compiled(
    schedule: str = "",
    smoothing: float = 0.0,
    clip: float | None = None,
    decay: float | None = None,
    **options: Any,
) -> Transformer:
    """A model with optimizer and loss, compiled once for all seeds."""
    model = made(0, **options)
    adam = keras.optimizers.Adam(
        rate(schedule),
        **{"beta_2": 0.98, "epsilon": 1e-9, "global_clipnorm": clip},
        **{"weight_decay": decay, "use_ema": True, "ema_momentum": 0.99},
    )
    if decay:
        adam.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embedding"])
    model.compile(adam, SmoothedCrossEntropy(smoothing), jit_compile=XLA)
    return model


def trained(
    pairs: list[list[Any]],
    seed: int,
    words: float = 0.0,
    subwords: float = 0.0,
    watch: Any = None,
    **options: Any,
) -> tuple[Transformer, list[float]]:
    """A model after all steps, and what `watch` said on the way."""
    graph = {k: v for k, v in options.items() if k != "start"}
    model = compiled(**graph)  # where it starts is no part of the graph
    new = made(seed, **{k: v for k, v in options.items() if k in MODEL})
    fresh_start(model, lambda: new, seed)
    assign(model.variables, values(new.variables), "a new model")  # dropout's too
    batches, random, watched = (
        seen(pairs, seed, subwords),
        np.random.default_rng(seed),
        [],
    )
    for step in range(STEPS):
        epoch, index = divmod(step, len(batches[0]))
        inputs, labels = batches[epoch % len(batches)].batch(epoch, index)
        if words:
            inputs["source"] = dropped_words(inputs["source"], words, random)
        model.train_on_batch(inputs, labels)
        if watch and not (step + 1) % EVERY:
            watched.append(watch(model))
    return model, watched


def entropy(model: Transformer, held: list[list[Any]]) -> float:
    """Cross-entropy of held-out pairs, in nats a token."""
    inputs, labels = LengthBuckets(*held, (LENGTH,), LENGTH * len(held[0])).batch(0, 0)
    return float(SmoothedCrossEntropy()(labels, model(inputs, training=False)))


def said(model: Transformer, source: list[Any]) -> list[str]:
    """Greedy translations."""
    buckets = LengthBuckets(source, source, (LENGTH,), LENGTH * len(source))
    rows = buckets.batch(0, 0)[0]["source"][np.argsort(buckets.order(0)[0][1])]
    ids = ops.convert_to_numpy(Greedy()(model, rows, LENGTH + 4)[0])[:, 0]
    return tokenizer().decode(ids)
