"""The scoreboard: every model of a study, every seed, measured alike.

```
python -m keras_transformer.course.scoreboard --corpus phrasebook --seeds 1 2 3
```

runs what has no result file yet, one model at a time, each in a process of its own; a
run that was interrupted goes on from its checkpoint. A variant that only decodes
otherwise uses the weights of the variant that trained them, which are kept until
nothing needs them. One JSON a run in `results/scoreboard/<corpus>/`.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import shutil
import time
from typing import Any

from keras_transformer import corpora
from keras_transformer.corpora import Corpus, Pairs
from keras_transformer.corpora.corpus import words
from keras_transformer.course.scoreboard.fill import result, train_and_decode
from keras_transformer.course.studies import PUBLISHED, STUDIES, sharing, variant
from keras_transformer.system.files import write_json
from keras_transformer.system.processes import in_its_own_process
from keras_transformer.translation.alignment import attention_alignment_error
from keras_transformer.translation.evaluation import score, tokenized_bleu
from keras_transformer.translation.experiment import train
from keras_transformer.translation.translator import Translator

RESULTS = pathlib.Path("results/scoreboard")
SPLITS = {"phrasebook": ("valid", "test", "test_long")}
EDGES = (0, 5, 8, 11, 14, 17, 21, 26, 31, 36, 41)
"""Source lengths, in words, where a new group of sentences begins."""


def run(
    corpus: Corpus, name: str, seed: int, folder: pathlib.Path, **options: Any
) -> dict:
    """Train and measure one model; what a result file holds.

    A variant that only decodes otherwise trains the variant that it names, or finds its
    weights in the folder.

    Args:
        corpus: The corpus.
        name: Name of the variant.
        seed: Seed of weights, dropout and data order.
        folder: Folder of the training, for checkpoints and weights.
        options: Passed on to `experiment.train`.
    """
    trained = []

    def train_text(recipe):
        trained.append(train(recipe, folder, corpus, **options))
        return trained[0].model

    def scores_of(model, recipe):
        (translator,) = trained
        if recipe != translator.recipe:
            tokenizers = translator.source_tokenizer, translator.target_tokenizer
            translator = Translator(model, *tokenizers, recipe)
        return {
            split: measure(translator, corpus.splits[split], corpus.name in PUBLISHED)
            for split in splits_of(corpus)
        }

    about = corpus.name, (name,), seed
    ((training, scores),) = train_and_decode(
        *about, folder, train_text, scores_of
    ).values()
    command = (
        "python -m keras_transformer.course.scoreboard "
        f"--corpus {corpus.name} --only {name} --seeds {seed}"
    )
    return result(corpus.name, name, seed, command, scores, training)


def splits_of(corpus: Corpus) -> tuple[str, ...]:
    """What a corpus's models are scored on: all but the training split, if not told."""
    return SPLITS.get(corpus.name, tuple(corpus.splits)[1:])


def measure(translator: Translator, pairs: Pairs, tokenized: bool = False) -> dict:
    """Everything that the scoreboard says of one translator on one split.

    Every sentence is translated in one piece, however long it is.

    Args:
        translator: The translator.
        pairs: The split.
        tokenized: Whether to score English tokens too, as others publish it.

    Returns:
        The fields of `Scores`, `seconds` of decoding, `tokenized_bleu` with
        `tokenized_signature` if it was asked for, `aer` where the pairs have gold
        alignments (`None` for a model without attention), and `by_length`: BLEU and
        exact matches of the sentences of each length of source.
    """
    started = time.monotonic()
    hypotheses = translator(pairs.source, whole=True)
    seconds = time.monotonic() - started
    lower = translator.target_tokenizer.case == "lower"
    found = rate(hypotheses, pairs, seconds, lower, tokenized)
    if pairs.alignments is not None:
        error = attention_alignment_error(translator, pairs)
        found["aer"] = None if error is None else round(error, 4)
    return found


def rate(
    hypotheses: list[str], pairs: Pairs, seconds: float, lower: bool, tokenized: bool
) -> dict:
    """What the scoreboard says of translations, whoever made them.

    Args:
        hypotheses: A translation for each pair.
        pairs: The split.
        seconds: How long they took.
        lower: Ignore case.
        tokenized: Whether to score English tokens too.

    Returns:
        As `measure`, without `aer`.
    """
    found = dataclasses.asdict(score(hypotheses, pairs.target, lower=lower))
    found["seconds"] = round(seconds, 1)
    if tokenized:
        bleu, signature = tokenized_bleu(hypotheses, pairs.target)
        found |= {"tokenized_bleu": bleu, "tokenized_signature": signature}
    found["by_length"] = by_length(hypotheses, pairs, lower)
    return found


def by_length(hypotheses: list[str], pairs: Pairs, lower: bool = False) -> list[dict]:
    """BLEU and exact matches by the number of source words.

    Args:
        hypotheses: A translation for each pair.
        pairs: The pairs.
        lower: Ignore case.

    Returns:
        One dict a group of at least 20 sentences: `low` and `high`, the words of its
        shortest and longest source, `words`, their mean, `sentences`, `bleu`, `exact`.
    """
    groups = collections.defaultdict(list)
    for index, source in enumerate(pairs.source):
        length = len(words(source))
        groups[max(edge for edge in EDGES if edge <= length)].append((length, index))
    rows = []
    for _, members in sorted(groups.items()):
        if len(members) < 20:
            continue
        scores = score(
            [hypotheses[index] for _, index in members],
            [pairs.target[index] for _, index in members],
            lower=lower,
        )
        lengths = [length for length, _ in members]
        rows.append(
            {
                "low": min(lengths),
                "high": max(lengths),
                "words": round(sum(lengths) / len(lengths), 2),
                "sentences": len(members),
                "bleu": round(scores.bleu, 2),
                "exact": round(scores.exact, 4),
            }
        )
    return rows


def missing(
    corpus: str, names: list[str], seeds: list[int], results: pathlib.Path
) -> list[tuple[str, int, pathlib.Path]]:
    """What has no result file yet: name, seed and path, first seeds first."""
    wanted = [
        (name, seed, results / corpus / f"{name}-{seed}.json")
        for seed in seeds
        for name in names
    ]
    return [item for item in wanted if not item[2].exists()]


def fill(
    corpus: str,
    name: str,
    seed: int,
    results: pathlib.Path,
    folder: pathlib.Path,
    progress: bool = True,
) -> None:
    """Run one model, write its result, and remove what no other variant needs.

    Args:
        corpus: Name of the corpus.
        name: Name of the variant.
        seed: Seed of weights, dropout and data order.
        results: Folder of all results.
        folder: Folder of all trainings.
        progress: Whether to show a progress bar.
    """
    # The first of them is the one that trains.
    family = sharing(corpus, name)
    training = folder / corpus / f"{family[0]}-{seed}"
    found = run(
        corpora.load(corpus),
        name,
        seed,
        training,
        progress=progress,
        say=lambda line: None,
    )
    write_json(results / corpus / f"{name}-{seed}.json", found)
    if not missing(corpus, family, [seed], results):
        shutil.rmtree(training, ignore_errors=True)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_transformer.course.scoreboard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--corpus", choices=STUDIES, default="phrasebook")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="some of the variants"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    parser.add_argument(
        "--folder", type=pathlib.Path, default=pathlib.Path("runs/scoreboard")
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    given = parser.parse_args(arguments)
    for name in given.only or ():
        variant(given.corpus, name)
    todo = missing(
        given.corpus, given.only or [*STUDIES[given.corpus]], given.seeds, given.results
    )
    if not todo:
        print(f"{given.results / given.corpus} holds every result that was asked for")
        return
    started, done = time.monotonic(), 0
    for number, (name, seed, path) in enumerate(todo, start=1):
        if path.exists():  # another process was faster
            continue
        print(f"{number} of {len(todo)}: {name}, seed {seed}", flush=True)
        where = given.results, given.folder
        in_its_own_process(fill, given.corpus, name, seed, *where, not given.quiet)
        found = json.loads(path.read_text("utf-8"))
        done += 1
        left = (time.monotonic() - started) / done * (len(todo) - number) / 60
        scores = "  ".join(
            f"{split} {values['bleu']:.1f}" for split, values in found["scores"].items()
        )
        print(
            f"{name}, seed {seed}: BLEU {scores}; {left:.0f} minutes left", flush=True
        )
