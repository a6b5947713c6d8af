"""Batches by length on Multi30k, beside one width for all pairs, padded or packed."""

import pathlib
import tempfile

import keras
import numpy as np

from benchmarks.timing import in_turns, milliseconds
from keras_transformer.training import LengthBuckets, compile_model
from keras_transformer.training.programs import Programs
from keras_transformer.translation import experiment
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.run_folder import read_recipe
from keras_transformer.translation.token_files import TOKENS, load_tokens

RECIPE = "multi30k-de-en"


def epoch_seconds(batches: LengthBuckets, median_of: dict[int, float]) -> float:
    """What an epoch takes, from the time of one step of each width."""
    return sum(median_of[width] for width, _ in batches.order(0))


def packed_rows(source: list[int], target: list[int], width: int) -> int:
    """How many rows of a width hold all pairs, several in a row: first fit, long first.

    Args:
        source: Tokens of each source, its end included.
        target: Tokens of each target, its end included.
        width: Tokens that a row has room for, on each side.
    """
    sizes = np.stack([source, target], axis=1)
    room = np.full((len(sizes), 2), width)
    used = 0
    for pair in sizes[np.argsort(-sizes.max(1), kind="stable")]:
        row = int(np.argmax((room[: used + 1] >= pair).all(1)))
        room[row] -= pair
        used = max(used, row + 1)
    return used


def measure(peers: list[str], rounds: int) -> tuple[dict, list[dict]]:
    """Real target tokens a second, over one epoch, of our buckets and of one width.

    Both have the same pairs, the same number of positions in a batch, and one compiled
    program a shape. A step of each shape is timed in turns; an epoch has so many of
    each. "fixed width" is what padding every batch to the longest pair makes of it,
    "packed" what the same step would make of rows with several pairs each: a bound,
    which leaves out what it costs to keep the pairs of a row from seeing each other.
    """
    recipe = RECIPES[RECIPE]
    with tempfile.TemporaryDirectory() as folder:
        experiment.prepare(recipe, folder)
        recipe = read_recipe(pathlib.Path(folder))
        sizes, ours, _ = load_tokens(f"{folder}/{TOKENS}", recipe.training)
    widest = (int(ours.pair_lengths.max()),)
    fixed = LengthBuckets(
        ours.source, ours.target, widest, ours.batch_tokens, ours.seed
    )
    keras.utils.set_random_seed(1)
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    compile_model(model, recipe.training)
    programs = Programs(model)
    steps = {}
    for name, batches in (("ours", ours), ("fixed width", fixed)):
        for index, (width, _) in enumerate(batches.order(0)):
            if (name, width) not in steps:
                batch = batches.batch(0, index)
                steps[name, width] = lambda b=batch: programs.train(*b)
    taken = in_turns(steps, rounds)
    tokens = sum(map(len, ours.target)) + len(ours.target)
    seconds = {}
    for name, batches in (("ours", ours), ("fixed width", fixed)):
        median_of = {w: taken[n, w]["median"] for n, w in taken if n == name}
        seconds[name] = epoch_seconds(batches, median_of)
    sides = [[len(ids) + 1 for ids in side] for side in (ours.source, ours.target)]
    rows = packed_rows(*sides, widest[0])
    steps_packed = -(-rows // fixed.batch_size(widest[0]))
    seconds["packed"] = steps_packed * taken["fixed width", widest[0]]["median"]
    fill = [ours.fill(), fixed.fill(), fixed.fill() * len(fixed) / steps_packed]
    row = {
        "corpus": RECIPE,
        "milliseconds": {
            f"{name} {width}": value
            for (name, width), value in milliseconds(taken).items()
        },
        "share of real tokens": ", ".join(f"{share:.0%}" for share in fill),
        "seconds an epoch": ", ".join(f"{value:.0f}" for value in seconds.values()),
        "tokens_per_second": {n: round(tokens / s) for n, s in seconds.items()},
        "ratio": {
            name: round(seconds[name] / seconds["ours"], 3)
            for name in ("fixed width", "packed")
        },
    }
    print(row, flush=True)
    about = {"positions a batch": ours.batch_tokens, "lengths": list(ours.lengths)}
    return {**about, "fixed width": widest[0], "rounds": rounds}, [row]
