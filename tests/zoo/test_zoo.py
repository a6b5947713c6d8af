import keras
import pytest

import zoo
from keras_transformer.laws import LAWS
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


def first_death(mutant):
    """The law that breaks the mutant, the recorded ones asked first; what it saw."""
    for law in KILLS.get(mutant.key, ()):
        if law in LAWS and (saw := mutant.breaks(law)):
            return law, saw
    return next(iter(mutant.deaths(first=True).items()), None)


@pytest.mark.parametrize("mutant", zoo.MUTANTS, ids=named)
def test_every_mutant_is_killed_by_a_law(mutant, record_kill):
    death = first_death(mutant)
    record_kill(mutant, death)
    assert death, f"no law saw that {mutant.name}: a law is missing"


def prey(law):
    """The mutants that a law may break, those that it is known to break first."""
    mutants = [mutant for mutant in zoo.MUTANTS if mutant.kind in LAWS[law].kinds]
    return sorted(mutants, key=lambda mutant: law not in KILLS.get(mutant.key, ()))


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
    assert mutant.deaths() == {}


def test_no_two_mutants_are_the_same():
    names = [(mutant.family, mutant.name, mutant.kind) for mutant in zoo.MUTANTS]
    assert len(names) == len(set(names))
    assert len(names) >= 40


def test_the_rendered_page_is_up_to_date():
    how = "render it anew: cd tests && python -m zoo"
    assert list(KILLS) == [mutant.key for mutant in zoo.MUTANTS], how
    assert PAGE.read_text(encoding="utf-8") == page(zoo.MUTANTS, KILLS), how
