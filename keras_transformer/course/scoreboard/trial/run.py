"""One training of the trial, from the corpus to a stored result."""

import datetime
import pathlib
import shutil

from keras_transformer import corpora
from keras_transformer.course import studies
from keras_transformer.course.measure.multiplications import of_a_pass
from keras_transformer.course.scoreboard.fill import about_training
from keras_transformer.course.scoreboard.runs import measure, splits_of
from keras_transformer.course.scoreboard.trial import plan
from keras_transformer.system.files import write_json
from keras_transformer.training import LengthBuckets, NotFiniteError
from keras_transformer.translation.experiment import train
from keras_transformer.translation.run_folder import read_device, versions
from keras_transformer.translation.translator import Translator


def try_rate(
    rung: str, rate: float, results: pathlib.Path, folder: pathlib.Path
) -> None:
    """Train a few passes at one rate, and store the validation BLEU after them.

    Args:
        rung: Name of a variant.
        rate: Peak learning rate.
        results: Folder of all results.
        folder: Folder of all trainings.
    """
    seed = plan.SEEDS[0]
    training = folder / plan.CORPUS / f"{rung}-rate-{rate:g}"
    recipe = plan.recipe_of(rung, seed, rate, plan.FIRST)
    try:
        model = _train(recipe, training, corpora.load(plan.CORPUS)).model
    except NotFiniteError:  # a rate that is too high: a result, too
        bleu, about = (
            None,
            {
                "device": read_device(training),
                "date": datetime.date.today().isoformat(),
                "versions": versions(),
                "recipe": recipe.to_dict(),
            },
        )
    else:
        about = about_training(training, model, recipe)
        bleu = about["history"][-1]["valid_bleu"]
    path = plan.rate_path(results, rung, rate)
    told = {"rung": rung, "rate": rate, "seed": seed, "valid_bleu": bleu}
    _store(path, told | {"command": _command(rung, seed)} | about)
    shutil.rmtree(training, ignore_errors=True)


def run(
    rung: str,
    seed: int,
    results: pathlib.Path,
    folder: pathlib.Path,
    alone: bool = False,
) -> None:
    """Train one model until it gets no better, and store what it reached.

    Args:
        rung: Name of a variant.
        seed: Seed of weights, dropout and data order.
        results: Folder of all results, with the rung's rates.
        folder: Folder of all trainings.
        alone: Whether nothing else runs on the machine, so that seconds say something.
    """
    corpus, figures = corpora.load(plan.CORPUS), plan.rates(results, rung)
    rate = plan.chosen(figures)
    recipe = plan.recipe_of(rung, seed, rate, plan.MOST)
    training = folder / plan.CORPUS / f"{rung}-{seed}"
    translator = _train(recipe, training, corpus)
    found = {
        "rung": rung,
        "title": studies.variant(plan.CORPUS, rung).title,
        "corpus": plan.CORPUS,
        "seed": seed,
        "command": _command(rung, seed),
        "rates": {f"{each:g}": bleu for each, bleu in figures.items()},
        "rate": rate,
        "alone": alone,
        "scores": {
            search: scores(translator, beam, corpus)
            for search, beam in plan.SEARCHES.items()
        },
        **costs(translator, corpus),
        **about_training(training, translator.model, recipe),
    }
    _store(plan.run_path(results, rung, seed), found)


def scores(translator: Translator, beam: int, corpus: corpora.Corpus) -> dict:
    """What a translator reaches on every split that is scored, as the scoreboard's.

    Args:
        translator: The translator.
        beam: Hypotheses that are followed; 1 is greedy decoding.
        corpus: The corpus.
    """
    tokenizers = translator.source_tokenizer, translator.target_tokenizer
    recipe = translator.recipe.searching(beam)
    searching = Translator(translator.model, *tokenizers, recipe)
    tokenized = corpus.name in studies.PUBLISHED
    return {
        split: measure(searching, corpus.splits[split], tokenized)
        for split in splits_of(corpus)
    }


def costs(translator: Translator, corpus: corpora.Corpus) -> dict[str, int]:
    """What a pass costs on any machine: real tokens of both sides, multiplications.

    Args:
        translator: The translator.
        corpus: What it was trained on.
    """
    recipe, pairs = translator.recipe, corpus.splits["train"]
    training, target = recipe.training, translator.target_tokenizer
    coded = zip(
        translator.source_tokenizer.encode(pairs.source),
        target.encode(pairs.target),
        strict=True,
    )
    kept = [pair for pair in coded if max(map(len, pair)) < training.lengths[-1]]
    batches = LengthBuckets(
        [source for source, _ in kept],
        [written for _, written in kept],
        training.lengths,
        training.batch_tokens,
    )
    size = len(target.vocabulary)
    return {
        "tokens_a_pass": sum(len(s) + len(t) + 2 for s, t in kept),
        "multiplications_a_pass": of_a_pass(recipe.model, size, batches),
    }


def _train(recipe, folder, corpus):
    return train(recipe, folder, corpus, progress=False, say=lambda line: None)


def _command(rung, seed):
    return f"{plan.COMMAND} --rung {rung} --seed {seed}"


def _store(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, value)
