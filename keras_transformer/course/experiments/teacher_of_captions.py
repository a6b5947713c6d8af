"""What is a teacher worth on real text? Captions of Multi30k (lesson 17).

People translate one sentence in many ways; a rule, as in the phrasebook, in one.
"""

from typing import Any

from keras_transformer import corpora
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure import students

BUDGET = students.BUDGET | {"lengths": (24,), "vocabulary_size": 2000}
SIZES = {"train": 13_000, "valid": 200, "test_2016": 500}


def _measure(variant: str, seed: int) -> dict[str, Any]:
    splits = corpora.load("multi30k-de-en").splits
    data = students.Data(*(splits[name].take(n) for name, n in SIZES.items()))
    teacher, student = (
        students.untrained(data, seed, **BUDGET, **sizes)
        for sizes in (students.LARGE, students.SMALL)
    )
    curve = students.learn(teacher, data)
    found = {"teacher_weights": int(teacher.model.count_params()), "curve": curve}
    found["bleu_teacher"] = students.bleu(teacher, data.test)
    return found | students.students(teacher, student, data)[0]


EXPERIMENT = Experiment(
    "What is a teacher worth on captions?",
    {"captions": "a small translator, alone and taught by a large one"},
    _measure,
)
