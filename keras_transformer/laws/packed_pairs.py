"""Laws of translators that read several pairs in a row, told apart by segments."""

import numpy as np

from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.inputs import plain, require_equal
from keras_transformer.laws.law import law
from keras_transformer.laws.models import LOGITS, ROWS, logits, ready
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

PAIRS = {
    "source": np.array([[5, 9, 3, 2, 7, 4, 2, 0]] * ROWS),
    "source_segments": np.array([[1, 1, 1, 1, 2, 2, 2, 0]] * ROWS),
    "target": np.array([[1, 8, 5, 1, 6, 9, 4, 0]] * ROWS),
    "target_segments": np.array([[1, 1, 1, 2, 2, 2, 2, 0]] * ROWS),
}


@law("model")
def pairs_of_a_row_are_as_each_alone(model: Subject) -> None:
    """Several pairs in a row: none reads another's sides, each begins at position 0."""
    if not model.is_layer:
        raise NotApplicable("it takes no segments")
    ready(model)
    sides = {name: ids for name, ids in PAIRS.items() if "segments" not in name}
    try:
        packed = plain(model.candidate(PAIRS, training=False))
    except Exception:  # whatever a model says of inputs that it does not know
        raise NotApplicable("it takes no segments") from None
    together = plain(guarded(model.candidate, sides, training=False))
    if np.abs(packed - together).max() < 1e-6:
        raise NotApplicable("it takes no segments")
    for number in (1, 2):
        read = PAIRS["source_segments"][0] == number
        said = PAIRS["target_segments"][0] == number
        alone = logits(model, PAIRS["source"][:, read], PAIRS["target"][:, said])[0]
        what = f"beside another pair in its row, of pair {number} the logit"
        require_equal(packed[0, said], alone, LOGITS[1:], what, 10 * model.tolerance)
