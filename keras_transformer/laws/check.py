"""Judge a candidate by every law that applies to it, and say what was seen."""

import dataclasses
import html
import inspect
from typing import Any

from keras_transformer.laws import kinds
from keras_transformer.laws.answers import LawBroken, NotApplicable, NotWritten
from keras_transformer.laws.law import laws_of
from keras_transformer.laws.same import same_as
from keras_transformer.laws.subject import instance, subject

HELD, BROKEN, SILENT = "held", "broken", "not applicable"
_SIGNS = {HELD: "✓", BROKEN: "✗", SILENT: "–"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What one law says about a candidate.

    Args:
        law: Name of the law.
        statement: The law in one sentence.
        outcome: `"held"`, `"broken"` or `"not applicable"`.
        saw: What was seen where it is broken, why not where it does not apply.
    """

    law: str
    statement: str
    outcome: str
    saw: str = ""


@dataclasses.dataclass(frozen=True)
class Report:
    """What all laws say about a candidate.

    Args:
        candidate: Name of the candidate.
        like: What it was judged as.
        verdicts: One for each law of its kind.
        unwritten: Why there is nothing to judge yet, or empty.
        full: Whether the table shows what could not be asked, too.
    """

    candidate: str
    like: str
    verdicts: tuple[Verdict, ...] = ()
    unwritten: str = ""
    full: bool = False

    @property
    def ok(self) -> bool:
        """Whether something was judged and nothing is broken."""
        return not self.unwritten and bool(self.held) and not self.broken

    @property
    def held(self) -> list[str]:
        """Names of the laws that hold."""
        return [v.law for v in self.verdicts if v.outcome == HELD]

    @property
    def broken(self) -> dict[str, str]:
        """Names of the laws that are broken, with what was seen."""
        return {v.law: v.saw for v in self.verdicts if v.outcome == BROKEN}

    @property
    def headline(self) -> str:
        """The result in one line."""
        if self.unwritten:
            return f"{self.candidate} is not written yet: {self.unwritten}."
        judged = len(self.held) + len(self.broken)
        start = f"{self.candidate}, judged like {self.like}: "
        if not judged:
            why = self.verdicts[0].saw if self.verdicts else "there is none"
            return f"{start}no law could be asked ({why})."
        if not self.broken:
            return f"{start}all {judged} laws hold."
        are = "is" if len(self.broken) == 1 else "are"
        return f"{start}{len(self.broken)} of {judged} laws {are} broken."

    def __str__(self):
        lines = [self.headline]
        for verdict in self._shown():
            sign = _SIGNS[verdict.outcome]
            if verdict.outcome == SILENT:
                lines.append(f"  {sign} {verdict.statement} [{verdict.saw}]")
                continue
            lines.append(f"  {sign} {verdict.statement}")
            if verdict.saw:
                lines.append(f"      saw: {verdict.saw}")
        return "\n".join(lines)

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{_SIGNS[v.outcome]}</td>"
            f"<td style='text-align:left'>{html.escape(v.statement)}</td>"
            f"<td style='text-align:left'>{html.escape(v.saw)}</td></tr>"
            for v in self._shown()
        )
        return f"<p>{html.escape(self.headline)}</p><table>{rows}</table>"

    def _shown(self):
        """The broken laws first; what nobody asked of a learner is left out."""
        shown = (v for v in self.verdicts if self.full or v.outcome != SILENT)
        return sorted(shown, key=_order)


def _order(verdict):
    return (BROKEN, HELD, SILENT).index(verdict.outcome)


def check(candidate: Any, like: Any, craft: bool = False, show: Any = True) -> Report:
    """Judge a candidate by every law about things like the reference.

    Args:
        candidate: A function, a Keras layer, or a class that needs no arguments.
            Arguments are recognised by their names (`query`, `key`, `value`,
            `scores`, anything with `mask`), otherwise taken in order.
        like: What it should behave like: a class, a layer or a function of the
            package, or the name of a kind, such as `"weighting"`. With another layer
            or function than the candidate, equal results are asked for too.
        craft: Whether to ask also for what a library owes its users and an exercise
            does not: half precision, heads, saving; and to show which laws say nothing.
        show: Whether to print the table.

    Returns:
        The `Report`: `ok`, `held`, `broken`, and the table as `str`.

    Raises:
        ValueError: If `like` is nothing that the laws know.

    Example:
        >>> from keras import ops
        >>> def dot(query, key):
        ...     return ops.matmul(query, ops.swapaxes(key, -1, -2))
        >>> report = check(dot, like="ScaledDot", show=False)
        >>> sorted(report.broken)[0]
        'a_scaled_dot_product_is_divided_by_the_root_of_the_width'
    """
    kind, traits = kinds.describe(like)
    name = _name(candidate)
    verdicts: list[Verdict] = []
    unwritten = ""
    try:
        if inspect.isclass(candidate):
            candidate = instance(candidate)
        judged = subject(candidate, kind, traits, like)
        for law in laws_of(kind, traits):
            if law.craft and not craft:
                continue
            verdicts.append(
                _judge(law.name, law.statement, law, judged, kind, traits, like)
            )
        if not isinstance(like, str) and like is not candidate:
            verdicts.append(
                _judge(
                    "equals_the_reference",
                    f"The results equal those of {_name(like)}.",
                    lambda c, **_: same_as(c, like, kind, traits),
                    judged,
                    kind,
                    traits,
                    like,
                )
            )
    except NotWritten as reason:
        verdicts, unwritten = [], str(reason)
    except LawBroken as broken:
        verdicts = [Verdict("can_be_built", "It can be built.", BROKEN, str(broken))]
    report = Report(name, _name(like), tuple(verdicts), unwritten, full=craft)
    if show:
        print(report)
    return report


def _judge(name, statement, law, judged, kind, traits, like):
    try:
        law(judged.fresh(), kind=kind, traits=traits, like=like)
    except LawBroken as broken:
        return Verdict(name, statement, BROKEN, str(broken))
    except NotApplicable as reason:
        return Verdict(name, statement, SILENT, str(reason))
    return Verdict(name, statement, HELD)


def _name(thing):
    if isinstance(thing, str):
        return thing
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return thing.__name__
    return type(thing).__name__
