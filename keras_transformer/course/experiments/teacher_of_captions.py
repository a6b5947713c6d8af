"""What is a teacher worth on real text? Captions of Multi30k (lesson 17).

People translate one sentence in many ways; a rule, as in the phrasebook, in one.
"""

from typing import Any

from keras_transformer import corpora
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.students import (
    LARGE,
    SMALL,
    Data,
    bleu,
    learn,
    students,
    untrained,
)

BUDGET = {"epochs": 24, "batch_tokens": 1024, "lengths": (24,), "warmup_steps": 150}
BUDGET |= {"vocabulary_size": 2000, "average": 0.98}
SIZES = {"train": 13_000, "valid": 200, "test_2016": 500}


def _measure(variant: str, seed: int) -> dict[str, Any]:
    splits = corpora.load("multi30k-de-en").splits
    data = Data(*(splits[name].take(count) for name, count in SIZES.items()))
    teacher, student = (untrained(data, seed, **BUDGET, **s) for s in (LARGE, SMALL))
    curve = learn(teacher, data)
    found = {"teacher_weights": int(teacher.model.count_params()), "curve": curve}
    found["bleu_teacher"] = bleu(teacher, data.test)
    return found | students(teacher, student, data)[0]


EXPERIMENT = Experiment(
    "What is a teacher worth on captions?",
    {"captions": "a small translator, alone and taught by a large one"},
    _measure,
)
