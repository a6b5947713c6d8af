"""The command line: finds the command that was asked for, and runs it."""

import os
import sys
from collections.abc import Callable

import tyro

from keras_transformer.cli.commands import COMMANDS, Prepare, Train
from keras_transformer.translation.recipes import RECIPES


def parse(arguments: list[str]) -> Callable[[], None]:
    """The command that the arguments ask for, ready to run."""
    name, *rest = arguments or ["--help"]
    program = "keras-transformer"
    commands = COMMANDS
    if isinstance(commands.get(name), dict):
        program, commands = f"{program} {name}", commands[name]
        name, *rest = rest or ["--help"]
    kind = commands.get(name)
    if kind is None:
        summary = "\n".join(f"  {key:12} {_summary(commands[key])}" for key in commands)
        text = f"usage: {program} COMMAND …\n\n{summary}\n\n{program} COMMAND --help"
        if name in ("-h", "--help"):
            print(text)
            raise SystemExit(0)
        print(f"{program}: unknown command {name!r}\n{text}", file=sys.stderr)
        raise SystemExit(2)
    default = _default_settings(kind, rest) if kind in (Train, Prepare) else None
    options = {} if default is None else {"default": default}
    # A recipe's kind of model is settled by its name: only its own numbers have flags.
    options["config"] = (tyro.conf.AvoidSubcommands,)
    return tyro.cli(kind, args=rest, prog=f"{program} {name}", **options).run


def _summary(command):
    if isinstance(command, dict):
        return ", ".join(command)
    return command.__doc__.strip().split("\n")[0]


def _default_settings(kind, arguments):
    """A command with the named recipe's own numbers as the defaults of the flags."""
    name = "phrasebook"
    for index, argument in enumerate(arguments):
        if argument == "--recipe" and index + 1 < len(arguments):
            name = arguments[index + 1]
        elif argument.startswith("--recipe="):
            name = argument.partition("=")[2]
    settings = RECIPES.get(name)
    if settings is None:
        settings, name = RECIPES["phrasebook"], "phrasebook"  # tyro names the choices
    return kind(settings=settings, recipe=name)


def main(arguments: list[str] | None = None) -> None:
    """Run a command; errors that the user can mend end it with one line."""
    try:
        parse(sys.argv[1:] if arguments is None else arguments)()
    except BrokenPipeError:
        # The reader of the output has gone, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError) as error:
        print(f"keras-transformer: {error}", file=sys.stderr)
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        print(
            "\nInterrupted. The last checkpoint is kept; the same command goes on.",
            file=sys.stderr,
        )
        raise SystemExit(130) from None
