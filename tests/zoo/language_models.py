from keras import ops

from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.models.segments import own_sentence, unpacked
from zoo import mutant
from zoo.models import tied_by_copy


class Small(LanguageModel):
    """A small language model; each mutant replaces one step.

    It is sound: the tests of language models ask one with these options everything.
    """

    options = {}  # noqa: RUF012 - only read

    def __init__(self, backbone=None, **kwargs):
        sizes = {"width": 12, "num_layers": 2, "num_heads": 6, "hidden_width": 17}
        options = {**sizes, "dropout": 0.0, "causal": True, **self.options}
        super().__init__(backbone or Backbone(13, **options), **kwargs)


def model(name, seen=""):
    return mutant(name, like="LanguageModel", seen=seen)


@model("a prompt is read without a causal mask: its tokens see later ones")
class PromptSeesAhead(Small):
    def start(self, source, max_length):
        self.backbone.causal = False
        state = super().start(source, max_length)
        self.backbone.causal = True
        return state


@model("no causal mask in training")
class Peeks(Small):
    def call(self, inputs, training=None):
        self.backbone.causal = False
        made = super().call(inputs, training=training)
        self.backbone.causal = True
        return made


class ByHand(Small):
    """A forward pass in the open."""

    def visible(self, ids, segments):
        return self.backbone.visible(ids, segments)

    def call(self, inputs, training=None):
        ids, segments = unpacked(inputs)
        x = self.backbone.embed(ids, self.offset(segments), training)
        mask = self.visible(ids, segments)
        x = self.backbone.stack(x, attention_mask=mask, training=training)
        return self.backbone.logits(x)

    def offset(self, segments):
        return 0


@model("positions of a row that do not begin anew with each of its sentences")
class NoRestart(ByHand):
    pass


@model("sentences of a row that see each other")
class RowSeen(Small):
    def call(self, inputs, training=None):
        ids, _ = unpacked(inputs)
        return super().call(ids, training=training)


@model("padding in front of shorter prompts is attended to")
class PaddingSeen(Small):
    def step(self, tokens, state):
        hidden = state.padding
        made, after = super().step(tokens, state._replace(padding=0 * hidden))
        return made, after._replace(padding=hidden)


@model("prompts padded in front, and positions counted from there")
class PositionsOfTheRow(Small):
    def step(self, tokens, state):
        embed = self.backbone.embed

        def late(ids, offset=0, training=None):
            return embed(ids, state.position[:1, None], training=training)

        self.backbone.embed = late
        made = super().step(tokens, state)
        self.backbone.embed = embed
        return made


@model("the start token is read once more after the prompt")
class StartsAgain(Small):
    def start(self, source, max_length):
        state = super().start(source, max_length)
        return state._replace(left=ops.zeros_like(state.left))


@model("the batch is continued from the end of its longest prompt: all end there")
class LastColumn(Small):
    def start(self, source, max_length):
        state = super().start(source, max_length)
        return state._replace(left=ops.cast(source[:, -1], "int32"))


@model("output weights of a language model tied by copying the embedding once")
class TiedByCopy(Small):
    options = {"tie_output": False}  # noqa: RUF012 - only read

    def build(self, input_shape=None):
        super().build(input_shape)
        tied_by_copy(self.backbone.embedding)


@model("only the last token is embedded: no context")
class Bigrams(ByHand):
    def visible(self, ids, segments):
        alone = ops.eye(ops.shape(ids)[1], dtype="bool")[None]
        return ops.logical_and(own_sentence(ids, segments), alone)


@model("a state that counts its steps in a number of no batch")
class CountsSteps(Small):
    def start(self, source, max_length):
        return {"inner": super().start(source, max_length), "steps": ops.zeros(())}

    def step(self, tokens, state):
        made, inner = super().step(tokens, state["inner"])
        return made, {"inner": inner, "steps": state["steps"] + 1}


@model("dropout at inference too")
class DropsAtInference(Small):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)
