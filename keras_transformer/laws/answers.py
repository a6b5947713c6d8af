"""What a law may say of a candidate beside that it holds."""


class LawBroken(AssertionError):  # noqa: N818 - it reads as what happened
    """A candidate broke a law; the message says what was seen, with numbers."""


class NotApplicable(Exception):  # noqa: N818 - no error, an answer
    """A law says nothing about this candidate; the message says why."""


class NotWritten(Exception):  # noqa: N818 - no error, an answer
    """The candidate is an exercise that nobody has solved yet."""
