"""The command `train-tokens`."""

import dataclasses
import pathlib

import tyro

from keras_transformer.cli.say import goes_on, say
from keras_transformer.system.ranges import CountOrNone


@dataclasses.dataclass(frozen=True)
class TrainTokens:
    """Train what `prepare` laid out, or go on with it; needs no TensorFlow."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of the run."""
    devices: CountOrNone = 0
    """Devices that share a batch, on JAX (KERAS_BACKEND=jax); 0 takes all."""

    @property
    def kept(self) -> str | None:
        """What is said of an interrupted run that can go on."""
        return goes_on(self.folder)

    def run(self) -> None:
        """Train."""
        from keras_transformer.translation import token_files

        token_files.train_tokens(self.folder, self.devices, say=say)
        say(f"The translator is in {self.folder}")
