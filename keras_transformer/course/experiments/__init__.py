"""What lessons 14 to 20 train for longer than a lesson may: a file an experiment."""

from keras_transformer.course.experiments.stored import Stored

__all__ = ["Stored"]
