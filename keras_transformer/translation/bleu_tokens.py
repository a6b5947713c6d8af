"""How BLEU cuts a language into words: not every script puts spaces between them."""

import importlib.util
import re
from collections.abc import Iterable

TOKENIZERS = ("13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none")
_BY_LANGUAGE = {
    "zh": ("zh", None),
    "ja": ("ja-mecab", "MeCab"),
    "ko": ("ko-mecab", "mecab_ko"),
    **dict.fromkeys(("th", "lo", "km", "my", "bo"), ("char", None)),
}
# Where an analyser of words is not installed. Korean has spaces.
_OTHERWISE = {"ja": "char", "ko": "13a"}
_SCRIPTS = (
    ("ja", r"[\u3040-\u30ff]"),
    ("zh", r"[\u3400-\u9fff\U00020000-\U0003ffff]"),
    ("th", r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]"),
)
_LETTER = re.compile(r"[^\W\d_]")


def tokenizer_of(language: str, references: Iterable[str] = ()) -> str:
    """The tokenizer of sacreBLEU for a target language.

    Args:
        language: ISO 639-1 code; of an undetermined one, `"und"`, the script of the
            references decides.
        references: The references.

    Returns:
        `"13a"` for languages with spaces between words.

    Example:
        >>> tokenizer_of("de"), tokenizer_of("zh"), tokenizer_of("th")
        ('13a', 'zh', 'char')
        >>> tokenizer_of("und", ["我爱北京天安门"])
        'zh'
    """
    language = language.partition("-")[0].partition("_")[0].lower()
    if language == "und":
        language = _written_in("".join(references))
    name, analyser = _BY_LANGUAGE.get(language, ("13a", None))
    if analyser is not None and importlib.util.find_spec(analyser) is None:
        return _OTHERWISE[language]
    return name


def _written_in(text):
    """The language whose script half of the letters, or a tenth of kana, are of."""
    letters = len(_LETTER.findall(text))
    for language, script in _SCRIPTS:
        share = 0.1 if language == "ja" else 0.5
        if letters and len(re.findall(script, text)) >= share * letters:
            return language
    return "und"
