"""`python -m benchmarks KIND`: measure; `python -m benchmarks page`: render.

Each kind of measurement writes one file under `results/benchmarks/` and renders
`BENCHMARKS.md` anew.
"""

import argparse
import importlib
import pathlib
import re

import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras

from benchmarks import page, record
from benchmarks.train import SIZES

KINDS = (
    "train",
    "decode",
    "fixed",
    "layers",
    "memory",
    "buckets",
    "packing",
    "service",
    "own_sentences",
)
OPTIONS = (
    "lengths",
    "causal",
    "sizes",
    "xla",
    "run",
    "pairs",
    "table",
    "train",
)


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("kind", choices=[*KINDS, "page"])
    parser.add_argument("--peers", nargs="*", default=["keras"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--lengths", nargs="*", type=int, help="layers and memory")
    parser.add_argument("--causal", action="store_true", help="layers and memory")
    parser.add_argument("--sizes", nargs="*", help="train and fixed", choices=[*SIZES])
    parser.add_argument("--xla", nargs="*", type=_yes_or_no, help="yes, no, or both")
    parser.add_argument("--run", type=pathlib.Path, help="decode, service: a folder")
    parser.add_argument("--pairs", type=int, help="own_sentences: how many")
    parser.add_argument("--table", action="store_true", help="own_sentences: a CSV")
    parser.add_argument("--train", help="own_sentences: flags for train, in one word")
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"])
    parser.add_argument("--out", type=pathlib.Path, default=page.RESULTS)
    arguments = parser.parse_args()
    if arguments.kind != "page":
        options = {
            name: value for name in OPTIONS if (value := getattr(arguments, name))
        }
        asked = (arguments.peers, arguments.rounds, options, arguments.precision)
        measure(arguments.kind, *asked, arguments.out)
    if arguments.out == page.RESULTS:
        page.PAGE.write_text(page.render(page.runs()), "utf-8")
        print(f"wrote {page.PAGE}")


def measure(
    kind: str,
    peers: list[str],
    rounds: int,
    options: dict,
    precision: str | None,
    out: pathlib.Path,
) -> None:
    """Measure, and write the file that is named after what was measured.

    Args:
        kind: One of `KINDS`.
        peers: Beside whom.
        rounds: How often.
        options: What else the kind takes.
        precision: A dtype policy of Keras; `None` is float32.
        out: The folder.
    """
    usual = keras.config.dtype_policy()
    if precision:
        keras.config.set_dtype_policy(precision)
    try:
        # Not all of them: that of real sentences needs text, and so TensorFlow.
        module = importlib.import_module(f"benchmarks.{kind}")
        about, rows = module.measure(peers, rounds, **options)
    finally:
        keras.config.set_dtype_policy(usual)
    chosen = [_named(*option) for option in options.items() if option[0] != "run"]
    if precision:
        about = {**about, "precision": precision}
        chosen.append(precision)
    record.write(out, kind, about, rows, "-".join(chosen))


def _named(name, value):
    """What an option adds to the name of the file."""
    if value is True:
        return name
    parts = value if isinstance(value, list) else re.findall(r"[\w.]+", str(value))
    return "-".join(map(str, parts))


def _yes_or_no(word):
    return {"yes": True, "no": False}[word]


if __name__ == "__main__":
    main()
