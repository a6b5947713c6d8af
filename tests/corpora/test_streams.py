"""Pairs are read one at a time, from files as people have them."""

import gzip
import itertools
import zipfile

import pytest

from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.streams import stream_lines, stream_pairs

TEXT = "Guten Tag.\nWie geht\u2028es\u0085dir?\n\nÄ\n"
LINES = ["Guten Tag.", "Wie geht\u2028es\u0085dir?", "", "Ä"]


def zipped(path, *members, text=TEXT):
    with zipfile.ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.replace("\n", "\r\n").encode("utf-16-be"),
        TEXT.removesuffix("\n").encode(),
        gzip.compress(TEXT.encode()),
    ],
    ids=["plain", "crlf", "mark", "utf16-le", "utf16-be crlf", "no last end", "gzip"],
)
def test_lines_are_those_of_the_text(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    assert [*stream_lines(tmp_path / "a")] == LINES


def test_a_zip_archive_of_one_file_is_read(tmp_path):
    assert [*stream_lines(zipped(tmp_path / "a", "text.de"))] == LINES
    assert [*stream_lines(zipped(tmp_path / "a", "_about.txt", "text.de"))] == LINES


def test_a_blank_line_of_a_table_is_an_empty_pair(tmp_path):
    (tmp_path / "t.tsv").write_text("eins\tone\n\nzwei\ttwo\n", "utf-8")
    pairs = [("eins", "one"), ("", ""), ("zwei", "two")]
    assert [*stream_pairs([tmp_path / "t.tsv"])] == pairs


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"gut\n\xff\xfeb\n", "a:2: must be UTF-8, got byte 0xff at byte 1"),
        ("gut\n".encode("utf-16-le"), "a:1: must be text, got NUL"),
        (b"\xff\xfe" + b"\x00\xd8\x00\xd8", "a:1: must be UTF-16"),
        (b"gut\n" + b"x" * (1 << 20), "a:2: a line must be shorter than 1 MiB"),
        (b"gut\n" + "ä".encode() * (1 << 20), "a:2: a line must be shorter"),
        (gzip.compress(TEXT.encode())[:-9], "must be a complete archive"),
        (gzip.compress(TEXT.encode())[:-8] + b"12345678", "must be a complete archive"),
        (b"PK\x03\x04 no zip", "must be a complete archive"),
        (b"gut\rschlecht\r", r"a:1: lines must end with \n, got \r alone"),
    ],
    ids=[
        *("bytes", "nul", "utf16", "long", "long text"),
        *("cut gzip", "wrong gzip", "no zip", "mac"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, data, said):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(CorpusError) as caught:
        list(stream_lines(tmp_path / "a"))
    assert str(tmp_path) in str(caught.value) and said in str(caught.value)


def test_folders_and_archives_of_several_files_are_refused(tmp_path):
    with pytest.raises(CorpusError, match="must be a file"):
        list(stream_lines(tmp_path))
    with pytest.raises(CorpusError, match="got 2 files"):
        list(stream_lines(zipped(tmp_path / "a", "x", "y")))
    with pytest.raises(CorpusError, match="must be a readable file"):
        list(stream_lines(tmp_path / "nowhere"))


def test_a_bomb_is_read_no_further_than_its_first_line(tmp_path):
    (tmp_path / "bomb").write_bytes(gzip.compress(b"x" * (1 << 26)))
    with pytest.raises(CorpusError, match="shorter than 1 MiB"):
        list(stream_lines(tmp_path / "bomb"))


def test_lines_come_before_the_file_is_read_to_its_end(tmp_path):
    (tmp_path / "a").write_bytes(b"gut\n" * 200_000 + b"\xff")
    assert [*itertools.islice(stream_lines(tmp_path / "a"), 3)] == ["gut"] * 3


def test_parallel_files_are_paired_and_must_be_equally_long(tmp_path):
    (tmp_path / "a").write_text("eins\nzwei\n", "utf-8")
    (tmp_path / "b").write_text("one\ntwo\nthree\n", "utf-8")
    pairs = stream_pairs([tmp_path / "a", tmp_path / "b"])
    assert next(pairs) == ("eins", "one")
    with pytest.raises(CorpusError, match=r"b:3: .*equally many lines, got 2 in"):
        list(pairs)


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("t.tsv", "eins\tx\tone\nzwei\tx\ttwo\n", (0, 2)),
        ("t.tsv", "de\tby\ten\neins\tx\tone\nzwei\tx\ttwo\n", ("de", "en")),
        ("t.csv", 'en,de\none,eins\n"two",zwei\n', ("de", "en")),
    ],
)
def test_a_table_gives_its_columns(tmp_path, name, text, columns):
    (tmp_path / name).write_text(text, "utf-8")
    pairs = [*stream_pairs([tmp_path / name], columns)]
    assert pairs == [("eins", "one"), ("zwei", "two")]


def test_commas_inside_quotation_marks_are_text(tmp_path):
    (tmp_path / "t.csv").write_text('de,en\n"Ja, gern.",Yes.\n', "utf-8")
    assert [*stream_pairs([tmp_path / "t.csv"])] == [("Ja, gern.", "Yes.")]


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("eins\tone\nzwei\n", (0, 1), "t.tsv:2: must have at least 2 columns"),
        ("de\ten\n", ("de", "fr"), "t.tsv:1: must have a column 'fr' in its header"),
    ],
)
def test_a_missing_column_is_named(tmp_path, text, columns, said):
    (tmp_path / "t.tsv").write_text(text, "utf-8")
    with pytest.raises(CorpusError, match=said):
        list(stream_pairs([tmp_path / "t.tsv"], columns))
