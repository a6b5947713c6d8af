"""The door of the command line: what it says before it loads Keras.

Listing the commands takes no Keras, and no TensorFlow. And what is installed under the
library's name may be somebody else's: on PyPI, `keras-transformer` is another project
with the same import name. So this is a module of its own, beside the package.
"""

import sys
from importlib import metadata

import keras_transformer_quiet

PROGRAM = "keras-transformer"
COMMANDS = {
    "train": "Train a translator by a recipe, or go on with a run that was interrupted",
    "prepare": "Learn a recipe's vocabularies, and write its tokens for `train-tokens`",
    "train-tokens": "Train what `prepare` laid out, or go on with it; no TensorFlow",
    "translate": "Translate texts, a file, or standard input: one line in, one out",
    "evaluate": "Score a translator with sacreBLEU on the test splits of its corpus",
    "explain": "Draw which source words a translator looked at for each target word",
    "scoreboard": "Take the time until a recipe translates a test split well enough",
    "export": "Write a trained translator for other programs: CTranslate2, TensorFlow",
    "serve": "Serve a translator: JSON over HTTP, and a page to type into",
    "clean": "Tidy sentence pairs, and drop what teaches nothing, each with a rule",
    "corpora": "List, download or show corpora",
    "demo": "Train the first translator, score it, translate, and draw its attention",
    "lab": "Open the lessons in JupyterLab, as copies to write into",
    "grade": "Judge the exercises of one learner's notebooks, or of a class's",
}


def overview() -> str:
    """The commands, one line each."""
    lines = (f"  {name:14}{line}" for name, line in COMMANDS.items())
    return "\n".join(
        [
            f"usage: {PROGRAM} COMMAND …",
            "",
            *lines,
            "",
            f"{PROGRAM} COMMAND --help",
        ]
    )


def stranger() -> str | None:
    """What is wrong if another project's files lie where the library's belong.

    A distribution of the command's name is not enough: older checkouts of this project,
    installed in place, were called so too, and brought no files.
    """
    for found in metadata.distributions(name=PROGRAM):
        if "keras_transformer/__init__.py," in (found.read_text("RECORD") or ""):
            return (
                f"the distribution {PROGRAM} {found.version} is another project with "
                "the same import name, keras_transformer; uninstall it and "
                "keras-transformer-course, then install keras-transformer-course anew"
            )
    return None


def main(arguments: list[str] | None = None) -> None:
    """The command `keras-transformer`.

    Args:
        arguments: The command line, without the program's name; by default the one
            that the process was given.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments in ([], ["-h"], ["--help"]):
        print(overview())
        return
    if fault := stranger():
        raise SystemExit(f"{PROGRAM}: {fault}")
    try:
        keras_transformer_quiet.install()
        from keras_transformer.cli.main import main as command_line
    except ModuleNotFoundError as error:  # its extra is not installed, or no Keras
        raise SystemExit(f"{PROGRAM}: {error}") from error
    except KeyboardInterrupt:  # Keras takes seconds to load
        print("\nInterrupted.", file=sys.stderr)
        raise SystemExit(130) from None
    command_line(arguments)
