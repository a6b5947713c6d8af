"""Parallel text as values: what every loader returns and every recipe reads."""

import dataclasses
import re
from collections.abc import Iterable, Mapping

Alignment = tuple[tuple[int, int], ...]

_WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """The words and punctuation marks of a text, which alignments count.

    Example:
        >>> words("Ruf an, Anna: don't wait!")
        ['Ruf', 'an', ',', 'Anna', ':', "don't", 'wait', '!']
    """
    return _WORD.findall(text)


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Sentence pairs, in order, with what else is known of them.

    Args:
        source: The source sentences.
        target: Their translations, one for each source sentence.
        alignments: For each pair its gold word alignment, a tuple of
            `(source_word, target_word)` indices counted from 0 over `words(text)`;
            `None` where no one has aligned the corpus.
        phenomena: For each pair the names of the grammatical phenomena it
            shows; `None` where they are not annotated.
        skipped: How many lines of the files were left out, by rule.

    Raises:
        ValueError: If the sides differ in length.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignments: tuple[Alignment, ...] | None = None
    phenomena: tuple[tuple[str, ...], ...] | None = None
    skipped: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for field in ("target", "alignments", "phenomena"):
            side = getattr(self, field)
            if side is not None and len(side) != len(self.source):
                raise ValueError(
                    "every field of Pairs must have one entry a pair, got "
                    f"{len(self.source)} in source, {len(side)} in {field}"
                )

    def __len__(self):
        return len(self.source)

    def take(self, count: int) -> "Pairs":
        """The first `count` pairs."""
        first = self.pick(range(min(count, len(self))))
        return dataclasses.replace(first, skipped=self.skipped)

    def at_most(self, longest: int) -> "Pairs":
        """The pairs with at most so many words on either side, in order.

        Args:
            longest: The most words, of source and of target; a punctuation mark counts
                as one, as in `words`.

        Example:
            >>> pairs = Pairs(("Ja.", "Ja, sehr gern."), ("Yes.", "Yes, please."))
            >>> pairs.at_most(4).source
            ('Ja.',)
        """
        sides = zip(self.source, self.target, strict=True)
        lengths = [max(len(words(text)) for text in pair) for pair in sides]
        return self.pick(i for i, length in enumerate(lengths) if length <= longest)

    def pick(self, indices: Iterable[int]) -> "Pairs":
        """The pairs at these positions, in the order given; none are skipped."""
        indices = tuple(indices)
        fields = ("source", "target", "alignments", "phenomena")
        return Pairs(
            **{
                field: tuple(side[index] for index in indices)
                for field in fields
                if (side := getattr(self, field)) is not None
            },
        )


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A named corpus: its languages and its splits.

    Args:
        name: The name under which `corpora.load` finds it.
        source_language: ISO 639-1 code of the source side.
        target_language: ISO 639-1 code of the target side.
        splits: Pairs by split name. `"train"` and `"valid"` are always there;
            every other split is held out for testing.
    """

    name: str
    source_language: str
    target_language: str
    splits: Mapping[str, Pairs]
