import collections
import pathlib

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from keras_transformer.corpora.phrasebook import detokenize
from keras_transformer.course.phrasebook import __main__ as command
from keras_transformer.course.phrasebook import corpus as phrasebook
from keras_transformer.course.phrasebook import english as english
from keras_transformer.course.phrasebook import german as german

DATA = pathlib.Path(__file__).parents[3] / "data" / "phrasebook"

# One sentence a phenomenon; translation and alignment written by hand.
EXPECTED = {
    "separable_verbs": (
        "Der Kellner macht am Montag die Tür auf .",
        "The waiter will open the door on Monday .",
        "0-0 1-1 2-2 2-3 3-6 4-7 5-4 6-5 7-2 7-3 8-8",
    ),
    "verb_final": (
        "Glauben sie , dass Paul in Berlin wohnt ?",
        "Do they believe that Paul lives in Berlin ?",
        "0-0 0-2 1-1 3-3 4-4 5-6 6-7 7-5 8-8",
    ),
    "modal_bracket": (
        "Ich muss am Freitag auf meine alte Tante warten .",
        "I have to wait for my old aunt on Friday .",
        "0-0 1-1 1-2 2-8 3-9 4-4 5-5 6-6 7-7 8-3 9-10",
    ),
    "perfect_bracket": (
        "Du bist ins Taxi eingestiegen .",
        "You got on the taxi .",
        "0-0 1-1 2-1 2-2 2-3 3-4 4-1 4-2 5-5",
    ),
    "verb_second": (
        "Letzte Woche hat Anna mit Peters Freund gespielt .",
        "Last week , Anna played with Peter's friend .",
        "0-0 1-1 2-4 3-3 4-5 5-6 6-7 7-4 8-8",
    ),
    "negation": (
        "Sie schlief gestern Abend nicht ein .",
        "She did not fall asleep last night .",
        "0-0 1-1 1-3 1-4 2-5 3-6 4-2 5-1 5-3 5-4 6-7",
    ),
    "questions": (
        "Gibt es in der Stadt ein altes Hotel ?",
        "Is there an old hotel in the city ?",
        "0-0 1-1 2-5 3-6 4-7 5-2 6-3 7-4 8-8",
    ),
    "numbers_plurals": (
        "Er schickt seinen Freunden Geschenke .",
        "He sends his friends presents .",
        "0-0 1-1 2-2 3-3 4-4 5-5",
    ),
    "relative_clauses": (
        "Peter muss das Radio , das neu war , anmachen .",
        "Peter has to turn on the radio that was new .",
        "0-0 1-1 1-2 2-5 3-6 5-7 6-9 7-8 9-3 9-4 10-10",
    ),
    "comparatives": (
        "Die Katze ist älter als das Pferd .",
        "The cat is older than the horse .",
        "0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7",
    ),
    "coordination": (
        "Möchten der Student und der Gast weinen ?",
        "Would the student and the guest like to cry ?",
        "0-0 0-6 0-7 1-1 2-2 3-3 4-4 5-5 6-8 7-9",
    ),
    "agreement_at_a_distance": (
        "Wohin fuhr die Verkäuferin , die Bücher kauft ?",
        "Where did the saleswoman who buys books travel ?",
        "0-0 1-1 1-7 2-2 3-3 5-4 6-6 7-5 8-8",
    ),
    "dative_experiencer": (
        "Den Gästen schmeckt der Saft nicht .",
        "The guests do not enjoy the juice .",
        "0-0 1-1 2-2 2-4 3-5 4-6 5-3 6-7",
    ),
    "reflexives": (
        "Diese Kinder werden sich an einen Kellner erinnern .",
        "These children will remember a waiter .",
        "0-0 1-1 2-2 3-3 4-3 5-4 6-5 7-3 8-6",
    ),
    "infinitive_clauses": (
        "Haben die Jungen versucht , das Zimmer aufzuräumen ?",
        "Did the boys try to tidy the room up ?",
        "0-0 1-1 2-2 3-3 5-6 6-7 7-4 7-5 7-8 8-9",
    ),
}
# What may stand without a counterpart: commas, the articles of nouns with a genitive
# ("das Auto des Lehrers"), the English article of a profession ("a teacher").
UNALIGNED_SOURCE = {",", "der", "die", "das", "den", "dem"}
UNALIGNED_TARGET = {",", "a"}


@pytest.fixture(scope="module")
def corpus():
    return phrasebook.generate()


@pytest.fixture(scope="module")
def splits(corpus):
    return corpus.splits


def pharaoh(alignment):
    return " ".join(f"{i}-{j}" for i, j in alignment)


def forms(texts):
    return collections.Counter(word for text in texts for word in text.lower().split())


def test_regeneration_gives_the_committed_bytes(corpus):
    assert {path.stem for path in DATA.glob("*.tsv")} == set(corpus.splits)
    for name, pairs in corpus.splits.items():
        written = (DATA / f"{name}.tsv").read_bytes()
        assert written == phrasebook.to_tsv(pairs).encode("utf-8"), name


def test_another_seed_gives_other_sentences_of_the_same_counts(splits, monkeypatch):
    monkeypatch.setattr(phrasebook, "_SIZES", {"train": 100, "valid": 10, "test": 10})
    monkeypatch.setattr(phrasebook, "_CHALLENGE", 1)
    monkeypatch.setattr(phrasebook, "_LONG", 5)
    monkeypatch.setattr(phrasebook, "_LEAST", 1)
    monkeypatch.setattr(phrasebook, "_SPARE", 3)
    first, again = phrasebook.generate(1), phrasebook.generate(1)
    other = phrasebook.generate(2)
    assert first == again
    assert first.splits["train"].source != other.splits["train"].source
    assert len(other.splits["train"]) == 100


def test_split_sizes(splits):
    sizes = {name: len(pairs) for name, pairs in splits.items()}
    challenges = {f"challenge_{name}": 200 for name in phrasebook.PHENOMENA}
    standard = {"train": 20_000, "valid": 1_000, "test": 1_000, "test_long": 1_000}
    assert sizes == {**standard, **challenges}


def test_lengths_in_source_words(splits):
    for name, pairs in splits.items():
        lengths = [len(source.split()) for source in pairs.source]
        low, high = (17, 40) if name == "test_long" else (3, 16)
        assert low <= min(lengths) and max(lengths) <= high, name
    lengths = [len(source.split()) for source in splits["train"].source]
    assert 9 <= sum(lengths) / len(lengths) <= 10


def test_no_source_and_no_target_occurs_twice(splits):
    for side in ("source", "target"):
        texts = [t.lower() for pairs in splits.values() for t in getattr(pairs, side)]
        assert len(texts) == len(set(texts))


def test_vocabulary_is_large_and_every_form_is_frequent_in_training(splits):
    source, target = forms(splits["train"].source), forms(splits["train"].target)
    assert len(source) >= 450
    assert len(target) >= 350
    assert min(source.values()) >= 15
    assert min(target.values()) >= 15


def test_every_held_out_word_form_occurs_in_training(splits):
    source, target = forms(splits["train"].source), forms(splits["train"].target)
    for name, pairs in splits.items():
        assert not set(forms(pairs.source)) - set(source), name
        assert not set(forms(pairs.target)) - set(target), name


def test_alignments_are_in_range_and_reach_every_content_word(splits):
    for pairs in splits.values():
        for source, target, links in zip(
            pairs.source, pairs.target, pairs.alignments, strict=True
        ):
            left, right = source.lower().split(), target.lower().split()
            assert list(links) == sorted(set(links))
            assert all(i < len(left) and j < len(right) for i, j in links)
            unaligned = set(range(len(left))) - {i for i, _ in links}
            assert {left[i] for i in unaligned} <= UNALIGNED_SOURCE, source
            unaligned = set(range(len(right))) - {j for _, j in links}
            assert {right[j] for j in unaligned} <= UNALIGNED_TARGET, target


def test_challenges_show_their_phenomenon(splits):
    for name in phrasebook.PHENOMENA:
        shown = splits[f"challenge_{name}"].phenomena
        assert all(name in phenomena for phenomena in shown), name


@pytest.mark.parametrize("phenomenon", phrasebook.PHENOMENA)
def test_translation_and_alignment_are_those_written_by_hand(splits, phenomenon):
    source, target, alignment = EXPECTED[phenomenon]
    pairs = splits[f"challenge_{phenomenon}"]
    index = pairs.source.index(source)
    assert pairs.target[index] == target
    assert pharaoh(pairs.alignments[index]) == alignment


def test_same_stem_with_different_prefixes_means_different_things(splits):
    meanings = collections.defaultdict(set)
    train = splits["train"]
    for source, target in zip(train.source, train.target, strict=True):
        left, right = source.lower().split(), target.lower().split()
        one_clause = not {"und", ","}.intersection(left)
        prefix = left[-2]
        if one_clause and "ruft" in left and prefix in ("an", "ab", "zurück"):
            checks = any(word.startswith("check") for word in right)
            meanings[prefix].add("check" if checks else "call")
            assert (prefix == "zurück") == ("back" in right), source
    assert meanings["ab"] == {"check"}
    assert meanings["an"] == {"call"}


def test_word_for_word_translation_fails(splits):
    counts = collections.defaultdict(collections.Counter)
    train = splits["train"]
    for source, target, links in zip(
        train.source, train.target, train.alignments, strict=True
    ):
        left, right = source.lower().split(), target.lower().split()
        aligned = collections.defaultdict(list)
        for i, j in links:
            aligned[i].append(right[j])
        for i, word in enumerate(left):
            counts[word].update(aligned[i] or [""])
    best = {word: count.most_common(1)[0][0] for word, count in counts.items()}
    hypotheses = [
        " ".join(filter(None, (best[word] for word in source.lower().split())))
        for source in splits["test"].source
    ]
    bleu = sacrebleu.corpus_bleu(
        hypotheses,
        [list(splits["test"].target)],
        tokenize="13a",
        lowercase=True,
        force=True,
    )
    assert 20 < bleu.score < 40


def test_detokenize_restores_natural_spacing():
    assert detokenize("Der Hund , der schläft , ist alt .") == (
        "Der Hund, der schläft, ist alt."
    )


@given(st.lists(st.sampled_from(["Wer", "schläft", ",", "?", "."]), min_size=1))
def test_detokenize_changes_nothing_but_spaces(tokens):
    text = " ".join(tokens)
    result = detokenize(text)
    assert result.replace(" ", "") == text.replace(" ", "")


def test_command_writes_every_split(tmp_path, monkeypatch, corpus, capsys):
    monkeypatch.setattr(command, "generate", lambda seed: corpus)
    command.main([str(tmp_path / "out")])
    names = {path.stem for path in (tmp_path / "out").iterdir()}
    assert names == set(corpus.splits)
    assert "20000" in capsys.readouterr().out


def test_too_small_a_grammar_is_refused(monkeypatch):
    monkeypatch.setattr(phrasebook, "_LEAST", 10**6)
    monkeypatch.setattr(phrasebook, "_SIZES", {"train": 60, "valid": 5, "test": 5})
    monkeypatch.setattr(phrasebook, "_CHALLENGE", 1)
    with pytest.raises(ValueError, match="must give 85 sentences, got 0"):
        phrasebook.generate()


@pytest.mark.parametrize(
    ("infinitive", "third", "forms"),
    [
        ("rufen", "ruft", "rufe rufst ruft rufen ruft rufen"),
        ("lesen", "liest", "lese liest liest lesen lest lesen"),
        (
            "arbeiten",
            "arbeitet",
            "arbeite arbeitest arbeitet arbeiten arbeitet arbeiten",
        ),
        ("laden", "lädt", "lade lädst lädt laden ladet laden"),
        (
            "erinnern",
            "erinnert",
            "erinnere erinnerst erinnert erinnern erinnert erinnern",
        ),
    ],
)
def test_present_tense(infinitive, third, forms):
    assert " ".join(german.present(infinitive, third, None).values()) == forms


def test_adjective_endings():
    assert german.adjective("gut", "strong", "dat", "m") == "gutem"
    assert german.adjective("gut", "mixed", "nom", "m") == "guter"
    assert german.adjective("gut", "weak", "acc", "m") == "guten"
    assert german.adjective("müde", "weak", "nom", "f") == "müde"


def test_weak_nouns_and_dative_plurals():
    assert german.noun("Junge", "Jungen", "Jungen", "acc", "sg") == "Jungen"
    assert german.noun("Kind", "Kindes", "Kinder", "dat", "pl") == "Kindern"
    assert german.noun("Auto", "Autos", "Autos", "dat", "pl") == "Autos"
    assert german.relative_pronoun("dat", "p") == "denen"


def test_english_spelling():
    assert [english.present(w, "3sg") for w in ("go", "tidy", "play", "watch")] == [
        "goes",
        "tidies",
        "plays",
        "watches",
    ]
    assert [english.ing(w) for w in ("see", "make", "sit")] == [
        "seeing",
        "making",
        "sitting",
    ]
    assert [english.regular_past(w) for w in ("stop", "cry", "love")] == [
        "stopped",
        "cried",
        "loved",
    ]
    assert [english.article(w) for w in ("apple", "hat", "old")] == ["an", "a", "an"]
