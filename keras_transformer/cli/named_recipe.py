"""The recipe that a command starts from: its numbers are the defaults of the flags."""

import contextlib
import dataclasses
import pathlib
import typing

import tyro

from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.run_folder import read_recipe

Settings = typing.Annotated[Recipe, tyro.conf.arg(name="")]
Name = typing.Literal[tuple(RECIPES)]  # type: ignore[valid-type]


@dataclasses.dataclass(frozen=True)
class _Named:
    recipe: str = "phrasebook"
    start_from: pathlib.Path | None = None


def named_recipe(arguments: list[str]) -> dict[str, typing.Any]:
    """The recipe that the arguments name, as the fields `settings` and `recipe`.

    Flags have defaults before they are read: the name is looked for first, or the
    folder that is started from. Of one that there is not, the command itself will say
    so.

    Args:
        arguments: The arguments of a command.
    """
    try:
        named, _ = tyro.cli(
            _Named,
            args=arguments,
            add_help=False,
            console_outputs=False,
            return_unknown_args=True,
        )
    except SystemExit:
        named = _Named()
    name = named.recipe if named.recipe in RECIPES else _Named.recipe
    settings = RECIPES[name]
    if named.start_from is not None:
        with contextlib.suppress(ValueError, OSError):
            settings = read_recipe(named.start_from)
    return {"settings": settings, "recipe": name}


def folder_of(folder: pathlib.Path | None, recipe: str) -> pathlib.Path:
    """The folder of a run: the one that was named, or the recipe's own."""
    return folder or pathlib.Path("runs") / recipe


def on_files(
    recipe: Recipe, files: tuple[pathlib.Path, pathlib.Path] | None
) -> tuple[Recipe, typing.Any]:
    """The recipe on two parallel files, and their `Corpus`; without files no other.

    Args:
        recipe: The recipe.
        files: Source and target, a sentence a line.

    Raises:
        CorpusError: If the files cannot be read, or do not belong together.
    """
    if files is None:
        return recipe, None
    from keras_transformer import corpora

    recipe = dataclasses.replace(recipe, corpus=" ".join(map(str, files)))
    return recipe, corpora.load_files(files, name=recipe.corpus)
