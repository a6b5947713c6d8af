"""The command line: finds the command that was asked for, and runs it."""

import os
import sys
import typing
from collections.abc import Callable

import tyro

from keras_transformer.cli.clean import Clean
from keras_transformer.cli.corpora import Corpora
from keras_transformer.cli.demo import Demo
from keras_transformer.cli.evaluate import Evaluate
from keras_transformer.cli.explain import Explain
from keras_transformer.cli.grade import Grade
from keras_transformer.cli.lab import Lab
from keras_transformer.cli.named_recipe import named_recipe
from keras_transformer.cli.prepare import Prepare
from keras_transformer.cli.say import say
from keras_transformer.cli.serve import Serve
from keras_transformer.cli.train import Train
from keras_transformer.cli.train_tokens import TrainTokens
from keras_transformer.cli.translate import Translate
from keras_transformer.system.extras import MissingExtra

COMMANDS = {
    "train": Train,
    "prepare": Prepare,
    "train-tokens": TrainTokens,
    "translate": Translate,
    "evaluate": Evaluate,
    "explain": Explain,
    "serve": Serve,
    "clean": Clean,
    "corpora": Corpora,
    "demo": Demo,
    "lab": Lab,
    "grade": Grade,
}


def parse(arguments: list[str]) -> Callable[[], None]:
    """The command that the arguments ask for, ready to run."""
    if arguments == ["corpora"]:
        arguments = ["corpora", "--help"]
    recipe = named_recipe(arguments)
    defaults = {kind: {"default": kind(**recipe)} for kind in (Train, Prepare)}
    commands = (
        typing.Annotated[kind, tyro.conf.subcommand(name, **defaults.get(kind, {}))]
        for name, kind in COMMANDS.items()
    )
    return tyro.cli(
        typing.Union[tuple(commands)],  # noqa: UP007 of as many as there are
        prog="keras-transformer",
        args=arguments,
        # A recipe's kind of model is settled by its name: it is no command.
        config=(tyro.conf.AvoidSubcommands,),
    ).run


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors that the user can mend end it with one line.

    Args:
        arguments: The command line, without the program's name; by default the one
            that the process was given.
    """
    command = None
    try:
        command = parse(sys.argv[1:] if arguments is None else arguments)
        command()
    except BrokenPipeError:
        # The reader of the output has gone, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError, MissingExtra) as error:
        say(f"keras-transformer: {error}")
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        # Of the commands only those that train leave something to go on from.
        kept = getattr(getattr(command, "__self__", None), "kept", None)
        say("\nInterrupted." + (f" {kept}" if kept else ""))
        raise SystemExit(130) from None
