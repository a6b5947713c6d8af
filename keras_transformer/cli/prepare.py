"""The command `prepare`."""

import dataclasses
import pathlib

from keras_transformer.cli.named_recipe import AUTO, Name, Settings, data_of, folder_of
from keras_transformer.cli.say import say


@dataclasses.dataclass(frozen=True)
class Prepare:
    """Learn a recipe's vocabularies, and write its tokens for `train-tokens`.

    Every number of the recipe has a flag, which shows the recipe's own value as its
    default.
    """

    settings: Settings
    recipe: Name = "phrasebook"
    """The recipe that the flags start from; `auto` chooses every number by the pairs of
    --files or --corpus, and says why."""
    folder: pathlib.Path | None = None
    """Folder of the run; runs/<recipe> by default."""

    files: tuple[pathlib.Path, pathlib.Path] | None = None
    """Two parallel text files instead of the recipe's corpus, source and target, a
    sentence a line; the validation and test sentences are set aside from them."""

    def run(self) -> None:
        """Prepare."""
        from keras_transformer.translation import experiment

        folder = folder_of(self.folder, self.recipe)
        by_size = self.recipe == AUTO
        settings, corpus, choice = data_of(self.settings, self.files, by_size, say)
        experiment.prepare(settings, folder, corpus, say=say, choice=choice)
        say(f"The tokens are in {folder}")
