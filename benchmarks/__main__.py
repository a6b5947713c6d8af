"""`python -m benchmarks KIND`: measure; `python -m benchmarks page`: render.

Each kind of measurement writes one file under `results/benchmarks/` and renders
`BENCHMARKS.md` anew.
"""

import argparse
import importlib
import pathlib

import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras

from benchmarks import page, record
from benchmarks.train import SIZES

KINDS = ("train", "decode", "layers", "memory", "buckets", "packing")


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("kind", choices=[*KINDS, "page"])
    parser.add_argument("--peers", nargs="*", default=["keras"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--lengths", nargs="*", type=int, help="layers and memory")
    parser.add_argument("--sizes", nargs="*", help="train and decode", choices=[*SIZES])
    parser.add_argument("--xla", nargs="*", type=_yes_or_no, help="yes, no, or both")
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"])
    parser.add_argument("--out", type=pathlib.Path, default=page.RESULTS)
    arguments = parser.parse_args()
    if arguments.kind != "page":
        if arguments.precision:
            keras.config.set_dtype_policy(arguments.precision)
        options = {
            name: value
            for name in ("lengths", "sizes", "xla")
            if (value := getattr(arguments, name))
        }
        # Not all of them: that of real sentences needs text, and so TensorFlow.
        kind = importlib.import_module(f"benchmarks.{arguments.kind}")
        about, rows = kind.measure(arguments.peers, arguments.rounds, **options)
        chosen = [str(value) for part in options.values() for value in part]
        if arguments.precision:
            about = {**about, "precision": arguments.precision}
            chosen.append(arguments.precision)
        record.write(arguments.out, arguments.kind, about, rows, "-".join(chosen))
    if arguments.out == page.RESULTS:
        page.PAGE.write_text(page.render(page.runs()), "utf-8")
        print(f"wrote {page.PAGE}")


def _yes_or_no(word):
    return {"yes": True, "no": False}[word]


if __name__ == "__main__":
    main()
