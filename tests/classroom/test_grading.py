"""Grading: what an answer is worth, and what it cannot do to anybody."""

import json
import pathlib
import time

import pytest

from keras_transformer.classroom import certificate, confined, lessons
from keras_transformer.classroom.exercises import exercises
from keras_transformer.classroom.grading import Limits, grade_notebook
from keras_transformer.cli.grade import Grade, learners

LESSON = lessons.original("06")
NAMES = ["exercise-3", "exercise-1", "exercise-2"]  # in the order of the lesson
NEEDS_LANDLOCK = pytest.mark.skipif(
    not confined.version(), reason="this system has no Landlock"
)

ATTEND = """
def keras_attend(query, value, key=None, attention_mask=None):
    key = value if key is None else key
    scores = query @ ops.swapaxes(key, -1, -2){scale}
    if attention_mask is None:
        return ops.softmax(scores) @ value
    weights = ops.softmax(ops.where(attention_mask, scores, -1e9))
    return ops.where(attention_mask, weights, 0.0) @ value
"""
RIGHT = ATTEND.format(scale=" / query.shape[-1] ** 0.5")
WRONG = ATTEND.format(scale="")


def answered(path, **answers):
    """A learner's notebook of lesson 06, with these answers."""
    notebook = json.loads(LESSON.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["id"].replace("-", "_") in answers:
            cell["source"] = answers[cell["id"].replace("-", "_")]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), "utf-8")
    return path


def grade(path, seconds=60, memory_gb=4.0):
    return grade_notebook(LESSON, path, Limits(seconds, memory_gb))["exercises"]


@NEEDS_LANDLOCK
def test_a_right_answer_passes_a_wrong_one_is_told_what_was_seen(tmp_path):
    path = answered(
        tmp_path / LESSON.name,
        exercise_1="raise OSError('mine')",
        exercise_2=RIGHT,
        exercise_2_check="report = type('R', (), {'ok': True})()",
        exercise_3="class WrongRoot(keras.layers.Layer):\n"
        "    def call(self, query, key):\n"
        "        return query @ ops.swapaxes(key, -1, -2)",
    )
    found = grade(path)
    assert found["exercise-1"] == {"status": "failed", "said": "OSError: mine"}
    assert found["exercise-2"]["status"] == "passed"
    assert "all" in found["exercise-2"]["said"]
    assert found["exercise-3"]["status"] == "broken" and found["exercise-3"]["broken"]


@NEEDS_LANDLOCK
def test_the_check_is_the_lesson_s_own(tmp_path):
    cheat = "report = check(ScaledDot, like='ScaledDot')"
    path = answered(tmp_path / LESSON.name, exercise_2=WRONG, exercise_2_check=cheat)
    assert grade(path)["exercise-2"]["status"] == "broken"


VICTIM = """
import ctypes, os, pathlib, shutil, signal, subprocess
victim = {path!r}
for harm in (
    lambda: os.remove(victim),
    lambda: shutil.rmtree(os.path.dirname(victim)),
    lambda: open(victim, "w").write("mine"),
    lambda: os.truncate(victim, 0),
    lambda: subprocess.run(["rm", "-rf", victim]),
    lambda: ctypes.CDLL(None).unlink(victim.encode()),
    lambda: pathlib.Path(victim).with_name("new").write_text("mine"),
    lambda: os.kill(os.getppid(), signal.SIGTERM),
    lambda: pathlib.Path("own").write_text("allowed"),
):
    try:
        harm()
    except OSError:
        pass
"""


@NEEDS_LANDLOCK
def test_an_answer_that_deletes_files_deletes_nobody_s(tmp_path):
    victim = tmp_path / "class" / "bo" / LESSON.name
    victim.parent.mkdir(parents=True)
    victim.write_text("Bo's answer")
    path = answered(
        tmp_path / "class" / "ada" / LESSON.name,
        exercise_2=VICTIM.format(path=str(victim)) + RIGHT,
    )
    before = path.read_bytes()
    assert grade(path)["exercise-2"]["status"] == "passed"
    assert victim.read_text() == "Bo's answer"
    assert [p.name for p in victim.parent.iterdir()] == [LESSON.name]
    assert path.read_bytes() == before


@NEEDS_LANDLOCK
def test_answers_that_end_loop_or_grow_cost_the_next_one_nothing(tmp_path):
    path = answered(
        tmp_path / LESSON.name,
        exercise_3="import os\nos._exit(0)",
        exercise_1="while True:\n    pass",
        exercise_2="held = 'x' * (8 << 30)",
    )
    started = time.monotonic()
    found = grade(path, seconds=5, memory_gb=2.0)
    assert time.monotonic() - started < 240
    assert list(found) == NAMES
    assert found["exercise-3"]["said"] == "it ended the process, with status 0"
    assert found["exercise-1"] == {
        "status": "out of time",
        "said": "no answer within 5 seconds",
    }
    assert found["exercise-2"]["said"].startswith("MemoryError")


def test_what_was_not_touched_is_not_run(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    path = answered(tmp_path / LESSON.name)
    assert grade_notebook(LESSON, path, Limits(confined=False))["exercises"] == {
        name: {"status": "not written"} for name in NAMES
    }


def test_a_file_that_is_no_notebook_is_said_to_be_none(tmp_path):
    path = tmp_path / LESSON.name
    path.write_text("{")
    graded = grade_notebook(LESSON, path, Limits(confined=False))
    assert graded["exercises"] == {} and "JSONDecodeError" not in graded["fault"]


def test_an_exercise_stands_on_the_cells_that_bind_its_names(tmp_path):
    lesson = pathlib.Path(lessons.original("11"))
    path = tmp_path / lesson.name
    path.write_bytes(lesson.read_bytes())
    writer, mended = exercises(lesson, path)
    for exercise in (writer, mended):
        assert any("class Parts" in source for source in exercise.sources)
        assert len(exercise.sources) < 10
    assert any("class Machine" in source for source in writer.sources)
    together = "\n".join(writer.sources)
    assert "fit(" not in together and "claim" not in together


def test_without_landlock_nothing_is_run_unless_it_is_said_to_be_trusted(monkeypatch):
    monkeypatch.setattr(confined, "version", lambda: 0)
    with pytest.raises(OSError, match="says --unconfined"):
        Limits()
    Limits(confined=False)


GRADED = [
    {
        "lesson": LESSON.stem,
        "sha256": "0" * 64,
        "exercises": {
            "exercise-1": {"status": "passed", "said": "all 9 laws hold."},
            "exercise-2": {"status": "failed", "said": "<script>alert(1)</script>"},
        },
    }
]


def test_a_certificate_shows_every_exercise_and_runs_nothing_of_the_learner():
    page = certificate.certificate("Ada & Bo", GRADED, "1.0")
    assert "1 of 2 exercises" in page and "Ada &amp; Bo" in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert certificate.digest(GRADED, "1.0") in page


def test_the_digest_changes_with_everything_that_was_found():
    other = json.loads(json.dumps(GRADED))
    other[0]["exercises"]["exercise-2"]["status"] = "passed"
    digests = {
        certificate.digest(GRADED, "1.0"),
        certificate.digest(GRADED, "1.1"),
        certificate.digest(other, "1.0"),
    }
    assert len(digests) == 3
    assert certificate.digest(json.loads(json.dumps(GRADED)), "1.0") in digests


def test_a_folder_is_one_learner_s_or_a_class_s(tmp_path):
    answered(tmp_path / "ada" / "work" / LESSON.name)
    answered(tmp_path / "bo" / LESSON.name)
    (tmp_path / "notes").mkdir()
    assert list(learners(tmp_path)) == ["ada", "bo"]
    assert list(learners(tmp_path / "ada")) == ["ada"]
    with pytest.raises(ValueError, match="has the name of a lesson"):
        learners(tmp_path / "notes")


def test_the_command_writes_a_table_and_for_each_a_file_and_a_page(tmp_path, capsys):
    for name in ("ada", "bo"):
        answered(tmp_path / "class" / name / LESSON.name)
    output = tmp_path / "grades"
    Grade(tmp_path / "class", output, unconfined=True).run()
    printed = capsys.readouterr().out.splitlines()
    assert printed == ["learner  06   all", "ada      0/3  0/3", "bo       0/3  0/3"]
    read = json.loads((output / "ada.json").read_text("utf-8"))
    assert read["digest"] in (output / "ada.html").read_text("utf-8")
    assert read["digest"] == certificate.digest(read["lessons"], read["version"])
