import numpy as np

from zoo import mutant, sound


@sound("pruning", like="pruning")
def prune(matrices, share, size=np.abs):
    sizes = np.concatenate([size(matrix).ravel() for matrix in matrices])
    keep = np.ones(sizes.size, bool)
    keep[np.argsort(sizes, kind="stable")[: round(share * sizes.size)]] = False
    ends = np.cumsum([matrix.size for matrix in matrices])[:-1]
    parts = np.split(keep, ends)
    return [part.reshape(m.shape) for part, m in zip(parts, matrices, strict=True)]


@mutant("a share of each matrix, whatever the others hold", like="pruning")
def each_matrix_by_itself(matrices, share):
    return [prune([matrix], share)[0] for matrix in matrices]


@mutant("the weight compared instead of its size", like="pruning")
def negative_ones_go(matrices, share):
    return prune(matrices, share, size=np.asarray)


@mutant("masks of what goes instead of what stays", like="pruning")
def turned_around(matrices, share):
    return [~mask for mask in prune(matrices, share)]


@mutant("all that is not above the threshold goes, equals too", like="pruning")
def equals_go(matrices, share):
    sizes = np.concatenate([np.abs(matrix).ravel() for matrix in matrices])
    threshold = np.quantile(sizes, share) if share else -1.0
    return [np.abs(matrix) > threshold for matrix in matrices]


@sound("quantization", like="quantization")
def quantize(weights, bits):
    most = 2 ** (bits - 1) - 1
    steps = np.abs(weights).max(axis=0, keepdims=True) / most
    steps = np.where(steps > 0, steps, 1.0)
    return np.clip(np.round(weights / steps), -most, most), steps


@mutant("one step for all columns: small ones vanish", like="quantization")
def one_step(weights, bits):
    most = 2 ** (bits - 1) - 1
    step = np.abs(weights).max() / most
    return np.round(weights / step), np.full(weights.shape[1], step)


@mutant("cut off instead of rounded", like="quantization")
def cut_off(weights, bits):
    _, steps = quantize(weights, bits)
    return (weights / steps).astype("int32"), steps


@mutant("the largest weight instead of the largest size", like="quantization")
def signed_range(weights, bits):
    most = 2 ** (bits - 1) - 1
    steps = np.maximum(weights.max(axis=0), 1e-6) / most
    return np.clip(np.round(weights / steps), -most, most), steps


@mutant("a range of 2 ** bits: the codes need a bit more", like="quantization")
def a_bit_too_many(weights, bits):
    return quantize(weights, bits + 1)


@mutant("the codes are not rounded at all", like="quantization")
def not_rounded(weights, bits):
    _, steps = quantize(weights, bits)
    return weights / steps, steps


@mutant("from smallest to largest, and 0 falls between two codes", like="quantization")
def between_two(weights, bits):
    most = 2 ** (bits - 1) - 1
    steps = np.abs(weights).max(axis=0) / (most + 0.5) + 1e-9
    codes = np.floor(weights / steps)
    return np.clip(codes, -most, most) + (weights >= 0), steps


@mutant("divided by 0 in a column of zeros", like="quantization")
def divided_by_zero(weights, bits):
    most = 2 ** (bits - 1) - 1
    steps = np.abs(weights).max(axis=0) / most
    return np.round(weights / steps), steps
