"""A model in ONNX, the form that many engines read."""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from keras_transformer.translation.exports.step_functions import (
    functions,
    require_float32,
)

END = 2**31 - 1  # of any axis


def onnx_models(model: Any) -> dict[str, onnx.ModelProto]:
    """`start` and `step`, as in `step_functions`, a file each.

    Args:
        model: A built model with `start` and `step`.

    Raises:
        ValueError: If it has parts that cannot be expressed; names their operations.
    """
    require_float32(model, "ONNX")
    # It reports what it cannot make shorter with a traceback; the numbers are the same.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    models = {}
    for name, (call, inputs) in functions(model).items():
        models[name], _ = tf2onnx.convert.from_function(
            tf.function(call, autograph=False),
            inputs,
            custom_op_handlers={"XlaDynamicUpdateSlice": (_write, [])},
        )
    graphs = [each.graph for each in models.values()]
    version = min(each.opset_import[0].version for each in models.values())
    if unknown := sorted({op for graph in graphs for op in _unknown(graph, version)}):
        raise ValueError(
            f"ONNX has no form for {', '.join(unknown)}: "
            "the model cannot be exported to it"
        )
    return models


def _unknown(graph, version) -> Iterator[str]:
    """The operations of a graph, and of the graphs in it, that ONNX does not have."""
    for node in graph.node:
        if not onnx.defs.has(node.op_type, version, node.domain):
            yield node.op_type
        for each in node.attribute:
            if each.HasField("g"):
                yield from _unknown(each.g, version)


def _write(context, node, name, arguments):
    """What TensorFlow calls `XlaDynamicUpdateSlice`, of a cache `[b, g, t, d]`.

    Only caches are written to, and only along their positions: what stands before,
    what is new, what stands behind.
    """
    array, new, start = node.input

    def make(kind, *inputs, **attributes):
        return context.make_node(kind, list(inputs), attr=attributes).output[0]

    def constant(number):
        value = np.array([number], "int64")
        return context.make_const(tf2onnx.utils.make_name("number"), value).output[0]

    nought, axis, behind, end = map(constant, (0, 2, 3, END))
    starts = make("Cast", start, to=onnx.TensorProto.INT64)
    first = make("Slice", starts, axis, behind)
    count = make("Slice", make("Shape", new), axis, behind)
    head = make("Slice", array, nought, first, axis)
    tail = make("Slice", array, make("Add", first, count), end, axis)
    outputs = node.output
    shapes, types = node.output_shapes, node.output_dtypes
    context.remove_node(node.name)
    context.make_node(
        "Concat",
        [head, new, tail],
        attr={"axis": 2},
        name=name,
        outputs=outputs,
        shapes=shapes,
        dtypes=types,
    )
