"""What a user is told when a corpus cannot be had as it was asked for."""


class CorpusError(ValueError):
    """A file or a corpus broke a rule; the message names where and which."""
