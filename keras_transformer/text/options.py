"""How text is brought to one form: what can be chosen."""

from typing import Literal

from keras_transformer.system.ranges import require

CASES = ("keep", "lower")
FORMS = ("NFKC", "NFC")


def check_options(case: str, form: str) -> None:
    """Raises a ValueError unless `case` is one of `CASES`, and `form` of `FORMS`."""
    require(Literal[CASES], case=case)
    require(Literal[FORMS], form=form)
