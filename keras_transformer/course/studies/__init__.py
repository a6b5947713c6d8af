"""The studies of the scoreboard: one corpus, one budget, one new idea a variant."""

import types
import typing

from keras_transformer.course.studies.multi30k import MULTI30K, PUBLISHED_MULTI30K
from keras_transformer.course.studies.phrasebook import PHRASEBOOK
from keras_transformer.course.studies.phrasebook_tricks import TRICKS
from keras_transformer.course.studies.study import (
    Published,
    Variant,
    changed,
    with_seed,
)
from keras_transformer.translation.recipes import Recipe

STUDIES: typing.Mapping[str, typing.Mapping[str, Variant]] = types.MappingProxyType(
    {"phrasebook": PHRASEBOOK, "multi30k-de-en": MULTI30K}
)
PUBLISHED: typing.Mapping[str, tuple[Published, ...]] = types.MappingProxyType(
    {"multi30k-de-en": PUBLISHED_MULTI30K}
)
"""What others report on the corpus of a study."""

__all__ = [
    "PUBLISHED",
    "STUDIES",
    "TRICKS",
    "Published",
    "Variant",
    "changed",
    "recipe",
    "variant",
    "with_seed",
]


def variant(corpus: str, name: str) -> Variant:
    """A variant by name.

    Args:
        corpus: Name of the study.
        name: Name of the variant.

    Raises:
        ValueError: If there is no such study, or no such variant.
    """
    if corpus not in STUDIES:
        raise ValueError(f"the studies are {', '.join(STUDIES)}, got {corpus!r}")
    if name not in STUDIES[corpus]:
        raise ValueError(
            f"the study of {corpus} has the variants {', '.join(STUDIES[corpus])}, "
            f"got {name!r}"
        )
    return STUDIES[corpus][name]


def recipe(name: str, corpus: str = "phrasebook", **changes: typing.Any) -> Recipe:
    """The recipe of a variant, with some of its settings changed.

    Args:
        name: Name of the variant.
        corpus: Name of the study.
        **changes: New values of fields of the recipe, or of its text, model, training
            or decoding, by the field's name: `recipe("soft_dot", epochs=3, width=64)`.

    Raises:
        ValueError: If there is no such study, variant or field, or a value is out of
            its range.
    """
    return changed(variant(corpus, name).recipe, **changes)


def sharing(corpus: str, name: str) -> list[str]:
    """The variants with the weights of this one, and itself: first who trains them.

    Args:
        corpus: Name of the study.
        name: Name of the variant.

    Raises:
        ValueError: If there is no such study, or no such variant.
    """
    trainer = variant(corpus, name).trained_by or name
    study = STUDIES[corpus]
    return [trainer, *(each for each in study if study[each].trained_by == trainer)]
