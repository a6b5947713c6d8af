import numpy as np

from zoo import mutant, sound


def drawn(rows, columns, seed):
    return np.random.default_rng(seed).normal(size=(rows, columns))


def square_of(activation):
    z = np.random.default_rng(0).normal(size=10_000)
    return np.mean(np.asarray(activation(z)) ** 2)


@sound("start", like="start")
def fitting(rows, columns, activation, seed):
    return drawn(rows, columns, seed) / np.sqrt(rows * square_of(activation))


@mutant("Xavier's size whatever the activation", like="start")
def always_linear(rows, columns, activation, seed):
    return drawn(rows, columns, seed) / np.sqrt(rows)


@mutant("counts what goes out, not what comes in", like="start")
def counts_out(rows, columns, activation, seed):
    return drawn(rows, columns, seed) / np.sqrt(columns * square_of(activation))


@mutant("a variance taken for a standard deviation", like="start")
def variance_as_deviation(rows, columns, activation, seed):
    return drawn(rows, columns, seed) / (rows * square_of(activation))


@mutant("weights above 0 only", like="start")
def above_zero(rows, columns, activation, seed):
    return np.abs(fitting(rows, columns, activation, seed))


@mutant("the seed is not used", like="start")
def one_seed(rows, columns, activation, seed):
    return fitting(rows, columns, activation, 0)


@mutant("every unit begins alike", like="start")
def alike(rows, columns, activation, seed):
    return np.repeat(fitting(rows, columns, activation, seed)[:, :1], columns, axis=1)


def adam(weight, gradients, rate, inside=0.0, outside=0.0):
    mean = square = 0.0
    for step, gradient in enumerate(gradients, start=1):
        gradient = gradient + inside * weight
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        length = np.sqrt(square / (1 - 0.999**step)) + 1e-9
        weight = weight * (1 - rate * outside)
        weight = weight - rate * mean / (1 - 0.9**step) / length
    return np.array(weight)


@sound("decay", like="decay")
def decoupled(weight, gradients, rate, decay):
    return adam(weight, gradients, rate, outside=decay)


@mutant("decay added to the gradient, and divided by its size", like="decay")
def coupled(weight, gradients, rate, decay):
    return adam(weight, gradients, rate, inside=decay)


@mutant("decay not multiplied by the rate", like="decay")
def without_the_rate(weight, gradients, rate, decay):
    return adam(weight, gradients, rate, outside=decay / rate)


@mutant("the same decay for large and small weights", like="decay")
def by_its_sign(weight, gradients, rate, decay):
    return adam(weight, gradients, rate) - len(gradients) * rate * decay


@mutant("the gradient not divided by its size", like="decay")
def no_adam(weight, gradients, rate, decay):
    for gradient in gradients:
        weight = weight - rate * (gradient + decay * weight)
    return np.array(weight)
