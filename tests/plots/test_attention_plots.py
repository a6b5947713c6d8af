import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_transformer.plots import attention_heads, attention_heatmap, draw_heatmap

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
    axes = Figure().add_subplot()
    image = draw_heatmap(axes, matrix, TARGET, SOURCE)
    np.testing.assert_allclose(image.get_array(), matrix, rtol=1e-6)
    assert image.get_clim() == (0.0, 1.0)
    assert labels(axes.get_xticklabels()) == SOURCE
    assert labels(axes.get_yticklabels()) == TARGET


def test_more_attention_is_darker():
    axes = Figure().add_subplot()
    image = draw_heatmap(axes, np.eye(3, 5), TARGET, SOURCE)
    colours = image.cmap(image.norm(np.array([0.0, 0.3, 0.7, 1.0])))[:, :3].sum(-1)
    assert (np.diff(colours) < 0).all()


def test_targets_run_down_and_sources_across():
    axes = Figure().add_subplot()
    image = draw_heatmap(axes, weights(), TARGET, SOURCE)
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
    names = [axes.get_xlabel() for axes in figure.axes[:8]]
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
