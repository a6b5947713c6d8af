"""Tiny Shakespeare: a million characters of plays, what small language models read."""

from collections.abc import Mapping

from keras_transformer.corpora.download import cache_folder, fetch
from keras_transformer.corpora.entry import RemoteFile

FILE = RemoteFile(
    name="input.txt",
    folder="tinyshakespeare",
    address=(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
        "tinyshakespeare/input.txt"
    ),
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    most=2**21,
)

LICENCE = "The plays are in the public domain; the choice of scenes is Karpathy's."
CITATION = (
    "Karpathy: The unreasonable effectiveness of recurrent neural networks. 2015, "
    "https://karpathy.github.io/2015/05/21/rnn-effectiveness/"
)


def split(text: str) -> Mapping[str, str]:
    """A text in three parts, in its order: nine tenths, a twentieth, a twentieth.

    Args:
        text: The text.

    Returns:
        `train`, `valid` and `test`.

    Example:
        >>> split("To be, or not to be.")["test"]
        '.'
    """
    first, second = len(text) * 18 // 20, len(text) * 19 // 20
    return {"train": text[:first], "valid": text[first:second], "test": text[second:]}


def tinyshakespeare() -> Mapping[str, str]:
    """The text, downloaded if need be, and verified.

    Returns:
        `train`, `valid` and `test`, always cut at the same characters; see `split`.

    Raises:
        CorpusError: If the file cannot be had, or is not the one that is known.
    """
    return split(fetch(FILE).read_text("ascii"))


def tinyshakespeare_on_disk() -> bool:
    """Whether the text can be had without a network."""
    return (cache_folder() / FILE.folder / FILE.name).is_file()
