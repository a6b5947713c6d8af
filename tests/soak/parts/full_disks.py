"""Runs whose disk fails at anything that is asked of it, again and again."""

import collections
import errno
import json
import random as seeds
import shutil

import small
import test_run as runs

from soak.disk import Full, asked

ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)


def run(folder):
    seeds.seed(7)  # of the initial weights
    changes = {"checkpoint_seconds": 3600.0}
    return runs.run(folder, process=runs.ELSEWHERE, changes=changes)


def rounds(folder, random):
    """A round is a run that goes on after every failure, until it ends."""
    whole, count = run(folder / "whole"), Full(every_write=True)
    with asked(count):
        run(folder / "counted")
    while True:
        done = collections.Counter(runs=1)
        target = folder / "failing"
        for _ in range(5):
            number = random.randrange(1, count.count)
            try:
                with asked(Full(number, random.choice(ERRORS), every_write=True)):
                    run(target)
                break
            except OSError as error:
                assert error.errno in ERRORS, error
                done["failures of the disk"] += 1
                assert not [*target.glob(".*")], "something unfinished was left"
        training = run(target)
        assert small.same(training.weights, whole.weights)
        history = json.loads((target / "history.json").read_text("utf-8"))
        assert runs.plain(history) == runs.plain(whole.history)
        shutil.rmtree(target)
        yield done
