"""Figures that move, as far as Python sees them; tests/browser moves them."""

import base64
import json
import re
import sys

import numpy as np
import pytest

from keras_transformer import plots
from keras_transformer.plots.views.attention import AttentionMap
from keras_transformer.plots.views.script import script, sheet
from keras_transformer.plots.views.view import View

WIDGET = "application/vnd.jupyter.widget-view+json"
KINDS = ("attention", "beam", "cache", "cut", "rotary", "softmax", "steps")


def data_of(view):
    """What the page hands to its script."""
    return json.loads(re.search("^const given = (.*);$", view._repr_html_(), re.M)[1])


# The script


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_stands_alone(kind):
    text = script(kind)
    assert not re.search(r"^\s*(import|export)\b", text, re.M)
    assert text.count("function render(") == 1


def test_no_script_and_no_style_asks_another_server():
    for text in (*map(script, KINDS), sheet()):
        addresses = set(re.findall(r"https?://[^\"']+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, not a place
        assert "url(" not in text and "@import" not in text and "fetch(" not in text


def test_a_page_is_small():
    view = plots.view(np.full((2, 8, 12, 12), 1 / 12), ["token"] * 12, ["token"] * 12)
    assert len(view._repr_html_()) < 60_000


# The page


def test_the_same_view_is_the_same_page():
    def page():
        return plots.view([[0.5, 0.5]], ["a"], ["x", "y"])._repr_html_()

    assert page() == page()


def test_a_text_ends_no_script():
    evil = "</script><script>alert(1)</script>"
    page = plots.view([[1.0]], [evil], ["x"], title=evil)._repr_html_()
    assert page.count("</script>") == 1
    assert "&lt;script&gt;" in page


def test_a_page_holds_a_table_for_where_no_script_runs():
    page = plots.view([[0.25, 0.75]], ["a"], ["x", "y"])._repr_html_()
    assert page.index(">0.75</td>") < page.index("<script")


def test_a_view_that_asks_no_kernel_is_no_widget():
    bundle = plots.cache_view(["a"])._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_a_view_is_saved_as_a_page(tmp_path):
    plots.cache_view(["a"], title="A <b>").save(tmp_path / "view.html")
    page = (tmp_path / "view.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "<title>A &lt;b&gt;</title>" in page


# The widget


def test_a_widget_carries_the_script_and_asks_its_kernel():
    view = View("cut", {"tokens": ["a"]}, [], answer=lambda asked: {"got": asked})
    widget, sent = view.widget(), []
    assert widget._esm.endswith("export default { render };")
    assert widget.data == {"tokens": ["a"], "live": True}
    widget.send = sent.append
    widget._handle_custom_msg({"hide": [1]}, [])
    assert sent == [{"got": {"hide": [1]}}]
    assert WIDGET in view._repr_mimebundle_()


def test_without_anywidget_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "keras_transformer.plots.views.widget", False)
    view = View("cut", {}, [], answer=dict)
    with pytest.raises(ModuleNotFoundError, match=r"needs the extra plots: pip inst"):
        view.widget()


# Attention


def test_weights_come_through_in_sixteen_bits():
    weights = np.random.default_rng(1).dirichlet(np.ones(5), (2, 3, 4)).astype("f4")
    given = AttentionMap(weights, "abcd", "vwxyz").packed()
    assert given["shape"] == [2, 3, 4, 5]
    numbers = np.frombuffer(base64.b64decode(given["weights"]), "<u2") / 65535
    np.testing.assert_allclose(numbers.reshape(weights.shape), weights, atol=1e-5)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros((2, 3)), r"got \(2, 3\), 1 rows, 2 columns"),
        (np.zeros(2), r"got \(2,\), 1 rows"),
        (np.zeros((1, 1, 1, 1, 2)), r"got \(1, 1, 1, 1, 2\)"),
        ([[0.5, 1.5]], "from 0 to 1, got 0.5 to 1.5"),
        ([[-0.5, 0.5]], "from 0 to 1, got -0.5 to 0.5"),
        ([[np.nan, 0.5]], "from 0 to 1, got nan"),
    ],
)
def test_what_are_no_weights_of_these_tokens_is_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        plots.view(weights, ["a"], ["x", "y"])


def test_a_gold_cell_outside_is_refused():
    with pytest.raises(ValueError, match=r"inside the weights, got \(0, 2\) for"):
        plots.view([[0.5, 0.5]], ["a"], ["x", "y"], gold=[(0, 2)])


def test_a_model_without_attention_is_refused():
    with pytest.raises(ValueError, match="got a model without any"):
        plots.attention_view([{"name": "", "states": {"": {"maps": {}}}}])


def test_several_weights_of_one_pair_stand_side_by_side():
    view = plots.view({"soft": [[0.5, 0.5]], "hard": [[0.0, 1.0]]}, ["a"], ["x", "y"])
    assert [panel["name"] for panel in data_of(view)["panels"]] == ["soft", "hard"]
    assert repr(view).count("0.50") == 2 and "hard" in repr(view)


# Explorables


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: plots.softmax_view([1.0], ["a", "b"]), "one score a key, got"),
        (lambda: plots.softmax_view([np.inf], ["a"]), "finite numbers, got"),
        (lambda: plots.softmax_view({}, ["a"]), "needs scores, got none"),
        (lambda: plots.cut_view([0.5], ["a", "b"]), "one probability a token, got"),
        (lambda: plots.cut_view([0.0, 1.0], ["a", "b"]), "must be positive, got 0"),
        (lambda: plots.step_view([[1.0]], ["a", "b"], ["x"]), "row a target token"),
        (lambda: plots.step_view(np.zeros((0, 0)), [], []), "needs tokens, got"),
        (lambda: plots.rotary_view([1.0] * 3, [1.0] * 3), "one even width, got"),
        (lambda: plots.cache_view([]), "needs tokens, got none"),
        (lambda: plots.beam_view([], 2), "hypotheses at each step, got none"),
        (
            lambda: plots.beam_view([[(1, ["", "a"])], [(1, ["", "b", "c"])]], 1),
            "continues one of the step before that went on, got ' b c' in step 2",
        ),
    ],
)
def test_what_cannot_be_moved_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_rotary_table_holds_the_scores_of_the_layer():
    from keras_transformer.positions.rotary import rotate

    random = np.random.default_rng(1)
    query, key = random.normal(size=(2, 8))
    turned = np.asarray(rotate(np.tile(query, (7, 1)), max_wavelength=50.0))
    table = plots.rotary_view(query, key, max_wavelength=50.0, last=6).still[0]
    expected = [f"{float(one @ key):.2f}" for one in turned]
    assert [row[1] for row in table.cells] == expected


def test_a_beam_keeps_what_the_search_keeps():
    ways = [
        [(0.5, ["S", "a"]), (0.3, ["S", "b"]), (0.2, ["S", "[END]"])],
        [(0.4, ["S", "a", "[END]"]), (0.2, ["S", "b", "c"]), (0.1, ["S", "a", "d"])],
    ]
    nodes = data_of(plots.beam_view(ways, width=2))["nodes"]
    fates = [(node["said"], node["fate"]) for node in nodes]
    assert fates == [
        ("", "live"),
        ("a", "live"),
        ("b", "live"),
        ("[END]", "dropped"),  # it is not among the two best
        ("a [END]", "ended"),
        ("b c", "live"),
        ("a d", "live"),
    ]
    assert data_of(plots.beam_view(ways, width=2))["best"] == 4
