import pytest

from keras_transformer.course.scoreboard.answers import answer, bleu, table, verdict
from keras_transformer.course.scoreboard.board import Board
from keras_transformer.course.scoreboard.questions import QUESTIONS, Question
from keras_transformer.course.studies import STUDIES

ASKED = Question(
    "toys",
    {"transformer": "a Transformer", "soft_dot": "GRUs"},
    (("A Transformer, not GRUs", "transformer", "soft_dot"),),
)


def board(corpus, splits, **values):
    return Board(
        corpus,
        {
            name: [{"scores": {s: {"bleu": b} for s in splits}} for b in seeds]
            for name, seeds in values.items()
        },
    )


@pytest.fixture
def boards():
    return {
        "phrasebook": board(
            "phrasebook",
            ("test", "test_long"),
            transformer=[96.0, 97.0],
            soft_dot=[70.0, 72.0],
        ),
        "multi30k-de-en": board(
            "multi30k-de-en", ("test_2016",), transformer=[33.0], soft_dot=[36.0]
        ),
    }


def test_an_answer_says_where_an_idea_is_better_and_where_it_is_worse(boards):
    assert answer(ASKED, boards) == (
        "- **A Transformer, not GRUs**: better on phrasebook (96.5 against 71.0), "
        "longer sentences (96.5 against 71.0); worse on Multi30k (33.0 against 36.0).\n"
    )
    del boards["multi30k-de-en"].runs["soft_dot"]
    assert "Multi30k" not in answer(ASKED, boards)


def test_a_table_shows_means_and_deviations_over_seeds(boards):
    assert table(ASKED, boards).splitlines() == [
        "| | phrasebook | longer | Multi30k |",
        "|---|---:|---:|---:|",
        "| a Transformer | 96.5 ± 0.7 | 96.5 ± 0.7 | 33.0 |",
        "| GRUs | 71.0 ± 1.4 | 71.0 ± 1.4 | 36.0 |",
    ]
    assert bleu(boards["phrasebook"], "nobody", "test") == "–"


@pytest.mark.parametrize(
    ("values", "instead", "said"),
    [
        ([5.0, 6.0], [2.0, 4.0], "better"),
        ([2.0, 4.0], [5.0, 6.0], "worse"),
        ([5.0, 9.0], [2.0, 5.5], "undecided"),  # the seeds overlap
        ([5.0, 5.1], [4.2, 4.3], "undecided"),  # too little
    ],
)
def test_seeds_decide(values, instead, said):
    assert verdict(values, instead) == said


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda each: each.name)
def test_questions_are_about_models_of_a_study_that_their_tables_show(asked):
    known = {name for study in STUDIES.values() for name in study}
    assert set(asked.models) <= known
    for _, name, instead in asked.compared:
        assert {name, instead} <= set(asked.models) and name != instead
