"""Which argument of a candidate plays which role, whatever it is named."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import keras

from keras_transformer.laws.answers import LawBroken, NotApplicable, NotWritten

_NAMES = {
    "query": {"query", "queries", "q"},
    "key": {"key", "keys", "k"},
    "value": {"value", "values", "v"},
    "scores": {"scores", "score"},
    "logits": {"logits", "y_pred", "predictions"},
    "x": {"x", "inputs", "input", "sequence"},
    "y": {"y", "sublayer_output", "output"},
    "ids": {"ids", "tokens", "sequence"},
    "labels": {"labels", "y_true", "target", "targets"},
    "sample_weight": {"sample_weight", "sample_weights"},
    "inputs": {"inputs"},
    "model": {"model"},
    "source": {"source", "source_ids"},
    "max_length": {"max_length", "length", "max_len"},
    "hypotheses": {"hypotheses"},
    "references": {"references"},
    "memory": {"memory", "encoder_output", "enc_output", "encoder_outputs"},
    "offset": {"offset", "start", "first", "position"},
    "return_weights": {"return_weights", "return_attention_scores"},
    "training": {"training"},
}
# Keras fills these in with what came with the inputs: no law hands them over.
_IMPLICIT = {"query_mask", "value_mask", "key_mask", "use_causal_mask"}
_OPTIONAL = ("training", "return_weights")
_OF_MEMORY = ("cross", "memory", "encoder", "enc_", "source", "padding")


def guarded(function: Callable, *arguments: Any, **keywords: Any) -> Any:
    """Call a candidate; what it raises becomes an answer, never a traceback."""
    try:
        return function(*arguments, **keywords)
    except (LawBroken, NotApplicable, NotWritten):
        raise
    except NotImplementedError as error:
        # Keras wraps what a layer raises into several lines with escape codes.
        said = first_line(error) if str(error) else "it raises NotImplementedError"
        raise NotWritten(said) from error
    except Exception as error:
        raise LawBroken(
            f"it raised {type(error).__name__}: {first_line(error)}"
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of an error's message that says something, shortened."""
    text = re.sub(r"\x1b\[[0-9;]*m|\{\{.*?\}\}", "", str(error))
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("Exception enc")]
    return (lines[0] if lines else type(error).__name__)[:160]


def assign(candidate: Any, roles: Any) -> tuple[list[Any], dict[str, Any]]:
    """Which argument of a candidate takes which role.

    A role is found by the argument's name (`q`, `query`, anything with `mask`); what
    is not found by name is passed by position.
    """
    roles = {role: value for role, value in roles.items() if value is not None}
    called = candidate.call if isinstance(candidate, keras.layers.Layer) else candidate
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):
        return [roles[r] for r in roles if r not in _OPTIONAL], {}
    named = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
    taken = {}
    for role in roles:
        for name in named:
            if name not in taken.values() and _plays(name, role):
                taken[role] = name
                break
    free = [
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and p.name not in taken.values()
        and p.name not in _IMPLICIT
        and not any(_plays(p.name, role) for role in (*_NAMES, "mask"))
    ]
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    rest = []
    for role in roles:
        if role in taken or role in _OPTIONAL:
            continue
        if free:
            taken[role] = free.pop(0)
        elif variadic:
            rest.append(roles[role])
        else:
            raise NotApplicable(f"it takes no {role.replace('_', ' ')}")
    return rest, {taken[role]: roles[role] for role in taken}


def _plays(name, role):
    name = name.lower()
    if name in _IMPLICIT:
        return False
    if role == "cross_mask":
        return "mask" in name and any(word in name for word in _OF_MEMORY)
    if role == "mask":
        return "mask" in name and not any(word in name for word in ("cross", "memory"))
    return name in _NAMES.get(role, {role})
