"""Laws of sampling: `(model, source, max_length) → samples [b, count, max_length]`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.decoders import SOURCES, with_options
from keras_transformer.laws.inputs import plain, show
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.toy_models import Dice, Script
from keras_transformer.tokens.reserved import END, PADDING

KIND = "sampling"
MANY = 499


def drawn(sampling: Subject, model: Any, source: Any, **options: Any) -> Any:
    """Samples `[b, count, 3]`."""
    made = guarded(with_options(sampling, **options), model, source, 3)
    return plain(made[0] if isinstance(made, tuple) else made).astype(int)


def _require_chances(tokens, wanted, what):
    """How often each of the dice's words was drawn, beside how often it should be."""
    found = np.array([(tokens == word).mean() for word in Dice.WORDS])
    error = np.sqrt(np.maximum(wanted * (1 - wanted), 1e-6) / tokens.size)
    off = np.abs(found - wanted) / error
    if off.max() > 5:
        place = int(np.argmax(off))
        raise LawBroken(
            f"{what}, over {tokens.size} draws word {Dice.WORDS[place]} came up with "
            f"frequency {show(found[place])}, it should be {show(wanted[place])}"
        )


@law(KIND)
def words_come_up_by_their_probability(sampling: Subject) -> None:
    """Over many samples each word is drawn as often as the model says."""
    made = drawn(sampling, Dice(), SOURCES[:2], count=MANY, seed=3)
    for place in (0, 1):
        what = f"at place {place}"
        _require_chances(made[:, :, place], np.array(Dice.CHANCES), what)
    if (made[:, :, 2] != END).any():
        raise LawBroken("a sample goes on after the model's only way is to end")


@law(KIND)
def every_sample_is_drawn_for_itself(sampling: Subject) -> None:
    """Samples of a sentence, sentences, and places are drawn independently."""
    made = drawn(sampling, Dice(), SOURCES[[0, 0]], count=MANY, seed=3)
    alike = {
        "two samples of a sentence": (made[:, 1:, 0] == made[:, :-1, 0]).mean(),
        "two sentences": (made[0, :, 0] == made[1, :, 0]).mean(),
        "two places of a sample": (made[:, :, 0] == made[:, :, 1]).mean(),
    }
    wanted = float((np.array(Dice.CHANCES) ** 2).sum())
    for what, share in alike.items():
        if abs(share - wanted) > 0.15:
            raise LawBroken(
                f"{what} agree with frequency {show(share)}, drawn independently "
                f"it would be {show(wanted)}"
            )


@law(KIND)
def a_seed_fixes_the_samples(sampling: Subject) -> None:
    """The same seed draws the same samples, another seed others."""
    first, again, other = (
        drawn(sampling, Dice(), SOURCES[:2], count=17, seed=seed) for seed in (3, 3, 4)
    )
    if (first != again).any():
        raise LawBroken("the same seed drew other samples the second time")
    if (first == other).all():
        raise LawBroken("another seed drew the same samples")


@law(KIND)
def the_batch_does_not_change_a_sample(sampling: Subject) -> None:
    """A sentence's samples do not depend on the sentences after it in the batch."""
    together = drawn(sampling, Dice(), SOURCES, count=17, seed=3)
    alone = drawn(sampling, Dice(), SOURCES[:1], count=17, seed=3)
    if (together[:1] != alone).any():
        raise LawBroken("the first sentence alone got other samples than in a batch")


@law(KIND)
def a_sample_says_no_padding_and_no_start(sampling: Subject) -> None:
    """Padding and start are no words, however likely; after END comes padding only."""
    made = drawn(sampling, Script(tempting=9.0), SOURCES, count=17, seed=3)
    for row in made.reshape(-1, made.shape[-1]):
        words = row[: list(row).index(END)] if END in row else row
        if (words < END).any():
            raise LawBroken(f"a sample is {row.tolist()}: padding or start was said")
        if (row[len(words) + 1 :] != PADDING).any():
            raise LawBroken(f"a sample is {row.tolist()}: it goes on after its end")


@law(KIND)
def only_the_k_likeliest_are_drawn(sampling: Subject) -> None:
    """With top_k = 2 the two likeliest words are drawn, in their proportion."""
    made = drawn(sampling, Dice(), SOURCES[:2], count=MANY, seed=3, top_k=2)
    chances = np.array(Dice.CHANCES)
    wanted = np.where(chances >= np.sort(chances)[-2], chances, 0)
    _require_chances(made[:, :, 0], wanted / wanted.sum(), "with top_k=2")


@law(KIND)
def a_temperature_below_1_sharpens_the_draws(sampling: Subject) -> None:
    """With temperature 0.5 words come up by the square of their probability."""
    made = drawn(sampling, Dice(), SOURCES[:2], count=MANY, seed=3, temperature=0.5)
    wanted = np.array(Dice.CHANCES) ** 2
    _require_chances(made[:, :, 0], wanted / wanted.sum(), "with temperature 0.5")


@law(KIND)
def a_temperature_acts_before_the_likeliest_are_chosen(sampling: Subject) -> None:
    """Words that together reach p are counted by the chances that they are drawn by."""
    asked = {"temperature": 2.0, "top_p": 0.7}
    made = drawn(sampling, Dice(), SOURCES[:2], count=MANY, seed=3, **asked)
    wanted = np.sqrt(Dice.CHANCES)  # 0.37, 0.26, 0.20, 0.17: three of them reach 0.7
    wanted[3] = 0.0
    what = "with temperature 2 and top_p=0.7"
    _require_chances(made[:, :, 0], wanted / wanted.sum(), what)
