"""A few rounds of every part; `make soak` goes on for an hour."""

import random

import pytest

import soak
from soak.damage import KINDS, damaged_bytes


@pytest.mark.parametrize("name", soak.names())
def test_a_round_of_each_part_holds(name, tmp_path):
    rounds = soak.part(name).rounds(tmp_path, random.Random(7))
    done = next(rounds)
    rounds.close()
    assert done and all(count >= 0 for count in done.values())


def test_there_are_the_parts_that_runs_need():
    runs = {"kills", "full_disks", "checkpoints"}
    assert runs | {"recipes", "vocabularies", "corpora"} <= {*soak.names()}


def test_every_kind_of_damage_changes_something():
    data, rng = bytes(range(1, 200)), random.Random(3)
    found = [damaged_bytes(rng, data) for _ in range(200)]
    assert len({kind for _, kind in found}) == len(KINDS)
    assert sum(changed != data for changed, _ in found) > 180
