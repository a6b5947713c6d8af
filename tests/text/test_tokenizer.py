import json
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_transformer.text import END, PADDING, START, UNK, Tokenizer
from keras_transformer.text.vocabulary import FIRST_BYTE, RESERVED, SPACE

SENTENCES = [
    "Ruf (bitte) an, Jörg!",
    'Er sagt: „Ich rufe an.“ "Ja?"',
    "It's twenty-five past 3.14...",
    "L'été, c'est l'hôtel.",
    "你好,世界!我在Tom家。",
] * 2
MIXED = "abß Rruf12ü ,.-'\"()[]#<>_„“中国の你 😀￭▁\u0301\u200d"


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.learn(SENTENCES, 700)


@pytest.fixture(scope="module")
def lowering():
    return Tokenizer.learn(SENTENCES, 700, case="lower")


@pytest.fixture
def eager():
    """Graphs are not built: as many vocabularies, as many graphs that run once."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def small(*pieces):
    return Tokenizer([*RESERVED, *pieces])


def written(tokenizer, text):
    """The pieces with their marks."""
    return [tokenizer.vocabulary[place] for place in tokenizer.encode([text])[0]]


# Worked by hand


@pytest.mark.usefixtures("eager")
def test_words_are_cut_by_the_longest_piece():
    tokenizer = small("r", "u", "f", "t", "##r", "##u", "##f", "##t", "ruf", "##ft")
    assert tokenizer.tokens("ruft") == ["ruf", "##t"]
    assert tokenizer.tokens("ruf t") == ["ruf", "t"]
    assert tokenizer.tokens("turf") == ["t", "##u", "##r", "##f"]


def test_a_piece_says_whether_it_goes_on():
    tokenizer = small("a", "##a", "￭#", "#￭")
    first_bytes = [*range(0x80), *range(0xC0, 0x100)]  # of ASCII, and of longer ones
    begins = [START, END, UNK, SPACE, *(FIRST_BYTE + byte for byte in first_bytes)]
    begins += [tokenizer.vocabulary.index(piece) for piece in ("a", "￭#", "#￭")]
    goes_on = [FIRST_BYTE + byte for byte in range(0x80, 0xC0)]
    goes_on += [tokenizer.vocabulary.index("##a")]
    assert not any(tokenizer.continues(token) for token in begins)
    assert all(tokenizer.continues(token) for token in goes_on)


@pytest.mark.usefixtures("eager")
def test_no_character_is_cut_before_a_piece_that_begins():
    tokenizer = small("a", "##a", "中", "￭,")
    text = "aaa é😀 中aa,"
    ids = tokenizer.encode([text])[0]
    cuts = [i for i in range(len(ids)) if not tokenizer.continues(ids[i])]
    parts = [ids[i:j] for i, j in zip(cuts, [*cuts[1:], None], strict=True)]
    assert [part for part in tokenizer.decode(parts) if part] == [
        *("aaa", "é", "😀", "中", "aa", ",")
    ]


def test_the_letters_of_pieces_spell_the_words():
    tokenizer = small("ha", "##us", "￭,", "#￭", "a", "￭#￭")
    ids = range(len(RESERVED), len(tokenizer.vocabulary))
    assert tokenizer.pieces(ids) == ["ha", "##us", ",", "#", "a", "#"]
    assert tokenizer.letters(ids) == ["ha", "us", ",", "#", "a", "#"]


@pytest.mark.usefixtures("eager")
def test_symbols_are_marked_where_no_space_stands():
    tokenizer = small("a", "##a", "￭,", ",", ",￭", "￭,￭", "(￭", "￭)", "￭.", ".￭")
    assert written(tokenizer, "a, a") == ["a", "￭,", "a"]
    assert written(tokenizer, "a , a") == ["a", ",", "a"]
    assert written(tokenizer, "a ,a") == ["a", ",￭", "a"]
    assert written(tokenizer, "a,a") == ["a", "￭,￭", "a"]
    assert written(tokenizer, "(a)") == ["(￭", "a", "￭)"]
    assert written(tokenizer, "a...") == ["a", "￭.", "￭.", "￭."]
    assert written(tokenizer, ",") == [","]


@pytest.mark.usefixtures("eager")
def test_ideographs_are_one_piece_each_and_spaces_beside_them_are_said():
    tokenizer = small("中", "国", "a", "##a", "￭,￭")
    assert written(tokenizer, "中国") == ["中", "国"]
    assert written(tokenizer, "中a国") == ["中", "a", "国"]
    assert written(tokenizer, "中 国 a") == ["中", "[SPACE]", "国", "[SPACE]", "a"]
    assert written(tokenizer, "中,国") == ["中", "￭,￭", "国"]


@pytest.mark.usefixtures("eager")
def test_an_unknown_character_leaves_the_rest_of_its_word():
    tokenizer = small("a", "##a", "b", "##b", "ab")
    assert written(tokenizer, "abéab") == ["ab", "<0xC3>", "<0xA9>", "ab"]
    assert written(tokenizer, "a 😀") == [
        "a",
        "[SPACE]",
        "<0xF0>",
        "<0x9F>",
        "<0x98>",
        "<0x80>",
    ]


@pytest.mark.usefixtures("eager")
def test_a_symbol_in_an_unknown_form_is_spelled_in_bytes():
    tokenizer = small("a", "##a", "￭-￭")
    assert written(tokenizer, "a-a") == ["a", "￭-￭", "a"]
    assert written(tokenizer, "a - a") == ["a", "[SPACE]", "<0x2D>", "[SPACE]", "a"]


@pytest.mark.usefixtures("eager")
def test_a_letter_that_cannot_go_on_with_a_word_is_spelled_in_bytes():
    tokenizer = small("a", "##a", "b", "ab")
    assert written(tokenizer, "ab") == ["a", "<0x62>"]
    assert tokenizer.decode(tokenizer.encode(["abba"])) == ["abba"]


@pytest.mark.usefixtures("eager")
def test_figures_show_pieces_without_marks():
    tokenizer = small("a", "##a", "￭,", "中")
    assert tokenizer.tokens("aa, 中") == ["a", "##a", ",", "␣", "中"]
    assert tokenizer.pieces([START, 261, END]) == ["[START]", "a", "[END]"]


# The round trip


@pytest.mark.parametrize(
    "text",
    [
        "Hello, world!",
        "It's what they don't say.",
        "twenty-five - or 3.14?",
        "(a) [b] {c} <d>",
        'He said: "Yes."',
        "„Guten Tag“, sagte er – und ging.",
        "Aujourd'hui, l'homme « dort » : où ?",
        "你好,世界。我在Tom家。",
        "我 love 北京 (Beijing), 你呢?",
        "食べる 한국어 ภาษาไทย العربية हिन्दी",
        "👩‍👩‍👧 and 😀😀 or a😀b",
        "a_b@c.de https://x.y/?z=1&w=2#q",
        "## ##a #a ▁a ■",
        "... ! ? ,,",
        "",
    ],
)
def test_spacing_comes_back(tokenizer, text):
    assert tokenizer.normalize([text]) == [text]
    assert tokenizer.decode(tokenizer.encode([text])) == [text]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.one_of(st.text(), st.text(MIXED))))
def test_every_text_survives_the_round_trip(tokenizer, texts):
    ids = tokenizer.encode(texts)
    assert tokenizer.decode(ids) == tokenizer.normalize(texts)
    for row in ids:
        assert row.dtype == np.int32
        assert not set(row.tolist()) & {PADDING, START, END, UNK}


@settings(deadline=None, max_examples=100)
@given(st.text(), st.text(MIXED))
def test_texts_do_not_touch_each_other(tokenizer, first, second):
    together = tokenizer.encode([first, "", second])
    apart = [tokenizer.encode([text])[0] for text in (first, "", second)]
    assert [row.tolist() for row in together] == [row.tolist() for row in apart]


@settings(deadline=None, max_examples=50)
@given(st.text(MIXED))
def test_lower_case_survives_the_round_trip(lowering, text):
    assert lowering.decode(lowering.encode([text])) == lowering.normalize([text])


def test_lower_case_is_learned_and_written(lowering):
    ids = lowering.encode(["RUF JÖRG an!"])
    assert lowering.decode(ids) == ["ruf jörg an!"]
    assert min(ids[0]) >= len(RESERVED)
    assert not any(piece != piece.lower() for piece in lowering.vocabulary[261:])


@pytest.mark.usefixtures("eager")
def test_training_text_needs_no_bytes_but_for_rare_characters():
    tokenizer = Tokenizer.learn([*SENTENCES, "Ein ₧."], 700)
    ids = np.concatenate(tokenizer.encode([*SENTENCES, "Ein ₧."]))
    spelled = ids[(ids >= FIRST_BYTE) & (ids < len(RESERVED))] - FIRST_BYTE
    assert bytes(spelled.tolist()).decode() == "₧"


# What a hostile or careless text holds


@pytest.mark.parametrize("name", [*RESERVED[:5], "<0xF0>", "<s>", "￭", "##a", "▁"])
def test_text_cannot_write_reserved_pieces(tokenizer, name):
    for text in (name, f"a {name} b", f"a{name}b"):
        ids = tokenizer.encode([text])
        assert not set(ids[0].tolist()) & {PADDING, START, END, UNK}
        assert tokenizer.decode(ids) == tokenizer.normalize([text])


def test_the_empty_text_has_no_ids(tokenizer):
    assert [row.tolist() for row in tokenizer.encode(["", " \t\n", "\x00"])] == [[]] * 3
    assert tokenizer.encode([]) == []
    assert tokenizer.decode([]) == []
    assert tokenizer.decode([[], [PADDING, END]]) == ["", ""]


@pytest.mark.parametrize("unit", ["Ruf an! ", "a", "ü", "中", "😀", "."])
def test_ten_thousand_characters_survive(tokenizer, unit):
    text = (unit * 10_000)[:10_000]
    (ids,) = tokenizer.encode([text])
    assert UNK not in ids
    assert tokenizer.decode([ids]) == [text.strip()]


def test_a_lone_surrogate_is_refused(tokenizer):
    rule = r"lone surrogate '\\ud800' at character 1 of text 1"
    with pytest.raises(ValueError, match=rule):
        tokenizer.encode(["a", "b\ud800"])


@pytest.mark.parametrize("texts", ["a text", b"bytes", None, 3])
def test_what_is_not_a_list_is_refused(tokenizer, texts):
    with pytest.raises(ValueError, match="texts must be a list of strings, got one"):
        tokenizer.encode(texts)


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["a"]])
def test_what_is_not_text_is_refused(tokenizer, text):
    with pytest.raises(ValueError, match=r"texts must be strings, got .* at 1"):
        tokenizer.encode(["a", text])


# What a model may write


@pytest.mark.usefixtures("eager")
def test_decoding_stops_at_the_first_end():
    tokenizer = small("a", "##a", "￭.")
    rows = [[START, 261, 263, END, 261, END], [PADDING, 261, PADDING, 262], [END, 261]]
    assert tokenizer.decode(rows) == ["a.", "aa", ""]
    padded = np.array([[261, 263, END, PADDING], [261, 261, 261, 261]])
    assert tokenizer.decode(padded) == ["a.", "a a a a"]


@pytest.mark.usefixtures("eager")
def test_broken_bytes_and_stray_spaces_are_mended():
    tokenizer = small("a", "##a", "￭.")
    e_acute = [FIRST_BYTE + 0xC3, FIRST_BYTE + 0xA9]
    assert tokenizer.decode([[261, *e_acute], [261, e_acute[0], 261]]) == ["aé", "a�a"]
    assert tokenizer.decode([[SPACE, 261, SPACE, SPACE, 261, SPACE]]) == ["a a"]
    assert tokenizer.decode([[261, UNK, 261], [262, 263]]) == ["a � a", "a."]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(st.integers(0, 300))))
def test_any_ids_give_text(tokenizer, rows):
    texts = tokenizer.decode(rows)
    assert len(texts) == len(rows)
    assert all(text == " ".join(text.split(" ")).strip(" ") for text in texts)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ([-1], "ids must be from 0 to 263, got -1"),
        ([261, 264], "ids must be from 0 to 263, got 264"),
        ([2**40], "got 1099511627776"),
        ([0.5], "must be a row of integers"),
        (["a"], "must be a row of integers"),
        ([[1]], "must be a row of integers"),
        (3, "must be a row of integers"),
    ],
)
def test_what_is_no_id_is_refused(row, rule):
    with pytest.raises(ValueError, match=rule):
        small("a", "##a", "￭.").decode([row])


def test_the_graph_takes_padded_and_ragged_ids():
    tokenizer = small("a", "##a", "￭.")
    padded = tf.constant([[261, 263, END], [261, PADDING, PADDING]], tf.int64)
    assert tokenizer.decode_graph(padded).numpy().tolist() == [b"a.", b"a"]
    ragged = tf.ragged.constant([[261, 263], [], [261]])
    assert tokenizer.decode_graph(ragged).numpy().tolist() == [b"a.", b"", b"a"]


# Learning and keeping


def test_the_order_of_sentences_does_not_matter():
    backwards = Tokenizer.learn(SENTENCES[::-1], 400)
    assert backwards.vocabulary == Tokenizer.learn(SENTENCES, 400).vocabulary


def test_accents_are_composed_before_learning():
    apart = [unicodedata.normalize("NFD", sentence) for sentence in SENTENCES]
    assert (
        Tokenizer.learn(apart, 400).vocabulary
        == Tokenizer.learn(SENTENCES, 400).vocabulary
    )


@pytest.mark.usefixtures("eager")
def test_nothing_to_learn_from_leaves_the_bytes():
    tokenizer = Tokenizer.learn([], 400)
    assert tokenizer.vocabulary == RESERVED
    assert tokenizer.decode(tokenizer.encode(["Jörg, 中 😀"])) == ["Jörg, 中 😀"]


@pytest.mark.usefixtures("eager")
def test_a_saved_tokenizer_is_the_same(tokenizer, lowering, tmp_path):
    for original in (tokenizer, lowering):
        original.save(tmp_path / "a" / "b")
        loaded = Tokenizer.load(tmp_path / "a" / "b")
        assert loaded.get_config() == original.get_config()
        texts = ["Ruf an, JÖRG!", "中 😀"]
        assert [row.tolist() for row in loaded.encode(texts)] == [
            row.tolist() for row in original.encode(texts)
        ]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "tokenizer.json",
        "vocabulary.txt",
    ]


def test_the_config_is_json(tokenizer):
    config = json.loads(json.dumps(tokenizer.get_config()))
    assert Tokenizer.from_config(config).vocabulary == tokenizer.vocabulary


def test_a_failed_save_leaves_the_old_files(tokenizer, lowering, tmp_path, monkeypatch):
    tokenizer.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no space left"):
        lowering.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_files_that_do_not_belong_together_are_refused(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    path = tmp_path / "vocabulary.txt"
    path.write_text("\n".join(tokenizer.vocabulary[:-1]) + "\n", "utf-8")
    with pytest.raises(ValueError, match=r"vocabulary.txt: must hold as many"):
        Tokenizer.load(tmp_path)


def test_an_unknown_case_is_refused_before_learning():
    with pytest.raises(ValueError, match="case must be one of"):
        Tokenizer.learn(SENTENCES, 400, case="UPPER")


@settings(deadline=None, max_examples=100)
@given(
    st.text(
        alphabet=st.one_of(
            st.sampled_from(f"{MIXED}，½…ﬁＡ￭■"), st.characters(codec="utf-8")
        )
    )
)
def test_any_text_survives_without_compatibility_forms_too(nfc, text):
    assert nfc.decode(nfc.encode([text])) == nfc.normalize([text])


@pytest.fixture(scope="module")
def nfc():
    return Tokenizer.learn(["你好，世界！", "½ so …", "ﬁn"] * 2, 400, form="NFC")


def test_a_tokenizer_keeps_its_form(nfc, tmp_path):
    assert "，" in "".join(nfc.vocabulary)
    nfc.save(tmp_path)
    assert Tokenizer.load(tmp_path).get_config() == nfc.get_config()
    assert Tokenizer.from_config(nfc.get_config()).form == "NFC"
    path = tmp_path / "tokenizer.json"
    old = json.loads(path.read_text())
    del old["form"]  # as it was written when there was one form
    path.write_text(json.dumps(old))
    assert Tokenizer.load(tmp_path).form == "NFKC"
