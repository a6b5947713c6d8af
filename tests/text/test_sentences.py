import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_transformer.text.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n\t\n ", []),
        ("Ruf an", ["Ruf an"]),
        ("Ruf an! Er kommt. Warum?", ["Ruf an!", "Er kommt.", "Warum?"]),
        ("Er kommt um 3.15 Uhr.", ["Er kommt um 3.15 Uhr."]),
        ("Wirklich?! Ja… Gut.", ["Wirklich?!", "Ja…", "Gut."]),
        ('Er sagt: "Ja." Sie geht.', ['Er sagt: "Ja."', "Sie geht."]),
        ("(So war es.) Und nun?", ["(So war es.)", "Und nun?"]),
        ("你好。欢迎！来吗？来", ["你好。", "欢迎！", "来吗？", "来"]),
        ("Ein Titel\nohne Punkt\r\n\r\nEnde", ["Ein Titel", "ohne Punkt", "Ende"]),
    ],
)
def test_sentences_end_at_their_marks_and_at_line_breaks(text, sentences):
    assert split_sentences(text) == sentences


@given(st.text(alphabet='ab .!?…。！"”)\n\t\u2028é😀', max_size=60))
def test_nothing_but_white_space_is_lost(text):
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(s and s == s.strip() for s in sentences)
