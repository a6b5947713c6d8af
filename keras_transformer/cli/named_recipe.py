"""The recipe that a command starts from: its numbers are the defaults of the flags."""

import contextlib
import dataclasses
import functools
import pathlib
import typing
from collections.abc import Callable, Iterator

import tyro

from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.run_folder import read_recipe

if typing.TYPE_CHECKING:
    from keras_transformer.corpora import Corpus
    from keras_transformer.translation.auto import Choice

AUTO = "auto"
Settings = typing.Annotated[Recipe, tyro.conf.arg(name="")]
Name = typing.Literal[(*RECIPES, AUTO)]  # type: ignore[valid-type]
Files = tuple[pathlib.Path, pathlib.Path]


@dataclasses.dataclass(frozen=True)
class _Named:
    recipe: str | None = None
    start_from: pathlib.Path | None = None
    corpus: str | None = None
    columns: tuple[str, str] | None = None
    files: Files | None = None


def named_recipe(
    arguments: list[str], default: str = "phrasebook"
) -> dict[str, typing.Any]:
    """The recipe that the arguments name, as the fields `settings` and `recipe`.

    Flags have defaults before they are read: the name is looked for first, or the
    folder that is started from, or the pairs that `auto` chooses by. Of one that there
    is not, the command itself will say so.

    Args:
        arguments: The arguments of a command.
        default: The name of the recipe where the arguments name none.
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
    name = named.recipe if named.recipe in (*RECIPES, AUTO) else default
    settings = RECIPES.get(name, Recipe())
    with contextlib.suppress(ValueError, OSError):
        if named.start_from is not None:
            settings = read_recipe(named.start_from)
        elif name == AUTO and (named.files or named.corpus):
            settings = _chosen(named.files, named.corpus, named.columns)[1].recipe
    return {"settings": settings, "recipe": name}


def folder_of(folder: pathlib.Path | None, recipe: str) -> pathlib.Path:
    """The folder of a run: the one that was named, or the recipe's own."""
    return folder or pathlib.Path("runs") / recipe


def data_of(
    recipe: Recipe,
    files: Files | None,
    by_size: bool,
    say: Callable[[str], None],
) -> tuple[Recipe, typing.Optional["Corpus"], typing.Optional["Choice"]]:
    """The recipe on its pairs, these pairs, and why the recipe was chosen.

    Args:
        recipe: What the flags made of the recipe.
        files: Source and target, a sentence a line; or none, and the recipe names a
            corpus.
        by_size: Whether the recipe was chosen by size.
        say: Called with each line of the choice and its reasons.

    Returns:
        `(recipe, corpus, choice)`; without files the corpus, and where nothing was
        chosen the choice, is `None`.

    Raises:
        CorpusError: If the corpus cannot be read, or files do not belong together.
        ValueError: If a recipe is chosen by size, and no pairs are named, or they teach
            nothing.
    """
    if not by_size:
        if files is None:
            return recipe, None, None
        corpus = _read(files, None, None)
        recipe = dataclasses.replace(recipe, corpus=corpus.name, columns=None)
        return recipe, corpus, None
    named = None if files else recipe.corpus
    if named == Recipe.corpus:
        raise ValueError(
            f"the recipe {AUTO} chooses by the pairs: give --files or --corpus"
        )
    corpus, choice = _chosen(files, named, recipe.columns)
    _chosen.cache_clear()  # another command reads the files anew
    recipe = dataclasses.replace(recipe, corpus=choice.recipe.corpus)
    for line in _lines(recipe, choice):
        say(line)
    return recipe, corpus, choice


@functools.lru_cache(maxsize=1)
def _chosen(files, named, columns):
    from keras_transformer.translation import auto

    corpus = _read(files, named, columns)
    return corpus, auto.by_size(corpus, corpus.name if files else named)


def _read(files, named, columns):
    from keras_transformer import corpora

    if files is None:
        return corpora.load(named, columns)
    return corpora.load_files(files, name=" ".join(map(str, files)))


def _lines(recipe: Recipe, choice: "Choice") -> Iterator[str]:
    """A choice as flags, with its reasons; what the flags said otherwise is marked."""
    from keras_transformer.translation.auto import value_of

    yield f"By size, for {choice.statistics.pairs:,} pairs:"
    for names, why in choice.reasons.items():
        flags = []
        for name in names:
            value, chosen = value_of(recipe, name), value_of(choice.recipe, name)
            flags.append(_flag(name, value))
            if value != chosen:
                flags.append(f"(by size: {_flag(name, chosen)})")
        yield f"  {' '.join(flags)}"
        yield f"      {why}"


def _flag(name, value):
    part, field = name.replace("_", "-").split(".")
    if isinstance(value, bool):
        return f"--{part}.{'' if value else 'no-'}{field}"
    shown = " ".join(map(str, value)) if isinstance(value, tuple) else value
    return f"--{name.replace('_', '-')} {shown}"
