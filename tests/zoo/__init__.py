"""The zoo: mistakes that published code has shipped, or that learners really make.

Each mutant is a small piece of code with one mistake in it. The laws must catch every
one; a mutant that survives is a missing law. `python -m zoo` in the folder `tests` lets
every law look at every mutant, and writes down which law catches which: in `kills.json`
for the tests, which then need not look at every pair, and in `docs/zoo.md` for readers.
"""

import dataclasses
import functools
import importlib
import inspect

from keras_transformer.laws import LAWS, LawBroken, NotApplicable, laws_of
from keras_transformer.laws.kinds import describe
from keras_transformer.laws.subject import Subject

FAMILIES = (
    "masks",
    "mask_rules",
    "scores",
    "modifiers",
    "weightings",
    "hard_weightings",
    "absolute_weightings",
    "sparse_weightings",
    "attention",
    "heads",
    "gates",
    "ordered_heads",
    "positions",
    "relative_positions",
    "sublayers",
    "blocks",
    "decoder_blocks",
    "recurrent_encoders",
    "recurrent_decoders",
    "models",
    "model_streams",
    "language_models",
    "encoder_models",
    "masking",
    "losses",
    "metrics",
    "training_steps",
    "batches",
    "batch_workers",
    "weight_sizes",
    "smaller",
    "decoding",
    "rated_beams",
    "filters",
    "samplings",
    "reinforced",
    "second_round",
    "beside_the_call",
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
        like: What it claims to be like: a name, or an instance with its options.
        seen: Where it was seen: repository and thread, or what was read there.
    """

    name: str
    family: str
    make: object
    kind: str
    traits: frozenset
    like: object
    seen: str

    @property
    def key(self):
        """Family and name, as they stand in the record."""
        return f"{self.family}: {self.name}"

    def subject(self):
        """A new candidate, as the laws see it."""
        reference = None if isinstance(self.like, str) else self.like
        return Subject(self.make(), self.kind, self.traits, reference)

    def seen_by(self, law, judged):
        """What a law sees when it looks at a subject, empty if it is not broken."""
        try:
            LAWS[law](judged, traits=self.traits)
        except LawBroken as broken:
            return str(broken)
        except NotApplicable:
            pass
        return ""

    @functools.cache  # noqa: B019 - mutants live as long as the tests
    def breaks(self, law):
        """What a law sees when it looks at the mutant, empty if it is not broken."""
        return self.seen_by(law, self.subject())

    def deaths(self, first=False):
        """The laws that it breaks, each with what the law saw; or the first of them."""
        found = {}
        for law in laws_of(self.kind, self.traits):
            if saw := self.breaks(law.name):
                found[law.name] = saw
                if first:
                    break
        return found

    def complaints(self):
        """Likewise, as `check` asks: what was built for one law serves the next."""
        judged = self.subject()
        laws = [law.name for law in laws_of(self.kind, self.traits)]
        seen = {law: self.seen_by(law, judged.fresh()) for law in laws}
        return {law: saw for law, saw in seen.items() if saw}


def _enter(book, make, like, name, seen, traits):
    kind, known = describe(like)
    maker = make if inspect.isclass(make) else lambda: make
    family = make.__module__.rpartition(".")[2]
    traits = known | frozenset(traits)
    book.append(Mutant(name, family, maker, kind, traits, like, seen))
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
