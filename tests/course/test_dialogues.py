import pytest

from keras_transformer.course.dialogues import answer, dialogues, questions

ASKED = questions(["Does Anna sing ?", "Are you tired ?", "Do they help ?"])


@pytest.mark.parametrize(
    ("verb", "subject", "yes", "said"),
    [
        ("Do", "you", True, "Yes , I do ."),
        ("Do", "Anna", True, "Yes , she does ."),
        ("Are", "I", False, "No , you are not ."),
        ("Is", "you", True, "Yes , I am ."),
        ("Was", "they", True, "Yes , they were ."),
        ("Were", "Tom", False, "No , he was not ."),
        ("Could", "we", True, "Yes , we could ."),
    ],
)
def test_answers_worked_by_hand(verb, subject, yes, said):
    assert answer(verb, subject, yes) == said


def test_only_questions_that_can_be_answered_are_found():
    others = ["Why does he sing ?", "Do not sing .", "Did she not sing ?"]
    others += ["Does the boy sing ?", "Anna sings ."]
    assert questions([*others, "Did she sing ?"]) == ["Did she sing ?"]


def test_a_dialogue_keeps_verb_and_mood_and_asks_nobody_twice():
    for talk in dialogues(ASKED, count=30, turns=4, seed=3):
        verb, subject, *_ = talk.questions[0].split()
        people = [subject, *(asked.split()[1] for asked in talk.questions[1:])]
        yes = talk.answers[0].startswith("Yes")
        assert len(set(people)) == 4
        assert list(talk.answers) == [answer(verb, who, yes) for who in people]


def test_a_prompt_ends_where_an_answer_is_due():
    talk = dialogues(ASKED, count=1, turns=3)[0]
    assert talk.prompt(0) == "[A] Does Anna sing ? [B]"
    assert str(talk) == f"{talk.prompt(2)} {talk.answers[2]}"
    assert talk.prompt(1).startswith(f"{talk.prompt(0)} {talk.answers[0]} [A] And ")


def test_dialogues_are_those_of_their_seed():
    assert dialogues(ASKED, 9, 4, seed=1) == dialogues(ASKED, 9, 4, seed=1)
    assert dialogues(ASKED, 9, 4, seed=1) != dialogues(ASKED, 9, 4, seed=2)
