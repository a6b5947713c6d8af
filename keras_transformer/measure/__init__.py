"""Measurements that the lessons make: functions of arrays and layers."""

from keras_transformer.measure.cost import (
    Passes,
    median_seconds,
    passes,
    peak_bytes,
)
from keras_transformer.measure.estimators import (
    Quality,
    exact_gradient,
    gradient_estimates,
    quality,
)
from keras_transformer.measure.gradients import (
    gradient_norm_by_distance,
    gradient_norm_by_position,
)
from keras_transformer.measure.heads import (
    gold_weight,
    mean_weight,
    partner_links,
    silenced,
)
from keras_transformer.measure.hiding import changed_by_hiding
from keras_transformer.measure.probes import majority_accuracy, probe_accuracy
from keras_transformer.measure.retrieval import retrieval_task
from keras_transformer.measure.saturation import (
    entropy,
    softmax_slope,
    weights_of_normal_scores,
)

__all__ = [
    "Passes",
    "Quality",
    "changed_by_hiding",
    "entropy",
    "exact_gradient",
    "gold_weight",
    "gradient_estimates",
    "gradient_norm_by_distance",
    "gradient_norm_by_position",
    "majority_accuracy",
    "mean_weight",
    "median_seconds",
    "partner_links",
    "passes",
    "peak_bytes",
    "probe_accuracy",
    "quality",
    "retrieval_task",
    "silenced",
    "softmax_slope",
    "weights_of_normal_scores",
]
