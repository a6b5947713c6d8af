"""`python -m benchmarks train|decode|layers|memory|buckets|page`: measure, or render.

Each kind of measurement writes one file under `results/benchmarks/` and renders
`BENCHMARKS.md` anew.
"""

import argparse
import pathlib

import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly
from benchmarks import buckets, decode, layers, memory, page, record, train

KINDS = {
    "train": train,
    "decode": decode,
    "layers": layers,
    "memory": memory,
    "buckets": buckets,
}


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("kind", choices=[*KINDS, "page"])
    parser.add_argument("--peers", nargs="*", default=["keras"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--lengths", nargs="*", type=int, help="layers and memory")
    parser.add_argument("--sizes", nargs="*", help="train and decode", choices=SIZES)
    parser.add_argument("--xla", nargs="*", type=_yes_or_no, help="yes, no, or both")
    parser.add_argument("--out", type=pathlib.Path, default=page.RESULTS)
    arguments = parser.parse_args()
    if arguments.kind != "page":
        options = {
            name: value
            for name in ("lengths", "sizes", "xla")
            if (value := getattr(arguments, name))
        }
        measured = KINDS[arguments.kind].measure(
            arguments.peers, arguments.rounds, **options
        )
        chosen = [str(value) for part in options.values() for value in part]
        record.write(arguments.out, arguments.kind, *measured, "-".join(chosen))
    if arguments.out == page.RESULTS:
        page.PAGE.write_text(page.render(page.runs()), "utf-8")
        print(f"wrote {page.PAGE}")


SIZES = list(train.SIZES)


def _yes_or_no(word):
    return {"yes": True, "no": False}[word]


if __name__ == "__main__":
    main()
