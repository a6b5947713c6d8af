"""Copies of lessons: an update reaches them, and nothing that was written is lost."""

import json
import re

import pytest

from keras_transformer.classroom import lab, lessons

NAME = "03_soft_attention.ipynb"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of lessons that a test may change."""
    folder = tmp_path / "home"
    (folder / "lessons" / "figures").mkdir(parents=True)
    (folder / "results").mkdir()
    (folder / "SCOREBOARD.md").write_text("# Scoreboard\n")
    (folder / "lessons" / "README.md").write_text(
        f"[`claim-3`]({NAME}#claim-3) [all]({NAME}) [notes](notation.md#letters)"
    )
    for name in (NAME, "04_hard_attention.ipynb"):
        (folder / "lessons" / name).write_text(f"{name}: first edition")
    monkeypatch.setattr(lessons, "home", lambda: folder)
    return folder


def lay_out(folder):
    return list(lessons.lay_out(folder))


def test_what_was_written_stays_and_what_was_not_is_updated(home, tmp_path):
    assert lay_out(tmp_path) == []
    mine, other = tmp_path / "work" / NAME, tmp_path / "work/04_hard_attention.ipynb"
    mine.write_text("my answer")
    for path in (home / "lessons").glob("*.ipynb"):
        path.write_text("second edition")
    said = lay_out(tmp_path)
    assert mine.read_text() == "my answer"
    assert other.read_text() == "second edition"
    assert said == [f"{NAME} is newer than your copy; make fresh LESSON=03 brings it"]


def test_a_lesson_without_news_says_nothing_of_an_answer(home, tmp_path):
    lay_out(tmp_path)
    (tmp_path / "work" / NAME).write_text("my answer")
    assert lay_out(tmp_path) == []
    assert (tmp_path / "work" / NAME).read_text() == "my answer"


def test_a_fresh_lesson_is_the_original_and_every_answer_is_kept(home, tmp_path):
    lay_out(tmp_path)
    for number, answer in enumerate(["first", "second"], start=1):
        (tmp_path / "work" / NAME).write_text(answer)
        kept = lessons.fresh(tmp_path, "3")
        assert kept.name == f"03_soft_attention-{number}.ipynb"
        assert kept.read_text() == answer
        assert (tmp_path / "work" / NAME).read_text() == f"{NAME}: first edition"
    (home / "lessons" / NAME).write_text("second edition")
    assert lay_out(tmp_path) == []  # nothing was written since
    assert (tmp_path / "work" / NAME).read_text() == "second edition"


def test_links_to_a_cell_have_the_form_that_jupyterlab_follows(home, tmp_path):
    lay_out(tmp_path)
    assert (tmp_path / "work" / "README.md").read_text() == (
        f"[`claim-3`]({NAME}#cell-id=claim-3) [all]({NAME}) "
        "[notes](notation.md#letters)"
    )


def test_an_unknown_lesson_is_refused_with_those_there_are(home, tmp_path):
    with pytest.raises(ValueError, match="a lesson is one of 03, 04, got '99'"):
        lessons.fresh(tmp_path, "99")
    assert not (tmp_path / "work").exists()


def test_the_checkout_is_a_home_with_everything_that_lessons_look_for(tmp_path):
    lay_out(tmp_path)
    work = tmp_path / "work"
    assert len(list(work.glob("[0-9][0-9]_*.ipynb"))) == len(lessons.originals())
    read = "".join(path.read_text("utf-8") for path in work.glob("*.*"))
    for name in set(re.findall(r'\.\./(?:results|SCOREBOARD)[^#")\\]*', read)):
        if "{" not in name:
            assert (work / name).exists(), name
    for name in set(re.findall(r"\]\((figures/[^)]*)\)", read)):
        assert (work / name).exists(), name


def test_jupyterlab_keeps_its_token_and_asks_nobody_for_news(tmp_path):
    started = " ".join(lab.command(tmp_path, browser=False, port=8899))
    assert "token" not in started and "--no-browser --port=8899" in started
    settings = json.loads((lab.SETTINGS / "overrides.json").read_text("utf-8"))
    news = settings["@jupyterlab/apputils-extension:notification"]
    assert news["fetchNews"] == "false" and news["checkForUpdates"] is False
