import json
import pathlib

import pytest

from keras_transformer.course.scoreboard import report

ROOT = pathlib.Path(__file__).parents[3]


def result(bleu):
    return {
        "parameters": 1_234_567,
        "training_minutes": 2.04,
        "device": {"accelerators": [], "processor": "an abacus", "cores": 2},
        "scores": {
            "test": {"bleu": bleu, "chrf": 55.55, "exact": 0.25, "signature": "sig"}
        },
    }


def test_a_table_holds_the_numbers_of_its_file(tmp_path):
    (tmp_path / "toy.json").write_text(json.dumps(result(98.76)))
    lines = report.render([tmp_path / "toy.json"]).splitlines()
    assert lines[2] == "| [`toy`](toy.json) | 1.2M | 2.0 | 2 cores of an abacus |"
    assert lines[6] == "| `toy` | `test` | 98.8 | 55.5 | 25% |"
    assert lines[8] == "- BLEU of `toy`: `sig`"


def test_minutes_of_a_busy_machine_are_not_shown(tmp_path):
    (busy,) = report.BUSY
    (tmp_path / f"{busy}.json").write_text(json.dumps(result(98.76)))
    line = report.render([tmp_path / f"{busy}.json"]).splitlines()[2]
    assert line.endswith("| 1.2M | – | 2 cores of an abacus |")


def test_results_replace_what_stood_between_the_marks():
    page = f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n"
    assert report.insert(page, "new\n") == (
        f"above\n{report.BEGIN}\nnew\n{report.END}\nbelow\n"
    )


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="the page must hold"):
        report.insert("no marks", "new\n")


def test_the_page_of_the_results_shows_what_is_stored():
    page = (ROOT / "results" / "README.md").read_text("utf-8")
    paths = report.shipped(ROOT / "results")
    names = [path.stem for path in paths]
    assert names == ["phrasebook", "multi30k-de-en", "tatoeba-zh-en"]
    assert report.insert(page, report.render(paths)) == page
