import json

import pytest

from keras_transformer.course.scoreboard.trial import plan
from keras_transformer.course.scoreboard.trial.curves import AGAINST, curves, shown
from keras_transformer.course.scoreboard.trial.table import answer, section, table


def row(rung, seed, valid, test, alone=True):
    """A run whose validation BLEU was `valid`, pass by pass."""
    splits = {"valid": {"bleu": max(valid)}, "test_2016": {"bleu": test}}
    better = {name: {"bleu": each["bleu"] + 1} for name, each in splits.items()}
    return {
        "title": f"the {rung}",
        "seed": seed,
        "rate": 0.002,
        "alone": alone,
        "multiplications_a_pass": 3 * 10**12,
        "scores": {"greedy": splits, "beam": better},
        "history": [
            {"epoch": epoch, "valid_bleu": bleu, "seconds": 120.0 * epoch}
            for epoch, bleu in enumerate(valid, start=1)
        ],
    }


@pytest.fixture
def runs():
    """Of the Transformers the second is better in validation, not on the test."""
    gru, additive, transformer, rotary = plan.RUNGS
    return {
        gru: [row(gru, 1, [30.0, 35.0], 35.0)],
        additive: [row(additive, 1, [30.0, 36.0], 36.0)],
        transformer: [row(transformer, 1, [20.0, 38.0], 40.0)],
        rotary: [
            row(rotary, 1, [20.0, 39.0, 38.0], 38.0),
            row(rotary, 2, [24.0, 40.0], 39.0),
        ],
    }


def test_the_answer_chooses_by_validation_and_compares_on_the_test(runs):
    assert answer(runs) == (
        "The better Transformer, not the better GRUs: greedy better (38.5 against 36.0 "
        "BLEU), beam better (39.5 against 37.0 BLEU).\n"
    )
    del runs["transformer"]
    assert answer(runs).startswith("Not measured yet: `transformer` (`python -m ")


def test_a_row_is_the_mean_over_seeds(runs):
    lines = table({"transformer_rotary": runs["transformer_rotary"]}).splitlines()
    assert lines == [
        "| model | peak rate | passes to the best | 10¹² multiplications a pass "
        "| minutes | valid, greedy | test_2016, greedy | valid, beam | test_2016, beam "
        "| seeds |",
        "|---" + "|---:" * 9 + "|",
        "| the transformer_rotary | 0.002 | 2 | 3.0 | 5 | 39.5 | 38.5 | 40.5 | 39.5 "
        "| 2 |",
    ]


@pytest.mark.parametrize(
    ("against", "ends"), [("passes", 2), ("multiplications", 6), ("minutes", 4)]
)
def test_a_curve_is_the_mean_over_seeds_and_ends_with_the_first(runs, against, ends):
    (drawn,) = (
        line
        for line in curves(runs, against).axes[0].lines
        if line.get_label() == "the transformer_rotary"
    )
    assert list(drawn.get_ydata()) == [22, 39.5]
    assert drawn.get_xdata()[-1] == ends


def test_minutes_of_a_busy_machine_are_neither_drawn_nor_shown(runs):
    assert shown(runs) == list(AGAINST)
    runs["transformer"][0]["alone"] = False
    assert shown(runs) == ["passes", "multiplications"]
    assert "minutes" not in section(runs)
    with pytest.raises(ValueError, match="alone on their machine, got others"):
        curves(runs, "minutes")


def test_without_a_run_there_is_no_table_and_no_drawing():
    assert section({}) == answer({})
    assert shown({}) == []


def test_runs_are_read_by_rung_and_rates_are_not_among_them(tmp_path):
    folder = tmp_path / plan.CORPUS
    (folder / "rates").mkdir(parents=True)
    for name in ("transformer-2", "transformer-1", "transformer_rotary-1"):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({"alone": name != "transformer-2", "name": name}))
    (folder / "rates" / "transformer-0.001.json").write_text("{}")
    runs = plan.stored(tmp_path)
    assert list(runs) == ["transformer", "transformer_rotary"]
    assert [run["name"][-1] for run in runs["transformer"]] == ["1", "2"]
    assert not plan.alone(runs)
