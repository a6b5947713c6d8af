import re

import keras
import pytest

import zoo
from keras_transformer.attention import MultiHeadAttention
from keras_transformer.laws import LAWS
from keras_transformer.models import Transformer
from keras_transformer.positions import RotaryPositions
from zoo.render import PAGE, page, recorded
from zoo.words import WORDS

zoo.open_the_gates()
KILLS = recorded()
only_on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="elsewhere a mutant's first death is enough",
)


def named(mutant):
    return mutant.key


# Tried last: differentiating compiles the most, where every operation is compiled.
DEAR = ("gradient", "no_output_reads", "every_projection_is_used")

BROKEN_BY = {law: [key for key, laws in KILLS.items() if law in laws] for law in LAWS}


def example_of_each_law():
    """One mutant that each law breaks, by key, with the law; each another, if it can.

    What shows that the law can be broken is then a death of the mutant too, and few
    pairs are looked at besides.
    """
    taken = {}
    for law in sorted(LAWS, key=lambda law: len(BROKEN_BY[law])):
        free = [key for key in BROKEN_BY[law] if key not in taken]
        if free:
            taken[min(free, key=lambda key: len(KILLS[key]))] = law
    return taken


# Elsewhere the laws need no example; few laws, for many mutants, compile the least.
EXAMPLES = example_of_each_law() if keras.backend.backend() == "tensorflow" else {}


def first_death(mutant):
    """The law that breaks the mutant, the recorded ones asked first; what it saw."""
    recorded = [law for law in KILLS.get(mutant.key, ()) if law in LAWS]
    mine = EXAMPLES.get(mutant.key)

    def order(law):
        return law != mine, any(x in law for x in DEAR), -len(BROKEN_BY[law])

    for law in sorted(recorded, key=order):
        if saw := mutant.breaks(law):
            return law, saw
    return next(iter(mutant.deaths(first=True).items()), None)


@pytest.mark.parametrize("mutant", zoo.MUTANTS, ids=named)
def test_every_mutant_is_killed_by_a_law(mutant, record_kill):
    death = first_death(mutant)
    record_kill(mutant, death)
    assert death, f"no law saw that {mutant.name}: a law is missing"


def prey(law):
    """The mutants that a law may break, its example first, then what it is known to."""
    mutants = [mutant for mutant in zoo.MUTANTS if mutant.kind in LAWS[law].kinds]
    return sorted(
        mutants,
        key=lambda m: (m.key not in BROKEN_BY[law], EXAMPLES.get(m.key) != law),
    )


@only_on_tensorflow
@pytest.mark.parametrize("law", LAWS)
def test_every_law_kills_a_mutant_and_says_what_it_saw(law):
    told = []
    for mutant in prey(law):
        told.append(mutant.breaks(law))
        if told[-1] and WORDS[law] in told[-1]:
            return
    assert any(told), "no mutant breaks this law: nothing shows that it can be broken"
    pytest.fail(f"said {[saw for saw in told if saw]}, without {WORDS[law]!r}")


@pytest.mark.parametrize("mutant", zoo.SOUND, ids=named)
def test_what_the_mutants_were_made_from_survives(mutant):
    assert mutant.complaints() == {}


@pytest.mark.parametrize(
    ("made_from", "obedient"),
    [
        (zoo.models.Small, lambda: Transformer(11, 13, 12, 1, 6, 17, dropout=0.0)),
        (
            zoo.ordered_heads.Rotated,
            lambda: MultiHeadAttention(6, 12, positions=RotaryPositions()),
        ),
    ],
)
def test_these_are_the_layers_that_the_tests_of_the_laws_found_sound(
    made_from, obedient
):
    # In tests/laws/test_layers_obey.py; what is ours sets options, and nothing else.
    assert [name for name, x in vars(made_from).items() if callable(x)] == ["__init__"]
    ours, theirs = (
        re.sub("'name': '[a-z_0-9]+'", "", str(layer().get_config()))
        for layer in (made_from, obedient)
    )
    assert ours == theirs


def test_no_two_mutants_are_the_same():
    names = [(mutant.family, mutant.name, mutant.kind) for mutant in zoo.MUTANTS]
    assert len(names) == len(set(names))
    assert len(names) >= 40


def test_the_rendered_page_is_up_to_date():
    how = "render it anew: cd tests && python -m zoo"
    assert list(KILLS) == [mutant.key for mutant in zoo.MUTANTS], how
    assert PAGE.read_text(encoding="utf-8") == page(zoo.MUTANTS, KILLS), how
