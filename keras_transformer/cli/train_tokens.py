"""The command `train-tokens`."""

import dataclasses
import pathlib

import tyro

from keras_transformer.cli.say import goes_on, say_once
from keras_transformer.system.hosts import joined_hosts
from keras_transformer.system.ranges import CountOrNone


@dataclasses.dataclass(frozen=True)
class TrainTokens:
    """Train what `prepare` laid out, or go on with it; needs no TensorFlow."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of the run."""
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
        return goes_on(self.folder)

    def run(self) -> None:
        """Train."""
        from keras_transformer.translation import token_files

        with joined_hosts(self.hosts, self.host_id):
            token_files.train_tokens(self.folder, self.devices, say=say_once)
            say_once(f"The translator is in {self.folder}")
