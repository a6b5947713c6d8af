import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_transformer.system.invisible import visible
from keras_transformer.text import CASES, normalize
from keras_transformer.text.options import FORMS


def normalized(text, case="keep", form="NFKC"):
    return normalize(text, case, form)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \t a\n\nb\u00a0\u3000c\u2028 ", "a b c"),
        ("a\x00b\x1fc\x7f", "a b c"),
        ("o\u0308 ﬁ ½ …", "ö fi 1⁄2 ..."),
        ("你好，世界！", "你好,世界!"),
        ("￭", "■"),
        ("Straße ẞ", "Straße ẞ"),
    ],
)
def test_texts_are_brought_to_one_form(text, expected):
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("ÜBER DIE STRASSE", "über die strasse"),
        ("Straße ẞ", "straße ß"),
        ("I İ", "i i"),
        ("ÉTÉ ÑU ΣΑΣ ПРИВЕТ", "été ñu σασ привет"),
        ("J\u030c", "ǰ"),
        ("\N{BLACK-LETTER CAPITAL H}", "h"),
    ],
)
def test_lower_case_keeps_accents_and_sharp_s(text, lowered):
    assert normalized(text, "lower") == lowered


@settings(deadline=None, max_examples=150)
@given(st.text(), st.sampled_from(CASES), st.sampled_from(FORMS))
def test_normalising_again_changes_nothing(text, case, form):
    once = normalize(text, case, form)
    assert normalize(once, case, form) == once


@pytest.mark.parametrize("form", FORMS)
def test_every_character_is_normalised_for_good(form):
    # Between two letters, too, with which a mark may compose.
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    parts = [f"{chr(code)} A{chr(code)}a" for code in codes]
    texts = [
        " ".join(parts[start : start + 500]) for start in range(0, len(parts), 500)
    ]
    once = [normalize(text, "lower", form) for text in texts]
    assert [normalize(text, "lower", form) for text in once] == once


INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u202a\u202e\u2060\u2066\ufeff\ufff9"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_what_nobody_sees_is_left_out(character, form):
    texts = [f"{character}so{character}gar {character} da", character, f" {character} "]
    found = [normalize(text, form=form) for text in texts]
    assert found == ["sogar da", "", ""]
    # It does not keep a letter and its accent apart.
    assert normalized(f"o{character}\u0308") == "ö"
    assert [visible(text) for text in texts] == ["sogar  da", "", ""]


def test_joiners_that_scripts_spell_with_stay_but_are_no_text_alone():
    persian = "می\u200cخواهم"
    assert normalized(persian) == persian and visible(persian) == persian
    assert normalized("क्\u200dष") == "क्\u200dष"
    for text in ("\u200d", "\u200c \u200d"):
        assert normalized(text) == "" and visible(text) == ""


@pytest.mark.parametrize(
    ("text", "nfc", "nfkc"),
    [
        ("你好，世界！", "你好，世界！", "你好,世界!"),
        ("…", "…", "..."),
        ("½", "½", "1⁄2"),
        ("ﬁn", "ﬁn", "fin"),
        ("o\u0308", "ö", "ö"),
        ("ａ￭", "ａ■", "a■"),
        ("กำ", "กำ", "กํา"),
    ],
)
def test_a_form_keeps_what_looks_alike_apart_or_writes_one_of_it(text, nfc, nfkc):
    assert normalized(text, form="NFC") == nfc
    assert normalized(text, form="NFKC") == nfkc


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match=r"form must be one of .* got 'NFD'"):
        normalize("a", form="NFD")


def test_an_unknown_case_is_refused():
    with pytest.raises(ValueError, match=r"case must be one of .* got 'upper'"):
        normalize("a", "upper")
