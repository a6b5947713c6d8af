import ast
import io
import pathlib

import matplotlib
import numpy as np
import pytest
from drawn import assert_readable, outside, overlapping, words
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from keras_transformer import plots
from keras_transformer.plots import (
    Picture,
    attention_heatmap,
    curves,
    missing_glyphs,
    panels,
)
from keras_transformer.plots.cells import WEIGHTS
from keras_transformer.plots.figure import finish
from keras_transformer.plots.palette import CARD, SERIES

ROOM = pathlib.Path(plots.__file__).parent


def picture(**options):
    return curves([1, 2, 3], {"a": [1, 2, 4]}, x_label="x", y_label="y", **options)


def test_a_notebook_shows_a_figure_without_pyplot():
    data, metadata = DisplayFormatter().format(picture(size=(5, 3)))
    assert isinstance(data["image/png"], bytes)
    shown = metadata["image/png"]
    assert shown["width"] == pytest.approx(480, abs=12)  # cut to what is drawn
    assert shown["height"] == pytest.approx(288, abs=12)
    assert data["text/plain"].startswith("<Picture size")


def test_a_figure_says_in_words_what_is_drawn():
    _, shown = picture(title="Two lines", reference={"chance": 2.5})._repr_png_()
    assert shown["alt"] == "Two lines. y by x. a, chance"
    _, shown = attention_heatmap([[0.9, 0.1]], ["Ei"], ["an", "egg"])._repr_png_()
    assert shown["alt"] == "Ei. an, egg. attention weight"


def test_a_stored_figure_is_cut_to_what_is_drawn():
    figure = Picture(figsize=(6, 4), layout="none")
    figure.text(0.2, 0.5, "what is drawn")
    _, shown = figure._repr_png_()
    assert shown["width"] < 200 and shown["height"] < 60


def test_no_plot_needs_pyplot():
    files = sorted(ROOM.rglob("*.py"))
    assert len(files) > 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert all("pyplot" not in name.name for name in node.names)
            if isinstance(node, ast.ImportFrom):
                assert "pyplot" not in str(node.module)
                assert all(name.name != "pyplot" for name in node.names)


def test_what_a_notebook_stores_has_the_colours_that_were_drawn():
    weights = np.linspace(0, 1, 25).reshape(5, 5)
    figure = attention_heatmap(weights, list("abcde"), list("vwxyz"))
    data, _ = figure._repr_png_()
    with Image.open(io.BytesIO(data)) as stored:
        pixels = np.asarray(stored.convert("RGB"), "int16")
    for weight in weights.ravel():
        colour = np.multiply(WEIGHTS(weight)[:3], 255)
        assert (abs(pixels - colour).max(-1) <= 2).sum() > 1000
    assert len(data) < 20_000


def test_every_plot_returns_a_matplotlib_figure():
    assert isinstance(picture(), Figure)


@pytest.mark.parametrize(
    "options",
    [
        {"title": "A long title that says in one sentence what can be seen here " * 2},
        {"size": (3, 2), "title": "A title longer than three inches of paper"},
    ],
)
def test_a_long_title_is_broken_into_lines(options):
    assert_readable(picture(**options))


def test_a_long_axis_label_is_broken_into_lines():
    figure = curves(
        [1, 2],
        {"a": [1, 2]},
        x_label="distance between the input and the last state (tokens) " * 2,
        y_label="norm of the gradient of the last state (relative to distance 0)",
        size=(5, 3),
    )
    assert_readable(figure)


def test_the_glyphs_of_other_scripts_are_missed():
    assert missing_glyphs("Grüße, huānyíng Běijīng → ✓ α²") == ""
    assert missing_glyphs("欢迎 来 北京") == "欢迎来北京"


def test_mathematics_has_fonts_of_its_own():
    assert missing_glyphs(r"$\mathbb{E}\,欢$") == ""
    assert missing_glyphs(r"$\mathbb{E}\,欢$", math=False) == "欢"
    assert missing_glyphs(r"\$欢\$") == "欢"


def test_a_font_that_is_configured_counts():
    with matplotlib.rc_context({"font.family": ["DejaVu Sans", "STIXGeneral"]}):
        both = missing_glyphs("𝟘欢")
    with matplotlib.rc_context({"font.family": ["STIXGeneral"]}):
        alone = missing_glyphs("a欢")
    assert both == alone == "欢"


@pytest.mark.parametrize(
    "options",
    [
        {"title": "欢迎"},
        {"lines": {"欢迎": [1, 2, 3]}},
        {"x": ["欢", "迎", "来"]},
        {"x_label": "来"},
        {"y_label": "来"},
        {"reference": {"京": 2}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_a_missing_glyph_is_an_error_that_names_the_way_out(options):
    arguments = {
        "x": [1, 2, 3],
        "lines": {"a": [1, 2, 3]},
        "x_label": "",
        "y_label": "",
    }
    with pytest.raises(ValueError, match=r"needs a glyph.*plots\.html_heatmap"):
        curves(**arguments | options)


def test_a_text_that_was_added_by_hand_is_looked_at_too():
    figure = Picture(figsize=(2, 2))
    figure.add_subplot().text(0, 0, "京")
    with pytest.raises(ValueError, match="got '京' with none for '京'"):
        finish(figure)


def test_the_measures_of_these_tests_can_fail():
    figure = Picture(figsize=(2, 2), layout="none")
    figure.text(0.5, 0.5, "under")
    figure.text(0.5, 0.5, "over")
    figure.text(0.9, 0.1, "beyond the edge")
    assert overlapping(figure) == [("under", "over")]
    assert outside(figure) == ["beyond the edge"]
    assert words(figure) == {"under", "over", "beyond the edge"}


def test_pale_bands_keep_the_colours_of_their_series_in_the_stored_picture():
    ends = [(2, 0.8), (1.2, 4), (1e6, 5e4), (2, 4), (0.001, 0.3)]
    lines = {f"series {i}": np.geomspace(*each, 16) for i, each in enumerate(ends)}
    bands = {name: (line * 0.6, line * 1.7) for name, line in lines.items()}
    drawn = {"x": range(1, 17), "x_label": "x", "y_label": "y", "log_y": True}
    every = {**drawn, "lines": lines, "bands": bands}
    first = [*lines][:2]
    two = {n: {name: every[n][name] for name in first} for n in ("lines", "bands")}
    data, _ = panels([every, {**drawn, **two}], "Five series, and two")._repr_png_()
    with Image.open(io.BytesIO(data)) as stored:
        pixels = np.asarray(stored.convert("RGB"), "int16")
    for number in (0, 1, 2, 4):  # the fourth lies under others
        own, card = (np.multiply(to_rgb(c), 255) for c in (SERIES[number], CARD))
        pale = 0.18 * own + 0.82 * card
        assert (abs(pixels - pale).max(-1) <= 2).sum() > 1000
