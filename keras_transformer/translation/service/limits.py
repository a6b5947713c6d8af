"""What a service takes."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a service takes; more is refused, with the limit in the answer."""

    max_texts: int = 64
    """Texts a request."""
    max_characters: int = 5000
    """Characters a text."""
    max_waiting: int = 1024
    """Texts that may wait; a request beyond is refused with status 429."""
    max_batch: int = 64
    """Texts that are translated together."""
    max_n_best: int = 8
    """Hypotheses a text."""
    timeout: float = 30.0
    """Seconds that a request may take."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{field.name} must be positive, got {value}")

    @property
    def max_bytes(self) -> int:
        """Bytes of a request: as many as the characters could take, escaped."""
        return 12 * self.max_texts * self.max_characters + 4096
