"""Files for other people's machines name what exists here."""

import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def colab(name):
    path = ROOT / "docs" / "guides" / "colab.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "".join(next(cell["source"] for cell in cells if cell["id"] == name))


def run_set_up(monkeypatch, is_installed):
    """What the set-up cell of the Colab notebook runs, and what it says."""
    run = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: run.append(command))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: is_installed or None)
    exec(compile(colab("set-up"), "set-up", "exec"), {})
    return run


def test_the_set_up_cell_installs_what_is_missing_and_nothing_else(monkeypatch, capsys):
    assert run_set_up(monkeypatch, is_installed=True) == []
    (command,) = run_set_up(monkeypatch, is_installed=False)
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    wanted = re.match(r"([\w-]+)\[([\w,]+)\] @ git\+https://", command[-1])
    assert wanted[1] == PROJECT["name"]
    assert set(wanted[2].split(",")) <= set(PROJECT["optional-dependencies"])
    assert "Restart the session" in capsys.readouterr().out


def test_colab_lays_the_lessons_out_by_names_that_exist():
    from keras_transformer.classroom import lessons

    assert "lessons.lay_out(pathlib.Path(" in colab("lay-out")
    assert callable(lessons.lay_out)


def test_binder_installs_an_extra_and_lays_the_lessons_out(tmp_path):
    lines = (ROOT / ".binder" / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    assert (ROOT / ".binder" / wanted[0].removeprefix("-c ")).resolve().is_file()
    extras = re.fullmatch(r"\.\[([\w,]+)\]", wanted[1])[1].split(",")
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    script = (ROOT / ".binder" / "postBuild").read_text("utf-8")
    (code,) = re.findall(r"python -c '(.*)'", script)
    compile(code, "postBuild", "exec")
    assert "lessons.lay_out(lessons.place())" in code


def test_the_devcontainer_runs_a_target_of_the_makefile():
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8")
    about = json.loads(text)
    target = about["postCreateCommand"].split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.M)
    version = re.search(r"python:(3\.\d+)", about["image"])[1]
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_a_lesson_becomes_slides_a_slide_a_heading_without_its_solutions():
    path = ROOT / "lessons" / "slides.py"
    spec = importlib.util.spec_from_file_location("slides", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lesson = ROOT / "lessons" / "03_soft_attention.ipynb"
    page = module.slides(lesson, reveal="here")
    cells = json.loads(lesson.read_text("utf-8"))["cells"]
    headings = [c for c in cells if re.match("#{1,2} ", "".join(c["source"]))]
    assert len(re.findall(r"<section>\s*<section>", page)) == len(headings) > 5
    assert "here/" in page and "unpkg" not in page
    solution = next(c for c in cells if "solution" in c["metadata"].get("tags", []))
    assert "".join(solution["source"]).splitlines()[0] not in page


def test_a_machine_for_the_lessons_has_all_that_they_import():
    # A backend, JAX for many devices, and what serves a translator.
    brought = " ".join(PROJECT["optional-dependencies"]["all"])
    for extra in ("lessons", "tensorflow", "jax", "serve"):
        assert re.search(rf"[\[,]{extra}[\],]", brought), extra
    for file in (".binder/requirements.txt", "docs/guides/colab.ipynb"):
        assert "[all]" in (ROOT / file).read_text("utf-8"), file
