"""Which values a setting may have: declared once at its field, checked wherever it is.

A field of a dataclass says its range with its type:

```python
@dataclasses.dataclass(frozen=True)
class Oven:
    minutes: Annotated[int, Range(1, 600)] = 20

    def __post_init__(self):
        check(self)
```

The same check judges what Python code, a recipe's file and the command line say.
"""

import contextlib
import contextvars
import dataclasses
import functools
import math
import numbers
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any

LONGEST = 60  # characters of a value that an error shows


@dataclasses.dataclass(frozen=True)
class Range:
    """The numbers from one to another; none of them is NaN or infinite.

    Args:
        least: The least number.
        most: The greatest number.
        above: What every number is greater than.
        below: What every number is less than.

    Example:
        >>> Range(1, 9).rule(0), Range(0, below=1).rule(1), Range(1, 9).rule(5)
        ('at least 1', 'less than 1', None)
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def rule(self, value: float) -> str | None:
        """The rule that a number breaks, or `None`."""
        if not math.isfinite(value):
            return "finite"
        if self.least is not None and value < self.least:
            return f"at least {self.least}"
        if self.above is not None and value <= self.above:
            return f"greater than {self.above}"
        if self.most is not None and value > self.most:
            return f"at most {self.most}"
        if self.below is not None and value >= self.below:
            return f"less than {self.below}"
        return None


# What several fields are.
Count = Annotated[int, Range(1, 1_000_000)]
CountOrNone = Annotated[int, Range(0, 1_000_000)]
Seed = Annotated[int, Range(0, 2**32 - 1)]
Share = Annotated[float, Range(0, below=1)]
BatchTokens = Annotated[int, Range(1, 2**30)]
LengthRatio = Annotated[float, Range(above=0, most=1000)]
LengthPenalty = Annotated[float, Range(0, 100)]
Port = Annotated[int, Range(0, 65_535)]


def require(hint: Any, **values: Any) -> None:
    """Refuse values that are not what an annotation says.

    Args:
        hint: An annotation, such as `Count`.
        **values: The values by name.

    Raises:
        ValueError: Naming value and rule.

    Example:
        >>> require(Count, beam=0)
        Traceback (most recent call last):
            ...
        ValueError: beam must be at least 1, got 0
    """
    for name, value in values.items():
        if rule := broken(value, hint):
            raise ValueError(_said(name, rule, value))


_later = contextvars.ContextVar("later", default=False)


@contextlib.contextmanager
def checked_later() -> Iterator[None]:
    """Let `check` pass for a while: who calls this checks all of it with `faults`."""
    token = _later.set(True)
    try:
        yield
    finally:
        _later.reset(token)


def check(instance: Any) -> None:
    """Refuse a dataclass whose fields are not what their annotations say.

    Args:
        instance: The dataclass. If it has a method `broken_rules`, that says what is
            wrong with its fields together.

    Raises:
        ValueError: Naming the field, the rule and the value.
    """
    if not _later.get() and (fault := next(faults(instance), None)):
        raise ValueError(fault)


def faults(instance: Any, name: Callable[[str], str] = str) -> Iterator[str]:
    """All that is wrong with a dataclass and with those in its fields.

    Args:
        instance: The dataclass.
        name: What to call a field, given its dotted path.

    Yields:
        A line each: field, rule, value.
    """
    alone = True
    for field, hint in _hints(type(instance)).items():
        value = getattr(instance, field)
        if dataclasses.is_dataclass(value):
            inner = functools.partial(_within, field, name)
            for fault in faults(value, inner):
                alone = False
                yield fault
        elif rule := broken(value, hint):
            alone = False
            yield _said(name(field), rule, value)
    if alone and hasattr(instance, "broken_rules"):
        yield from instance.broken_rules()


def broken(value: Any, hint: Any) -> str | None:
    """The rule of an annotation that a value breaks, or `None`.

    Example:
        >>> broken((1, 0), tuple[Count, ...]), broken(None, Count | None)
        ('at least 1', None)
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        rule = broken(value, arguments[0])
        for each in arguments[1:]:
            if rule is None and value is not None and isinstance(each, Range):
                rule = each.rule(value)
        return rule
    if origin in (typing.Union, types.UnionType):
        rules = [broken(value, each) for each in arguments]
        return None if None in rules else next(filter(None, rules))
    if origin is typing.Literal:
        among = any(value is each or value == each for each in arguments)
        fits = among and type(value) in map(type, arguments)
        return None if fits else f"one of {', '.join(map(str, arguments))}"
    if origin is tuple:
        return _broken_items(value, arguments)
    return _broken_kind(value, hint)


def _broken_items(values, hints):
    if not isinstance(values, tuple):
        return "a list"
    if hints[-1:] == (Ellipsis,):
        hints = hints[:1] * len(values)
    if len(values) != len(hints):
        return f"{len(hints)} values"
    rules = (broken(*pair) for pair in zip(values, hints, strict=True))
    return next(filter(None, rules), None)


def _broken_kind(value, kind):
    if kind in (int, float):
        number = numbers.Integral if kind is int else numbers.Real
        if isinstance(value, number) and not isinstance(value, bool):
            return None
        return "a whole number" if kind is int else "a number"
    if kind in (None, types.NoneType):
        return None if value is None else "None"
    if isinstance(kind, type) and not isinstance(value, kind):
        names = {bool: "true or false", str: "text"}
        return names.get(kind, f"a {kind.__name__}")
    return None


def _within(field, name, inner):
    return name(f"{field}.{inner}")


def _said(name, rule, value):
    shown = repr(value)
    if len(shown) > LONGEST:
        shown = f"{shown[:LONGEST]}…"
    return f"{name} must be {rule}, got {shown}"


@functools.cache
def _hints(kind):
    hints = typing.get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
