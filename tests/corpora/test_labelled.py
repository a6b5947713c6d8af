"""Labelled texts: what is read, and what is refused by name and line."""

import os
from pathlib import Path

import pytest

from keras_transformer.corpora import (
    CorpusError,
    Labelled,
    banking77,
    load_banking77,
    read_labelled,
)

GOOD = 'text,category\nWhere is my card?,arrival\n"I paid, but\nthe rate ""?""",rate\n'


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "some.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_texts_and_labels_are_read_as_csv_says(file):
    found = read_labelled(file(GOOD), "text", "category")
    assert found.texts == ("Where is my card?", 'I paid, but the rate "?"')
    assert found.labels == ("arrival", "rate")
    assert len(found) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"some\.csv:1: must have a column 'text' in its header, got an empty"),
        (
            "text,intent\na,b\n",
            r"some\.csv:1: must have a column 'category' .*'intent'",
        ),
        (GOOD + "one,two,three\n", r"some\.csv:5: must have 2 fields, got 3"),
        (GOOD + "one\n", r"some\.csv:5: must have 2 fields, got 1"),
        (GOOD + " ,rate\n", r"some\.csv:5: 'text' must hold text, got none"),
        (GOOD + "What,\n", r"some\.csv:5: 'category' must hold text, got none"),
        (GOOD + '"open,rate\n', r"some\.csv:5: must be CSV, got unexpected end"),
        (GOOD.encode() + b"caf\xe9,rate\n", r"some\.csv:5: must be UTF-8"),
        ("text,category\n", r"some\.csv: must hold a row below its header"),
    ],
)
def test_what_is_damaged_is_refused_by_file_and_line(file, content, message):
    with pytest.raises(CorpusError, match=message):
        read_labelled(file(content), "text", "category")


def test_there_are_as_many_labels_as_texts():
    with pytest.raises(ValueError, match="got 2 texts and 1 labels"):
        Labelled(("a", "b"), ("c",))


def test_a_damaged_banking77_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_TRANSFORMER_DATA", str(tmp_path))
    (tmp_path / "banking77").mkdir()
    for split in banking77.FILES:
        (tmp_path / "banking77" / f"{split}.csv").write_text(GOOD)
    with pytest.raises(CorpusError, match=r"train\.csv: must have sha256 b06e26ac"):
        load_banking77()


def test_banking77_as_it_was_published():
    folder = os.environ.get("KERAS_TRANSFORMER_DATA", "")
    if not Path(folder, "banking77", "train.csv").exists() or not folder:
        pytest.skip("KERAS_TRANSFORMER_DATA has no banking77/train.csv")
    found = load_banking77()
    assert {split: len(part) for split, part in found.items()} == {
        "train": 10003,
        "test": 3080,
    }
    assert len(set(found["train"].labels)) == 77
    assert set(found["test"].labels) == set(found["train"].labels)
    assert found["train"].texts[0] == "I am still waiting on my card?"
    assert found["train"].labels[0] == "card_arrival"
