"""`python -m keras_transformer.course.phrasebook data/phrasebook` generates it anew."""

import argparse
import pathlib

from keras_transformer.course.phrasebook.corpus import SEED, generate, write


def main(arguments: list[str] | None = None) -> None:
    """The command: `python -m keras_transformer.corpora.phrasebook OUT_DIR`."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_transformer.course.phrasebook",
        description="Writes the phrasebook corpus, one TSV a split.",
    )
    parser.add_argument("folder", type=pathlib.Path, help="where the files go")
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    options = parser.parse_args(arguments)
    corpus = generate(options.seed)
    write(corpus, options.folder)
    for name, pairs in corpus.splits.items():
        print(f"{len(pairs):6}  {options.folder / name}.tsv")


if __name__ == "__main__":
    main()
