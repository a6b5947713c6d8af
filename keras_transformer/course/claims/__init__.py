"""What textbooks claim, and what the lessons found: `claim` ends a measurement."""

from keras_transformer.course.claims.claim import MARKS, claim
from keras_transformer.course.claims.sentences import CLAIMS, Claim

__all__ = ["CLAIMS", "MARKS", "Claim", "claim"]
