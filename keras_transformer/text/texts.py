"""What counts as text."""

from collections.abc import Iterable


def checked(texts: Iterable[str]) -> list[str]:
    """The texts as a list.

    Args:
        texts: A list of strings, or another iterable of them.

    Raises:
        ValueError: If `texts` is one string or no list, an entry is not a string,
            or one holds a lone surrogate, which is half a character.
    """
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise ValueError(f"texts must be a list of strings, got one {_type(texts)}")
    found = []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts must be strings, got {_type(text)} at {place}")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(
                "texts must be valid Unicode, got a lone surrogate "
                f"{text[error.start]!r} at character {error.start} of text {place}"
            ) from error
        found.append(text)
    return found


def _type(value: object) -> str:
    return type(value).__name__
