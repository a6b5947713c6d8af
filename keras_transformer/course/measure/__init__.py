"""Measurements that the lessons make: functions of arrays and layers."""

from keras_transformer.course.measure.cost import (
    Passes,
    median_seconds,
    passes,
    peak_bytes,
)
from keras_transformer.course.measure.depth import gradient_norm_by_layer
from keras_transformer.course.measure.estimators import gradient_estimates
from keras_transformer.course.measure.fresh import fresh_start, reseed
from keras_transformer.course.measure.generalization import (
    LearningCurves,
    learning_curves,
)
from keras_transformer.course.measure.gradients import (
    gradient_norm_by_distance,
    gradient_norm_by_position,
)
from keras_transformer.course.measure.growth import growth_exponent
from keras_transformer.course.measure.heads import (
    gold_weight,
    mean_weight,
    silenced,
)
from keras_transformer.course.measure.one_vector import (
    OneVector,
    redrawn_weights,
    weight_vector,
)
from keras_transformer.course.measure.order import order_task
from keras_transformer.course.measure.partial_stack import PartialStack
from keras_transformer.course.measure.retrieval import retrieval_task
from keras_transformer.course.measure.service import (
    Offered,
    Service,
    busy,
    offer,
    poisson,
)
from keras_transformer.course.measure.steps import Steps, timed_steps
from keras_transformer.course.measure.tokens import token_task

__all__ = [
    "LearningCurves",
    "Offered",
    "OneVector",
    "PartialStack",
    "Passes",
    "Service",
    "Steps",
    "busy",
    "fresh_start",
    "gold_weight",
    "gradient_estimates",
    "gradient_norm_by_distance",
    "gradient_norm_by_layer",
    "gradient_norm_by_position",
    "growth_exponent",
    "learning_curves",
    "mean_weight",
    "median_seconds",
    "offer",
    "order_task",
    "passes",
    "peak_bytes",
    "poisson",
    "redrawn_weights",
    "reseed",
    "retrieval_task",
    "silenced",
    "timed_steps",
    "token_task",
    "weight_vector",
]
