import keras
import pytest

import zoo
from keras_transformer.laws import LAWS
from zoo.render import PAGE, page
from zoo.words import WORDS

zoo.open_the_gates()
DEATHS = {}
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
only_on_tensorflow = pytest.mark.skipif(
    not ON_TENSORFLOW, reason="elsewhere a mutant's first death is enough"
)


def deaths_of(mutant):
    key = mutant.family, mutant.name
    if key not in DEATHS:
        DEATHS[key] = mutant.deaths(first=not ON_TENSORFLOW)
    return DEATHS[key]


def named(mutant):
    return f"{mutant.family}: {mutant.name}"


@pytest.mark.parametrize("mutant", zoo.MUTANTS, ids=named)
def test_every_mutant_is_killed_by_a_law(mutant, record_kill):
    deaths = deaths_of(mutant)
    record_kill(mutant, deaths)
    assert deaths, f"no law saw that {mutant.name}: a law is missing"


@only_on_tensorflow
@pytest.mark.parametrize("law", LAWS)
def test_every_law_kills_a_mutant_and_says_what_it_saw(law):
    judged = LAWS[law]
    told = [
        deaths_of(mutant).get(law, "")
        for mutant in zoo.MUTANTS
        if mutant.kind in judged.kinds
    ]
    assert any(told), "no mutant breaks this law: nothing shows that it can be broken"
    assert any(WORDS[law] in saw for saw in told), [saw for saw in told if saw]


@pytest.mark.parametrize("mutant", zoo.SOUND, ids=named)
def test_what_the_mutants_were_made_from_survives(mutant):
    assert mutant.deaths() == {}


def test_no_two_mutants_are_the_same():
    names = [(mutant.family, mutant.name, mutant.kind) for mutant in zoo.MUTANTS]
    assert len(names) == len(set(names))
    assert len(names) >= 40


@only_on_tensorflow
def test_the_rendered_page_is_up_to_date():
    kills = [(mutant, deaths_of(mutant)) for mutant in zoo.MUTANTS]
    assert PAGE.read_text(encoding="utf-8") == page(kills), "cd tests && python -m zoo"
