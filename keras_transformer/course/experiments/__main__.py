"""Measure an experiment: `python -m keras_transformer.course.experiments NAME`."""

import argparse

from keras_transformer.course.experiments.experiment import names, run


def main() -> None:
    """Measure what is not stored yet."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", default=[], help="names of variants")
    asked = parser.parse_args()
    run(asked.name, asked.seeds, asked.only)


if __name__ == "__main__":
    main()
