"""Several sentences in a row, beside batches by length, on the phrasebook."""

import pathlib
import tempfile
from functools import partial

import keras

from benchmarks.buckets import epoch_seconds
from benchmarks.timing import in_turns, milliseconds
from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.training import LengthBuckets, PackedRows, compile_model
from keras_transformer.training.programs import Programs
from keras_transformer.translation import experiment
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.run_folder import read_recipe
from keras_transformer.translation.token_files import TOKENS, load_tokens

RECIPE = "phrasebook"
LENGTH = 48  # of a row, on each side


def steps_of(model, batches: dict, given) -> dict:
    """A step of training for each kind of batches, and each width that it has.

    Args:
        model: A compiled model.
        batches: Kinds of batches, by name.
        given: What the model is given of a batch.
    """
    programs, steps = Programs(model), {}
    for name, kind in batches.items():
        for index, (width, _) in enumerate(kind.order(0)):
            if (name, width) not in steps:
                inputs, labels = kind.batch(0, index)
                steps[name, width] = partial(programs.train, given(inputs), labels)
    return steps


def measure(peers: list[str], rounds: int) -> tuple[dict, list[dict]]:
    """Real target tokens a second, over one epoch, in buckets and packed into rows.

    Both have the same sentences, and the same number of positions in a batch. A step of
    each shape is timed in turns; an epoch has so many of each.
    """
    recipe = RECIPES[RECIPE]
    with tempfile.TemporaryDirectory() as folder:
        experiment.prepare(recipe, folder)
        recipe = read_recipe(pathlib.Path(folder))
        sizes, pairs, _ = load_tokens(f"{folder}/{TOKENS}", recipe.training)
    source, target, tokens = pairs.source, pairs.target, pairs.batch_tokens
    names = ("width", "num_layers", "num_heads", "hidden_width")
    numbers = {name: getattr(recipe.model, name) for name in names}
    keras.utils.set_random_seed(1)
    cases = {
        "Transformer": (
            recipe.model.make(*sizes, recipe.text, recipe.training),
            {"ours": pairs, "packed": PackedRows(target, source, LENGTH, tokens)},
            lambda inputs: inputs,
        ),
        "language model": (
            LanguageModel(Backbone(sizes[1], **numbers, causal=True)),
            {
                "ours": LengthBuckets(target, target, pairs.lengths, tokens),
                "packed": PackedRows(target, None, LENGTH, tokens),
            },
            lambda inputs: inputs if "ids" in inputs else {"ids": inputs["target"]},
        ),
    }
    real, rows = sum(map(len, target)) + len(target), []
    for name, (model, batches, given) in cases.items():
        model.build()
        compile_model(model, recipe.training)
        taken = in_turns(steps_of(model, batches, given), rounds)
        seconds = {}
        for kind, each in batches.items():
            median_of = {w: taken[k, w]["median"] for k, w in taken if k == kind}
            seconds[kind] = epoch_seconds(each, median_of)
        times = milliseconds(taken).items()
        padding = (f"{1 - each.fill():.0%}" for each in batches.values())
        row = {
            "model": name,
            "milliseconds": {f"{kind} {width}": ms for (kind, width), ms in times},
            "share of padding": ", ".join(padding),
            "steps an epoch": ", ".join(str(len(each)) for each in batches.values()),
            "tokens_per_second": {n: round(real / s) for n, s in seconds.items()},
            "ratio": {"packed": round(seconds["packed"] / seconds["ours"], 3)},
        }
        print(row, flush=True)
        rows.append(row)
    about = {"corpus": RECIPE, "positions a batch": tokens, "rounds": rounds}
    return {**about, "lengths": list(pairs.lengths), "length of a row": LENGTH}, rows
