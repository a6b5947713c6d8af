"""Explanations of one sentence in the attention viewer."""

from collections.abc import Sequence
from typing import Any

from keras_transformer.corpora import Alignment
from keras_transformer.plots import AttentionMap, View, attention_view
from keras_transformer.plots.views.attention import packed

KINDS = {
    "cross": "cross-attention",
    "encoder": "encoder self-attention",
    "decoder": "decoder self-attention",
}


def explanation_view(
    explanations: Sequence[Any],
    names: Sequence[str],
    gold: Alignment,
    title: str,
) -> View:
    """Draw explanations of one sentence side by side; see `Explanation.view`."""
    if not all(map(_kinds, explanations)):
        raise ValueError("a view needs attention weights, got a model without any")
    sentences = [_words(one) for one in explanations]
    if any(words != sentences[0] for words in sentences):
        raise ValueError(
            f"explanations side by side must be of one sentence, got {sentences}"
        )
    panels = [_panel(*one, gold) for one in zip(explanations, names, strict=False)]

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        hidden = sorted(asked["hide"])
        states = [_state(_without(one, hidden)) for one in explanations]
        key = ",".join(map(str, hidden))
        return {"key": key, "states": list(map(packed, states))}

    live = all(one.hiding is not None for one in explanations)
    return attention_view(panels, title, answer if live else None)


def _panel(one: Any, name: str, gold: Alignment) -> dict[str, Any]:
    panel: dict[str, Any] = {"name": name, "states": {"": _state(one, gold)}}
    if one.hiding is None:
        return panel
    words = _words(one)
    for word in range(len(words)):
        # All kinds would be several times as much to store.
        panel["states"][str(word)] = _state(one.hiding([word]), kinds=_kinds(one)[:1])
    ends = len(one.source) - len(one.source_words)
    return {
        **panel,
        "words": words,
        "source_words": [*one.source_words, *[None] * ends],
    }


def _state(one: Any, gold: Alignment = (), kinds: Sequence[str] = ()) -> dict[str, Any]:
    read = ["[START]", *one.target[:-1]]
    axes = {
        "cross": (one.target, one.source, "target · query", "source · key"),
        "encoder": (one.source, one.source, "source · query", "source · key"),
        "decoder": (one.target, read, "target · query", "written so far · key"),
    }
    maps = {}
    for kind in kinds or _kinds(one):
        rows, columns, row_label, column_label = axes[kind]
        maps[KINDS[kind]] = AttentionMap(
            getattr(one, kind),
            rows,
            columns,
            _cells(one, gold) if kind == "cross" else (),
            row_label,
            column_label,
            source=kind != "decoder",
            target=kind == "cross",
        )
    return {"text": one.translation, "maps": maps}


def _kinds(one: Any) -> list[str]:
    return [kind for kind in KINDS if getattr(one, kind) is not None]


def _cells(one: Any, gold: Alignment) -> list[tuple[int, int]]:
    """Links between words as cells between their tokens."""
    links = set(gold)
    return [
        (t, s)
        for t, target in enumerate(one.target_words)
        for s, source in enumerate(one.source_words)
        if (source, target) in links
    ]


def _words(one: Any) -> list[str]:
    """The source words, as their tokens spell them."""
    words = [""] * (max(one.source_words, default=-1) + 1)
    for token, word in zip(one.source, one.source_words, strict=False):
        words[word] += token.removeprefix("##")
    return words


def _without(one: Any, hidden: Sequence[int]) -> Any:
    return one.hiding(hidden) if one.hiding is not None else one
