"""The flags of a search, for the commands that load a translator."""

import dataclasses
import typing

import tyro

from keras_transformer.system.ranges import Count, LengthPenalty
from keras_transformer.translation.engines import Engine


@dataclasses.dataclass(frozen=True)
class Search:
    """How to search."""

    beam: Count | None = None
    """Hypotheses of a sentence that are followed; by default the recipe's number."""
    length_penalty: LengthPenalty | None = None
    """How much a beam favours long translations; by default the recipe's number."""
    engine: Engine = "keras"
    """Who decodes; ctranslate2, an extra, is quicker on processors."""


SearchFlags = typing.Annotated[Search, tyro.conf.arg(name="")]
