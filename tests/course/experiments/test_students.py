import types

import numpy as np
import pytest

from keras_transformer.corpora import Pairs
from keras_transformer.course.measure import smaller, students

TEXTS = tuple(f"{who} {what}" for who in ("ja", "nein") for what in "abcdef")
DATA = students.Data(*[Pairs(TEXTS, TEXTS)] * 3)
BUDGET = {"epochs": 6, "batch_tokens": 64, "lengths": (16,), "vocabulary_size": 300}
BUDGET |= {"warmup_steps": 3, "average": 0.0}


@pytest.fixture
def made():
    sizes = students.LARGE, students.SMALL
    return [students.untrained(DATA, 1, **BUDGET, **each) for each in sizes]


def test_a_curve_has_as_many_points_whatever_the_passes(made, monkeypatch):
    seen = []
    monkeypatch.setattr(students, "bleu", lambda *given: seen.append(given) or 7.0)
    assert students.learn(made[1], DATA) == [7.0] * students.TIMES
    assert seen == [(made[1], DATA.valid)] * students.TIMES


def test_students_begin_alike_and_each_has_its_own_lesson(made, monkeypatch):
    teacher, student = made
    asked, first = [], student.model.get_weights()

    def learn(translator, data, pairs, model):
        asked.append((pairs, type(model) is smaller.Taught))
        for weight, begun in zip(translator.model.get_weights(), first, strict=True):
            np.testing.assert_array_equal(weight, begun)
        translator.model.set_weights([weight + 1 for weight in first])
        return [1.0]

    said = tuple(text.upper() for text in TEXTS[:-1]) + TEXTS[-1:]
    engine = types.SimpleNamespace(exported=lambda *given: (lambda texts: said, 5))
    monkeypatch.setattr(students, "learn", learn)
    monkeypatch.setattr(students, "exported", engine)
    monkeypatch.setattr(
        students, "evaluate", lambda *given: types.SimpleNamespace(bleu=3.0)
    )
    found, translators = students.students(teacher, student, DATA)
    alone, word, sequence = asked
    assert alone == (DATA.train, False) and word == (DATA.train, True)
    assert sequence == (Pairs(TEXTS, said), False)
    assert found["exact"] == pytest.approx(1 / len(TEXTS))
    assert found["weights"] == student.model.count_params()
    assert set(translators) > {"large", "alone_int8", "word_float32"}
