import numpy as np
import pytest

from keras_transformer.plots import dots

GAINS = {
    "alone": {"clipping": [0.1, -0.3], "dropout": [3.0, 5.0]},
    "together": {"smoothing": [-1.0, -2.0]},
}


def test_every_seed_is_a_dot_and_every_mean_a_mark():
    alone, together = dots(GAINS, x_label="gain", title="Few help").axes
    found = [line.get_xdata() for line in alone.lines if line.get_marker() == "o"]
    assert [list(each) for each in found] == [[3.0, 5.0], [0.1, -0.3]]
    means = [line.get_xdata()[0] for line in alone.lines if line.get_marker() == "D"]
    assert means == pytest.approx([4.0, -0.1])
    assert (alone.get_xlabel(), together.get_xlabel()) == ("", "gain")
    assert np.allclose(alone.get_xlim(), together.get_xlim())


def test_the_largest_mean_stands_on_top():
    axes = dots(GAINS, x_label="gain").axes[0]
    assert next(text.get_text() for text in axes.get_yticklabels()) == "dropout"
    low, high = axes.get_ylim()
    assert low > high


@pytest.mark.parametrize("panels", [{}, {"alone": {}}])
def test_a_panel_without_rows_is_refused(panels):
    with pytest.raises(ValueError, match=r"dots need panels with rows, got \{"):
        dots(panels, x_label="gain")
