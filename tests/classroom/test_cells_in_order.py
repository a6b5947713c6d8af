"""A notebook whose cells are run out of order says so, in a real kernel."""

import json
import os
import types

import pytest
from installed import ROOT

import keras_transformer_order
from keras_transformer_order import Order, load_ipython_extension, made


def cell(name, source, kind="code", tags=()):
    return {
        "cell_type": kind,
        "id": name,
        "source": source,
        "metadata": {"tags": [*tags]},
    }


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "lesson.ipynb"
    cells = [
        cell("title", "# A title", "markdown"),
        cell("imports", "%matplotlib\nimport os.path as way\nfrom json import loads"),
        cell("try", "mine = write_me()", tags=["exercise"]),
        cell("made", "first, (second, *rest) = 1, (2, 3)\ndef third(): pass"),
        cell("used", "first + third()"),
    ]
    path.write_text(json.dumps({"cells": cells}))
    return path


def ran(order, name, error=None):
    info = types.SimpleNamespace(cell_id=name)
    order.before(info)
    order.after(
        types.SimpleNamespace(info=info, success=error is None, error_in_exec=error)
    )


def test_cells_in_order_are_told_nothing(notebook, capsys):
    order = Order(notebook)
    for name in ("imports", "made", "used", "imports", "used"):
        ran(order, name)
    assert capsys.readouterr().out == ""


def test_what_was_left_out_is_told_once(notebook, capsys):
    order = Order(notebook)
    ran(order, "used")
    told = capsys.readouterr().out
    assert told == (
        "Note: 2 cells above have not been run since the kernel started, the first is "
        f"'imports'. {keras_transformer_order.WAY}\n"
    )
    ran(order, "used")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "maker"),
    [("first", "made"), ("rest", "made"), ("third", "made"), ("way", "imports")],
)
def test_a_missing_name_is_traced_to_its_cell(notebook, capsys, name, maker):
    order = Order(notebook)
    ran(order, "used", NameError("gone", name=name))
    assert f"{name!r} is made by the cell {maker!r} above" in capsys.readouterr().out


def test_a_name_that_no_cell_above_makes_is_left_to_python(notebook, capsys):
    order = Order(notebook)
    for name in ("imports", "made"):
        ran(order, name)
    for error in (NameError("gone", name="first"), ValueError("first")):
        ran(order, "used", error)
    ran(order, "used", NameError("gone", name="nowhere"))
    ran(order, "elsewhere", NameError("gone", name="first"))
    assert capsys.readouterr().out == ""


def test_a_cell_that_failed_has_not_made_anything(notebook, capsys):
    order = Order(notebook)
    ran(order, "imports")
    ran(order, "made", ValueError("half of it"))
    ran(order, "used", NameError("gone", name="first"))
    assert "made by the cell 'made'" in capsys.readouterr().out


def test_a_notebook_that_cannot_be_read_is_no_fault_of_the_cell(tmp_path, capsys):
    order = Order(tmp_path / "gone.ipynb")
    ran(order, "used", NameError("gone", name="first"))
    (tmp_path / "gone.ipynb").write_text("{half")
    ran(order, "used", NameError("gone", name="first"))
    assert capsys.readouterr().out == ""


def test_code_that_does_not_parse_makes_nothing():
    assert made("first = = 2") == set()
    assert made("for each in (1, 2):\n    x: int = each") == {"each", "x"}


def test_it_watches_only_what_jupyter_calls_a_notebook(monkeypatch):
    registered = []
    shell = types.SimpleNamespace(
        events=types.SimpleNamespace(
            register=lambda event, what: registered.append(event)
        )
    )
    for name in ("", "/somewhere/console"):
        monkeypatch.setenv("JPY_SESSION_NAME", name)
        load_ipython_extension(shell)
    assert registered == []
    monkeypatch.setenv("JPY_SESSION_NAME", "/somewhere/lesson.ipynb")
    load_ipython_extension(shell)
    assert registered == ["pre_run_cell", "post_run_cell"]


def test_the_kernel_of_the_lab_says_it(tmp_path, monkeypatch, notebook):
    from jupyter_client.manager import start_new_kernel

    from keras_transformer.classroom import lab

    monkeypatch.setenv("JUPYTER_PATH", "")
    lab.kernel(tmp_path)
    env = {**os.environ, "JPY_SESSION_NAME": str(notebook), "PYTHONPATH": str(ROOT)}
    manager, client = start_new_kernel(kernel_name="python3", env=env)
    try:
        assert manager.kernel_spec.argv[-1].endswith("=keras_transformer_order")
        content = {"code": "first", "silent": False, "store_history": True}
        message = client.session.msg(
            "execute_request",
            {**content, "user_expressions": {}, "allow_stdin": False},
            metadata={"cellId": "used"},
        )
        client.shell_channel.send(message)
        reply = {"parent_header": {}}
        while reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            reply = client.get_shell_msg(timeout=60)
        assert reply["content"]["status"] == "error"
        told = ""
        while "is made by" not in told:
            found = client.get_iopub_msg(timeout=30)
            if found["msg_type"] == "stream":
                told += found["content"]["text"]
        assert "2 cells above have not been run" in told
        assert "'first' is made by the cell 'made' above" in told
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
