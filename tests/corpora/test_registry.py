import gzip
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from keras_transformer import corpora
from keras_transformer.corpora import CorpusError, Pairs, phrasebook, registry
from keras_transformer.corpora.splits import sentence_key
from keras_transformer.translation.evaluation import english_tokens


def real(name):
    """The corpus, if its files are here: these tests download nothing."""
    folder = os.environ.get("KERAS_TRANSFORMER_DATA")
    if not folder:
        pytest.skip("KERAS_TRANSFORMER_DATA is not set")
    for file in registry.entry(name).files:
        if not Path(folder, file.folder, file.name).exists():
            pytest.skip(f"KERAS_TRANSFORMER_DATA has no {file.folder}/{file.name}")
    return corpora.load(name)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_TRANSFORMER_DATA", str(tmp_path))

    def put(content, folder="deu-eng", name="deu-eng.zip", member="deu.txt"):
        (tmp_path / folder).mkdir(exist_ok=True)
        with zipfile.ZipFile(tmp_path / folder / name, "w") as archive:
            archive.writestr(member, content)
        return tmp_path / folder / name

    return put


def refusal(call, *arguments):
    with pytest.raises(CorpusError) as raised:
        call(*arguments)
    return str(raised.value)


def test_every_entry_is_complete_and_described():
    assert len(set(corpora.names())) == 1 + 6 + 42
    for name in corpora.names():
        entry = registry.entry(name)
        assert name in ("phrasebook", f"multi30k-{_languages(entry)}") or (
            name == f"tatoeba-{_languages(entry)}"
        )
        assert entry.title and entry.licence and entry.citation and entry.homepage
        for file in entry.files:
            assert file.address.startswith("https://")
            assert file.address.endswith("/" + file.name)
            assert file.regenerated or len(bytes.fromhex(file.sha256)) == 32
        text = corpora.describe(name)
        assert text.startswith(name)
        assert all(file.address in text for file in entry.files)


def _languages(entry):
    return f"{entry.source_language}-{entry.target_language}"


def test_unknown_checksums_are_said_to_be_unknown():
    assert "sha256: not known; the first one" in corpora.describe("tatoeba-fr-en")


@pytest.mark.parametrize("call", [corpora.load, corpora.describe, registry.download])
def test_unknown_corpus(call):
    assert refusal(call, "multi30k-de-eng") == (
        "a corpus must be a registered name, got 'multi30k-de-eng'; did you mean "
        "multi30k-de-en, multi30k-fr-en, multi30k-de-fr?"
    )
    assert refusal(call, "qqqq") == (
        "a corpus must be a registered name, got 'qqqq'; see `corpora list`"
    )


def test_unknown_split(cache):
    cache("".join(f"a {n}\tb {n}\tCC-BY\n" for n in range(40)))
    assert refusal(corpora.show, "tatoeba-en-de", "dev") == (
        "a split of tatoeba-en-de must be one of train, valid, test, got 'dev'"
    )


def test_a_corpus_is_on_disk_when_all_its_files_are(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_TRANSFORMER_DATA", str(tmp_path))
    name = "multi30k-de-en"
    first, *others = registry.entry(name).files
    for file in others:
        (tmp_path / file.folder).mkdir(exist_ok=True)
        (tmp_path / file.folder / file.name).touch()
    assert not registry.on_disk(name)
    (tmp_path / first.folder / first.name).touch()
    assert registry.on_disk(name)
    assert registry.on_disk("phrasebook")  # it has none
    with pytest.raises(CorpusError, match="registered name"):
        registry.on_disk("multi30k")


def test_tatoeba_directions_hold_out_the_same_pairs(cache):
    cache("".join(f"a {n}\tb {n}\tCC-BY\n" for n in range(40)) + "\t\t\n")
    there, back = corpora.load("tatoeba-en-de"), corpora.load("tatoeba-de-en")
    assert list(there.splits) == ["train", "valid", "test"]
    assert [len(pairs) for pairs in there.splits.values()] == [36, 2, 2]
    for split, pairs in there.splits.items():
        assert set(pairs.source) <= {f"a {n}" for n in range(40)}
        turned = Pairs(pairs.target, pairs.source, skipped=pairs.skipped)
        assert back.splits[split] == turned
    assert there.splits["train"].skipped == {"empty side": 1}
    assert (there.source_language, there.target_language) == ("en", "de")


def test_show_gives_source_tab_target(cache):
    cache("".join(f"a {n}\tb {n}\tCC-BY\n" for n in range(40)))
    lines = corpora.show("tatoeba-de-en", "train", 3)
    numbers = [int(line.split("\t")[0].removeprefix("b ")) for line in lines]
    assert lines == [f"b {n}\ta {n}" for n in sorted(numbers)]
    assert len(lines) == 3


def test_archive_without_its_text(cache):
    path = cache("", member="other.txt")
    assert refusal(corpora.load, "tatoeba-de-en") == (
        f"{path}: must contain deu.txt, got none"
    )


def test_archive_with_a_short_line(cache):
    path = cache("a\tb\tCC-BY\nc\n")
    assert refusal(corpora.load, "tatoeba-de-en") == (
        f"{path}/deu.txt:2: must have at least 2 columns, separated by tabs, or "
        "by commas in a .csv, got 1"
    )


def test_damaged_archive_of_unknown_checksum(cache):
    path = cache("a\tb\n")
    path.write_bytes(path.read_bytes()[:-9])
    assert refusal(corpora.load, "tatoeba-de-en") == (
        f"{path}: must be a complete zip, got File is not a zip file"
    )
    assert not path.with_name("deu-eng.zip.sha256").exists()


def test_multi30k_reads_each_split_from_its_two_files(tmp_path):
    entry = registry.entry("multi30k-fr-de")
    paths = {}
    for file in entry.files:
        paths[file.name] = tmp_path / file.name
        paths[file.name].write_bytes(gzip.compress(file.name.encode()))
    splits = entry.read(paths)
    assert splits["valid"] == Pairs(("val.fr.gz",), ("val.de.gz",))
    assert splits["mscoco"].target == ("test_2017_mscoco.de.gz",)


@pytest.mark.parametrize(
    "name", [name for name in corpora.names() if name.startswith("multi30k")]
)
def test_multi30k_has_the_published_numbers_of_sentences(name):
    assert {split: len(pairs) for split, pairs in real(name).splits.items()} == {
        "train": 29_000,
        "valid": 1_014,
        "test_2016": 1_000,
        "test_2017": 1_000,
        "mscoco": 461,
    }


def test_multi30k_sides_are_not_swapped():
    pairs = real("multi30k-de-en").splits["test_2016"]
    assert pairs.source[0].startswith("Ein Mann mit einem orangefarbenen Hut")
    assert pairs.target[0].startswith("A man in an orange hat")


def test_multi30k_has_as_many_english_tokens_as_others_report():
    """`reference_length` in the notebooks of bentrevett/pytorch-seq2seq."""
    references = real("multi30k-de-en").splits["test_2016"].target
    assert sum(len(english_tokens(text)) for text in references) == 13_058


@pytest.fixture(scope="module")
def chinese():
    return real("tatoeba-zh-en")


def test_no_tatoeba_sentence_is_in_two_splits(chinese):
    for side in ("source", "target"):
        seen = [
            {sentence_key(text) for text in getattr(pairs, side)}
            for pairs in chinese.splits.values()
        ]
        assert sum(map(len, seen)) == len(set.union(*seen))


def test_tatoeba_split_is_the_published_one(chinese):
    lengths = {split: len(pairs) for split, pairs in chinese.splits.items()}
    assert lengths == {"train": 30_028, "valid": 1_000, "test": 1_000}
    test = chinese.splits["test"]
    lines = "".join(
        f"{s}\t{t}\n" for s, t in zip(test.source, test.target, strict=True)
    )
    assert hashlib.sha256(lines.encode()).hexdigest() == (
        "d950e8d53a14225ddafa9eadc04e2b4462baf041b8a1bff04edc209cac32b296"
    )


def test_held_out_sentences_are_as_long_as_the_others(chinese):
    means = {
        split: sum(len(text.split()) for text in pairs.target) / len(pairs)
        for split, pairs in chinese.splits.items()
    }
    assert abs(means["test"] - means["train"]) < 0.5, means
    assert abs(means["valid"] - means["train"]) < 0.5, means


PHRASES = "source\ttarget\talignment\tphenomena\nJa , gern .\tyes\t0-0\tanswer\n"


@pytest.mark.parametrize("installed", [False, True])
def test_the_phrasebook_comes_with_the_package(installed, tmp_path, monkeypatch):
    folders = tmp_path / "in the package", tmp_path / "beside it"
    for split in ("challenge_negation", "test", "train", "test_long", "valid"):
        folder = folders[0 if installed else 1]
        folder.mkdir(exist_ok=True)
        (folder / f"{split}.tsv").write_text(PHRASES)
    monkeypatch.setattr(phrasebook, "FOLDERS", folders)
    splits = corpora.load("phrasebook").splits
    assert list(splits) == ["train", "valid", "test", "test_long", "challenge_negation"]
    assert splits["train"] == Pairs(
        ("Ja, gern.",), ("yes",), alignments=(((0, 0),),), phenomena=(("answer",),)
    )


def test_a_phrasebook_that_is_gone_is_missed_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(phrasebook, "FOLDERS", (tmp_path / "nowhere",))
    with pytest.raises(CorpusError, match="comes with the package, in data/phrasebook"):
        corpora.load("phrasebook")
