"""The scoreboard where there is no TensorFlow: trained and translated from tokens.

```
RUNS=keras_transformer.course.scoreboard.token_runs
python -m $RUNS prepare runs/board --corpus multi30k-de-en
KERAS_BACKEND=jax python -m $RUNS train runs/board
python -m $RUNS score runs/board
```

The first and the last command need text, and so TensorFlow; the second does not. It
trains what has no translations yet, several models side by side if asked to, each in a
process of its own, and keeps nothing of them but the translations of the test sets.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import time
from collections.abc import Callable

from keras_transformer.course.scoreboard.fill import result, train_and_decode
from keras_transformer.course.studies import PUBLISHED, STUDIES, sharing, variant
from keras_transformer.system.files import write_json
from keras_transformer.system.processes import in_its_own_process
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.translation.recipes import batch_decoder
from keras_transformer.translation.run_folder import RECIPE
from keras_transformer.translation.token_files import (
    TOKENS,
    load_sentences,
    load_tokens,
    read_vocabularies,
    save_sentences,
    train_tokens,
)
from keras_transformer.translation.weights import load_model

RESULTS = pathlib.Path("results/scoreboard")
SOURCES = "sources.npz"
FOUND = "translations"
TRAIN = "python -m keras_transformer.course.scoreboard.token_runs train runs/board"


def prepare(
    folder: pathlib.Path, corpus: str, say: Callable[[str], None] = print
) -> None:
    """Write the tokens of a study: to train on, and the sentences to translate.

    Args:
        folder: Where to.
        corpus: Name of the study.
        say: Called with each line of report.

    Raises:
        ValueError: If the models of the study do not share their tokens.
    """
    from keras_transformer import corpora
    from keras_transformer.course.scoreboard.runs import splits_of
    from keras_transformer.translation import experiment
    from keras_transformer.translation.tokenizer_folders import load_tokenizers

    recipes = [each.recipe for each in STUDIES[corpus].values()]
    kinds = {(recipe.text, recipe.training.lengths) for recipe in recipes}
    if len(kinds) != 1:
        raise ValueError(
            f"models that are trained from one file share its tokens, got {len(kinds)} "
            f"kinds of tokens in the study of {corpus}"
        )
    texts = corpora.load(corpus)
    experiment.prepare(recipes[0], folder, texts, say)
    source, _ = load_tokenizers(folder)
    ids = {name: source.encode(texts.splits[name].source) for name in splits_of(texts)}
    save_sentences(folder / SOURCES, ids, {"corpus": corpus})


def train(
    folder: pathlib.Path, names: list[str], seeds: list[int], at_once: int = 1
) -> None:
    """Train and translate what has no translations yet.

    Args:
        folder: The folder that `prepare` wrote.
        names: Variants; all of them if none is named.
        seeds: Seeds of weights, dropout and data order.
        at_once: How many models are trained side by side.

    Raises:
        CheckpointError: If the folder holds no sentences.
        ChildProcessError: If a training did not end well.
    """
    corpus = load_sentences(folder / SOURCES)[1]["corpus"]
    asked = [variant(corpus, name) and name for name in names or STUDIES[corpus]]
    trainers = dict.fromkeys(sharing(corpus, name)[0] for name in asked)
    todo = [
        (name, seed)
        for seed in seeds
        for name in trainers
        if not all(
            (folder / FOUND / f"{each}-{seed}.json").exists()
            for each in sharing(corpus, name)
        )
    ]
    if at_once > 1:  # or the first of them takes all memory of a GPU
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

    def run(item):
        name, seed = item
        started = time.monotonic()
        in_its_own_process(fill, folder, corpus, name, seed)
        print(f"{name}, seed {seed}: {time.monotonic() - started:.0f} s", flush=True)

    print(f"{len(todo)} models to train", flush=True)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for _ in pool.map(run, todo):
            pass


def fill(folder: pathlib.Path, corpus: str, name: str, seed: int) -> None:
    """Train one model and write what it, and whoever shares its weights, translates.

    Args:
        folder: The folder that `prepare` wrote.
        corpus: Name of the study.
        name: Name of a variant that is trained.
        seed: Seed of weights, dropout and data order.
    """
    training = folder / "runs" / f"{name}-{seed}"
    sources, _ = load_sentences(folder / SOURCES)

    def train_model(recipe):
        training.mkdir(parents=True, exist_ok=True)
        write_json(training / RECIPE, recipe.to_dict())
        shutil.copyfile(folder / TOKENS, training / TOKENS)
        train_tokens(training, progress=False, say=lambda line: None)
        sizes, *_ = load_tokens(training / TOKENS, recipe.training)
        vocabularies = read_vocabularies(training / TOKENS)
        return load_model(training, recipe, sizes, vocabularies)

    def translations(model, recipe):
        decoder = batch_decoder(model, recipe)
        found, seconds = {}, {}
        for split, sentences in sources.items():
            started = time.monotonic()
            found[split] = decoder([ids.tolist() for ids in sentences])
            seconds[split] = time.monotonic() - started
        return found, seconds

    names = sharing(corpus, name)
    decoded = train_and_decode(corpus, names, seed, training, train_model, translations)
    (folder / FOUND).mkdir(exist_ok=True)
    for each, (about, (found, seconds)) in decoded.items():
        path = folder / FOUND / f"{each}-{seed}"
        save_sentences(path.with_suffix(".npz"), found, {"seconds": seconds})
        # Last: now it is complete.
        write_json(path.with_suffix(".json"), {"name": each, "seed": seed, **about})
    shutil.rmtree(training)


def score(folder: pathlib.Path, results: pathlib.Path) -> list[pathlib.Path]:
    """Write a result file for each model that was trained.

    Args:
        folder: The folder that `prepare` and `train` wrote.
        results: Folder of all results.

    Returns:
        The files.

    Raises:
        CheckpointError: If nothing was trained.
    """
    from keras_transformer import corpora
    from keras_transformer.course.scoreboard import runs as scoreboard
    from keras_transformer.translation.tokenizer_folders import load_tokenizers

    corpus = load_sentences(folder / SOURCES)[1]["corpus"]
    texts = corpora.load(corpus)
    _, target = load_tokenizers(folder)
    written = []
    for path in sorted((folder / FOUND).glob("*.json")):
        about = json.loads(path.read_text("utf-8"))
        name, seed = about.pop("name"), about.pop("seed")
        translations, told = load_sentences(path.with_suffix(".npz"))
        scores = {
            split: scoreboard.rate(
                target.decode(ids),
                texts.splits[split],
                told["seconds"][split],
                target.case == "lower",
                corpus in PUBLISHED,
            )
            for split, ids in translations.items()
        }
        command = f"{TRAIN} --only {name} --seeds {seed}"
        found = result(corpus, name, seed, command, scores, about)
        written.append(results / corpus / f"{name}-{seed}.json")
        write_json(written[-1], found)
    if not written:
        raise CheckpointError(f"{folder} holds no translations; train it first")
    return written


def main(arguments: list[str] | None = None) -> None:
    """Run one of the three commands."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_transformer.course.scoreboard.token_runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("prepare", "train", "score"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--corpus", choices=STUDIES, default="phrasebook")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="some of the variants"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    given = parser.parse_args(arguments)
    if given.what == "prepare":
        prepare(given.folder, given.corpus)
    elif given.what == "train":
        train(given.folder, given.only or [], given.seeds, given.at_once)
    else:
        for path in score(given.folder, given.results):
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
