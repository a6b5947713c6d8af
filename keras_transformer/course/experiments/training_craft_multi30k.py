"""What the tricks of training buy on real captions, 3,000 pairs of Multi30k."""

import functools

from keras_transformer.course.experiments import training_craft
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.craft import MULTI30K

EXPERIMENT = Experiment(
    "Which tricks of training are worth their trouble, on 3,000 captions?",
    {
        name: title
        for name, title in training_craft.EXPERIMENT.variants.items()
        if name not in training_craft.TRIED  # chosen for the phrasebook
    },
    functools.partial(training_craft.measure, at=MULTI30K),
)
