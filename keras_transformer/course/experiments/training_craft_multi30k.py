"""What the tricks of training buy on real captions, 3,000 pairs of Multi30k."""

import functools

from keras_transformer.course.experiments import training_craft
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.craft import MULTI30K

ALONE = ("bare", "root", "cosine", "he", "small", "dropout", "decay", "smoothing")
ALONE += ("clip", "batch_norm", "words", "subwords", "twice")
TOGETHER = ("full", "without_schedule", "without_dropout")

EXPERIMENT = Experiment(
    "Which tricks of training are worth their trouble, on 3,000 captions?",
    {name: training_craft.EXPERIMENT.variants[name] for name in (*ALONE, *TOGETHER)},
    functools.partial(training_craft.measure, at=MULTI30K),
)
