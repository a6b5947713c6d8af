import types

import numpy as np

from keras_transformer.course.dialogues import dialogues, questions
from keras_transformer.course.experiments import few_talks

TOLD, NUMBER = few_talks.numbers()
TALKS = dialogues(questions(TOLD["train"]), 3, few_talks.TURNS, seed=2)


def guessing(right):
    """A model that knows the next token of the texts, but for what is not right."""
    ids, labels = few_talks.rows_of(TALKS)

    def predict(given, **_):
        assert (given == ids).all()
        guessed = np.where(right(ids, labels), labels, 0)
        return np.eye(len(NUMBER) + 3, dtype="float32")[guessed]

    return types.SimpleNamespace(predict=predict), ids, labels


def test_an_answer_is_right_if_pronoun_and_verb_are():
    model, *talks = guessing(lambda ids, labels: labels >= 0)
    assert few_talks.right_answers(model, *talks) == [1.0] * few_talks.TURNS
    verbs = [NUMBER[word] for word in ("do", "does", "did", "is", "are", "was", "were")]
    verbs += [NUMBER[word] for word in ("am", "will", "can", "would", "could")]
    model, *talks = guessing(lambda ids, labels: ~np.isin(labels, verbs))
    assert few_talks.right_answers(model, *talks) == [0.0] * few_talks.TURNS


def test_what_is_asked_for_is_never_in_the_texts_that_are_read():
    assert not any(few_talks.ANSWERS in text for text in TOLD["train"])
    unseen = {str(q) for q in questions(TOLD["valid"] + TOLD["test"])}
    assert not unseen & {str(q) for q in questions(TOLD["train"])}
