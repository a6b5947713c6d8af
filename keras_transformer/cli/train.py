"""The command `train`."""

import dataclasses
import pathlib

from keras_transformer.cli.named_recipe import AUTO, Name, Settings, data_of, folder_of
from keras_transformer.cli.say import goes_on, say_once
from keras_transformer.system.hosts import is_first, joined_hosts
from keras_transformer.system.ranges import CountOrNone


@dataclasses.dataclass(frozen=True)
class Train:
    """Train a translator by a recipe, or go on with a run that was interrupted.

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
    """Two parallel text files to train on, source and target, a sentence a line; the
    validation and test sentences are set aside from them."""
    start_from: pathlib.Path | None = None
    """Folder of a finished translator to go on with, for more passes or on other data:
    its vocabularies, its weights, and its recipe instead of a named one. Needs
    --folder."""
    tensorboard: bool = False
    """Write TensorBoard logs into the folder (needs the extra `tensorboard`)."""
    restart: bool = False
    """Start anew: delete what a run has written into the folder, once the new one can
    begin."""
    devices: CountOrNone = 0
    """Devices that share a batch, on JAX (KERAS_BACKEND=jax); 0 takes all."""
    hosts: str | None = None
    """Hosts that train together, on JAX: HOST:PORT,HOST2,… with a port that is free on
    the first. Each runs the same command, with its --host-id, on a folder that they
    share. "auto" asks Slurm or Open MPI; by default KERAS_DISTRIBUTION_JOB_ADDRESSES
    says."""
    host_id: CountOrNone | None = None
    """Which of --hosts this is, from 0; by default KERAS_DISTRIBUTION_PROCESS_ID."""

    @property
    def kept(self) -> str | None:
        """What is said of an interrupted run that can go on."""
        again = "the same command without --restart" if self.restart else ""
        return goes_on(folder_of(self.folder, self.recipe), again)

    def run(self) -> None:
        """Train."""
        with joined_hosts(self.hosts, self.host_id):
            self._train()

    def _train(self):
        from keras_transformer.translation import experiment

        if self.start_from and not self.folder:
            raise ValueError("--start-from needs --folder, a new one, got none")
        folder = folder_of(self.folder, self.recipe)
        callbacks = (_tensorboard(folder),) if self.tensorboard and is_first() else ()
        by_size = self.recipe == AUTO and not self.start_from
        settings, corpus, choice = data_of(self.settings, self.files, by_size, say_once)
        experiment.train(
            settings,
            folder,
            corpus,
            callbacks,
            say=say_once,
            devices=self.devices,
            restart=self.restart,
            start_from=self.start_from,
            choice=choice,
        )
        say_once(f"The translator is in {folder}")


def _tensorboard(folder):
    import keras

    from keras_transformer.system.extras import needs

    needs("train --tensorboard", "tensorboard", "tensorboard")
    return keras.callbacks.TensorBoard(folder / "tensorboard")
