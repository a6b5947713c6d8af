"""Laws of dtype policies: in what numbers a layer answers.

Of a model they say nothing: logits in float32 are welcome to its loss.
"""

import keras
from keras import tree

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.law import law
from keras_transformer.laws.rebuilding import everywhere
from keras_transformer.laws.serialization import LAYERS, example
from keras_transformer.laws.subject import Subject

MODELS = ("model", "language_model", "encoder_model")


@law(*(kind for kind in LAYERS if kind not in MODELS), craft=True)
def the_output_has_the_dtype_of_the_policy(judged: Subject) -> None:
    """Under mixed_bfloat16 and mixed_float16 a layer answers in 16 bits."""
    for policy, dtype in (("mixed_bfloat16", "bfloat16"), ("mixed_float16", "float16")):
        under = judged.under(policy)
        found = getattr(under.given, "compute_dtype", None)
        if found != dtype:
            raise NotApplicable(f"under {policy} it computes in {found}")
        with everywhere(policy):
            made = under.call(**example(under))
        for part in tree.flatten(made):
            if (got := keras.backend.standardize_dtype(part.dtype)) != dtype:
                raise LawBroken(
                    f"under {policy} it answers in {got}: what is computed in float32 "
                    "is cast back at the end"
                )
