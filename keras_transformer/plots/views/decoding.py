"""How a translation is written: attention step by step, a beam, a cache."""

from collections.abc import Sequence
from typing import Any

from keras_transformer.plots.heatmaps import checked
from keras_transformer.plots.html_heatmap import html_heatmap
from keras_transformer.plots.table import table
from keras_transformer.plots.views.view import View

Way = tuple[float, Sequence[str]]


def step_view(
    weights: Any, target: Sequence[str], source: Sequence[str], title: str = ""
) -> View:
    """Walk through the steps of decoding: what is written, and where is looked at.

    Args:
        weights: `[t, s]`, numbers from 0 to 1.
        target: The tokens that the steps write.
        source: The source tokens.
        title: A line above.

    Raises:
        ValueError: If weights and tokens do not agree, or there is no token.

    Example:
        >>> step_view([[0.9, 0.1], [0.2, 0.8]], ["Good", "day"], ["Guten", "Tag"])
              Guten   Tag
        Good   0.90  0.10
        day    0.20  0.80
    """
    weights = checked(weights, target, source)
    if not weights.size:
        raise ValueError(f"a view needs tokens, got weights {weights.shape}")
    data = {
        "title": title,
        "source": list(map(str, source)),
        "target": list(map(str, target)),
        "weights": [[round(float(w), 4) for w in row] for row in weights],
    }
    return View("steps", data, [html_heatmap(weights, target, source)])


def beam_view(
    ways: Sequence[Sequence[Way]],
    width: int,
    end: str = "[END]",
    most: int = 6,
    title: str = "",
) -> View:
    """Draw a beam search as a tree, step by step.

    Of the hypotheses of a step the `width` best that do not end go on; one that ends
    is finished if it is among the `width` best of all; the others are dropped.

    Args:
        ways: For each step the hypotheses that come out, `(rating, tokens)`, the
            higher the better: probabilities, or sums of their logarithms. All tokens,
            the start token first.
        width: Hypotheses that go on at each step.
        end: The token that ends a hypothesis.
        most: Hypotheses of a step that are drawn, the best ones.
        title: A line above.

    Raises:
        ValueError: If a step has no hypothesis, or one goes on from none of the step
            before that is drawn and went on.

    Example:
        >>> ways = [[(0.6, ["", "a"]), (0.4, ["", "b"])], [(0.5, ["", "a", "[END]"])]]
        >>> beam_view(ways, width=1)
        step  hypothesis  rating  fate
        ----  ----------  ------  -------
           1  a           0.6000  live
           1  b           0.4000  dropped
           2  a [END]     0.5000  ended
    """
    if not ways or not all(ways):
        raise ValueError("a beam needs hypotheses at each step, got none")
    root = tuple(ways[0][0][1][:-1])
    nodes: list[dict] = [_node(0, 0, None, " ".join(root) or "start", "", 0.0, "live")]
    alive = {root: 0}
    finished: list[tuple[float, int]] = []
    for step, found in enumerate(ways, start=1):
        ordered = sorted(found, key=lambda way: -way[0])
        going = [i for i, (_, said) in enumerate(ordered) if said[-1] != end][:width]
        before, alive = alive, {}
        for rank, (rating, said) in enumerate(ordered[:most]):
            parent = before.get(tuple(said[:-1]))
            if parent is None:
                raise ValueError(
                    "a hypothesis continues one of the step before that went on, got "
                    f"{' '.join(said)!r} in step {step}"
                )
            fate = "live" if rank in going else "dropped"
            if said[-1] == end and rank < width:
                fate = "ended"
                finished.append((rating, len(nodes)))
            if fate == "live":
                alive[tuple(said)] = len(nodes)
            text = " ".join(said[len(root) :])
            nodes.append(_node(step, rank, parent, said[-1], text, rating, fate))
    rows = [
        {
            "step": node["step"],
            "hypothesis": node["said"],
            "rating": node["rating"],
            "fate": node["fate"],
        }
        for node in nodes[1:]
    ]
    best = max(finished)[1] if finished else None
    data = {"title": title, "nodes": nodes, "best": best}
    return View("beam", data, [table(rows, formats={"rating": ".4f"})])


def _node(step, rank, parent, token, said, rating, fate) -> dict[str, Any]:
    written = f"{rating:.4f}".replace("-", "−")
    return locals()


def cache_view(tokens: Sequence[str], title: str = "") -> View:
    """Show what a decoding step computes with a cache of keys and values, and without.

    Args:
        tokens: The tokens that the steps read.
        title: A line above.

    Raises:
        ValueError: If there is no token.

    Example:
        >>> cache_view(["[START]", "Good", "day"])
        step  reads    with a cache  without
        ----  -------  ------------  -------
           1  [START]             1        1
           2  Good                2        3
           3  day                 3        6
    """
    if not tokens:
        raise ValueError("a cache needs tokens, got none")
    rows = [
        {
            "step": step,
            "reads": str(token),
            "with a cache": step,
            "without": step * (step + 1) // 2,
        }
        for step, token in enumerate(tokens, start=1)
    ]
    data = {"title": title, "tokens": list(map(str, tokens))}
    return View("cache", data, [table(rows)])
