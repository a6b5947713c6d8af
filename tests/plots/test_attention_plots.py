import io

import numpy as np
import pytest
from drawn import assert_readable, words
from matplotlib.patches import Rectangle

from keras_transformer.plots import (
    attention_heads,
    attention_heatmap,
    heatmaps,
)

SOURCE = ["Ruf", "mich", "an", "!", "[END]"]
TARGET = ["Call", "me", "[END]"]


def weights(*leading):
    return np.random.default_rng(1).dirichlet(np.ones(5), (*leading, 3))


def labels(ticks):
    return [tick.get_text() for tick in ticks]


def images(figure):
    return [image for axes in figure.axes for image in axes.get_images()]


def test_a_heatmap_shows_the_weights_it_was_given():
    matrix = weights()
    axes = attention_heatmap(matrix, TARGET, SOURCE).axes[0]
    (image,) = axes.get_images()
    np.testing.assert_allclose(image.get_array(), matrix, rtol=1e-6)
    assert image.get_clim() == (0.0, 1.0)
    assert labels(axes.get_xticklabels()) == SOURCE
    assert labels(axes.get_yticklabels()) == TARGET


def test_more_attention_is_darker():
    (image,) = attention_heatmap(np.eye(3, 5), TARGET, SOURCE).axes[0].get_images()
    colours = image.cmap(image.norm(np.array([0.0, 0.3, 0.7, 1.0])))[:, :3].sum(-1)
    assert (np.diff(colours) < 0).all()


def test_targets_run_down_and_sources_across():
    (image,) = attention_heatmap(weights(), TARGET, SOURCE).axes[0].get_images()
    left, right, bottom, top = image.get_extent()
    assert (left, right) == (-0.5, 4.5)
    assert (bottom, top) == (2.5, -0.5)


def test_a_figure_has_its_title_and_its_scale():
    figure = attention_heatmap(weights(), TARGET, SOURCE, title="Ruf mich an!")
    assert figure.get_suptitle() == "Ruf mich an!"
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "attention weight"]


def test_every_head_of_every_layer_is_drawn_and_their_mean():
    stack = weights(2, 3)
    figure = attention_heads(stack, TARGET, SOURCE)
    drawn = images(figure)
    names = [axes.get_xlabel().replace("\n", " ") for axes in figure.axes[:8]]
    assert names[:4] == [
        "layer 1, head 1",
        "layer 1, head 2",
        "layer 1, head 3",
        "layer 1, mean of heads",
    ]
    for layer in range(2):
        for head in range(3):
            shown = drawn[4 * layer + head].get_array()
            np.testing.assert_allclose(shown, stack[layer, head], rtol=1e-6)
        mean = drawn[4 * layer + 3].get_array()
        np.testing.assert_allclose(mean, stack[layer].mean(0), rtol=1e-6)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_figure_can_be_written_without_a_display(kind):
    file = io.BytesIO()
    attention_heatmap(weights(), TARGET, SOURCE).savefig(file, format=kind)
    assert len(file.getvalue()) > 1000


@pytest.mark.parametrize(
    ("shape", "target", "source"),
    [((3, 5), SOURCE, TARGET), ((3, 4), TARGET, SOURCE), ((2, 5), TARGET, SOURCE)],
)
def test_weights_and_tokens_must_agree(shape, target, source):
    message = rf"got weights \({shape[0]}, {shape[1]}\), {len(target)} target"
    with pytest.raises(ValueError, match=message):
        attention_heatmap(np.zeros(shape), target, source)


def outlined(axes):
    """Middles (t, s) of the outlined cells."""
    return [
        (patch.get_y() + patch.get_height() / 2, patch.get_x() + patch.get_width() / 2)
        for patch in axes.patches
        if isinstance(patch, Rectangle) and not patch.get_fill()
    ]


def test_heatmaps_of_one_pair_share_their_scale_and_gold():
    stack = weights(3)
    gold = [(0, 0), (1, 1), (0, 2)]
    figure = heatmaps(
        [("dot", stack[0]), ("additive", stack[1]), ("soft", stack[2])],
        TARGET,
        SOURCE,
        title="Scores",
        gold=gold,
    )
    assert figure.get_suptitle() == "Scores"
    assert [axes.get_xlabel() for axes in figure.axes[:3]] == [
        "dot",
        "additive",
        "soft",
    ]
    for image, matrix in zip(images(figure), stack, strict=True):
        np.testing.assert_allclose(image.get_array(), matrix, rtol=1e-6)
        assert image.get_clim() == (0, 1)
    for axes in figure.axes[:3]:
        np.testing.assert_allclose(outlined(axes), gold)
    assert figure.axes[3].get_ylabel() == "attention weight"
    assert len(figure.axes) == 4


def test_a_heatmap_can_show_its_numbers():
    figure = attention_heatmap(
        [[0.5, 0.3, 0.2]], ["C1"], ["x", "y", "z"], numbers=True, gold=[(0, 1)]
    )
    texts = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert texts == {(0, 0): "0.50", (1, 0): "0.30", (2, 0): "0.20"}


LONG = [
    "[START]",
    "The",
    "children",
    "of",
    "the",
    "neighbours",
    "saw",
    "the",
    "##ir",
    "dog",
    "again",
    "[END]",
]


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("tokens", [["one"], TARGET, LONG], ids=len)
def test_every_token_of_a_heatmap_can_be_read(tokens, count, numbers):
    matrix = np.full((len(tokens), len(tokens)), 1 / len(tokens))
    figure = heatmaps(
        [(f"k = {i}", matrix) for i in range(count)],
        tokens,
        tokens,
        title="A title",
        numbers=numbers,
    )
    assert figure.get_size_inches()[0] <= 9.01
    assert_readable(figure)
    assert set(tokens) <= words(figure)


@pytest.mark.parametrize(("layers", "heads"), [(1, 8), (2, 4), (3, 1)])
def test_every_token_of_every_head_can_be_read(layers, heads):
    stack = np.full((layers, heads, 8, 8), 1 / 8)
    figure = attention_heads(stack, LONG[:8], LONG[:8], title="Heads")
    assert figure.get_size_inches()[0] <= 9.01
    assert len(images(figure)) == layers * (heads + 1)
    assert_readable(figure)


def test_tokens_are_no_mathematics():
    figure = attention_heatmap(np.eye(2), ["$5 or $6", "_"], ["$", "^$a$"])
    assert {"$5 or $6", "_", "$", "^$a$"} <= words(figure)
    assert_readable(figure)


@pytest.mark.parametrize(
    ("target", "source"), [(["欢迎"], ["welcome"]), (["welcome"], ["欢迎"])]
)
@pytest.mark.parametrize(
    "draw",
    [
        lambda target, source: attention_heatmap([[1.0]], target, source),
        lambda target, source: heatmaps([("", [[1.0]])], target, source),
        lambda target, source: attention_heads([[[[1.0]]]], target, source),
    ],
)
def test_a_token_without_glyphs_is_refused(draw, target, source):
    message = r"needs a glyph.*'欢迎' with none for '欢迎'.*plots\.html_heatmap"
    with pytest.raises(ValueError, match=message):
        draw(target, source)


@pytest.mark.parametrize("cell", [(3, 0), (0, 5), (-1, 0)])
def test_gold_lies_inside(cell):
    with pytest.raises(ValueError, match=r"inside the heatmap, got \(-?\d, \d\)"):
        attention_heatmap(weights(), TARGET, SOURCE, gold=[cell])


def test_heatmaps_are_refused_when_there_is_none():
    with pytest.raises(ValueError, match="at least one heatmap, got none"):
        heatmaps([], TARGET, SOURCE)


def test_heads_need_all_four_axes():
    message = r"\[layer, head, t, s\], got \(3, 5\)"
    with pytest.raises(ValueError, match=message):
        attention_heads(weights(), TARGET, SOURCE)
