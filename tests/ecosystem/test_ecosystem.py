import keras
import pytest

import ecosystem
from ecosystem.render import PAGE, page
from ecosystem.snippets import SNIPPETS, shown
from keras_transformer.laws import LAWS

FOUND = ecosystem.recorded()
HERE = [layer for layer in ecosystem.LAYERS if layer.is_here]
STORED = [
    pytest.param(layer.name, law, id=f"{layer.name}, {law}")
    for layer in HERE
    for law in FOUND[layer.name]["shown"]
]


def test_the_rendered_page_is_up_to_date():
    how = "render it anew: make ecosystem-laws"
    assert PAGE.read_text(encoding="utf-8") == page(FOUND), how


def test_every_layer_is_on_the_page_with_its_versions():
    assert list(FOUND) == [layer.name for layer in ecosystem.LAYERS]
    for known in FOUND.values():
        assert "keras" in known["versions"]
        assert known["held"]


def test_laws_that_are_gone_are_on_no_page():
    for known in FOUND.values():
        told = {*known["held"], *known["broken"], *known["silent"]}
        assert told <= {*LAWS, "equals_the_reference"}


def test_what_shows_a_break_is_stored_as_it_is_written():
    for name, known in FOUND.items():
        for law, (code, _) in known["shown"].items():
            assert SNIPPETS[name][law] == code


@pytest.mark.parametrize(("name", "law"), STORED)
def test_the_lines_that_show_a_break_still_show_it(name, law):
    code, output = FOUND[name]["shown"][law]
    assert shown(code) == output


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="these were judged there"
)
def test_a_layer_of_keras_still_breaks_what_is_said():
    layer = next(layer for layer in HERE if "MultiHead" in layer.name)
    judged = layer.judged()
    assert sorted(judged["broken"]) == sorted(FOUND[layer.name]["broken"])
