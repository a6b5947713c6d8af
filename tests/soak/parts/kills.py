"""Runs that are killed with SIGKILL: at any moment, and while they write.

They are forked from a process of its own, before its TensorFlow has begun to work.
"""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback

import keras
import numpy as np

from keras_transformer.training import Run, checkpoint
from soak.disk import asked

KILLS = 12  # of a run, at most
SHAPE = {"lengths": (7,)}


def rounds(folder, random):
    """A round is a run that is killed again and again until it ends."""
    here = pathlib.Path(__file__).parents[2]
    server = subprocess.Popen(
        [sys.executable, "-m", __name__, folder, str(random.randrange(2**32))],
        cwd=here,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)]),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while True:
            server.stdin.write("\n")
            server.stdin.flush()
            line = server.stdout.readline()
            if not line:
                raise AssertionError("a killed run did not end as the whole one did")
            yield collections.Counter(json.loads(line))
    finally:
        server.kill()
        server.communicate()


def train(folder, dies_at=0):
    """A tiny run, which kills itself at the n-th thing that it asks of the disk."""
    import small
    import tensorflow as tf

    left = [dies_at]

    def count(what, path):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    count.every_write = True
    tf.config.run_functions_eagerly(True)
    keras.utils.set_random_seed(7)
    training = Run(
        small.Tagger(),
        small.data(9, **SHAPE),
        small.data(5, seed=2, **SHAPE),
        small.config(average=0.75, **SHAPE),
        folder,
        progress=False,
    )
    with asked(count):
        training()


def forked(function, *arguments, after=None):
    """How a process ended that does this, killed after so many seconds."""
    child = os.fork()
    if not child:
        try:
            function(*arguments)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def ends(folder):
    """What a run has ended with."""
    found = {}
    for name in ("checkpoint.npz", "best.npz"):
        arrays, _ = checkpoint.load_arrays(folder / name)
        found[name] = [array.tobytes() for array in arrays]
    rows = json.loads((folder / "history.json").read_text("utf-8"))
    found["history"] = [{**row, "seconds": 0} for row in rows]
    found["left"] = [path.name for path in folder.glob(".*")]
    return found


def main(folder, seed):
    """Do a round for each line of the standard input."""
    rng = random.Random(seed)
    started = time.monotonic()
    if forked(train, folder / "whole") != 0:
        raise SystemExit(1)
    seconds, whole = time.monotonic() - started, ends(folder / "whole")
    for _ in sys.stdin:
        done = collections.Counter(runs=1)
        target = folder / "killed"
        while True:
            writing, at = rng.random() < 0.5, rng.randrange(1, 300)
            last = done["kills"] == KILLS
            how = forked(
                *(train, target, at if writing and not last else 0),
                after=None if writing or last else rng.uniform(0, 1.2 * seconds),
            )
            if how == 0:
                break
            if how != -signal.SIGKILL:
                raise SystemExit(1)
            done["kills"] += 1
            done["kills while it asked something of the disk"] += writing
        if ends(target) != whole:
            raise SystemExit(1)
        shutil.rmtree(target)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    import soak

    soak.part("kills")  # the path of the small models
    np.seterr(all="raise")
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
