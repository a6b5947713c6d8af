from keras import ops

from zoo import mutant, sound


def still(x):
    return ops.stop_gradient(x)


@sound("REINFORCE", like="reinforce_loss")
def reinforced(losses, log_probability, baseline=0.0):
    rated = still(ops.subtract(losses, baseline)) * log_probability
    return ops.mean(losses + rated - still(rated))


@mutant("REINFORCE: shown is the loss times the log-probability", like="reinforce_loss")
def shows_the_product(losses, log_probability, baseline=0.0):
    return ops.mean(losses + still(ops.subtract(losses, baseline)) * log_probability)


@mutant("REINFORCE: likelier draws for a higher loss", like="reinforce_loss")
def climbs(losses, log_probability, baseline=0.0):
    rated = still(ops.subtract(losses, baseline)) * log_probability
    return ops.mean(losses - rated + still(rated))


@mutant("REINFORCE: the baseline is forgotten", like="reinforce_loss")
def without_baseline(losses, log_probability, baseline=0.0):
    return reinforced(losses, log_probability)


@mutant("REINFORCE: the gradient passes through the rating too", like="reinforce_loss")
def rated_with_gradient(losses, log_probability, baseline=0.0):
    rated = ops.subtract(losses, baseline) * log_probability
    return ops.mean(losses + rated - still(rated))


@mutant("REINFORCE: summed over the batch, not its mean", like="reinforce_loss")
def summed(losses, log_probability, baseline=0.0):
    return len(losses) * reinforced(losses, log_probability, baseline)
