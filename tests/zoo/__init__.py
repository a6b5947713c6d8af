"""The zoo: mistakes that published code has shipped, or that learners really make.

Each mutant is a small piece of code with one mistake in it. The laws must catch every
one; a mutant that survives is a missing law. `python -m zoo` in the folder `tests`
renders the table to `docs/zoo.md`.
"""

import dataclasses
import importlib
import inspect

from keras_transformer.laws import LawBroken, NotApplicable, laws_of
from keras_transformer.laws.kinds import describe
from keras_transformer.laws.subject import Subject

FAMILIES = (
    "masks",
    "scores",
    "weightings",
    "attention",
    "heads",
    "positions",
    "blocks",
    "models",
    "losses",
    "metrics",
    "decoding",
)
MUTANTS = []
SOUND = []


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One mistake.

    Args:
        name: What is wrong, in a few words.
        family: The file that it lives in.
        make: Returns a new candidate.
        kind: What the candidate claims to be.
        traits: What it claims besides.
        seen: Where it was seen: repository and thread, or what was read there.
    """

    name: str
    family: str
    make: object
    kind: str
    traits: frozenset
    seen: str

    def deaths(self, first=False):
        """The laws that it breaks, each with what the law saw; or the first of them."""
        found = {}
        for law in laws_of(self.kind, self.traits):
            try:
                law(Subject(self.make(), self.kind, self.traits), traits=self.traits)
            except LawBroken as broken:
                found[law.name] = str(broken)
                if first:
                    break
            except NotApplicable:
                continue
        return found


def _enter(book, make, like, name, seen, traits):
    kind, known = describe(like)
    maker = make if inspect.isclass(make) else lambda: make
    family = make.__module__.rpartition(".")[2]
    book.append(Mutant(name, family, maker, kind, known | frozenset(traits), seen))
    return make


def mutant(name, like, seen="", traits=()):
    """Enter a function, a class, or a maker without arguments into the zoo."""
    return lambda make: _enter(MUTANTS, make, like, name, seen, traits)


def sound(name, like, traits=()):
    """Enter the sound animal that mutants were made from: it must survive."""
    return lambda make: _enter(SOUND, make, like, name, "", traits)


def open_the_gates():
    """Load every family."""
    for family in FAMILIES:
        importlib.import_module(f"zoo.{family}")
    return MUTANTS
