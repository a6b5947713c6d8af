import numpy as np

from zoo import mutant, sound

WORDS_FROM = 3


def hide(ids, vocabulary, mask_id, seed, hidden=0.8, kept=0.1, least=WORDS_FROM):
    """Ids to read and which are to be guessed; each mutant changes one thing."""
    random = np.random.default_rng(seed)
    chosen = (random.random(ids.shape) < 0.15) & (ids >= least)
    share = random.random(ids.shape)
    drawn = random.integers(WORDS_FROM, mask_id, ids.shape)
    read = np.where(share < hidden, mask_id, np.where(share < 1 - kept, drawn, ids))
    return np.where(chosen, read, ids), chosen


@sound("masking", like="mask_tokens")
def masking(ids, vocabulary, mask_id, seed):
    read, chosen = hide(ids, vocabulary, mask_id, seed)
    return read, np.where(chosen, ids, 0)


@mutant("what is not hidden counts too: labels everywhere", like="mask_tokens")
def labels_everywhere(ids, vocabulary, mask_id, seed):
    read, _ = hide(ids, vocabulary, mask_id, seed)
    return read, np.where(ids >= WORDS_FROM, ids, 0)


@mutant("the label is what is read, not what stood there", like="mask_tokens")
def labels_of_what_is_read(ids, vocabulary, mask_id, seed):
    read, chosen = hide(ids, vocabulary, mask_id, seed)
    return read, np.where(chosen, read, 0)


@mutant("start and end are to be guessed too", like="mask_tokens")
def special_tokens_too(ids, vocabulary, mask_id, seed):
    read, chosen = hide(ids, vocabulary, mask_id, seed, least=1)
    return read, np.where(chosen, ids, 0)


@mutant("all that is to be guessed is hidden", like="mask_tokens")
def always_hidden(ids, vocabulary, mask_id, seed):
    read, chosen = hide(ids, vocabulary, mask_id, seed, hidden=1.0, kept=0.0)
    return read, np.where(chosen, ids, 0)
