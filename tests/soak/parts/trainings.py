"""Whole trainings, from text to weights, whose disk fails at anything asked of it."""

import collections
import dataclasses
import errno
import itertools
import shutil

import keras

from keras_transformer.translation import experiment
from keras_transformer.translation.recipes import RECIPES
from soak.disk import Full, asked

SUBJECTS = {"Der Mann": "The man", "Die Frau": "The woman", "Das Kind": "The child"}
VERBS = {"sieht": "sees", "kennt": "knows", "malt": "paints", "sucht": "looks for"}
OBJECTS = {"einen Hund": "a dog", "das Haus": "the house", "Brot": "bread"}
FAILURES = 2  # of a training


def rounds(folder, random):
    """A round is a training that goes on after every failure, until it ends."""
    corpus = folder / "pairs.tsv"
    sides = itertools.product(*(d.items() for d in (SUBJECTS, VERBS, OBJECTS)))
    rows = ("\t".join(map(" ".join, zip(*row, strict=True))) for row in sides)
    corpus.write_text("\n".join(rows) + "\n", "utf-8")
    smoke = RECIPES["smoke"]
    recipe = dataclasses.replace(
        smoke,
        corpus=str(corpus),
        text=dataclasses.replace(smoke.text, vocabulary_size=340),
        training=dataclasses.replace(smoke.training, batch_tokens=320, lengths=(12,)),
    )

    def train(target):
        keras.utils.set_random_seed(7)
        quiet = {"progress": False, "say": lambda line: None}
        return experiment.train(recipe, target, **quiet).model.get_weights()

    count = Full(every_write=True)
    with asked(count):
        whole = [array.tobytes() for array in train(folder / "whole")]
    while True:
        done, target = collections.Counter(trainings=1), folder / "failing"
        for _ in range(FAILURES):
            number = random.randrange(1, count.count)
            try:
                with asked(Full(number, errno.ENOSPC, every_write=True)):
                    train(target)
                break
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
                done["failures of the disk"] += 1
                assert not [*target.rglob(".*")], "something unfinished was left"
        assert [array.tobytes() for array in train(target)] == whole
        assert not [*target.rglob(".*")] and not (target / "checkpoint.npz").exists()
        shutil.rmtree(target)
        yield done
