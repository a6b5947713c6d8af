import numpy as np
from keras import ops

from zoo import mutant, sound
from zoo.decoding import END, PADDING, START


def rated_search(model, source, max_length, width, length_penalty, bound):
    """Beam search of one sentence, which stops when none can overtake by `bound`."""

    def divisor(length):
        return ((5 + length) / 6) ** length_penalty

    state = model.start(source[None], max_length)
    live, done = [(0.0, [], START, state)], []
    for place in range(1, max_length + 1):
        going = []
        for total, said, token, past in live:
            logits, after = model.step(np.array([token]), past)
            row = ops.convert_to_numpy(logits)[0].astype("float64")
            row[[PADDING, START]] = -1e9
            chances = row - row.max() - np.log(np.exp(row - row.max()).sum())
            for new in np.flatnonzero(chances > -30):
                way = (total + chances[new], [*said, int(new)], int(new), after)
                if new == END or place == max_length:
                    done.append((way[0] / divisor(place), way[1]))
                else:
                    going.append(way)
        live = sorted(going, key=lambda way: -way[0])[:width]
        if not live or (
            done and max(done)[0] >= live[0][0] / bound(divisor, max_length, place)
        ):
            break
    best = max(done)[1]
    return [*best, *[PADDING] * (max_length - len(best))]


@sound("beam search with a length penalty", like="beam")
def beam_with_penalty(model, source, max_length, width=27, length_penalty=0.0):
    return _search_all(
        model, source, max_length, width, length_penalty, lambda d, last, now: d(last)
    )


@mutant(
    "beam stops by the divisor of the length so far",
    like="beam",
)
def impatient(model, source, max_length, width=27, length_penalty=0.0):
    return _search_all(
        model, source, max_length, width, length_penalty, lambda d, last, now: d(now)
    )


def _search_all(model, source, max_length, width, length_penalty, bound):
    rows = [
        rated_search(model, row, max_length, width, length_penalty, bound)
        if (row != PADDING).any()
        else [PADDING] * max_length
        for row in np.asarray(source)
    ]
    return np.array(rows)


@mutant("beam stops when a sum falls below a score that was divided", like="beam")
def stops_by_the_sum(model, source, max_length, width=27, length_penalty=0.0):
    return _search_all(
        model, source, max_length, width, length_penalty, lambda d, last, now: 1.0
    )
