"""What the tricks of training buy on real captions, 3,000 pairs of Multi30k."""

import functools

from keras_transformer.course.experiments import training_craft
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.craft import MULTI30K

NAMES = (
    *("bare", "root", "he", "dropout", "decay", "smoothing", "clip", "words", "twice"),
    *("full", "without_schedule"),
)

EXPERIMENT = Experiment(
    "Which tricks of training are worth their trouble, on 3,000 captions?",
    {name: training_craft.EXPERIMENT.variants[name] for name in NAMES},
    functools.partial(training_craft.measure, at=MULTI30K),
)
