"""The line that ends a measurement, and that the ledger is made of."""

import types
import typing

from keras_transformer.course.claims.sentences import CLAIMS

MARKS: typing.Mapping[str, str] = types.MappingProxyType(
    {"holds": "✓", "holds when": "◐", "does not hold here": "✗"}
)
"""The mark of each verdict."""

Verdict = typing.Literal["holds", "holds when", "does not hold here"]


def claim(number: int, verdict: Verdict, figure: str, where: str = "") -> None:
    """Print what was found of a claim, in one line, after the assertions of it.

    `python -m keras_transformer.course.claims` reads these lines out of the lessons'
    stored outputs into the ledger: what the ledger says, a lesson has measured.

    Args:
        number: Number of the claim in `CLAIMS`.
        verdict: What became of it.
        figure: What was measured, in a few words with one or two numbers, made from
            the measured values.
        where: When it holds, or where not; needed by every verdict but `"holds"`.

    Raises:
        ValueError: If there is no such claim or verdict, or `where` is missing.

    >>> claim(17, "holds when", "time grows as t^1.7 from 960 tokens on", "t is large")
    ◐ Claim 17 holds when t is large: time grows as t^1.7 from 960 tokens on.
    """
    if number not in CLAIMS:
        raise ValueError(f"the claims are 1 to {max(CLAIMS)}, got {number}")
    if verdict not in MARKS:
        raise ValueError(f"a verdict is one of {', '.join(MARKS)}, got {verdict!r}")
    if (verdict != "holds") and not where:
        raise ValueError(f"{verdict!r} must say where")
    told = f"{verdict} {where}" if verdict == "holds when" else verdict
    if verdict != "holds when" and where:
        told += f" ({where})"
    print(f"{MARKS[verdict]} Claim {number} {told}: {figure.rstrip('.')}.")
