"""Every layer of the package, through every law that applies to it."""

import keras
import numpy as np
import pytest

import keras_transformer as kt
from keras_transformer.attention import (
    Additive,
    Attention,
    Bilinear,
    Dot,
    Entmax,
    LearnedTemperature,
    Linear,
    MultiHeadAttention,
    QueryKeyNorm,
    Sampled,
    ScaledDot,
    Sigmoid,
    SinkSoftmax,
    SoftCap,
    Softmax,
    Sparsemax,
    TemperedSoftmax,
    TopK,
)
from keras_transformer.laws import check
from keras_transformer.masks import (
    CausalMask,
    LengthMask,
    PrefixMask,
    SegmentMask,
    WindowMask,
)
from keras_transformer.models import (
    Block,
    FeedForward,
    Residual,
    Stack,
    Transformer,
)
from keras_transformer.models.recurrent import (
    AttentionDecoder,
    BidirectionalEncoder,
    FixedContextDecoder,
    RecurrentSeq2Seq,
)
from keras_transformer.positions import (
    AlibiPositions,
    PairBias,
    RelativePositionBias,
    RelativeVectors,
    RotaryPositions,
)
from keras_transformer.training import PackedRows
from keras_transformer.translation.evaluation import score as bleu_score

# Few sizes in all: JAX compiles every operation for every shape. A width per head that
# is even suits rotary positions too.
HEADS, WIDTH = 6, 12
BLOCK = (
    WIDTH,
    HEADS,
    17,
)  # the last is the hidden width; the models below have these too
POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
SCORES = {
    "Dot": Dot,
    "ScaledDot": ScaledDot,
    "Bilinear": Bilinear,
    "Linear": Linear,
    "Additive": lambda **options: Additive(7, **options),
    "Additive, chunked": lambda **options: Additive(7, chunk=2, **options),
    "SoftCap": lambda **options: SoftCap(3.0, **options),
    "LearnedTemperature": LearnedTemperature,
    "QueryKeyNorm": QueryKeyNorm,
}
WEIGHTINGS = {
    "Softmax": Softmax,
    "TopK": lambda **options: TopK(2, **options),
    "TopK, renormalised": lambda **options: TopK(2, renormalize=True, **options),
    "Sampled": lambda **options: Sampled(2, seed=1, **options),
    "SinkSoftmax": SinkSoftmax,
    "Sigmoid": Sigmoid,
    "Sparsemax": Sparsemax,
    "Entmax": Entmax,
    "TemperedSoftmax": lambda **options: TemperedSoftmax(0.5, **options),
}


PAIRS = [
    *((score, "Softmax") for score in SCORES),
    *(("ScaledDot", weighting) for weighting in WEIGHTINGS if weighting != "Softmax"),
]
# Every pair of the first ones; each of the others with what is usual. Elsewhere than on
# TensorFlow each eager step is compiled, and each part is tried once.
TOGETHER = [(s, w) for s in list(SCORES)[:6] for w in list(WEIGHTINGS)[:4]]
if keras.backend.backend() != "tensorflow":
    TOGETHER = []
TOGETHER += [pair for pair in PAIRS if pair not in TOGETHER]


def require_obedient(layer, like=None):
    report = check(layer, like=layer if like is None else like, craft=True, show=False)
    assert report.ok, str(report)


def block(attentions, norm, dtype):
    width, heads, hidden = BLOCK
    looks = [MultiHeadAttention(heads, width, dtype=dtype) for _ in range(attentions)]
    feed_forward = FeedForward(width, hidden, dtype=dtype)
    return Block(looks[0], feed_forward, *looks[1:], norm=norm, dtype=dtype)


def layers():
    for name, make in {**SCORES, **WEIGHTINGS}.items():
        yield name, lambda p, make=make: make(dtype=p)
    for estimator in ("straight_through", "gumbel"):
        yield (
            f"Sampled, {estimator}",
            lambda p, e=estimator: Sampled(2, estimator=e, seed=1, dtype=p),
        )
    yield "SinusoidalPositions", lambda p: kt.SinusoidalPositions(dtype=p)
    yield "LearnedPositions", lambda p: kt.LearnedPositions(64, dtype=p)
    yield "RotaryPositions", lambda p: RotaryPositions(dtype=p)
    yield "RotaryPositions, a part", lambda p: RotaryPositions(share=2 / 7, dtype=p)
    for scaling in ("linear", "ntk"):
        yield (
            f"RotaryPositions, {scaling}",
            lambda p, s=scaling: RotaryPositions(scaling=s, stretch=4.0, dtype=p),
        )
    yield "RelativePositionBias", lambda p: RelativePositionBias(3, dtype=p)
    yield "AlibiPositions", lambda p: AlibiPositions(3, dtype=p)
    yield "PairBias", lambda p: PairBias(3, 11, dtype=p)
    yield "RelativeVectors", lambda p: RelativeVectors(4, dtype=p)
    yield "FeedForward", lambda p: FeedForward(6, 11, dtype=p)
    for wiring, feeding in (("bahdanau", False), ("luong", True)):
        yield (
            f"AttentionDecoder, {wiring}",
            lambda p, w=wiring, f=feeding: AttentionDecoder(
                10, 6, Attention(dtype=p), w, f, dtype=p
            ),
        )
    yield "FixedContextDecoder", lambda p: FixedContextDecoder(10, 6, dtype=p)
    yield "BidirectionalEncoder", lambda p: BidirectionalEncoder(10, dtype=p)
    for norm in ("pre", "post"):
        yield f"Residual, {norm}", lambda p, n=norm: Residual(n, dtype=p)
        for attentions, kind in ((1, "encoder"), (2, "decoder")):
            yield (
                f"Block, {kind}, {norm}",
                lambda p, n=norm, a=attentions: block(a, norm=n, dtype=p),
            )
            yield (
                f"Stack, {kind}, {norm}",
                lambda p, n=norm, a=attentions: Stack(
                    [block(a, norm=n, dtype=p) for _ in range(2)], dtype=p
                ),
            )


@pytest.mark.parametrize("make", [pytest.param(make, id=n) for n, make in layers()])
def test_a_layer_obeys_every_law(make):
    require_obedient(make("float32"))


@pytest.mark.parametrize("policy", POLICIES[1:])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make, id=name)
        for name, make in layers()
        if not name.startswith("Stack,")  # made of blocks, slower
    ],
)
def test_a_layer_obeys_in_half_precision(make, policy):
    require_obedient(make(policy))


@pytest.mark.parametrize(("score", "weighting"), TOGETHER)
@pytest.mark.parametrize("heads", [None, HEADS])
def test_every_score_and_weighting_obey_together(score, weighting, heads):
    parts = {"score": SCORES[score](), "weighting": WEIGHTINGS[weighting]()}
    if heads is None:
        require_obedient(Attention(**parts))
    else:
        require_obedient(MultiHeadAttention(heads, WIDTH, **parts))


def test_one_head_obeys():
    require_obedient(
        MultiHeadAttention(1, WIDTH, score=ScaledDot(), weighting=Softmax())
    )


@pytest.mark.parametrize("policy", POLICIES[1:])
@pytest.mark.parametrize(("score", "weighting"), PAIRS)
def test_score_and_weighting_obey_in_half_precision(score, weighting, policy):
    parts = {
        "score": SCORES[score](dtype=policy),
        "weighting": WEIGHTINGS[weighting](dtype=policy),
    }
    require_obedient(MultiHeadAttention(HEADS, WIDTH, **parts, dtype=policy))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "options",
    [
        {"positions": RotaryPositions()},
        {"positions": RelativePositionBias(HEADS)},
        {"positions": AlibiPositions(HEADS)},
        {"positions": RelativeVectors(3)},
        {"positions": RotaryPositions(stretch=2.0)},
        {"num_key_value_heads": 2},
        {"num_key_value_heads": 1, "use_bias": False},
        {"head_gates": True},
    ],
    ids=lambda options: ", ".join(options),
)
def test_heads_with_options_obey(options, policy):
    parts = {"score": ScaledDot(dtype=policy), "weighting": Softmax(dtype=policy)}
    options = {"num_heads": HEADS, "width": WIDTH, **parts, **options}
    require_obedient(MultiHeadAttention(**options, dtype=policy))


@pytest.mark.parametrize("make", [Attention, lambda: MultiHeadAttention(HEADS, WIDTH)])
def test_attention_as_it_comes_obeys(make):
    require_obedient(make())


def models():
    sizes = {"source_vocabulary": 11, "target_vocabulary": 13}
    width, heads, hidden = BLOCK
    small = {"width": width, "num_heads": heads, "hidden_width": hidden, "dropout": 0.0}
    for norm, positions, tied in (
        ("pre", "sinusoidal", True),
        ("post", "learned", False),
    ):
        options = {"norm": norm, "positions": positions, "tie_output": tied}
        yield (
            f"Transformer, {norm}, {positions}",
            lambda o=options: Transformer(**sizes, **small, num_layers=1, **o),
        )
    yield (
        "Transformer, one vocabulary",
        lambda: Transformer(13, 13, num_layers=1, share_embeddings=True, **small),
    )
    recurrent = {"width": 6, "units": 10, "dropout": 0.0}
    for context in ("start", "every_step"):
        yield (
            f"recurrent, {context}",
            lambda c=context: RecurrentSeq2Seq(**sizes, **recurrent, context=c),
        )
    for wiring, weighting, feeding in (
        ("bahdanau", "Softmax", False),
        ("luong", "Softmax", True),
        ("luong", "TopK, renormalised", False),
    ):

        def make(wiring=wiring, weighting=weighting, feeding=feeding):
            attention = Attention(Additive(7), WEIGHTINGS[weighting]())
            return RecurrentSeq2Seq(
                **sizes,
                **recurrent,
                context="attention",
                attention=attention,
                wiring=wiring,
                input_feeding=feeding,
            )

        yield f"recurrent, {wiring}, {weighting}", make


def few_where_slow(models):
    """All on TensorFlow; one a kind elsewhere, where each eager step is compiled."""
    if keras.backend.backend() == "tensorflow":
        return models
    return [model for model in models if model.id in ONE_A_KIND]


ONE_A_KIND = ("Transformer, pre, sinusoidal", "recurrent, bahdanau, Softmax")


@pytest.mark.parametrize(
    "make", few_where_slow([pytest.param(make, id=n) for n, make in models()])
)
def test_a_model_obeys_every_law(make):
    require_obedient(make())


@pytest.mark.parametrize("policy", POLICIES[1:])
def test_a_transformer_obeys_in_half_precision(policy):
    width, heads, hidden = BLOCK
    require_obedient(Transformer(11, 13, width, 1, heads, hidden, dtype=policy))


@pytest.mark.parametrize(
    "function",
    [
        kt.masked_softmax,
        kt.padding_mask,
        kt.causal_mask,
        kt.combine_masks,
        kt.sinusoidal_positions,
        kt.greedy,
        kt.keep_top_k,
        kt.keep_top_p,
        kt.keep_min_p,
        kt.temper,
        kt.reinforce_loss,
        kt.beam,
    ],
)
def test_a_function_obeys_every_law(function):
    require_obedient(function)


@pytest.mark.parametrize(
    "rule",
    [
        CausalMask(),
        WindowMask(2),
        WindowMask(0, 3),
        PrefixMask(3),
        PrefixMask(np.array([2, 5])),
        SegmentMask(np.array([[1, 1, 1, 2, 3, 3, 0], [1, 2, 2, 2, 2, 2, 2]])),
        LengthMask(np.array([0, 3, 7])),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_a_rule_of_a_mask_obeys_every_law(rule):
    require_obedient(rule)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_obeys_every_law(smoothing):
    require_obedient(kt.SmoothedCrossEntropy(smoothing))


@pytest.mark.parametrize("metric", [kt.TokenAccuracy, kt.TokenCrossEntropy])
def test_the_metrics_obey_every_law(metric):
    require_obedient(metric())


def test_the_bleu_score_obeys_every_law():
    require_obedient(
        lambda hypotheses, references: bleu_score(hypotheses, references), "bleu"
    )


def test_the_training_batches_obey_the_law_of_teacher_forcing():
    def shift(target):
        source = [[5]] * len(target)
        batches = kt.LengthBuckets(source, target, (8,), 8 * len(target))
        inputs, labels = batches.batch(epoch=0, index=0)
        order = np.argsort(batches.order(0)[0][1])
        return inputs["target"][order], labels[order]

    require_obedient(shift, "teacher_forcing")


def test_the_schedule_obeys_every_law():
    def schedule(step, peak, warmup):
        return kt.InverseSquareRoot(peak, warmup)(step)

    require_obedient(schedule, "schedule")
    require_obedient(kt.InverseSquareRoot(peak=2.0, warmup=100))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "make",
    [
        lambda s, **kw: kt.LengthBuckets(s, s[::-1], (4, 8), 16, **kw),
        lambda s, **kw: PackedRows(s, length=9, batch_tokens=18, **kw),
        lambda s, **kw: PackedRows(s, s[::-1], length=9, batch_tokens=18, **kw),
    ],
    ids=["buckets", "packed", "packed pairs"],
)
def test_batches_obey_every_law_and_stay_in_their_epoch(make, workers):
    numbers = np.random.default_rng(3)
    sentences = [numbers.integers(3, 9, size).tolist() for size in (1, 5, 3, 7, 2, 2)]
    batches = make(sentences, workers=workers)
    require_obedient(batches)
    assert batches.epoch == 0


class Rising(keras.optimizers.schedules.LearningRateSchedule):
    """Names of its own, and no config."""

    def __init__(self, peak_rate=0.1, warmup_steps=10):
        self.most, self.steps = peak_rate, warmup_steps

    def __call__(self, step):
        count = keras.ops.cast(step, "float32") + 1
        rise = count * self.steps**-1.5
        return self.most * self.steps**0.5 * keras.ops.minimum(count**-0.5, rise)


def test_a_schedule_is_made_anew_by_the_names_of_its_peak_and_its_warm_up():
    require_obedient(Rising(), "InverseSquareRoot")
    report = check(Rising, kt.InverseSquareRoot(2.0, 100), show=False)
    assert "equals_the_reference" in report.held
    other = keras.optimizers.schedules.CosineDecay(0.1, 10)
    report = check(other, like="schedule", show=False)
    assert "no law could be asked (it is not made with a peak" in report.headline


def test_the_optimizers_clipping_obeys_every_law():
    def clip(gradients, norm):
        optimizer = keras.optimizers.SGD(global_clipnorm=norm)
        return optimizer._clip_gradients([*map(keras.ops.convert_to_tensor, gradients)])

    require_obedient(clip, "clipping")


def test_the_quantizer_of_keras_obeys_every_law():
    def quantize(weights, bits):
        most = 2 ** (bits - 1) - 1
        made = keras.quantizers.abs_max_quantize
        codes, inverse = made(weights, axis=0, value_range=(-most, most))
        return codes, 1 / inverse

    require_obedient(quantize, "quantization")


@pytest.mark.parametrize("method", [kt.Sample, kt.Greedy, lambda: kt.Beam(width=27)])
def test_a_decoding_method_obeys_every_law(method):
    require_obedient(method())


def test_a_model_equals_another_with_its_weights():
    like = Transformer(11, 13, 12, 1, 6, 17, dropout=0.0)
    report = check(like.from_config(like.get_config()), like=like, show=False)
    assert report.ok, str(report)
    assert "equals_the_reference" in report.held


@pytest.mark.parametrize(
    ("other", "like"),
    [
        (kt.greedy, kt.beam),
        (kt.TokenCrossEntropy(), kt.TokenAccuracy()),
        (lambda logits, temperature: logits * temperature, kt.temper),
    ],
)
def test_what_differs_is_told_from_its_reference(other, like):
    report = check(other, like=like, show=False)
    assert report.broken["equals_the_reference"].startswith("the largest difference")
