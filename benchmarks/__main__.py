"""`python -m benchmarks train|layers|memory|page`: measure, or render the page."""

import argparse
import pathlib

import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly
from benchmarks import layers, memory, page, record, train

KINDS = {"train": train, "layers": layers, "memory": memory}
ROOT = pathlib.Path(__file__).parents[1]


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("kind", choices=[*KINDS, "page"])
    parser.add_argument("--peers", nargs="*", default=["keras"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--lengths", nargs="*", type=int, help="layers and memory")
    parser.add_argument("--out", type=pathlib.Path, default=page.RESULTS)
    arguments = parser.parse_args()
    if arguments.kind != "page":
        options = {"lengths": arguments.lengths} if arguments.lengths else {}
        measured = KINDS[arguments.kind].measure(
            arguments.peers, arguments.rounds, **options
        )
        record.write(arguments.out, arguments.kind, *measured)
    if arguments.out == page.RESULTS:
        page.PAGE.write_text(page.render(page.runs()), "utf-8")
        print(f"wrote {page.PAGE}")


if __name__ == "__main__":
    main()
