"""What a study is made of: variants, and what others report of such models."""

import dataclasses

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
        compared: Whether it has the budget of training that the study gives to every
            model; if not, its title says what it has.
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
