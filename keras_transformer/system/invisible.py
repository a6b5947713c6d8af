"""Characters that nobody sees, and that mean nothing to a reader.

They come with text from web pages and word processors: byte order marks in the middle,
soft hyphens, marks of direction. A model has never met them and makes words of them.

The zero-width joiner and non-joiner are invisible too, but Persian, Hindi and others
spell with them: they stay.
"""

RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x061C, 0x061C),  # Arabic letter mark
    (0x180E, 0x180E),  # Mongolian vowel separator
    (0x200B, 0x200B),  # zero-width space
    (0x200E, 0x200F),  # left-to-right and right-to-left marks
    (0x202A, 0x202E),  # embeddings and overrides of direction
    (0x2060, 0x2064),  # word joiner, invisible operators
    (0x2066, 0x206F),  # isolates of direction, deprecated marks
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF9, 0xFFFB),  # interlinear annotation
)
JOINERS = "\u200c\u200d"

_GONE = dict.fromkeys(
    code for first, last in RANGES for code in range(first, last + 1)
)  # as `str.translate` takes it


def visible(text: str) -> str:
    r"""A text without what nobody sees, and without white space around it.

    Args:
        text: Any text.

    Returns:
        The empty string if there is nothing to see.

    Example:
        >>> visible("\ufeff so\u00adgar\u200b "), visible("\u200d \u200b")
        ('sogar', '')
    """
    text = text.translate(_GONE).strip()
    return text if text.strip(f"{JOINERS} \t\r\n") else ""
