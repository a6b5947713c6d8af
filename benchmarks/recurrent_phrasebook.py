"""Every recurrent translator on the embedded corpus, and what each one reaches.

```
python benchmarks/recurrent_phrasebook.py                     # all variants, one seed
python benchmarks/recurrent_phrasebook.py --variants start bahdanau --seeds 1 2 3
```

One JSON a run in `results/recurrent/`. What is there already is not run again, and a
run that was interrupted goes on from its checkpoint.
"""

import argparse
import dataclasses
import datetime
import pathlib
import time

from keras_transformer import corpora  # first, so that Keras is loaded quietly

# isort: split
import keras

from keras_transformer.attention import Additive, Attention, General
from keras_transformer.decoding import GreedyDecoder
from keras_transformer.evaluation import score
from keras_transformer.recurrent import RecurrentSeq2Seq
from keras_transformer.report import device
from keras_transformer.text import Tokenizer
from keras_transformer.training import LengthBuckets, Run, TrainingConfig
from keras_transformer.translator import versions, write_json

VOCABULARY = 2000
SPLITS = ("valid", "test", "test_long")

# The units are chosen so that every variant has 1.16 million parameters, within 1 %.
VARIANTS = {
    "start": {"context": "start", "units": 332},
    "every_step": {"context": "every_step", "units": 268},
    "bahdanau": {"context": "attention", "units": 256},
    "luong": {"context": "attention", "wiring": "luong", "units": 302},
    "luong_feeding": {
        "context": "attention",
        "wiring": "luong",
        "input_feeding": True,
        "units": 280,
    },
}

# One width, so that the length of a target is static and its recurrence unrolled.
TRAINING = TrainingConfig(
    epochs=7,
    batch_tokens=2048,
    widths=(20,),
    peak_learning_rate=3e-3,
    warmup_steps=300,
    average=0.99,
)


COMMON = {"width": 128, "dropout": 0.2, "share_embeddings": True}


def attention(variant):
    """Each paper's score: Bahdanau's is additive, Luong's best was the bilinear one."""
    if VARIANTS[variant]["context"] != "attention":
        return None
    return Attention(Additive(128) if variant == "bahdanau" else General())


def make(variant, vocabulary, seed):
    """The model of a variant, built."""
    model = RecurrentSeq2Seq(
        vocabulary,
        vocabulary,
        attention=attention(variant),
        seed=seed,
        **COMMON,
        **VARIANTS[variant],
    )
    model.build()
    return model


def batches(pairs, tokenizer, config):
    """The pairs of a split that fit the widest bucket, as batches of token ids."""
    sides = tokenizer.encode(pairs.source), tokenizer.encode(pairs.target)
    kept = [
        (source, target)
        for source, target in zip(*sides, strict=True)
        if max(len(source), len(target)) < config.widths[-1]
    ]
    source, target = zip(*kept, strict=True)
    return LengthBuckets(
        source,
        target,
        widths=config.widths,
        batch_tokens=config.batch_tokens,
        seed=config.seed,
    )


def measure(model, tokenizer, corpus):
    """Scores of greedy translations by split."""
    decoder = GreedyDecoder(model, widths=(12, 20, 40, 64))
    scores = {}
    for split in SPLITS:
        pairs = corpus.splits[split]
        started = time.monotonic()
        hypotheses = tokenizer.decode(decoder(tokenizer.encode(pairs.source)))
        scores[split] = {
            **dataclasses.asdict(score(hypotheses, pairs.target)),
            "seconds": round(time.monotonic() - started, 1),
        }
    return scores


def run(variant, seed, config, corpus, tokenizer, folder, progress):
    """Train one variant from one seed, and score it."""
    config = dataclasses.replace(config, seed=seed)
    keras.utils.set_random_seed(seed)
    model = make(variant, len(tokenizer.vocabulary), seed)
    train, valid = (
        batches(corpus.splits[split], tokenizer, config) for split in ("train", "valid")
    )
    history = Run(model, train, valid, config, folder, progress=progress)()
    looked = attention(variant)
    kind = None if looked is None else type(looked.score).__name__
    return {
        "variant": variant,
        "seed": seed,
        "corpus": corpus.name,
        "parameters": model.count_params(),
        "training_minutes": round(history[-1]["seconds"] / 60, 2),
        "scores": measure(model, tokenizer, corpus),
        "device": device(),
        "date": datetime.date.today().isoformat(),
        "versions": versions(),
        "recipe": {
            "vocabulary": len(tokenizer.vocabulary),
            "model": {**COMMON, **VARIANTS[variant], "score": kind},
            "training": dataclasses.asdict(config),
            "decoding": "greedy",
        },
        "history": history,
    }


def main():
    """Run what has no result yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=[*VARIANTS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--epochs", type=int, default=TRAINING.epochs)
    parser.add_argument(
        "--results", type=pathlib.Path, default=pathlib.Path("results/recurrent")
    )
    parser.add_argument(
        "--folder",
        type=pathlib.Path,
        default=pathlib.Path("runs/recurrent"),
        help="where checkpoints and histories go",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    arguments = parser.parse_args()
    config = dataclasses.replace(TRAINING, epochs=arguments.epochs)
    missing = [
        (variant, seed, path)
        for seed in arguments.seeds
        for variant in arguments.variants
        if not (path := arguments.results / f"{variant}-{seed}.json").exists()
    ]
    if not missing:
        print(f"{arguments.results} holds every result that was asked for")
        return
    corpus = corpora.load("phrasebook")
    train = corpus.splits["train"]
    tokenizer = Tokenizer.learn([*train.source, *train.target], VOCABULARY)
    for variant, seed, path in missing:
        folder = arguments.folder / f"{variant}-{seed}"
        progress = not arguments.quiet
        result = run(variant, seed, config, corpus, tokenizer, folder, progress)
        arguments.results.mkdir(parents=True, exist_ok=True)
        write_json(path, result)
        for name in ("checkpoint.npz", "best.npz"):
            (folder / name).unlink(missing_ok=True)
        scores = "  ".join(
            f"{split} BLEU {values['bleu']:.1f} exact {values['exact']:.3f}"
            for split, values in result["scores"].items()
        )
        print(
            f"{variant}, seed {seed}: {result['parameters']:,} parameters, "
            f"{result['training_minutes']} minutes, {scores}"
        )


if __name__ == "__main__":
    main()
