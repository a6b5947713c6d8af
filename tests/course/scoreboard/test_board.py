import json
import pathlib
import re

import pytest

from keras_transformer.course.scoreboard import changes as board_changes
from keras_transformer.course.scoreboard import pages
from keras_transformer.course.scoreboard.board import (
    Board,
    marks,
    render,
    render_lengths,
    tables,
)
from keras_transformer.course.scoreboard.changes import Change
from keras_transformer.course.scoreboard.columns import (
    ALL_FORMATS,
    COLUMNS,
    FORMATS,
    TIMES,
)
from keras_transformer.course.scoreboard.front import STEPS, front, steps, syllabus
from keras_transformer.course.scoreboard.report import insert
from keras_transformer.course.studies import PUBLISHED, STUDIES

ROOT = pathlib.Path(__file__).parents[3]
RESULTS = ROOT / "results" / "scoreboard"


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


def test_a_variant_is_not_mistaken_for_one_with_a_longer_name(board):
    assert len(board.runs["fixed_start"]) == len(board.runs["fixed_start_32"]) == 1


def test_rows_stand_in_the_order_of_the_study(board):
    assert [row["BLEU"] for row in board.rows()] == [20, 10, 45]
    (row,) = board.rows(["soft_dot"])
    assert row["BLEU, long"] == 22.5
    assert (row["AER"], row["seconds"], row["seeds"]) == (0.3, 61, 2)


def test_the_table_writes_what_is_missing_as_a_dash(board):
    lines = render(board).splitlines()
    assert lines[0].startswith("| model | parameters | BLEU | ± sd | BLEU, long |")
    assert lines[2] == ("| model None | 1,234,567 | 20.0 | – | 10.0 | 10.0% | – | 1 |")
    page = insert("a\n{}\nold\n{}\nb\n".format(*marks("x")), "new\n", *marks("x"))
    assert page == "a\n{}\nnew\n{}\nb\n".format(*marks("x"))


@pytest.fixture
def captions(tmp_path):
    """Two models on real text, one of them with two seeds."""
    folder = tmp_path / "multi30k-de-en"
    folder.mkdir()
    for name, seed, bleu in (
        ("transformer", 1, 36.0),
        ("transformer", 2, 38.0),
        ("fixed_start", 1, 20.0),
    ):
        groups = [
            {"low": 4, "high": 7, "words": 6.5, "sentences": 30, "bleu": bleu + 2},
            {"low": 8, "high": 10, "words": 9.1, "sentences": 70, "bleu": bleu - 1},
        ]
        scores = {"bleu": bleu, "chrf": bleu + 20, "tokenized_bleu": bleu + 0.5}
        scores["by_length"] = groups
        splits = ("valid", "test_2016", "test_2017", "mscoco")
        run = {
            "title": name,
            "seed": seed,
            "parameters": 5490688,
            # Three passes, the last of which was suspended for an hour.
            "history": [
                {"seconds": 200.0 * seed * i + 3600 * (i == 3)} for i in (1, 2, 3)
            ],
            "scores": {split: scores for split in splits},
        }
        (folder / f"{name}-{seed}.json").write_text(json.dumps(run), "utf-8")
    return Board.load(folder)


def test_real_text_shows_each_test_set_and_the_tokens_of_others(captions):
    _, row = captions.rows()
    assert (row["model"], row["BLEU"], row["BLEU, tokens"]) == ("transformer", 37, 37.5)
    assert (row["BLEU, 2017"], row["chrF"], row["minutes"]) == (37, 57, 10)
    lines = render(captions).splitlines()
    assert lines[0] == (
        "| model | parameters | BLEU | ± sd | chrF | BLEU, tokens | BLEU, valid "
        "| BLEU, 2017 | BLEU, COCO | seeds |"
    )
    assert lines[3] == (
        "| transformer | 5,490,688 | 37.0 | 1.4 | 57.0 | 37.5 | 37.0 | 37.0 | 37.0 "
        "| 2 |"
    )


def test_the_time_on_a_gpu_has_a_column_of_its_own(captions):
    second = captions.runs["transformer"][1]
    second["device"] = {"accelerators": ["NVIDIA A"]}
    alone, both = captions.rows()
    assert (both["minutes"], both["minutes, GPU"]) == (10, 20)
    assert alone["minutes, GPU"] is None
    # No page shows it: the machines had other work.
    assert "minutes" not in render(captions)


def test_what_others_report_stands_below_the_models(captions):
    published = render(captions).splitlines()[4:]
    assert len(published) == len(PUBLISHED["multi30k-de-en"]) == 4
    cells = [cell.strip() for cell in published[-1].strip("|").split("|")]
    assert cells[0].startswith("*published*: [Transformer, 3 + 3 layers, 8 heads](http")
    assert cells[1:] == ["9,000,000", "–", "–", "–", "36.5", *["–"] * 4]


def test_bleu_by_length_is_a_table_of_its_own(captions):
    assert render_lengths(captions, "test_2016").splitlines() == [
        "| words of the source | 4–7 | 8–10 |",
        "|---|---:|---:|",
        "| sentences | 30 | 70 |",
        "| fixed_start | 22.0 | 19.0 |",
        "| transformer | 39.0 | 36.0 |",
    ]


def test_a_change_is_the_difference_of_two_variants(captions, monkeypatch):
    change = Change("a Transformer, not one vector", "transformer", "fixed_start")
    absent = Change("8 heads, not 4", "transformer_8_heads", "transformer")
    monkeypatch.setitem(board_changes.CHANGES, "multi30k-de-en", (change, absent))
    assert board_changes.render_changes(captions).splitlines() == [
        "| what is changed | valid | 2016 | 2017 | COCO | |",
        "|---|---:|---:|---:|---:|---|",
        "| a Transformer, not one vector | +17.0 | +17.0 | +17.0 | +17.0 | better |",
    ]


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ([2.0, 0.5], "better"),
        ([-2.0, -0.5], "worse"),
        ([4.0, -0.1], "undecided"),  # the sets disagree
        ([0.9, 0.9], "undecided"),  # too little
    ],
)
def test_a_change_is_called_one_where_all_sets_agree(differences, said):
    assert board_changes.verdict(differences) == said


@pytest.mark.parametrize("corpus", board_changes.CHANGES)
def test_changes_compare_variants_of_the_study(corpus):
    changes = board_changes.CHANGES[corpus]
    named = {name for c in changes for name in (c.name, c.instead)}
    assert named == set(STUDIES[corpus])  # every variant is compared with another
    assert len({change.name for change in changes}) == len(changes)


def test_a_study_without_results_says_how_to_measure_it(captions, tmp_path):
    of = "multi30k-de-en"
    names = (of, f"{of}, changes", f"{of}, seeds", f"{of}, lengths")
    found = tables(of, tmp_path)
    assert list(found) == [*map(marks, names)]
    table, missing = found[marks(names[0])].split("\n\n")
    assert table + "\n" == render(captions)
    assert missing.startswith("Not measured yet: `fixed_every_step`, `soft_scaled_dot`")
    assert "`transformer`" not in missing  # it is in the table
    (empty,) = tables("phrasebook", tmp_path).values()
    assert empty == "Not measured yet: `make scoreboard CORPUS=phrasebook`.\n"


@pytest.mark.parametrize("corpus", STUDIES)
def test_every_study_has_columns_with_a_format(corpus):
    titles = {column.title for column in COLUMNS[corpus]} | {TIMES[corpus][0]}
    assert titles <= set(ALL_FORMATS)
    if corpus == "phrasebook":  # the lessons write its rows with them
        assert set(FORMATS) <= {"parameters", TIMES[corpus][0], *titles}


def test_what_is_not_stored_is_named(board, tmp_path):
    with pytest.raises(KeyError, match=r"hard_top_1 has no stored result; .* soft_dot"):
        board.rows(["hard_top_1"])
    with pytest.raises(ValueError, match="named after a study"):
        Board.load(tmp_path)
    (tmp_path / "empty" / "phrasebook").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="holds no result"):
        Board.load(tmp_path / "empty" / "phrasebook")


def test_the_pages_show_the_stored_results():
    found = pages.parts(ROOT / "results")
    assert [path.name for path in found] == ["SCOREBOARD.md", "README.md", "README.md"]
    for path, texts in found.items():
        page = (ROOT / path).read_text("utf-8")
        for (begin, end), text in texts.items():
            assert insert(page, text, begin, end) == page


def test_no_page_shows_the_time_of_a_machine_that_had_other_work():
    for path in (pages.BOARD, pages.ALL):
        page = (ROOT / path).read_text("utf-8")
        # Its machines were asked whether they had; the others got no minutes.
        page = re.sub(
            r"<!-- (time to): begin -->.*<!-- \1: end -->", "", page, flags=re.S
        )
        rows = re.findall(r"^\|.*\|$", page, re.M)
        assert rows and not any("minutes" in r or "seconds" in r for r in rows)


def test_every_number_of_the_scoreboard_comes_from_a_file():
    page = (ROOT / pages.BOARD).read_text("utf-8")
    by_hand = re.sub(r"<!-- (.*): begin -->.*?<!-- \1: end -->", "", page, flags=re.S)
    assert by_hand.count("<!--") == 0
    assert not re.findall(r"\d\.\d", by_hand)


def test_seeds_are_told_apart_in_a_sentence(captions):
    assert board_changes.render_seeds(captions) == (
        "Over all models and sets, BLEU has a standard deviation over seeds of 1.4 in "
        "the median and 1.4 at most; the first seed lies -2.00 BLEU from the mean of "
        "the others, with a standard deviation of 0.0.\n"
    )
    del captions.runs["transformer"]
    assert "No model has several" in board_changes.render_seeds(captions)


def test_the_front_page_shows_the_syllabus_of_the_lessons():
    lessons = (ROOT / "lessons" / "README.md").read_text("utf-8")
    page = (ROOT / "README.md").read_text("utf-8")
    assert insert(page, syllabus(lessons), *marks("syllabus")) == page
    names = re.findall(r"\]\(lessons/([^)]*)\)", syllabus(lessons))
    assert sorted(names) == sorted(p.name for p in (ROOT / "lessons").glob("*.ipynb"))


def test_the_front_page_shows_a_few_rows_of_both_studies():
    table = front(RESULTS)
    captions = Board.load(RESULTS / "multi30k-de-en")
    recipe = captions.mean("transformer_recipe", "test_2016", "bleu")
    assert f"| Transformer, 12 passes | – | – | {recipe:.1f} ± " in table


def test_the_pages_that_people_open_first_are_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 165
    rows = (ROOT / "lessons" / "README.md").read_text("utf-8").splitlines()
    for row in rows:
        if row.startswith("| ") and ".ipynb" in row:
            found = row.split("|")[4]
            assert len(re.findall(r"\d+(?:\.\d+)?", found)) <= 2, row


def test_the_front_pages_figure_names_variants_that_have_results():
    board = Board.load(RESULTS / "phrasebook")
    drawn = steps(board).axes[0]
    heights = sorted(round(bar.get_height(), 6) for bar in drawn.patches)
    wanted = [board.mean(n, s, "bleu") for n in STEPS for s in ("test", "test_long")]
    assert heights == sorted(round(value, 6) for value in wanted)
