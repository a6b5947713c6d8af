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
from keras_transformer.cli.export import Export
from keras_transformer.cli.grade import Grade
from keras_transformer.cli.lab import Lab
from keras_transformer.cli.named_recipe import named_recipe
from keras_transformer.cli.prepare import Prepare
from keras_transformer.cli.say import say
from keras_transformer.cli.scoreboard import Scoreboard
from keras_transformer.cli.serve import Serve
from keras_transformer.cli.train import Train
from keras_transformer.cli.train_tokens import TrainTokens
from keras_transformer.cli.translate import Translate
from keras_transformer.system import ranges
from keras_transformer.system.extras import MissingExtra

COMMANDS = {
    "train": Train,
    "prepare": Prepare,
    "train-tokens": TrainTokens,
    "translate": Translate,
    "evaluate": Evaluate,
    "explain": Explain,
    "scoreboard": Scoreboard,
    "export": Export,
    "serve": Serve,
    "clean": Clean,
    "corpora": Corpora,
    "demo": Demo,
    "lab": Lab,
    "grade": Grade,
}


def parse(arguments: list[str]) -> Callable[[], None]:
    """The command that the arguments ask for, ready to run.

    Raises:
        ValueError: If a flag has a value outside its range.
    """
    if arguments == ["corpora"]:
        arguments = ["corpora", "--help"]
    measured = arguments[:1] == ["scoreboard"]
    recipe = named_recipe(arguments, *[Scoreboard.recipe] * measured)
    started = Train, Prepare, Scoreboard
    defaults = {kind: {"default": kind(**recipe)} for kind in started}
    commands = (
        typing.Annotated[kind, tyro.conf.subcommand(name, **defaults.get(kind, {}))]
        for name, kind in COMMANDS.items()
    )
    with ranges.checked_later():
        command = tyro.cli(
            typing.Union[tuple(commands)],  # noqa: UP007 of as many as there are
            prog="keras-transformer",
            args=arguments,
            # A recipe's kind of model is settled by its name: it is no command.
            config=(tyro.conf.AvoidSubcommands,),
            registry=_NUMBERS,
        )
    if fault := next(ranges.faults(command, flag), None):
        raise ValueError(fault)
    return command.run


def flag(field: str) -> str:
    """What a field of a command is called on the command line.

    Example:
        >>> flag("settings.training.batch_tokens"), flag("search.beam")
        ('--training.batch-tokens', '--beam')
    """
    first, _, rest = field.partition(".")
    name = rest if first in ("settings", "search", "limits", "rules") else field
    return f"--{name.replace('_', '-')}"


_NUMBERS = tyro.constructors.ConstructorRegistry()


@_NUMBERS.primitive_rule
def _number(info: tyro.constructors.PrimitiveTypeInfo):
    """Numbers as Python writes them; which are allowed, their ranges say."""
    if info.type is not int:
        return None

    def read(arguments):
        try:
            return int(arguments[0])
        except ValueError:
            return float(arguments[0])  # "nan", "1e9": refused by name later

    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="INT",
        instance_from_str=read,
        is_instance=lambda value: isinstance(value, int),
        str_from_instance=lambda value: [str(value)],
    )


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors that the user can mend end it with one line.

    Args:
        arguments: The command line, without the program's name; by default the one
            that the process was given.
    """
    command = None
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal may know ASCII alone
            stream.reconfigure(errors="backslashreplace")
    try:
        command = parse(sys.argv[1:] if arguments is None else arguments)
    except ValueError as error:
        say(f"keras-transformer: {error}")
        raise SystemExit(2) from error
    except KeyboardInterrupt:
        say("\nInterrupted.")
        raise SystemExit(130) from None
    try:
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
