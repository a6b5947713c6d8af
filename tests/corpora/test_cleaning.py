"""Pairs that teach nothing go, each by a rule with a name; the rest is tidied."""

import dataclasses
import gzip
import itertools
import json
import tracemalloc

import pytest

from keras_transformer.corpora.cleaned import clean_files, summary
from keras_transformer.corpora.cleaning import Cleaning, clean, script, tidy
from keras_transformer.corpora.errors import CorpusError

GOOD = [
    ("Der Hund schläft.", "The dog is asleep."),
    ("Die Katze trinkt Milch.", "The cat drinks milk."),
    ("Wir lesen ein Buch.", "We are reading a book."),
    ("Morgen regnet es.", "It will rain tomorrow."),
] * 5  # so that one odd pair does not make a script usual
BAD = {
    "empty": ("…", "The dog."),
    "copies": ("Berlin Tegel", "Berlin, Tegel!"),
    "duplicates": ("der hund schläft", "THE DOG IS ASLEEP!"),
    "length": ("Ja. " * 400, "Yes. " * 400),
    "ratio": ("Ja.", "Yes, of course we shall all be there tomorrow."),
    "script": ("Нет, спасибо.", "No, thank you."),
    "leaks": ("Das ist geheim.", "That is a secret."),
}
HELD_OUT = [("Das ist geheim!", "It is hidden.")]
NO_REPEATS = Cleaning(duplicates=False)


def rule_of(pair, cleaning):
    return [*clean([*GOOD, pair], cleaning, HELD_OUT)][-1].rule


@pytest.mark.parametrize("name", BAD)
def test_a_bad_pair_goes_by_its_rule_and_stays_without_it(name):
    assert rule_of(BAD[name], Cleaning()) == name
    assert rule_of(BAD[name], Cleaning(**{name: False})) is None


def test_every_switch_has_a_case():
    switches = {f.name for f in dataclasses.fields(Cleaning) if f.type is bool}
    assert switches == set(BAD)


def test_good_pairs_stay_and_come_once():
    judged = [*clean(GOOD, Cleaning())]
    assert [pair.rule for pair in judged] == [None] * 4 + ["duplicates"] * 16
    assert [pair.number for pair in judged] == [*range(1, 21)]


@pytest.mark.parametrize(
    "pair",
    [("Ja.", "Yes."), ("Danke schön!", "Thanks!"), ("Er heißt 张伟.", "He is 张伟.")],
)
def test_short_pairs_and_names_are_no_fault(pair):
    assert rule_of(pair, Cleaning()) is None


def test_a_name_in_latin_letters_is_no_foreign_sentence():
    pairs = [
        ("我们在读书。", "We are reading."),
        ("我用Twitter。", "I use Twitter."),
    ] * 9
    assert {p.rule for p in clean(pairs, NO_REPEATS)} == {None}


def test_a_ratio_is_that_of_the_corpus():
    pairs = [("我们在读一本很有意思的书。", "We are reading a very interesting book.")]
    assert {p.rule for p in clean(pairs * 9, NO_REPEATS)} == {None}


@pytest.mark.parametrize(
    ("text", "wanted", "repairs"),
    [
        ("Ein Satz.", "Ein Satz.", ()),
        ("Tom &amp; Anna &#228;", "Tom & Anna ä", ("html entities",)),
        ("a\u00a0b\u3000c", "a b c", ("spaces",)),
        ("a\tb\u0085c\u2028d\re", "a b c d e", ("spaces",)),
        ("\ufeffge\u00adheim\u200b\u0007", "geheim", ("invisible characters",)),
        ("می\u200cخواهم", "می\u200cخواهم", ()),
        ("a \u200b b", "a b", ("invisible characters", "spaces")),
    ],
)
def test_a_sentence_is_tidied(text, wanted, repairs):
    assert tidy(text) == (wanted, repairs)
    assert tidy(wanted) == (wanted, ())


def test_scripts_of_letters():
    found = [script(c) for c in "aж中あカー1. "]
    assert found == ["LATIN", "CYRILLIC", *["CJK"] * 4, None, None, None]


def test_a_ratio_is_that_of_the_scripts_of_a_pair():
    german = [
        (f"Der Zug Nummer {n} steht hier am Bahnhof.", f"Train number {n} stands here.")
        for n in range(200)
    ]
    chinese = [
        (f"第{n}次火车停在这里", f"Train number {n} has stopped at the station here.")
        for n in range(60)
    ]
    wrong = ("是", "Train number one has stopped at the station in the middle of it.")
    judged = list(clean([*german, *chinese, wrong], Cleaning()))
    assert [pair.number for pair in judged if pair.rule] == [261]
    assert judged[-1].rule == "ratio"


@pytest.mark.parametrize("wrong", [{"max_characters": 0}, {"max_ratio": float("nan")}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be .*, got"):
        Cleaning(**wrong)


def test_memory_is_what_is_remembered_of_a_pair():
    def peak(count):
        pairs = ((f"Satz Nummer {n}", f"sentence {n} of many") for n in range(count))
        tracemalloc.start()
        kept = sum(pair.rule is None for pair in clean(pairs, Cleaning()))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert kept == count
        return found

    assert peak(9_000) - peak(5_000) < 300 * 4_000


def written(folder, pairs=None, compressed=False):
    pairs = [*GOOD, *BAD.values()] if pairs is None else pairs
    sides = ("".join(f"{pair[side]}\n" for pair in pairs).encode() for side in (0, 1))
    paths = [folder / "a.de.gz", folder / "a.en.gz"]
    for path, data in zip(paths, sides, strict=True):
        path.write_bytes(gzip.compress(data))
    return paths


def test_a_folder_holds_what_was_kept_and_what_was_dropped(tmp_path):
    report = clean_files(written(tmp_path), tmp_path / "clean")
    assert sorted(p.name for p in (tmp_path / "clean").iterdir()) == [
        "a.de",
        "a.en",
        "dropped.tsv",
        "report.json",
    ]
    kept = [(tmp_path / "clean" / n).read_text("utf-8") for n in ("a.de", "a.en")]
    pairs = [*zip(*(text.splitlines() for text in kept), strict=True)]
    assert pairs == [*GOOD[:4], BAD["leaks"]]
    dropped = (tmp_path / "clean" / "dropped.tsv").read_text("utf-8").splitlines()
    assert len(dropped) + len(pairs) == report["read"] == len(GOOD) + len(BAD)
    assert dropped[-1].split("\t") == ["script", "26", *BAD["script"]]
    stored = json.loads((tmp_path / "clean" / "report.json").read_text("utf-8"))
    assert stored == json.loads(json.dumps(report))
    assert sum(report["dropped"].values()) == len(dropped)
    said = summary(report)
    assert "5 of 27 pairs are kept" in said and "dropped 17: duplicates" in said


def test_a_table_stays_a_table(tmp_path):
    rows = "".join("\t".join(pair) + "\tx\n" for pair in [*GOOD, *BAD.values()])
    (tmp_path / "t.tsv").write_text(rows, "utf-8")
    clean_files([tmp_path / "t.tsv"], tmp_path / "clean", NO_REPEATS)
    lines = (tmp_path / "clean" / "t.tsv").read_text("utf-8").splitlines()
    assert [tuple(line.split("\t")) for line in lines[:20]] == GOOD


def held(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize("fault", ["full", "nothing", "broken"])
def test_a_refused_cleaning_leaves_everything_as_it_was(tmp_path, fault):
    files = written(tmp_path, [BAD["empty"]] if fault == "nothing" else None)
    if fault == "full":
        (tmp_path / "clean").mkdir()
        (tmp_path / "clean" / "mine").write_text("x")
    if fault == "broken":
        files[1].write_bytes(files[1].read_bytes()[:-12])
    before = {
        path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")
    }
    with pytest.raises(CorpusError):
        clean_files(files, tmp_path / "clean")
    assert held(tmp_path) == before


def test_files_of_one_name_are_refused(tmp_path):
    for folder in ("de", "en"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "train").write_text("x\n")
    files = [tmp_path / folder / "train" for folder in ("de", "en")]
    with pytest.raises(CorpusError, match="names of their own"):
        clean_files(files, tmp_path / "clean")


def test_only_a_sample_is_held_in_memory():
    taken = itertools.count()
    pairs = ((f"Satz {next(taken)}", "sentence") for _ in range(10_000))
    next(clean(pairs, Cleaning()))
    assert next(taken) <= 2001
