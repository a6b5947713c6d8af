"""The laws in anybody's test suite: a test for each law, in two lines.

```python
from keras_transformer.laws.testing import laws

test_my_attention = laws(MyAttention, like="MultiHeadAttention")
```

It needs pytest, Keras and any backend. It is imported where it is used and no plugin
that pytest finds by itself: that would load Keras in every test run of an environment,
and choose its backend before a `conftest.py` could.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from keras_transformer.laws import kinds
from keras_transformer.laws.answers import LawBroken, NotApplicable, NotWritten
from keras_transformer.laws.law import Law, laws_of
from keras_transformer.laws.subject import subject


def laws(
    candidate: Any,
    like: Any,
    craft: bool = False,
    breaks: Mapping[str, str] | None = None,
) -> Callable[[Law], None]:
    """A test for each law about things like the reference, to be bound to a name.

    What a law says nothing about is skipped, with the reason. What is built for one law
    serves the next, so that a whole layer takes a few seconds.

    Args:
        candidate: A layer, a function, or a class without arguments; what is called in
            another way goes through `keras_transformer.laws.adapters`. A class is
            built when the first test runs.
        like: What it should behave like, as of `check`: a class, a layer or a function
            of the package, or the name of a kind, such as `"weighting"`.
        craft: Whether to ask also for what a library owes its users.
        breaks: Laws that are known to be broken, by name, with the reason. Such a test
            is expected to fail; once it passes, it has to be taken out.

    Raises:
        ValueError: If `like` is nothing that the laws know, or `breaks` names a law
            that is not asked.
    """
    import pytest

    kind, traits = kinds.describe(like)
    asked = [law for law in laws_of(kind, traits) if craft or not law.craft]
    breaks = dict(breaks or {})
    if unknown := sorted(set(breaks) - {law.name for law in asked}):
        raise ValueError(f"breaks names what is not asked: {', '.join(unknown)}")

    @functools.cache
    def judged():
        made = candidate() if inspect.isclass(candidate) else candidate
        return subject(made, kind, traits, like)

    def case(law):
        reason = breaks.get(law.name)
        marks = (
            [pytest.mark.xfail(reason=reason, raises=LawBroken, strict=True)]
            if reason is not None
            else []
        )
        return pytest.param(law, id=law.name, marks=marks)

    @pytest.mark.parametrize("law", [case(law) for law in asked])
    def test(law):
        __tracebackhide__ = True
        try:
            law(judged().fresh(), kind=kind, traits=traits, like=like)
        except LawBroken as broken:
            raise LawBroken(f"{law.statement} But {broken}.") from None
        except (NotApplicable, NotWritten) as reason:
            pytest.skip(str(reason))

    return test
