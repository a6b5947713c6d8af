"""What a study is made of: variants, and what others report of such models."""

import dataclasses
import typing

from keras_transformer.translation.recipes import Recipe


@dataclasses.dataclass(frozen=True)
class Variant:
    """One model of a study.

    Args:
        title: What it is, as a table says it.
        recipe: The recipe; its seed is replaced by the seed of the run.
        lesson: The lesson that introduces it, 0 for none.
        trained_by: The variant whose weights it uses, from which it differs only in how
            it decodes; by default it is trained itself.
        compared: Whether it is trained as the study trains every model; if not, its
            title says what differs.
    """

    title: str
    recipe: Recipe
    lesson: int = 0
    trained_by: str = ""
    compared: bool = True


@dataclasses.dataclass(frozen=True)
class Published:
    """What others report of a model like one of a study.

    Args:
        title: What it is, as a table says it.
        parameters: Number of its weights.
        tokenized_bleu: `evaluation.tokenized_bleu` of the test set, 0 to 100.
        address: Where it is reported.
    """

    title: str
    parameters: int
    tokenized_bleu: float
    address: str


def with_seed(recipe: Recipe, seed: int) -> Recipe:
    """The recipe with another seed.

    Args:
        recipe: The recipe.
        seed: Seed of weights, dropout and data order.
    """
    return dataclasses.replace(
        recipe, training=dataclasses.replace(recipe.training, seed=seed)
    )


def changed(recipe: Recipe, **changes: typing.Any) -> Recipe:
    """The recipe with other values of some settings, wherever in it they are.

    Args:
        recipe: The recipe.
        **changes: New values by the field's name: of the recipe itself, or of its
            text, model, training or decoding; of two of them where both have it.

    Raises:
        ValueError: If there is no such field, or a value is out of its range.
    """
    fields = dataclasses.fields(recipe)
    whole = {each.name: getattr(recipe, each.name) for each in fields}
    known = set(whole)
    whole |= {name: value for name, value in changes.items() if name in whole}
    for part, value in whole.items():
        if not dataclasses.is_dataclass(value):
            continue
        names = {each.name for each in dataclasses.fields(value)}
        known |= names
        new = {name: changes[name] for name in names.intersection(changes)}
        whole[part] = dataclasses.replace(value, **new)
    if unknown := sorted(set(changes) - known):
        raise ValueError(
            f"a recipe has {', '.join(sorted(known))}, got {', '.join(unknown)}"
        )
    return dataclasses.replace(recipe, **whole)
