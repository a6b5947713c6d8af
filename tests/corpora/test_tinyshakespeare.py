import os

import pytest

from keras_transformer import corpora
from keras_transformer.corpora import CorpusError
from keras_transformer.corpora.tinyshakespeare import FILE, split


def test_the_parts_are_the_text_in_its_order():
    text = "".join(map(str, range(1000)))
    parts = split(text)
    assert "".join(parts.values()) == text
    shares = [len(part) / len(text) for part in parts.values()]
    assert shares == pytest.approx([0.9, 0.05, 0.05], abs=1e-3)


def test_a_damaged_file_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_TRANSFORMER_DATA", str(tmp_path))
    assert not corpora.tinyshakespeare_on_disk()
    path = tmp_path / FILE.folder / FILE.name
    path.parent.mkdir()
    path.write_text("First Citizen:\n")
    with pytest.raises(CorpusError, match=r"input\.txt: must have sha256 86c4e6aa"):
        corpora.tinyshakespeare()


@pytest.mark.skipif(
    "KERAS_TRANSFORMER_DATA" not in os.environ or not corpora.tinyshakespeare_on_disk(),
    reason="tinyshakespeare is not on disk",
)
def test_the_real_text_is_cut_where_it_always_is():
    parts = corpora.tinyshakespeare()
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 1_003_854,
        "valid": 55_770,
        "test": 55_770,
    }
    assert parts["train"].startswith("First Citizen:\nBefore we proceed")
    assert set(parts["test"]) <= set(parts["train"])
