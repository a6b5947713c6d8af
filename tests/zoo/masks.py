from keras import ops

from zoo import mutant, sound


@sound("padding mask", like="padding_mask")
def padding(ids):
    return ops.expand_dims(ops.not_equal(ids, 0), 1)


@mutant(
    "padding mask inverted: True marks padding",
    like="padding_mask",
    seen="tensorflow/text#894: the tutorial's own layer and Keras's read masks "
    "the opposite way; the model trained on what it should not see",
)
def inverted(ids):
    return ops.expand_dims(ops.equal(ids, 0), 1)


@mutant(
    "padding mask on the query axis instead of the key axis",
    like="padding_mask",
    seen="keras-team/keras-io#1046; hyunwoongko/transformer#40",
)
def on_the_query_axis(ids):
    return ops.expand_dims(ops.not_equal(ids, 0), 2)


@mutant("padding mask as 0 and 1 instead of booleans", like="padding_mask")
def of_floats(ids):
    return ops.cast(padding(ids), "float32")


@mutant("start token taken for padding", like="padding_mask")
def hides_the_start(ids):
    return ops.expand_dims(ops.greater(ids, 1), 1)


def triangle(queries, keys, offset):
    return ops.expand_dims(
        ops.expand_dims(ops.arange(queries) + offset, 1) >= ops.arange(keys), 0
    )


@sound("causal mask", like="causal_mask")
def causal(query_length, key_length=None, offset=None):
    keys = query_length if key_length is None else key_length
    return triangle(
        query_length, keys, keys - query_length if offset is None else offset
    )


@mutant("causal mask off by one: sees the next token", like="causal_mask")
def sees_the_next(query_length, key_length=None, offset=0):
    return triangle(query_length, key_length or query_length, offset + 1)


@mutant(
    "causal mask too strict: hides the query's own token",
    like="causal_mask",
    seen="proposed as a fix in pytorch/tutorials#2250",
)
def hides_itself(query_length, key_length=None, offset=0):
    return triangle(query_length, key_length or query_length, offset - 1)


@mutant(
    "causal mask upside down: sees only what comes later",
    like="causal_mask",
    seen="jadore801120/attention-is-all-you-need-pytorch#19 names the wrong triangular "
    "matrix as a likely cause",
)
def upside_down(query_length):
    return ops.swapaxes(triangle(query_length, query_length, 0), 1, 2)


@mutant(
    "causal mask aligned top left: with a cache, the query sees only key 0",
    like="causal_mask",
    seen="pytorch/pytorch#103082; onnx/onnx#8054",
)
def top_left(query_length, key_length=None):
    return triangle(query_length, key_length or query_length, 0)


@mutant(
    "masks combined with or: a key is kept if any mask keeps it", like="combine_masks"
)
def combined_with_or(one, two):
    return ops.logical_or(one, two)


@mutant(
    "padding mask dropped when a causal mask is there",
    like="combine_masks",
    seen="keras-team/keras-io#1046",
)
def the_last_mask_wins(one, two):
    return two


@mutant("causal mask as 0 and 1 instead of booleans", like="causal_mask")
def causal_of_floats(query_length):
    return ops.cast(triangle(query_length, query_length, 0), "float32")


@mutant("masks multiplied: the result is not boolean", like="combine_masks")
def masks_multiplied(one, two):
    return ops.cast(one, "int32") * ops.cast(two, "int32")
