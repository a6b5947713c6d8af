"""Tatoeba sentences as ManyThings.org packs them: English beside one language."""

import functools
import os

from keras_transformer.corpora.corpus import Pairs
from keras_transformer.corpora.entry import Entry, RemoteFile
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.files import parse_tsv
from keras_transformer.corpora.lines import decode_lines
from keras_transformer.corpora.splits import leak_free_splits, split_pairs
from keras_transformer.system.reading import UnreadableError
from keras_transformer.system.unpacking import unzip

ADDRESS = "https://www.manythings.org/anki"

# ISO 639-1 code: what the publisher's files are called, and the language.
LANGUAGES = {
    "cs": ("ces", "Czech"),
    "da": ("dan", "Danish"),
    "de": ("deu", "German"),
    "el": ("ell", "Greek"),
    "es": ("spa", "Spanish"),
    "fi": ("fin", "Finnish"),
    "fr": ("fra", "French"),
    "he": ("heb", "Hebrew"),
    "hu": ("hun", "Hungarian"),
    "it": ("ita", "Italian"),
    "ja": ("jpn", "Japanese"),
    "ko": ("kor", "Korean"),
    "nl": ("nld", "Dutch"),
    "pl": ("pol", "Polish"),
    "pt": ("por", "Portuguese"),
    "ru": ("rus", "Russian"),
    "sv": ("swe", "Swedish"),
    "tr": ("tur", "Turkish"),
    "uk": ("ukr", "Ukrainian"),
    "vi": ("vie", "Vietnamese"),
    "zh": ("cmn", "Mandarin Chinese, traditional and simplified mixed"),
}

# Verified: the file of 2026-02-13. The others were never seen by the authors.
SHA256 = {"cmn": "d606361aa7312dcdfb15ef4fc51cb1e7ed8bc2dc608a7b192626cd36e8403106"}

LICENCE = (
    "CC BY 2.0 FR (https://creativecommons.org/licenses/by/2.0/fr/). Attribution: "
    "www.manythings.org/anki and tatoeba.org; the third column of the file names "
    "the contributor of every sentence."
)
CITATION = (
    "Tatoeba (https://tatoeba.org), in the selection of Charles Kelly, "
    "https://www.manythings.org/anki."
)


def read_archive(path: str | os.PathLike, code: str) -> Pairs:
    """The sentence pairs of a ManyThings archive, English as the source.

    Args:
        path: The zip file, `cmn-eng.zip`.
        code: What its text file is called, `cmn`.

    Returns:
        The pairs, in the archive's order.

    Raises:
        CorpusError: If the archive is damaged, lacks the file, or the file
            breaks a rule of `read_tsv`.
    """
    member = f"{code}.txt"
    try:
        data = unzip(path, member)
    except (UnreadableError, OSError) as error:
        raise CorpusError(str(error)) from error
    where = f"{path}/{member}"
    return parse_tsv(decode_lines(data, where), where, on_empty="skip")


def _read(code, english_first, paths):
    pairs = read_archive(paths[f"{code}-eng.zip"], code)
    # Split before turning round: both directions hold out the same pairs.
    parts = leak_free_splits(pairs.source, pairs.target)
    if not english_first:
        pairs = Pairs(pairs.target, pairs.source, skipped=pairs.skipped)
    return split_pairs(pairs, parts)


def _entry(language: str, english_first: bool) -> Entry:
    code, title = LANGUAGES[language]
    source, target = ("en", language) if english_first else (language, "en")
    titles = ("English", title) if english_first else (title, "English")
    name = f"{code}-eng.zip"
    return Entry(
        name=f"tatoeba-{source}-{target}",
        source_language=source,
        target_language=target,
        title=f"Everyday sentences, {titles[0]} to {titles[1]}",
        files=(
            RemoteFile(
                name,
                f"{code}-eng",
                f"{ADDRESS}/{name}",
                SHA256.get(code),
                regenerated=True,
            ),
        ),
        licence=LICENCE,
        citation=CITATION,
        homepage="https://www.manythings.org/anki/",
        read=functools.partial(_read, code, english_first),
    )


ENTRIES = tuple(
    _entry(language, english_first)
    for language in LANGUAGES
    for english_first in (False, True)
)
