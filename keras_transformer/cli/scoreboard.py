"""The command `scoreboard`."""

import dataclasses
import pathlib
from typing import Annotated

from keras_transformer.cli.named_recipe import AUTO, Name, Settings, data_of
from keras_transformer.cli.say import say
from keras_transformer.system.ranges import Range


@dataclasses.dataclass(frozen=True)
class Scoreboard:
    """Take the time until a recipe translates a test split well enough.

    Every number of the recipe has a flag, which shows the recipe's own value as its
    default: a faster recipe is one command.
    """

    settings: Settings
    time_to: Annotated[float, Range(above=0, most=100)] = 36.5
    """BLEU that greedy decoding shall reach: 36.5 has been published of a Transformer
    twice as large, for Multi30k, German to English."""
    recipe: Name = "multi30k-de-en"
    """The recipe that the flags start from; `auto` chooses every number by the pairs of
    --corpus, and says why."""
    split: str | None = None
    """The split; by default the first that is held out for testing."""
    output: pathlib.Path = pathlib.Path("results/time_to")
    """Where the result goes, a file for each run."""

    def run(self) -> None:
        """Take the time."""
        from keras_transformer.translation import time_to

        if (busy := time_to.load()) is not None and busy > time_to.QUIET:
            say(
                f"This machine has other work ({busy:g} processes in the last minute, "
                f"at most {time_to.QUIET} where minutes are compared): the page will "
                "not rank this run"
            )
        settings, corpus, _ = data_of(self.settings, None, self.recipe == AUTO, say)
        found = time_to.time_to(self.time_to, settings, self.split, corpus, say=say)
        path = time_to.store(found, self.output)
        print(
            f"{found['split']}: BLEU {found['bleu']:.1f} after {found['passes']} "
            f"passes, {found['minutes']:.1f} minutes"
        )
        say(f"{path} written")
