"""The ids that mean the same in every vocabulary."""

PADDING = 0
"""Fills up short sentences: it is never said, and weighs nothing."""

START = 1
"""What a target begins with where it is read."""

END = 2
"""What a sentence ends with."""

UNK = 3
"""What no vocabulary has."""
