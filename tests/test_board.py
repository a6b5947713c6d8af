import json
import pathlib
import re

import pytest

from keras_transformer.board import STEPS, Board, marks, render, steps, syllabus
from keras_transformer.report import insert

ROOT = pathlib.Path(__file__).parents[1]


def result(seed, bleu, aer):
    scores = {"bleu": bleu, "exact": bleu / 200, "aer": aer}
    scores["by_length"] = [{"words": 4.5, "bleu": bleu - 1}, {"words": 9, "bleu": 2}]
    return {
        "title": f"model {aer}",
        "seed": seed,
        "parameters": 1234567,
        "seconds": 60.0 + seed,
        "scores": {"test": scores, "test_long": {**scores, "bleu": bleu / 2}},
    }


@pytest.fixture
def board(tmp_path):
    folder = tmp_path / "phrasebook"
    folder.mkdir()
    for name, seed, bleu, aer in (
        ("soft_dot", 2, 50.0, 0.25),
        ("soft_dot", 1, 40.0, 0.35),
        ("fixed_start", 1, 20.0, None),
        ("fixed_start_32", 1, 10.0, None),
    ):
        path = folder / f"{name}-{seed}.json"
        path.write_text(json.dumps(result(seed, bleu, aer)), "utf-8")
    return Board.load(folder)


def test_figures_are_means_over_seeds(board):
    assert board.values("soft_dot", "test", "bleu") == [40, 50]
    assert board.mean("soft_dot", "test", "bleu") == 45
    assert board.sd("soft_dot", "test", "bleu") == pytest.approx(50**0.5)
    assert board.mean("fixed_start", "test", "aer") is None
    assert board.sd("fixed_start", "test", "bleu") is None
    assert board.by_length("soft_dot", "test") == ([4.5, 9], [44, 2])


def test_a_rung_is_not_mistaken_for_one_with_a_longer_name(board):
    assert len(board.runs["fixed_start"]) == len(board.runs["fixed_start_32"]) == 1


def test_rows_stand_in_the_order_of_the_ladder(board):
    assert [row["BLEU"] for row in board.rows()] == [20, 10, 45]
    (row,) = board.rows(["soft_dot"])
    assert row["BLEU, long"] == 22.5
    assert (row["AER"], row["seconds"], row["seeds"]) == (0.3, 61, 2)


def test_the_table_writes_what_is_missing_as_a_dash(board):
    lines = render(board).splitlines()
    assert lines[0].startswith("| model | parameters | BLEU | ± sd | BLEU, long |")
    assert lines[2] == (
        "| model None | 1,234,567 | 20.0 | – | 10.0 | 10.0% | – | 61 | 1 |"
    )
    page = insert("a\n{}\nold\n{}\nb\n".format(*marks("x")), "new\n", *marks("x"))
    assert page == "a\n{}\nnew\n{}\nb\n".format(*marks("x"))


def test_what_is_not_stored_is_named(board, tmp_path):
    with pytest.raises(KeyError, match=r"hard_top_1 has no stored result; .* soft_dot"):
        board.rows(["hard_top_1"])
    with pytest.raises(ValueError, match="named after a ladder"):
        Board.load(tmp_path)
    (tmp_path / "empty" / "phrasebook").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="holds no result"):
        Board.load(tmp_path / "empty" / "phrasebook")


def test_the_pages_show_the_stored_results():
    board = Board.load(ROOT / "results" / "scoreboard" / "phrasebook")
    rendered = render(board)
    for name in ("README.md", "SCOREBOARD.md"):
        page = (ROOT / name).read_text("utf-8")
        assert insert(page, rendered, *marks("phrasebook")) == page


def test_the_front_page_shows_the_syllabus_of_the_lessons():
    lessons = (ROOT / "lessons" / "README.md").read_text("utf-8")
    page = (ROOT / "README.md").read_text("utf-8")
    assert insert(page, syllabus(lessons), *marks("syllabus")) == page
    names = re.findall(r"\]\(lessons/([^)]*)\)", syllabus(lessons))
    assert names == sorted(p.name for p in (ROOT / "lessons").glob("*.ipynb"))


def test_the_front_pages_figure_names_rungs_that_have_results():
    board = Board.load(ROOT / "results" / "scoreboard" / "phrasebook")
    drawn = steps(board).axes[0]
    heights = sorted(round(bar.get_height(), 6) for bar in drawn.patches)
    wanted = [board.mean(n, s, "bleu") for n in STEPS for s in ("test", "test_long")]
    assert heights == sorted(round(value, 6) for value in wanted)
