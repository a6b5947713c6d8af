"""A recipe by size: what sentence pairs tell about the translator they can teach.

The measures are those of recipes that were tried (`results/`), between and beyond them
what Araabi and Monz found: with few pairs, a small vocabulary, a small model and much
dropout.
"""

import bisect
import dataclasses
import math
from typing import Any

from keras_transformer.corpora import Corpus
from keras_transformer.training import TrainingConfig
from keras_transformer.translation.model_configs import TransformerConfig
from keras_transformer.translation.pair_statistics import Statistics, measure
from keras_transformer.translation.recipes import Recipe, TextConfig

LONGEST = 128
"""Longest bucket; an attention's time grows with its square."""

# Measures by the number of pairs, each band up to its limit.
LIMITS = (5_000, 50_000, 500_000)
VOCABULARY = (2_000, 6_000, 10_000, 32_000)
WIDTH = (128, 256, 256, 512)
LAYERS = (2, 3, 3, 6)
HIDDEN = (256, 512, 1024, 2048)
DROPOUT = (0.3, 0.3, 0.2, 0.1)
BATCH = (1024, 2048, 2048, 4096)


@dataclasses.dataclass(frozen=True)
class Choice:
    """A recipe, and why it is as it is.

    Args:
        recipe: The recipe.
        reasons: For each reason the fields that it decides, by their dotted names.
        statistics: What it was chosen by.
    """

    recipe: Recipe
    reasons: dict[tuple[str, ...], str]
    statistics: Statistics

    def to_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        chosen = [
            {
                "why": why,
                "fields": {name: value_of(self.recipe, name) for name in names},
            }
            for names, why in self.reasons.items()
        ]
        return {"statistics": dataclasses.asdict(self.statistics), "chosen": chosen}


def value_of(recipe: Recipe, name: str) -> Any:
    """The value of a field.

    Args:
        recipe: The recipe.
        name: The field's dotted name.

    Example:
        >>> value_of(Recipe(), "model.width")
        256
    """
    part, field = name.split(".")
    return getattr(getattr(recipe, part), field)


def by_size(corpus: Corpus, name: str) -> Choice:
    """The recipe for a corpus; the same pairs give the same one.

    Args:
        corpus: The corpus.
        name: What the recipe is to call it.

    Raises:
        ValueError: If most pairs translate nothing.
    """
    return choose(measure(corpus, text_for), name)


def choose(statistics: Statistics, corpus: str) -> Choice:
    """A recipe for pairs of which so much is known.

    Args:
        statistics: What `measure` found.
        corpus: What the recipe is to call the corpus.

    Raises:
        ValueError: If most pairs translate nothing.

    Example:
        >>> known = Statistics(2_000, (8, 10, 14, 20, 21), 9.5, overlap=0.9)
        >>> choose(known, "own.tsv").recipe.model.width
        128

    Source: Araabi and Monz 2020, "Optimizing Transformer for Low-Resource Neural
    Machine Translation".
    """
    if statistics.copies > 0.5:
        raise ValueError(
            "the sides of a pair must be two languages, got the same sentence twice in "
            f"{statistics.copies:.0%} of the pairs; `keras-transformer clean` drops "
            "them"
        )
    pairs = statistics.pairs
    band = bisect.bisect_left(LIMITS, pairs)
    width, batch = WIDTH[band], BATCH[band]
    # A program is compiled for each bucket: few pairs do not repay many.
    lengths = _buckets(statistics.lengths, apart=0.7 if band == 0 else 0.8)
    # As many looks at a pair as in the recipes that were tried: fewer where more pairs
    # say the same. Ten scores on the way, such that the last pass has one.
    every = min(10, max(1, round(240 / math.sqrt(pairs))))
    passes = min(100, max(4, round(2_400 / math.sqrt(pairs))))
    passes = round(passes / every) * every
    steps = passes * max(1, round(pairs * statistics.mean_length / batch))
    recipe = Recipe(
        corpus=corpus,
        text=text_for(pairs, statistics.overlap),
        model=TransformerConfig(
            width=width,
            num_layers=LAYERS[band],
            num_heads=width // 64,
            hidden_width=HIDDEN[band],
            dropout=DROPOUT[band],
        ),
        training=TrainingConfig(
            epochs=passes,
            batch_tokens=batch,
            lengths=lengths,
            # 0.384 / width in all recipes that were tried.
            peak_learning_rate=round(0.384 / width, 6),
            warmup_steps=min(4000, max(100, steps // 6)),
            label_smoothing=0.1,
            average=round(1 - 1 / min(1000, max(20, steps // 8)), 4),
            patience=3 * every,
            score_every=every,
        ),
    )
    return Choice(recipe, _reasons(statistics, recipe, steps), statistics)


def text_for(pairs: int, overlap: float) -> TextConfig:
    """How so many pairs become tokens.

    Args:
        pairs: Their number.
        overlap: Share of the letters that both languages use alike.
    """
    size = VOCABULARY[bisect.bisect_left(LIMITS, pairs)]
    return TextConfig(vocabulary_size=size, shared=overlap >= 0.5)


def _buckets(quantiles, apart):
    """Even lengths, the longest first kept, then each at most a share of the next."""
    *shorter, longest = (length + length % 2 for length in quantiles)
    lengths = [min(longest, max(shorter[-1], 48), LONGEST)]
    for length in reversed(shorter):
        if length <= apart * lengths[0]:
            lengths.insert(0, length)
    return tuple(lengths)


def _reasons(statistics, recipe, steps):
    pairs, training = statistics.pairs, recipe.training
    alike = f"{statistics.overlap:.0%} of the letters are used alike on both sides"
    least = "; thousands of pairs make a translator" if pairs < 1000 else ""
    return {
        ("text.vocabulary_size",): (
            f"{pairs:,} pairs: a piece must be seen often to be learned{least}"
        ),
        ("text.shared",): alike,
        (
            *("model.width", "model.num_layers"),
            *("model.num_heads", "model.hidden_width"),
        ): "as large as the pairs can fill; 64 a head",
        ("model.dropout", "training.label_smoothing"): (
            "the fewer pairs, the more dropout: 15 BLEU in lesson 16, on 1,000 pairs"
        ),
        ("training.lengths",): (
            f"by the lengths of the pairs, {statistics.mean_length:.0f} tokens on "
            f"average, {statistics.lengths[-1]} at most"
        ),
        ("training.epochs", "training.batch_tokens"): (
            f"about {steps:,} steps, fewer looks at each pair where there are more"
        ),
        ("training.peak_learning_rate", "training.warmup_steps"): (
            "the wider the model the smaller the rate; a sixth of the steps to rise"
        ),
        ("training.average",): "over the last eighth of the steps",
        ("training.score_every", "training.patience"): (
            f"BLEU on the validation pairs; stops after {training.patience} passes "
            "without a better one"
        ),
    }
