"""What a service takes."""

import dataclasses
from typing import Annotated

from keras_transformer.system.ranges import Count, Range, check


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a service takes; more is refused, with the limit in the answer."""

    max_texts: Count = 64
    """Texts a request."""
    max_characters: Count = 5000
    """Characters a text."""
    max_waiting: Count = 1024
    """Texts that may wait; a request beyond is refused with status 429."""
    max_batch: Count = 64
    """Texts that are translated together."""
    max_n_best: Count = 8
    """Hypotheses a text."""
    timeout: Annotated[float, Range(above=0, most=86_400)] = 30.0
    """Seconds that a request may take."""

    def __post_init__(self):
        check(self)

    @property
    def max_bytes(self) -> int:
        """Bytes of a request: as many as the characters could take, escaped."""
        return 12 * self.max_texts * self.max_characters + 4096
