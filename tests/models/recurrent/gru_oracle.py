"""GRU, bidirectional encoder and decoders in float64, from the papers' equations."""

import keras
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def weights(layer):
    """Weights of a layer in float64."""
    return [keras.ops.convert_to_numpy(w).astype("float64") for w in layer.weights]


def gru_step(cell, x, h):
    """Keras' convention: the reset gate acts after the recurrent product (cuDNN's)."""
    kernel, recurrent, (input_bias, recurrent_bias) = weights(cell)
    units = len(h)
    z, r, n = (slice(i * units, (i + 1) * units) for i in range(3))
    x = x @ kernel + input_bias
    g = h @ recurrent + recurrent_bias
    update = sigmoid(x[z] + g[z])
    reset = sigmoid(x[r] + g[r])
    candidate = np.tanh(x[n] + reset * g[n])
    return update * h + (1 - update) * candidate


def encode(encoder, x):
    """One sentence `[s, e]`, unpadded, to its memory `[s, u]` and final state `[u]`."""
    length, units = len(x), encoder.units // 2
    forward, h = [], np.zeros(units)
    for i in range(length):
        h = gru_step(encoder.forward_gru.cell, x[i], h)
        forward.append(h)
    backward, h = [None] * length, np.zeros(units)
    for i in reversed(range(length)):
        h = gru_step(encoder.backward_gru.cell, x[i], h)
        backward[i] = h
    memory = np.concatenate([forward, backward], axis=1)
    kernel, bias = weights(encoder.bridge)
    ends = np.concatenate([forward[-1], backward[0]])
    return memory, np.tanh(ends @ kernel + bias)


def attend(query, memory):
    """Scaled dot products, softmax, weighted sum."""
    row = softmax(memory @ query / np.sqrt(len(query)))
    return row @ memory, row


def decode(decoder, kind, x, final, memory):
    """A target `[t, e]` to its outputs `[t, e]` and attention weights `[t, s]`."""
    kernel, bias = weights(decoder.readout)
    cell, h = decoder.gru.cell, final
    output = np.zeros(decoder.width)
    outputs, rows = [], []
    for token in x:
        row = None
        if kind == "start":
            h = gru_step(cell, token, h)
            read = h
        elif kind == "every_step":
            h = gru_step(cell, np.concatenate([token, final]), h)
            read = np.concatenate([h, token, final])
        elif kind == "bahdanau":
            context, row = attend(h, memory)
            h = gru_step(cell, np.concatenate([token, context]), h)
            read = np.concatenate([h, token, context])
        else:
            fed = np.concatenate([token, output]) if kind == "feeding" else token
            h = gru_step(cell, fed, h)
            context, row = attend(h, memory)
            read = np.concatenate([context, h])
        output = np.tanh(read @ kernel + bias)
        outputs.append(output)
        rows.append(row)
    return np.array(outputs), rows
