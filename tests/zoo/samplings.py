import numpy as np
from keras import ops

from zoo import mutant, sound

PADDING, START, END = 0, 1, 2


class Samples:
    """Draws each token by its probability; each mutant replaces one step."""

    def __init__(self, count=1, seed=0, top_k=None, temperature=1.0):
        self.count, self.seed = count, seed
        self.top_k, self.temperature = top_k, temperature

    def numbers(self, sentence, max_length):
        generator = np.random.default_rng([self.seed, sentence])
        return generator.random((self.count, max_length))

    def sharpened(self, logits):
        return logits / self.temperature

    def kept(self, logits):
        if self.top_k is None:
            return logits
        least = np.sort(logits)[-self.top_k]
        return np.where(logits >= least, logits, -1e9)

    def words(self, logits):
        return np.where(np.arange(len(logits)) < END, -1e9, logits)

    def draw(self, logits, uniform):
        logits = self.kept(self.sharpened(self.words(logits)))
        chances = np.exp(logits - logits.max())
        return int(np.searchsorted(np.cumsum(chances), uniform * chances.sum()))

    def after(self, token):
        return token == END

    def sentence(self, model, source, max_length, uniform):
        said, token = [], START
        state = model.start(source[None], max_length)
        for number in uniform:
            logits, state = model.step(np.array([token]), state)
            logits = ops.convert_to_numpy(logits)[0].astype("float64")
            token = self.draw(logits, number)
            said.append(token)
            if self.after(token):
                break
        return [*said, *[PADDING] * (max_length - len(said))]

    def __call__(self, model, source, max_length):
        return np.array(
            [
                [
                    self.sentence(model, row, max_length, uniform)
                    for uniform in self.numbers(place, max_length)
                ]
                for place, row in enumerate(np.asarray(source))
            ]
        )


sound("sampling", like="Sample")(Samples)


def sampling(name):
    return mutant(f"sampling: {name}", like="Sample")


@sampling("one number serves all samples of a sentence")
class SamplesAlike(Samples):
    def numbers(self, sentence, max_length):
        first = super().numbers(sentence, max_length)[:1]
        return np.repeat(first, self.count, axis=0)


@sampling("all sentences are drawn with the same numbers")
class SentencesAlike(Samples):
    def numbers(self, sentence, max_length):
        return super().numbers(0, max_length)


@sampling("one number serves all steps")
class StepsAlike(Samples):
    def numbers(self, sentence, max_length):
        return np.repeat(super().numbers(sentence, 1), max_length, axis=1)


@sampling("the seed is not read")
class WithoutSeed(Samples):
    def numbers(self, sentence, max_length):
        return np.random.default_rng().random((self.count, max_length))


@sampling("multiplied by the temperature")
class Flattens(Samples):
    def sharpened(self, logits):
        return logits * self.temperature


@sampling("k likeliest kept and drawn evenly")
class DrawsEvenly(Samples):
    def kept(self, logits):
        kept = super().kept(logits)
        return kept if self.top_k is None else np.where(kept > -1e8, 0.0, kept)


@sampling("padding and start may be drawn")
class SaysPadding(Samples):
    def words(self, logits):
        return logits


@sampling("drawn by the logits, not by their exponential")
class ByLogits(Samples):
    def draw(self, logits, uniform):
        logits = self.words(logits)
        shifted = np.maximum(logits - logits[logits > -1e8].min(), 0.0)
        return int(np.searchsorted(np.cumsum(shifted), uniform * shifted.sum()))


@sound("temperature", like="temper")
def tempered(logits, temperature):
    if temperature <= 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    return logits / temperature


@mutant("temperature: multiplied instead of divided", like="temper")
def multiplied(logits, temperature):
    return tempered(logits * temperature * temperature, temperature)


@mutant("temperature: divides the probabilities, not the logits", like="temper")
def divides_probabilities(logits, temperature):
    return ops.softmax(logits) / tempered(1.0, 1 / temperature if temperature else 0)


@mutant("temperature: 0 is divided by in silence", like="temper")
def divides_by_zero(logits, temperature):
    return logits / np.float32(temperature)


@mutant("temperature: subtracted from every logit", like="temper")
def subtracted(logits, temperature):
    return logits - tempered(temperature, 1.0)
