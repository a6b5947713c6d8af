"""`BENCHMARKS.md`, from the files of the runs."""

import json
import pathlib

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / "results" / "benchmarks"
PAGE = ROOT / "BENCHMARKS.md"
HEAD = """# Benchmarks

Ours and the peers in one run, in turns; medians. A ratio says how many times as fast
as the peer we are, or how many times as much memory the peer takes. In float32 where a
table names no other precision (on a GPU everybody's products are in TF32), with as many
threads as there are cores. Written by `python -m benchmarks page` from the
files in `results/benchmarks/`; measured anew, with the peers of the extra `bench`
installed, by

```console
$ python -m benchmarks train --peers keras keras-hub torch marian
$ python -m benchmarks buckets
$ python -m benchmarks packing
$ python -m benchmarks decode --run runs/multi30k-de-en \
    --peers keras-hub ctranslate2 "ctranslate2 int8"
$ python -m benchmarks fixed --peers keras-hub marian ctranslate2
$ python -m benchmarks layers --peers keras torch
$ python -m benchmarks layers --peers keras torch --lengths 8192 --rounds 3
$ python -m benchmarks memory --peers keras torch
$ python -m benchmarks memory --peers keras torch --causal
$ python -m benchmarks service --run runs/phrasebook
$ python -m benchmarks own_sentences
```

on a GPU by `make benchmarks-gpu`, and some also with `KERAS_BACKEND=jax` or
`--precision mixed_bfloat16`: the line above a table says which. Real sentences are
translated by trained weights, the same ones in every engine, each with batches and
threads as it is fastest, and end when they end; a beam has no length penalty, which
differs by engine. All else has the weights that it begins with, random sources, and
translations as long as the line says. PyTorch computes on the GPU if Keras does, and
runs eagerly, whatever stands under `xla`. `keras` is a model of `keras.layers`,
`keras-hub` one of its layers (decoding: cached, with its samplers), `torch`
`nn.Transformer` and `nn.MultiheadAttention` of PyTorch, `marian` that of Hugging Face,
`ctranslate2` the C++ engine (real sentences: a worker of one thread for each core).
"packed" is a bound: the step of the fixed width, with as few rows as could hold all
pairs. Under "several sentences in a row" "packed" are the real thing, with masks of
segments, and "ours" are batches by length. Under "the service" users come at random,
at a share of what a loop of single calls translates, on the machine of the service;
"one by one" is the same service with batches of one. Under "own sentences" pairs with
the dirt of real files go the way of `docs/guides/own_sentences.md`, command by command.
"""
TITLES = {
    "train": "One training step of a Transformer, target tokens a second",
    "buckets": "Training on real sentences, real target tokens a second",
    "packing": "Several sentences in a row, real target tokens a second",
    "decode": "Translating real sentences, sentences a second",
    "fixed": "Translating to a fixed length, sentences a second",
    "layers": "Multi-head attention, milliseconds",
    "memory": "Multi-head attention, peak memory in MB",
    "service": "The service, users answered a second",
    "own_sentences": "Own sentences, from dirty files to a score, in seconds",
}
NUMBERS = {
    "train": "tokens_per_second",
    "buckets": "tokens_per_second",
    "packing": "tokens_per_second",
    "decode": "sentences_per_second",
    "fixed": "sentences_per_second",
    "layers": "milliseconds",
    "memory": "megabytes",
    "service": "answered_per_second",
    "own_sentences": "seconds",
}


def runs() -> list[dict]:
    """The stored runs, in the order of the page."""
    found = [json.loads(p.read_text("utf-8")) for p in sorted(RESULTS.glob("*.json"))]
    known = [run for run in found if run.get("kind") in TITLES]
    return sorted(known, key=lambda run: [*TITLES].index(run["kind"]))


def render(runs: list[dict]) -> str:
    """The page.

    Args:
        runs: The contents of the files.
    """
    parts = [HEAD]
    kind = None
    for run in runs:
        if run["kind"] != kind:
            kind = run["kind"]
            parts.append(f"\n## {TITLES[kind]}\n")
        parts.append("\n" + _section(run))
    return "".join(parts)


def _section(run):
    machine = run["machine"]
    where = ", ".join(machine["accelerators"]) or (
        f"{machine['cores']} cores of {machine['processor']}"
    )
    sizes = ", ".join(f"{name} {value}" for name, value in run["about"].items())
    versions = ", ".join(f"{name} {v}" for name, v in run["versions"].items())
    lines = [
        f"{run['backend']}, {where}, {run['date']}; {sizes.replace('_', ' ')}; "
        f"{versions}.",
        "",
    ]
    numbers = NUMBERS[run["kind"]]
    rows = run["rows"]
    names = list(dict.fromkeys(name for row in rows for name in row[numbers]))
    what = [key for key in rows[0] if key not in ("milliseconds", numbers, "ratio")]
    peers = [name for name in names if name != "ours"]
    head = [*what, *names, *(f"ratio to {name}" for name in peers)]
    lines.append(f"| {' | '.join(head)} |")
    lines.append("|" + "---|" * len(head))
    for row in rows:
        cells = [_cell(row[key]) for key in what]
        cells += [_cell(row[numbers].get(name)) for name in names]
        cells += [_cell(row["ratio"].get(name)) for name in peers]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value):
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
