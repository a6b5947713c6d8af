"""What each idea of a study changes: a model against the one that lacks the idea."""

import dataclasses
import statistics
from typing import Any

CLEAR = 1.0
"""Points of BLEU, on average over the sets, from which a change is called one."""


@dataclasses.dataclass(frozen=True)
class Change:
    """Two variants that differ by one idea.

    Args:
        title: The idea, and what it stands instead of.
        name: The variant with the idea.
        instead: The variant without it.
    """

    title: str
    name: str
    instead: str


_SOFT, _TRANSFORMER = "soft_scaled_dot", "transformer"

CHANGES: dict[str, tuple[Change, ...]] = {
    "multi30k-de-en": (
        Change(
            "one vector at every step, not only at the start",
            "fixed_every_step",
            "fixed_start",
        ),
        Change("attention, not one vector", _SOFT, "fixed_every_step"),
        Change("the best key, not all", "hard_top_1", _SOFT),
        Change("the 2 best keys, not all", "hard_top_2", _SOFT),
        Change("the 4 best keys, not all", "hard_top_4", _SOFT),
        Change("1 key drawn (Gumbel), not all", "hard_gumbel", _SOFT),
        Change("linear score, not scaled dot product", "soft_linear", _SOFT),
        Change("additive score, not scaled dot product", "soft_additive", _SOFT),
        Change("dot product without its scale", "soft_dot", _SOFT),
        Change("bilinear score, not scaled dot product", "soft_bilinear", _SOFT),
        Change("Transformer, not GRUs with attention", _TRANSFORMER, _SOFT),
        Change("1 head, not 4", "transformer_1_head", _TRANSFORMER),
        Change("8 heads, not 4", "transformer_8_heads", _TRANSFORMER),
        Change(
            "no positions, not sinusoidal", "transformer_no_positions", _TRANSFORMER
        ),
        Change(
            "learned positions, not sinusoidal", "transformer_learned", _TRANSFORMER
        ),
        Change("rotary positions, not sinusoidal", "transformer_rotary", _TRANSFORMER),
        Change(
            "relative positions, not sinusoidal",
            "transformer_relative",
            _TRANSFORMER,
        ),
        Change("recipe of 12 passes, not 5", "transformer_recipe", _TRANSFORMER),
        Change(
            "beam of 5, not greedy", "transformer_recipe_beam", "transformer_recipe"
        ),
        Change(
            "recipe with rotary positions, not sinusoidal",
            "transformer_recipe_rotary",
            "transformer_recipe",
        ),
        Change(
            "the same, decoded with a beam of 5",
            "transformer_recipe_rotary_beam",
            "transformer_recipe_beam",
        ),
    )
}

SETS = {
    "multi30k-de-en": {
        "valid": "valid",
        "2016": "test_2016",
        "2017": "test_2017",
        "COCO": "mscoco",
    }
}
"""The sets whose BLEU is compared, by the titles of their columns."""


def verdict(differences: list[float]) -> str:
    """What differences of BLEU say: better, worse, or nothing.

    Args:
        differences: One a set.

    Returns:
        `"better"` or `"worse"` if all sets say so, and by `CLEAR` points on average.
    """
    if abs(statistics.mean(differences)) < CLEAR:
        return "undecided"
    if min(differences) > 0:
        return "better"
    return "worse" if max(differences) < 0 else "undecided"


def render_changes(board: Any) -> str:
    """What each idea changes in BLEU, as a Markdown table.

    Args:
        board: The `Board`; changes of which it lacks a variant are left out.
    """
    sets = SETS[board.corpus]
    lines = [
        f"| what is changed | {' | '.join(sets)} | |",
        "|---" + "|---:" * len(sets) + "|---|",
    ]
    for change in CHANGES[board.corpus]:
        if not {change.name, change.instead} <= set(board.runs):
            continue
        found = [
            board.mean(change.name, split, "bleu")
            - board.mean(change.instead, split, "bleu")
            for split in sets.values()
        ]
        cells = " | ".join(f"{difference:+.1f}" for difference in found)
        lines.append(f"| {change.title} | {cells} | {verdict(found)} |")
    return "\n".join(lines) + "\n"


def render_seeds(board: Any) -> str:
    """How far seeds lie apart, and the first from the others, as a sentence.

    Args:
        board: The `Board`; models of one seed are left out.
    """
    deviations, firsts = [], []
    for runs in board.runs.values():
        for split in SETS[board.corpus].values():
            first, *others = [run["scores"][split]["bleu"] for run in runs]
            if others:
                deviations.append(statistics.stdev([first, *others]))
                firsts.append(first - statistics.mean(others))
    if len(firsts) < 2:
        return "No model has several seeds yet.\n"
    return (
        "Over all models and sets, BLEU has a standard deviation over seeds of "
        f"{statistics.median(deviations):.1f} in the median and "
        f"{max(deviations):.1f} at most; the first seed lies "
        f"{statistics.mean(firsts):+.2f} BLEU from the mean of the others, with a "
        f"standard deviation of {statistics.stdev(firsts):.1f}.\n"
    )
