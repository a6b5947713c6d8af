import gzip
import io
import os
import re
import socket
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_transformer import corpora
from keras_transformer.corpora import (
    CorpusError,
    Pairs,
    leak_free_splits,
    load_files,
    read_parallel,
    read_tsv,
)
from keras_transformer.corpora.splits import components, sentence_key
from keras_transformer.corpora.streams import stream_pairs
from keras_transformer.system.invisible import visible


@pytest.fixture
def write(tmp_path):
    def write(content, name="pairs.tsv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(read, *arguments, **options):
    with pytest.raises(CorpusError) as raised:
        read(*arguments, **options)
    return str(raised.value)


# What is read


def test_columns_by_number_and_by_name(write):
    path = write("en\tsource\tde\nA dog.\tweb\tEin Hund.\n")
    expected = Pairs(("Ein Hund.",), ("A dog.",))
    assert read_tsv(path, "de", "en") == expected
    assert read_tsv(path, 2, 0, header=True) == expected
    assert read_tsv(path, 2, 0).source == ("de", "Ein Hund.")


def test_alignment_and_phenomena_columns(write):
    path = write(
        "source\ttarget\talignment\tphenomena\n"
        "er ruft an\the calls\t0-0 1-1 2-1\tseparable,verb final\n"
        "ja\tyes\t\t\n"
    )
    pairs = read_tsv(
        path, "source", "target", alignment="alignment", phenomena="phenomena"
    )
    assert pairs.alignments == (((0, 0), (1, 1), (2, 1)), ())
    assert pairs.phenomena == (("separable", "verb final"), ())


def test_only_a_line_feed_ends_a_line(write):
    inside = "a\u2028b\u2029c\x0bd\x0ce\x85f\rg"
    path = write(f"{inside}\tx\r\nh\ty\r\n")
    assert read_tsv(path) == Pairs((inside, "h"), ("x", "y"))


def test_byte_order_mark_quotes_and_missing_last_line_end(write):
    path = write(b'\xef\xbb\xbf"Hallo\t"Hello"')
    assert read_tsv(path) == Pairs(('"Hallo',), ('"Hello"',))


ROWS = 'id,de,en\n1,"Ja, gern.",Yes.\n2,Nein!,"So ""no""."\n'
SIDES = Pairs(("Ja, gern.", "Nein!"), ("Yes.", 'So "no".'))


def packed(kind, text, member):
    """A file's bytes, as people pack them."""
    if kind == "zip":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr(member, text)
        return archive.getvalue()
    return {"gz": gzip.compress, "utf-16": bytes, "": bytes}[kind](
        text.encode("utf-16" if kind == "utf-16" else "utf-8")
    )


@pytest.mark.parametrize("kind", ["", "gz", "zip", "utf-16"])
@pytest.mark.parametrize("commas", [True, False], ids=["csv", "tsv"])
def test_a_table_is_read_however_it_is_packed(write, kind, commas):
    member = "pairs.csv" if commas else "pairs.tsv"
    text = ROWS if commas else 'id\tde\ten\n1\tJa, gern.\tYes.\n2\tNein!\tSo "no".\n'
    name = {"zip": "packed.zip", "gz": f"{member}.gz"}.get(kind, member)
    path = write(packed(kind, text, member), name)
    for columns in (("de", "en"), ("de", 2), ("de", "2")):
        assert read_tsv(path, *columns) == SIDES
    assert read_tsv(path, "1", "2", header=True) == SIDES
    assert [*stream_pairs([path], ("de", "en"))] == [*zip(*sides(SIDES), strict=True)]
    message = f"{path}:1: must have two columns, or two that are chosen (--columns "
    message += "SOURCE TARGET), got 'id', 'de', 'en'"
    assert refusal(read_tsv, path) == message
    assert refusal(lambda: next(stream_pairs([path]))) == message


def sides(pairs):
    return pairs.source, pairs.target


@pytest.mark.parametrize(
    ("name", "text", "options", "count"),
    [
        ("t.csv", "Deutsch,Englisch\na,x\nb,y\n", {}, 2),
        ("t.csv", "a,x\nb,y\n", {"source": 0, "target": 1}, 2),
        ("t.csv", "a,x\nb,y\n", {"header": False}, 2),
        ("t.csv", "0,1\na,x\nb,y\n", {"source": "0", "target": "1"}, 2),
        ("t.tsv", "de\ten\na\tx\nb\ty\n", {}, 2),
        ("t.tsv", "source\ttarget\tby\na\tx\tc\nb\ty\tc\n", {}, 2),
        ("t.tsv", "de\ten\na\tx\n", {"source": 0, "target": 1}, 2),
        ("t.tsv", "de\tde\na\tx\n", {}, 2),
        ("t.tsv", "no\tenglish\na\tx\n", {}, 2),
    ],
)
def test_a_header_is_no_pair(write, name, text, options, count):
    path = write(text, name)
    assert len(read_tsv(path, **options)) == count
    if "header" not in options:
        columns = (options["source"], options["target"]) if options else None
        assert len([*stream_pairs([path], columns)]) == count


def test_a_line_end_inside_quotation_marks_is_a_space(write):
    path = write('de,en\r\n"Ja,\r\ngern.",Yes.\r\nNein.,No.\r\n', "t.csv")
    assert read_tsv(path) == Pairs(("Ja, gern.", "Nein."), ("Yes.", "No."))
    assert next(stream_pairs([path])) == ("Ja, gern.", "Yes.")


@pytest.mark.parametrize("end", ["", "x,y\n" * 50_000], ids=["short", "long"])
def test_a_quotation_mark_that_is_not_closed_is_refused(write, end):
    path = write(f'de,en\nJa.,Yes.\n"Nein.,No.\n{end}', "t.csv")
    assert "must be CSV, got " in refusal(read_tsv, path)
    assert "must be CSV, got " in refusal(lambda: [*stream_pairs([path])])


def test_a_corpus_is_a_table_of_which_columns_are_asked_for(write):
    rows = "".join(f"{n},Satz {n},sentence {n}\n" for n in range(40))
    path = write(packed("gz", f"id,de,en\n{rows}", ""), "t.csv.gz")
    for columns in (("de", "en"), (1, 2)):
        tested = corpora.load_test(path, columns).splits["test"]
        assert tested.target[-1] == "sentence 39"
    for load in (corpora.load, corpora.load_test):
        assert refusal(load, "phrasebook", ("de", 1)) == (
            "columns are chosen of a table, got de 1 for phrasebook"
        )
    splits = corpora.load(str(path), ("en", "de")).splits
    assert len(splits["train"]) == 36
    assert all(text.startswith("Satz") for text in splits["train"].target)


def test_gzip_is_recognised_whatever_the_name(write):
    source = write(gzip.compress(b"eins\nzwei\n"), "a.de.gz")
    target = write(gzip.compress(b"one\ntwo\n"), "a.en")
    assert read_parallel(source, target) == Pairs(("eins", "zwei"), ("one", "two"))


def test_skipped_pairs_are_counted_by_rule(write):
    path = write("a b\tx\n\ty\na\t \n\na b c\tx\na\tx y z w\na\tx\n")
    pairs = read_tsv(path, max_words=2, on_empty="skip")
    assert pairs.source == ("a b", "a")
    assert pairs.skipped == {"empty side": 3, "over max_words": 2}


text = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r\0"), min_size=1
).filter(visible)


@settings(deadline=None)  # the disk's speed is not what is tested
@given(st.lists(st.tuples(text, text), min_size=1))
def test_tsv_and_parallel_files_round_trip(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("round")
    sides = [
        tuple(side.strip() for side in column) for column in zip(*rows, strict=True)
    ]
    lines = ["\t".join(row) for row in zip(*sides, strict=True)]
    (folder / "both").write_bytes("\n".join(["s\tt", *lines, ""]).encode())
    for name, side in zip("st", sides, strict=True):
        (folder / name).write_bytes(gzip.compress("\n".join(side).encode()))
    assert read_tsv(folder / "both", "s", "t") == Pairs(*sides)
    assert read_parallel(folder / "s", folder / "t") == Pairs(*sides)


# What is refused, and in which words


def test_missing_file(tmp_path):
    assert refusal(read_tsv, tmp_path / "no.tsv") == (
        f"{tmp_path / 'no.tsv'}: must be a readable file, got No such file or directory"
    )


def test_missing_column(write):
    path = write("a\tx\nb\n")
    assert refusal(read_tsv, path) == (
        f"{path}:2: must have at least 2 columns, separated by tabs, or by commas "
        "in a .csv, got 1"
    )
    path = write("de\ten\na\tx\n")
    assert refusal(read_tsv, path, "de", "fr") == (
        f"{path}:1: must have a column 'fr' in its header, got 'de', 'en'"
    )
    assert refusal(read_tsv, write(""), "de", "fr") == (
        f"{path}:1: must have a column 'de' in its header, got an empty file"
    )


def test_undecodable_byte(write):
    path = write(b"a\tx\nb\tn\xe4he\n")
    assert refusal(read_tsv, path) == (
        f"{path}:2: must be UTF-8, got byte 0xe4 at byte 4 of the line "
        "(invalid continuation byte)"
    )


def test_cut_off_gzip(write):
    path = write(gzip.compress(b"a\tx\n" * 99)[:-9])
    assert refusal(read_tsv, path) == (
        f"{path}:100: must be a complete archive, got Compressed file ended before "
        "the end-of-stream marker was reached"
    )


@pytest.mark.parametrize(
    ("line", "side"), [("\tx", "source"), ("a\t ", "target"), ("", "source")]
)
def test_empty_side(write, line, side):
    path = write(f"a\tx\n{line}\nb\ty\n")
    assert refusal(read_tsv, path) == (
        f"{path}:2: both sides must hold text, got an empty {side} "
        '(on_empty="skip" leaves such pairs out)'
    )


def test_parallel_files_of_unequal_length(write):
    source, target = write("a\nb\nc\n", "s"), write("x\n", "t")
    assert refusal(read_parallel, source, target) == (
        f"{source}:2: parallel files must have equally many lines, got 3 in "
        f"{source} and 1 in {target}"
    )
    assert refusal(read_parallel, target, source).startswith(f"{source}:2:")


def test_empty_line_of_a_parallel_file(write):
    source, target = write("a\nb\n", "s"), write("x\n\n", "t")
    assert refusal(read_parallel, source, target) == (
        f"{source}, {target}:2: both sides must hold text, got an empty target "
        '(on_empty="skip" leaves such pairs out)'
    )


@pytest.mark.parametrize(
    ("links", "rule"),
    [
        ("0-0 0:1", "must be pairs i-j separated by spaces, got '0:1'"),
        ("-1-0", "must be pairs i-j separated by spaces, got '-1-0'"),
        ("²-0", "must be pairs i-j separated by spaces, got '²-0'"),
        ("2-0", "must point at words that exist, got 2-0 for 2 source and 1 target"),
        ("0-1", "must point at words that exist, got 0-1 for 2 source and 1 target"),
    ],
)
def test_bad_alignment(write, links, rule):
    path = write(f"a b\tx\t{links}\n")
    message = refusal(read_tsv, path, alignment=2)
    assert message.startswith(f"{path}:1: an alignment {rule}")


def test_nothing_left(write):
    path = write("\n")
    assert refusal(read_tsv, path, on_empty="skip") == (
        f"{path}: must hold at least one sentence pair, got none; skipped 1 "
        "(empty side)"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_empty": "drop"}, 'on_empty must be "raise" or "skip", got \'drop\''),
        ({"max_words": 0}, "max_words must be at least 1, got 0"),
        ({"source": -1}, "a column number must be at least 0, got -1"),
        (
            {"source": "de", "header": False},
            "a column given by name must have a header, got 'de' with header=False",
        ),
    ],
)
def test_impossible_options(write, options, message):
    assert refusal(read_tsv, write("a\tx\n"), **options) == message


# Corpora of files


def test_splits_come_from_the_files_given(write):
    source, target = write("a\nb c\n", "s"), write("x\ny\n", "t")
    other = write("d e\tz\n", "other.tsv")
    corpus = load_files(
        (source, target), other, test=other, source_language="de", max_words=1
    )
    assert list(corpus.splits) == ["train", "valid", "test"]
    assert corpus.splits["train"].source == ("a",)
    assert corpus.splits["train"].skipped == {"over max_words": 1}
    assert corpus.splits["test"].source == ("d e",)
    assert (corpus.source_language, corpus.target_language) == ("de", "und")


def test_one_file_is_split_without_leaks(write):
    path = write("".join(f"Satz {n // 2}\tsentence {n}\n" for n in range(100)) + "\n")
    corpus = load_files(path, on_empty="skip")
    assert {name: len(pairs) for name, pairs in corpus.splits.items()} == {
        "train": 92,
        "valid": 4,
        "test": 4,
    }
    sides = [set(pairs.source) for pairs in corpus.splits.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 50
    assert [sum(p.skipped.values()) for p in corpus.splits.values()] == [1, 0, 0]
    with_test = load_files(path, test=path, on_empty="skip")
    assert len(with_test.splits["train"]) == 96
    assert len(with_test.splits["test"]) == 100


def test_a_path_is_loaded_like_a_name(write):
    path = write("".join(f"Satz {n}\tsentence {n}\n" for n in range(40)))
    assert len(corpora.load(path).splits["train"]) == 36
    assert corpora.load(str(path)).name == str(path)


def test_too_few_sentences_to_split(write):
    path = write("a\tx\nb\ty\n")
    assert refusal(load_files, path) == (
        f"{path}: must hold enough unconnected sentences to set some aside for "
        "'valid', got 2 pairs, 2 of them different; more are needed, or a file for it"
    )


def test_one_pair_a_thousand_times_is_one_pair(write):
    files = write("Ja.\n" * 1000, "a.de"), write("Yes.\n" * 1000, "a.en")
    assert refusal(load_files, files) == (
        f"{files[0]}, {files[1]}: must hold enough unconnected sentences to set some "
        "aside for 'valid', got 1000 pairs, 1 of them different; more are needed, or a "
        "file for it"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I won!", "i WON."),
        ("我　赢了。", "我赢了！"),
        ("Straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_same_sentence_whatever_case_width_and_punctuation(one, other):
    assert sentence_key(one) == sentence_key(other)


def test_different_marks_alone_stay_different():
    assert sentence_key("?") != sentence_key("!")


def test_components_are_chained_over_both_sides():
    source, target = ["a", "b", "b", "c", "a."], ["1", "1", "2", "3", "4"]
    assert components(source, target) == [[0, 1, 2, 4], [3]]
    # The same word on both sides is two sentences.
    assert components(["a", "b"], ["b", "c"]) == [[0], [1]]


sentence = st.integers(0, 60).map(str)


@settings(deadline=None)  # the disk's speed is not what is tested
@given(st.lists(st.tuples(sentence, sentence), min_size=1), st.integers(1, 9))
def test_no_sentence_is_in_two_splits(rows, held_out):
    splits = leak_free_splits(*zip(*rows, strict=True), held_out=held_out)
    assert sorted(i for indices in splits.values() for i in indices) == list(
        range(len(rows))
    )
    for side in (0, 1):
        seen = [{rows[i][side] for i in indices} for indices in splits.values()]
        assert sum(map(len, seen)) == len(set.union(*seen))
    assert all(len(splits[name]) <= held_out for name in ("valid", "test"))


def test_splits_do_not_depend_on_the_order_of_the_pairs():
    rows = [(f"s {n // 2}", f"t {n}") for n in range(200)]
    forward = leak_free_splits(*zip(*rows, strict=True))
    backward = leak_free_splits(*zip(*reversed(rows), strict=True))
    for name, indices in forward.items():
        assert {rows[i] for i in indices} == {rows[199 - i] for i in backward[name]}


@pytest.mark.parametrize(("size", "held_out"), [(20, 40), (25, 0)])
def test_large_components_are_trained_on(size, held_out):
    rows = [(f"s {n // size}", f"t {n}") for n in range(1000)]
    splits = leak_free_splits(*zip(*rows, strict=True))
    assert len(splits["valid"]) == len(splits["test"]) == held_out


# Text as people have it


@pytest.mark.parametrize(
    ("content", "place", "rule"),
    [
        ("a\tx\nb\tin two\thalves\nc\tz\n", 2, "must have 2 columns, .* got 3"),
        ("de\ten\tid\na\tx\n", 2, "must have 3 columns, .* got 2"),
        ("a\tx\nb\0\ty\n", 2, "must be text, got NUL"),
        ("a\tx\nb\ty\n".encode("utf-16-le"), 1, "got NUL .UTF-16 without"),
        ("ä\tx\nß\ty\n".encode("utf-16-be"), 1, "must be UTF-8"),
        ("a\tx\rb\ty\r", 1, r"lines must end with \\n, got \\r alone"),
        ("a\t\u200b\n", 1, "both sides must hold text, got an empty target"),
        ("\ufeff\u00ad\tx\n", 1, "both sides must hold text, got an empty source"),
    ],
    ids=ascii,
)
def test_a_row_that_is_none_is_refused_by_file_and_line(write, content, place, rule):
    path = write(content)
    message = refusal(read_tsv, path)
    assert message.startswith(f"{path}:{place}: ")
    assert re.search(rule, message)


def test_the_number_of_columns_is_that_of_the_first_row(write):
    path = write("\na\tx\tCC-BY\nb\ty\t\n\n")
    assert read_tsv(path, on_empty="skip").source == ("a", "b")


def test_a_test_file_is_not_split(write):
    path = write("".join(f"Satz {n}\tsentence {n}\n" for n in range(10)))
    tested = corpora.load_test(path)
    assert {name: len(pairs) for name, pairs in tested.splits.items()} == {"test": 10}
    assert corpora.load_test("phrasebook").splits["test_long"]


def test_two_files_are_found_by_their_names_with_a_space(write, tmp_path, monkeypatch):
    source = write("".join(f"Satz {n}\n" for n in range(40)), "a b.de")
    target = write("".join(f"sentence {n}\n" for n in range(40)), "c d.en")
    monkeypatch.chdir(tmp_path)
    for name in (f"{source} {target}", "a b.de c d.en"):
        assert len(corpora.load(name).splits["train"]) == 36
        assert len(corpora.load_test(name).splits["test"]) == 40
    assert "a b.de gone.en: must be a readable file" in refusal(
        corpora.load, "a b.de gone.en"
    )


# What is no plain file, and what unpacks to more than anybody wants


@pytest.mark.parametrize("kind", ["folder", "pipe", "zeros", "socket"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "corpus.tsv"
    made = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "zeros": lambda: path.symlink_to("/dev/zero"),
        "socket": lambda: unused.bind(str(path)),
    }
    with socket.socket(socket.AF_UNIX) as unused:
        made[kind]()
    for read in (corpora.load, corpora.load_test, read_tsv):
        message = refusal(read, path)
        assert message.startswith(f"{path}: must be a ") and ", got " in message


@pytest.mark.parametrize("times", [1, 2], ids=["bomb", "bomb in a bomb"])
def test_a_gzip_bomb_is_refused_in_little_memory(write, times):
    data = gzip.compress(b"0" * (200 * 2**20), 9)
    path = write(gzip.compress(data) if times == 2 else data)
    tracemalloc.start()
    if times == 1:
        assert "a line must be shorter than 1 MiB" in refusal(read_tsv, path)
    else:  # it is unpacked once, and is no text
        assert "must be UTF-8, got byte 0x8b" in refusal(read_tsv, path)
    assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    tracemalloc.stop()


def test_a_file_of_more_than_its_limit_is_refused(write, monkeypatch):
    monkeypatch.setattr("keras_transformer.system.unpacking.TEXT", 1000)
    assert len(read_tsv(write("a\tx\n" * 250))) == 250
    for data in (b"a\tx\n" * 251, gzip.compress(b"a\tx\n" * 251)):
        assert "must hold at most 1000 bytes of text, got more" in refusal(
            read_tsv, write(data)
        )
