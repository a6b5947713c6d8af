"""The ladders of the scoreboard: one corpus, one budget, one new idea a rung."""

import types
import typing

from keras_transformer.ladders.ladder import Published, Rung, with_seed
from keras_transformer.ladders.multi30k import MULTI30K, PUBLISHED_MULTI30K
from keras_transformer.ladders.phrasebook import PHRASEBOOK

LADDERS: typing.Mapping[str, typing.Mapping[str, Rung]] = types.MappingProxyType(
    {"phrasebook": PHRASEBOOK, "multi30k-de-en": MULTI30K}
)
PUBLISHED: typing.Mapping[str, tuple[Published, ...]] = types.MappingProxyType(
    {"multi30k-de-en": PUBLISHED_MULTI30K}
)
"""What others report on the corpus of a ladder."""

__all__ = ["LADDERS", "PUBLISHED", "Published", "Rung", "rung", "with_seed"]


def rung(corpus: str, name: str) -> Rung:
    """A rung by name.

    Args:
        corpus: Name of the ladder.
        name: Name of the rung.

    Raises:
        ValueError: If there is no such ladder, or no such rung.
    """
    if corpus not in LADDERS:
        raise ValueError(f"the ladders are {', '.join(LADDERS)}, got {corpus!r}")
    if name not in LADDERS[corpus]:
        raise ValueError(
            f"the ladder of {corpus} has the rungs {', '.join(LADDERS[corpus])}, "
            f"got {name!r}"
        )
    return LADDERS[corpus][name]


def sharing(corpus: str, name: str) -> list[str]:
    """The rungs with the weights of this one, itself included: first who trains them.

    Args:
        corpus: Name of the ladder.
        name: Name of the rung.

    Raises:
        ValueError: If there is no such ladder, or no such rung.
    """
    trainer = rung(corpus, name).trained_by or name
    ladder = LADDERS[corpus]
    return [trainer, *(each for each in ladder if ladder[each].trained_by == trainer)]
