import io
import json
import sys

import pytest
from command_run import run

from keras_transformer.decoding import Beam, Greedy
from keras_transformer.translation import translator as translation
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.translator import Translator


def stdin(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


class Upper:
    """A translator that shouts."""

    recipe = RECIPES["smoke"]

    def __call__(self, texts):
        return [text.upper() for text in texts]


@pytest.fixture
def shouting(monkeypatch):
    monkeypatch.setattr(Translator, "load", lambda folder, **search: Upper())


@pytest.mark.parametrize(
    ("data", "output"),
    [
        (b"eins\nzwei\n", "EINS\nZWEI\n"),
        (b"eins\nzwei", "EINS\nZWEI\n"),
        (b"eins\n\n\nzwei\n\n", "EINS\n\n\nZWEI\n\n"),
        (b"eins\r\nzwei\r\n", "EINS\nZWEI\n"),
        (b"\n", "\n"),
        (b"", ""),
        ("süß\n你好\n😀\n".encode(), "SÜSS\n你好\n😀\n"),
        (b"\xef\xbb\xbfeins\n", "EINS\n"),
        ("eins\u2028noch eins\x0cund\n".encode(), "EINS NOCH EINS UND\n"),
    ],
)
def test_one_line_in_one_line_out(
    capsys, monkeypatch, shouting, tmp_path, data, output
):
    stdin(monkeypatch, data)
    assert run(capsys, "translate", "folder") == (0, output, "")
    (tmp_path / "text").write_bytes(data)
    shown = run(capsys, "translate", "folder", "--file", tmp_path / "text")
    assert shown == (0, output, "")


class Arriving:
    """A pipe that is written to piece by piece, by someone who waits for answers."""

    def __init__(self, pieces, answers):
        self.pieces = iter(pieces)
        self.answers = answers
        self.buffer = self

    def read1(self, size):
        self.answers.append(self.shown())
        return next(self.pieces, b"")


def test_lines_of_a_pipe_are_translated_as_they_arrive(capsys, monkeypatch, shouting):
    pipe = Arriving([b"ei", b"ns\nzw", b"ei\ndrei\n", b"vier"], [])
    pipe.shown = lambda: capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", pipe)
    code, output, errors = run(capsys, "translate", "folder")
    assert pipe.answers == ["", "", "EINS\n", "ZWEI\nDREI\n", ""]
    assert (code, output, errors) == (0, "VIER\n", "")


def test_a_fault_in_a_later_piece_is_named_by_its_line(capsys, monkeypatch, shouting):
    pipe = Arriving([b"eins\nzwei\n", b"drei\nv\xe9\n"], [])
    pipe.shown = lambda: ""
    monkeypatch.setattr(sys, "stdin", pipe)
    code, output, errors = run(capsys, "translate", "folder")
    assert (code, output) == (1, "EINS\nZWEI\n")
    assert "standard input:4: must be UTF-8, got byte 0xe9 at byte 2" in errors


def test_several_translations_have_numbers_and_scores(capsys, translator, smoke_folder):
    texts = ["Der Mann sieht einen Hund.", "", "Das Kind malt Brot. " * 30]
    flags = (smoke_folder, *texts, "--n-best", "2")
    code, output, errors = run(capsys, "translate", *flags)
    assert (code, errors) == (0, "")
    rows = [line.split("\t") for line in output.splitlines()]
    assert [number for number, _, _ in rows] == ["1", "1", "2", "3"]
    best, second = (float(score) for _, score, _ in rows[:2])
    assert 0 > best > second
    decoder = translator.using(Beam(2, n_best=2)).decoder
    ids = translator.source_tokenizer.encode(texts[:1])
    wanted = translator.target_tokenizer.decode(
        [one.ids for one in decoder.hypotheses(ids)[0]]
    )
    assert [text for _, _, text in rows[:2]] == wanted
    assert rows[2] == ["2", "", ""]
    assert rows[3] == ["3", "", translator(texts[2:])[0]]


def test_texts_are_lines_too(capsys, shouting):
    shown = run(capsys, "translate", "folder", "eins", "", "zwei\ndrei")
    assert shown == (0, "EINS\n\nZWEI DREI\n", "")


def test_a_translation_with_a_line_break_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(
        Translator, "load", lambda folder, **search: lambda texts: ["a\nb\r\nc"]
    )
    assert run(capsys, "translate", "folder", "x") == (0, "a b c\n", "")


def test_text_that_is_not_utf8_is_refused_by_its_place(
    capsys, monkeypatch, shouting, tmp_path
):
    data = b"eins\nzw\xe9i\n"
    stdin(monkeypatch, data)
    code, _, errors = run(capsys, "translate", "folder")
    assert code == 1
    assert "standard input:2: must be UTF-8, got byte 0xe9" in errors
    (tmp_path / "text").write_bytes(data)
    code, _, errors = run(capsys, "translate", "folder", "--file", tmp_path / "text")
    assert code == 1 and "text:2: must be UTF-8" in errors


def test_a_beam_can_be_asked_for(capsys, monkeypatch, smoke_folder, tmp_path):
    used = []

    def translate(self, texts):
        used.append(self.decoder.method)
        return ["x" for _ in texts]

    monkeypatch.setattr(Translator, "__call__", translate)
    flags = ("--beam", "3", "--length-penalty", "1")
    assert run(capsys, "translate", smoke_folder, "Brot", *flags) == (0, "x\n", "")
    assert run(capsys, "translate", smoke_folder, "Brot")[0] == 0
    path = tmp_path / "smoke.json"
    files = ("--splits", "test", "--output", path)
    assert run(capsys, "evaluate", smoke_folder, *files, "--beam", "2")[0] == 0
    assert used == [Beam(3, 1.0), Greedy(), Beam(2, 0.6)]
    assert json.loads(path.read_text())["recipe"]["decoding"]["beam"] == 2


def test_a_translator_is_built_once_whatever_the_beam(
    capsys, monkeypatch, smoke_folder
):
    built = []
    make = translation.batch_decoder
    monkeypatch.setattr(
        translation, "batch_decoder", lambda *parts: built.append(1) or make(*parts)
    )
    monkeypatch.setattr(Translator, "__call__", lambda self, texts: texts)
    run(capsys, "translate", smoke_folder, "Brot", "--beam", "3")
    assert built == [1]


def test_an_empty_beam_is_refused(capsys, smoke_folder):
    code, _, errors = run(capsys, "translate", smoke_folder, "Brot", "--beam", "0")
    assert (code, errors) == (
        2,
        "keras-transformer: --beam must be at least 1, got 0\n",
    )
