import json
import re

import numpy as np
import pytest
from command_run import run

from keras_transformer.translation.explanation import Explanation
from keras_transformer.translation.translator import Translator


@pytest.mark.parametrize("flags", [(), ("--heads",)])
def test_explain_prints_the_translation_and_writes_a_figure(
    capsys, monkeypatch, translator, tmp_path, flags
):
    folders = {"run": translator}
    monkeypatch.setattr(Translator, "load", lambda folder: folders[str(folder)])
    text = "Der Mann sieht Brot."
    path = tmp_path / "new" / "figure.png"
    code, output, errors = run(capsys, "explain", "run", text, "--figure", path, *flags)
    assert code == 0 and f"{path} written" in errors
    assert output.rstrip("\n") == translator([text])[0]
    assert path.read_bytes().startswith(b"\x89PNG")


class Explaining:
    """A translator of one sentence."""

    def __init__(self, cross, source="欢迎"):
        self.cross = cross
        self.source = source

    def explain(self, text):
        source = [self.source[:1], self.source[1:]]
        return Explanation("Welcome", source, ["Welcome", "[END]"], self.cross)


def test_what_the_font_lacks_is_explained_in_a_page(capsys, tmp_path, monkeypatch):
    cross = np.full((1, 2, 2, 2), 0.5)
    monkeypatch.setattr(Translator, "load", lambda folder: Explaining(cross))
    path = tmp_path / "figure.png"
    code, output, errors = run(capsys, "explain", "folder", "欢迎", "--figure", path)
    page = tmp_path / "figure.html"
    assert (code, output) == (0, "Welcome\n") and f"{page} written" in errors
    assert "迎" in page.read_text("utf-8") and not path.exists()


def test_a_page_shows_what_the_model_does_without_each_word(
    capsys, monkeypatch, translator, tmp_path
):
    monkeypatch.setattr(Translator, "load", lambda folder: translator)
    text = "Der Mann sieht Brot."
    path = tmp_path / "view.html"
    code, output, _ = run(capsys, "explain", "run", text, "--figure", path)
    page = path.read_text("utf-8")
    given = json.loads(re.search("^const given = (.*);$", page, re.M)[1])
    assert code == 0 and given["title"] == text
    (panel,) = given["panels"]
    assert panel["words"] == ["Der", "Mann", "sieht", "Brot", "."]
    assert list(panel["states"]) == ["", "0", "1", "2", "3", "4"]
    assert panel["states"][""]["text"] == output.rstrip("\n")
    without = translator(["Der sieht Brot."])[0]
    assert panel["states"]["1"]["text"] == without


def test_a_model_without_attention_has_nothing_to_draw(capsys, monkeypatch):
    monkeypatch.setattr(Translator, "load", lambda folder: Explaining(None))
    code, _, errors = run(capsys, "explain", "folder", "Brot")
    assert code == 1 and "only a model with attention can be explained" in errors


def test_a_figure_of_an_unknown_kind_is_refused(capsys, tmp_path, monkeypatch):
    cross = np.full((1, 2, 2, 2), 0.5)
    monkeypatch.setattr(Translator, "load", lambda folder: Explaining(cross, "Brot"))
    path = tmp_path / "figure.doc"
    code, _, errors = run(capsys, "explain", "folder", "Brot", "--figure", path)
    assert code == 1 and "doc" in errors
