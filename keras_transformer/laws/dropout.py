"""Laws of dropout around a residual stream."""

from keras_transformer.laws.blocks import BLOCKS, LENGTH, given, output, ready
from keras_transformer.laws.inputs import BATCH, SEQUENCE, numbers, require_equal
from keras_transformer.laws.law import law
from keras_transformer.laws.residual_streams import silence
from keras_transformer.laws.subject import Subject


@law("residual", craft=True)
def dropout_spares_the_residual(residual: Subject) -> None:
    """Training drops parts of what a sub-layer adds, never of the input itself."""
    dropping = residual.remade(dropout=0.5)
    x = numbers(BATCH, LENGTH, 6)
    require_equal(
        dropping(x=x, y=0 * x, training=True),
        dropping(x=x, y=0 * x, training=False),
        SEQUENCE,
        "where the sub-layer adds 0, the output of training",
        dropping.tolerance,
    )


@law(*BLOCKS, craft=True)
def dropout_spares_the_stream_of_a_block(block: Subject) -> None:
    """With every matrix at 0 training gives what inference gives: nothing is lost."""
    dropping = ready(block.remade(dropout=0.5))
    silence(dropping)
    roles = given(dropping)
    require_equal(
        output(dropping, training=True, **roles),
        output(dropping, training=False, **roles),
        SEQUENCE,
        "where every sub-layer adds 0, the output of training",
        dropping.tolerance,
    )
