"""How much of a translator can go: pruning, rounding, distillation (lesson 17).

Three rows a seed: what becomes of a translator, what a small model learns from it, and
how fast it is; the last two need the first on the same machine.
Translations are CTranslate2's, token for token those of Keras. Speeds are of one core,
of translators that took turns in one process.
"""

import contextlib
import functools
import itertools
import os
import pathlib
import tempfile

import numpy as np

from keras_transformer import corpora
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure import (
    exported,
    median_seconds,
    silenced,
    smaller,
    students,
)
from keras_transformer.course.measure.students import bleu, untrained
from keras_transformer.course.studies import changed
from keras_transformer.translation.scoring import evaluate

BUDGET = students.BUDGET | {"lengths": (20,), "vocabulary_size": 1000}
TUNING = {"average": 0.0, "peak_learning_rate": 1e-3, "warmup_steps": 40}
ONE_SHOT = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
GRADUAL = (0.5, 0.7, 0.8, 0.9, 0.95)
STEPS = 50  # after each share
HEADS = (0, 4, 8, 12, 16, 20, 24)
BITS = (8, 6, 5, 4, 3, 2)
SPLITS = corpora.load("phrasebook").splits
SIZES = {"train": 13_000, "valid": 200, "test": 500}
DATA = students.Data(*(SPLITS[name].take(count) for name, count in SIZES.items()))


def _altered(translator, change):
    """BLEU after a change of the weights, which are put back."""
    kept = translator.model.get_weights()
    change(translator.model)
    found = bleu(translator, DATA.test)
    translator.model.set_weights(kept)
    return found


def _pruned(translator, share, seed=None):
    """BLEU without a share of the weights, the smallest or any."""
    return _altered(translator, lambda model: smaller.prune(model, share, seed))


def _rounded(translator, bits, each):
    """BLEU with so many bits."""
    return _altered(translator, lambda model: smaller.round_model(model, bits, each))


def _heads(translator, seed):
    """BLEU as heads go, the least important first, or in an order that is drawn."""
    stacks = translator.model.encoder.blocks, translator.model.decoder.blocks
    attentions = [block.self_attention for block in itertools.chain(*stacks)]
    attentions += [block.cross_attention for block in stacks[1]]
    every = [(a, h) for a in attentions for h in range(a.num_heads)]

    def without(chosen, pairs):
        with contextlib.ExitStack() as silence:
            for attention in attentions:
                own = [every[i][1] for i in chosen if every[i][0] is attention]
                silence.enter_context(silenced(attention, *own))
            return bleu(translator, pairs)

    alone = np.array([without([i], DATA.valid) for i in range(len(every))])
    order, drawn = np.argsort(-alone), np.random.default_rng(seed).permutation(24)
    found = {"heads_least": [without(order[:k], DATA.test) for k in HEADS]}
    return found | {"heads_drawn": [without(drawn[:k], DATA.test) for k in HEADS]}


def _gradual(translator, prune):
    """BLEU after some steps for each share: small weights go, the others learn on."""
    model, masks, found = translator.model, [], []
    kept = model.get_weights()
    how = changed(translator.recipe, **TUNING).training
    made = DATA.train, translator.source_tokenizer, how
    for step, _ in enumerate(smaller.steps(model, *made)):
        if prune and step % STEPS == 0:
            masks = smaller.prune(model, GRADUAL[step // STEPS])
        for weight, mask in zip(smaller.matrices(model), masks, strict=False):
            weight.assign(weight * mask.astype("float32"))
        if (step + 1) % STEPS == 0:
            found.append(bleu(translator, DATA.test))
        if len(found) == len(GRADUAL):
            break
    model.set_weights(kept)
    return found


def _large(seed):
    """One translator, and what is left of it when weights, bits and heads go."""
    translator = untrained(DATA, seed, **BUDGET, **students.LARGE)
    curve, model = students.learn(translator, DATA), translator.model
    np.savez(_weights_of(seed), *model.get_weights())
    found = {"weights": int(model.count_params()), "curve": curve}
    for mode in ("float32", "int8"):
        made, found[f"bytes_{mode}"] = exported.exported(translator, None, mode)
        found[f"bleu_{mode}"] = evaluate(made, DATA.test).bleu
    kept, weighed = model.get_weights(), []
    for share in ONE_SHOT:
        smaller.prune(model, share)
        weighed.append(exported.weighed(model))
        if share == 0.9:
            found["bytes_sparse"] = exported.exported(translator)[1]
        model.set_weights(kept)
    found |= {name: [row[name] for row in weighed] for name in weighed[0]}
    found["magnitude"] = [_pruned(translator, share) for share in ONE_SHOT]
    found["random"] = [_pruned(translator, share, seed) for share in ONE_SHOT]
    found["one_scale"] = [_rounded(translator, bits, False) for bits in BITS]
    found["many_scales"] = [_rounded(translator, bits, True) for bits in BITS]
    found |= _heads(translator, seed)
    found["gradual"] = _gradual(translator, prune=True)
    return found | {"dense_tuned": _gradual(translator, prune=False)}


def _weights_of(seed):
    """Where the large model's weights wait for who needs them."""
    folder = pathlib.Path(tempfile.gettempdir(), "smaller_and_faster")
    folder.mkdir(exist_ok=True)
    return folder / f"{seed}.npz"


def _trained(seed):
    """The large translator again."""
    translator = untrained(DATA, seed, **BUDGET, **students.LARGE)
    with np.load(_weights_of(seed)) as kept:
        translator.model.set_weights([*kept.values()])
    return translator


def _small(seed):
    """A small model that learns alone, word by word, and from whole translations."""
    student = untrained(DATA, seed, **BUDGET, **students.SMALL)
    return students.students(_trained(seed), student, DATA)[0]


def _speed(seed):
    """Sentences a second of the large one in three forms, which take turns."""
    translator, made = _trained(seed), {}
    for mode in ("float32", "int8"):
        made[mode], _ = exported.exported(translator, None, mode)
    smaller.prune(translator.model, 0.9)
    made["sparse"], _ = exported.exported(translator)
    calls = {n: functools.partial(each, DATA.test.source) for n, each in made.items()}
    seconds = median_seconds(calls, repeats=9)
    return {f"speed_{name}": SIZES["test"] / took for name, took in seconds.items()}


def _measure(variant, seed):
    """One row, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return {"large": _large, "small": _small, "speed": _speed}[variant](seed)


EXPERIMENT = Experiment(
    "How much of a translator can go?",
    {
        "large": "a translator, and what is left when weights, bits and heads go",
        "small": "a small one, alone and taught by the large one",
        "speed": "how fast the large one is; to be measured on a quiet machine",
    },
    _measure,
)
