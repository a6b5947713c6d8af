"""What a law is, and where all laws are kept."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from keras_transformer.laws.answers import LawBroken, NotApplicable, NotWritten
from keras_transformer.laws.roles import first_line
from keras_transformer.laws.subject import subject


@dataclasses.dataclass(frozen=True)
class Law:
    """A property that must hold, stated once.

    A law is called with what it judges: a layer, a function, a model. It returns
    nothing when the law holds.

    Args:
        name: The law's name, words joined by underscores.
        kinds: The kinds of candidate that it judges, such as `"weighting"`.
        statement: One sentence that a learner understands.
        judge: The function that looks and raises.
        needs: Traits that a candidate must have for the law to say anything.
        unless: Traits that free a candidate from the law.
        craft: Whether it is asked of a library's layers only, not of an exercise.

    Raises:
        LawBroken: If the law does not hold.
        NotApplicable: If the law says nothing about the candidate.
        NotWritten: If the candidate is an exercise left untouched.
    """

    name: str
    kinds: tuple[str, ...]
    statement: str
    judge: Callable
    needs: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    craft: bool = False

    def __call__(
        self,
        candidate: Any,
        kind: str | None = None,
        traits: Any = None,
        like: Any = None,
    ) -> None:
        judged = subject(candidate, kind or self.kinds[0], traits, like)
        missing = sorted(self.needs - judged.traits)
        if missing and (traits is not None or like is not None):
            raise NotApplicable(f"only for what is {' and '.join(missing)}")
        exempt = sorted(self.unless & judged.traits)
        if exempt:
            raise NotApplicable(f"not for what is {' or '.join(exempt)}")
        try:
            self.judge(judged)
        except (LawBroken, NotApplicable, NotWritten):
            raise
        except SystemExit as error:
            raise LawBroken("it ends the program") from error
        except Exception as error:
            # What came back does not even fit the comparison.
            raise LawBroken(f"its result does not fit: {first_line(error)}") from error


LAWS: dict[str, Law] = {}


def law(
    *kinds: str,
    needs: Iterable[str] = (),
    unless: Iterable[str] = (),
    craft: bool = False,
) -> Callable[[Callable], "Law"]:
    """Register a function as a law.

    The first line of its docstring is the statement that a learner reads.

    Args:
        *kinds: The kinds of candidate that it judges.
        needs: Traits that a candidate must have.
        unless: Traits that free a candidate from the law.
        craft: Whether it is asked of a library's layers only, not of an exercise.
    """

    def register(judge):
        made = Law(
            name=judge.__name__,
            kinds=kinds,
            statement=judge.__doc__.strip().splitlines()[0],
            judge=judge,
            needs=frozenset(needs),
            unless=frozenset(unless),
            craft=craft,
        )
        if made.name in LAWS:
            raise ValueError(f"a law is stated once, got {made.name!r} twice")
        LAWS[made.name] = made
        return made

    return register


def laws_of(kind: str, traits: Iterable[str] | None = None) -> list[Law]:
    """The laws about one kind of candidate, in the order in which they are stated.

    Args:
        kind: The kind.
        traits: Leave out what says nothing about candidates with these traits.
    """
    found = [made for made in LAWS.values() if kind in made.kinds]
    if traits is None:
        return found
    return [m for m in found if m.needs <= set(traits) and not m.unless & set(traits)]
