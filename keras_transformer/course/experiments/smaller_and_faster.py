"""How much of a translator can go: pruning, rounding, distillation (lesson 17).

Two rows a seed: what becomes of a translator, and what a small model learns from it.
Translations are CTranslate2's, token for token those of Keras. Speeds are of one core,
of translators that took turns in one process.
"""

import contextlib
import functools
import itertools
import os
import pathlib
import tempfile

import keras
import numpy as np

from keras_transformer import corpora
from keras_transformer.corpora import Pairs
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure import exported, median_seconds, silenced, smaller
from keras_transformer.course.studies import changed, recipe, with_seed
from keras_transformer.text import Tokenizer
from keras_transformer.translation.scoring import evaluate
from keras_transformer.translation.translator import Translator

LARGE = {"width": 64, "hidden_width": 128}
SMALL = {"width": 32, "num_layers": 1, "hidden_width": 64}
BUDGET = {"epochs": 24, "batch_tokens": 1024, "lengths": (20,), "warmup_steps": 150}
BUDGET |= {"vocabulary_size": 1000, "average": 0.98}
TUNING = {"average": 0.0, "peak_learning_rate": 1e-3, "warmup_steps": 40}
ONE_SHOT = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
GRADUAL = (0.5, 0.7, 0.8, 0.9, 0.95)
STEPS = 50  # after each share
HEADS = (0, 4, 8, 12, 16, 20, 24)
BITS = (8, 6, 5, 4, 3, 2)
SPLITS = corpora.load("phrasebook").splits
TRAIN = SPLITS["train"].take(13_000)
SOME = {"test": SPLITS["test"].take(500), "valid": SPLITS["valid"].take(200)}


def _untrained(seed, **measures):
    """A translator whose model nobody has trained, and how that is to be done."""
    made = with_seed(recipe("transformer", **BUDGET, **measures), seed)
    texts = [*TRAIN.source, *TRAIN.target]
    tokenizer = Tokenizer.learn(texts, made.text.vocabulary_size)
    size = len(tokenizer.vocabulary)
    keras.utils.set_random_seed(seed)
    model = made.model.make(size, size, made.text, made.training)
    model.build()
    return Translator(model, tokenizer, tokenizer, made)


def _learn(translator, pairs=TRAIN, model=None):
    """Train to the end, the model or what holds it; six times, BLEU on the way."""
    made, curve = (translator.source_tokenizer, translator.recipe.training), []
    taught = smaller.steps(model or translator.model, pairs, *made)
    for step, in_a_pass in enumerate(taught, 1):
        if step % (BUDGET["epochs"] // 6 * in_a_pass) == 0:
            curve.append(_bleu(translator, "valid"))
    return curve


def _scored(translator, split="test"):
    """BLEU of a translator, of so many sentences."""
    return evaluate(translator, SOME[split]).bleu


def _bleu(translator, split="test"):
    """BLEU of a translator, as CTranslate2 decodes."""
    return _scored(exported.exported(translator)[0], split)


def _altered(translator, change):
    """BLEU after a change of the weights, which are put back."""
    kept = translator.model.get_weights()
    change(translator.model)
    found = _bleu(translator)
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

    def without(chosen, split):
        with contextlib.ExitStack() as silence:
            for attention in attentions:
                own = [every[i][1] for i in chosen if every[i][0] is attention]
                silence.enter_context(silenced(attention, *own))
            return _bleu(translator, split)

    alone = np.array([without([i], "valid") for i in range(len(every))])
    order, drawn = np.argsort(-alone), np.random.default_rng(seed).permutation(24)
    found = {"heads_least": [without(order[:k], "test") for k in HEADS]}
    return found | {"heads_drawn": [without(drawn[:k], "test") for k in HEADS]}


def _speeds(made):
    """Sentences a second, by name, of translators that take turns."""
    calls = {
        n: functools.partial(each, SOME["test"].source) for n, each in made.items()
    }
    seconds = median_seconds(calls, repeats=5)
    return {f"speed_{name}": 500 / took for name, took in seconds.items()}


def _gradual(translator, prune):
    """BLEU after some steps for each share: small weights go, the others learn on."""
    model, masks, found = translator.model, [], []
    kept = model.get_weights()
    how = changed(translator.recipe, **TUNING).training
    made = TRAIN, translator.source_tokenizer, how
    for step, _ in enumerate(smaller.steps(model, *made)):
        if prune and step % STEPS == 0:
            masks = smaller.prune(model, GRADUAL[step // STEPS])
        for weight, mask in zip(smaller.matrices(model), masks, strict=False):
            weight.assign(weight * mask.astype("float32"))
        if (step + 1) % STEPS == 0:
            found.append(_bleu(translator))
        if len(found) == len(GRADUAL):
            break
    model.set_weights(kept)
    return found


def _large(seed):
    """One translator, and what is left of it when weights, bits and heads go."""
    translator = _untrained(seed, **LARGE)
    curve, model = _learn(translator), translator.model
    np.savez(_weights_of(seed), *model.get_weights())
    made, found = {}, {"weights": int(model.count_params()), "curve": curve}
    for mode in ("float32", "int8"):
        made[mode], found[f"bytes_{mode}"] = exported.exported(translator, None, mode)
    kept, weighed = model.get_weights(), []
    for share in ONE_SHOT:
        smaller.prune(model, share)
        weighed.append(exported.weighed(model))
        if share == 0.9:
            made["sparse"], found["bytes_sparse"] = exported.exported(translator)
        model.set_weights(kept)
    found |= {name: [row[name] for row in weighed] for name in weighed[0]}
    found |= {f"bleu_{name}": _scored(each) for name, each in made.items()}
    found |= _speeds(made)
    found["magnitude"] = [_pruned(translator, share) for share in ONE_SHOT]
    found["random"] = [_pruned(translator, share, seed) for share in ONE_SHOT]
    found["one_scale"] = [_rounded(translator, bits, False) for bits in BITS]
    found["many_scales"] = [_rounded(translator, bits, True) for bits in BITS]
    found |= _heads(translator, seed)
    found["gradual"] = _gradual(translator, prune=True)
    return found | {"dense_tuned": _gradual(translator, prune=False)}


def _weights_of(seed):
    """Where the large model's weights wait for the small one."""
    folder = pathlib.Path(tempfile.gettempdir(), "smaller_and_faster")
    folder.mkdir(exist_ok=True)
    return folder / f"{seed}.npz"


def _small(seed):
    """A small model that learns alone, word by word, and from whole translations."""
    teacher, student = _untrained(seed, **LARGE), _untrained(seed, **SMALL)
    with np.load(_weights_of(seed)) as kept:
        teacher.model.set_weights([*kept.values()])
    made = {"large": exported.exported(teacher)[0]}
    said = tuple(made["large"](TRAIN.source))
    pairs = {"alone": TRAIN, "word": TRAIN}
    pairs["sequence"] = Pairs(TRAIN.source, said)
    exact = np.mean(np.array(said) == np.array(TRAIN.target))
    found = {"weights": int(student.model.count_params()), "exact": float(exact)}
    first = student.model.get_weights()
    for how, texts in pairs.items():
        student.model.set_weights(first)
        model = student.model
        if how == "word":
            model = smaller.Taught(model, teacher.model)
        found[f"curve_{how}"] = _learn(student, texts, model)
        for mode in ("float32", "int8"):
            name = f"{how}_{mode}"
            made[name], found[f"bytes_{name}"] = exported.exported(student, None, mode)
            found[f"bleu_{name}"] = _scored(made[name])
    return found | _speeds(
        {n: made[n] for n in ("large", "alone_float32", "alone_int8")}
    )


def _measure(variant, seed):
    """One row, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return {"large": _large, "small": _small}[variant](seed)


EXPERIMENT = Experiment(
    "How much of a translator can go?",
    {
        "large": "a translator, and what is left when weights, bits and heads go",
        "small": "a small one, alone and taught by the large one",
    },
    _measure,
)
