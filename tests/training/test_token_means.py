import numpy as np
import pytest

from keras_transformer.training.token_means import TokenMeans

LABELS = np.array([[5, 2, 0], [7, 0, 0]])  # three tokens


def test_every_token_weighs_the_same():
    measured = TokenMeans()
    measured.add({"loss": 2.0, "accuracy": 1.0}, LABELS)
    measured.add({"loss": np.float32(10.0), "accuracy": 0.0}, np.array([[2]]))
    assert measured.means() == {"loss": 4.0, "accuracy": 0.75}
    assert measured.tokens == 4


def test_a_batch_of_padding_adds_nothing():
    measured = TokenMeans()
    measured.add({"loss": 2.0}, LABELS)
    measured.add({"loss": 0.0}, np.zeros((2, 3), int))
    assert measured.means() == {"loss": 2.0}


def test_a_tally_goes_on_from_its_fields():
    measured = TokenMeans(tokens=1, totals={"loss": 6.0})
    measured.add({"loss": 2.0}, LABELS)
    assert measured.means() == pytest.approx({"loss": 3.0})
