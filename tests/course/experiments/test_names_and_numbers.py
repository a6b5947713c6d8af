import numpy as np

from keras_transformer.course.experiments import names_and_numbers
from keras_transformer.course.measure.put_in import PutIn


def test_no_word_that_is_asked_is_made_up(monkeypatch):
    drawn = iter(["KLM", "klm", "Petrov", "KLN"])
    monkeypatch.setattr(names_and_numbers, "made_up", lambda random: next(drawn))
    asked = [
        PutIn("capitals", "", "", ("KLM",)),
        PutIn("name", "", "", ("A", "Petrov")),
    ]
    make = names_and_numbers.unlike(asked)
    assert make(np.random.default_rng(1)) == "KLN"
