import functools
import threading

import keras
import numpy as np
import pytest
from decoding_models import (
    END,
    PADDING,
    START,
    VOCABULARY,
    Copying,
    Scripted,
    array,
    batch,
    sources,
    strong,
)

from keras_transformer.decoding import (
    BatchDecoder,
    Beam,
    Forbidden,
    Forced,
    Greedy,
    GreedyDecoder,
    MinLength,
    Sample,
    batches,
    beam,
)
from keras_transformer.decoding.batches import DecodingProgram
from keras_transformer.decoding.beam import length_divisors
from keras_transformer.laws.toy_models import Tree
from keras_transformer.system import progress


@pytest.fixture
def model():
    return strong()


def decoder(model, **options):
    # Without XLA, JAX would compile the loop anew for each batch.
    xla = keras.backend.backend() == "jax"
    return GreedyDecoder(
        model, **({"batch_size": 4, "lengths": (4, 7), "xla": xla} | options)
    )


# Many tests share what is compiled for these.
TEXTS = [*sources(11, longest=6), []]
CONSTRAINTS = (MinLength(2), Forbidden((5,)))
BEAM = Beam(width=3, length_penalty=0.5, n_best=2, constraints=CONSTRAINTS)


@pytest.fixture(scope="module")
def plain():
    return decoder(strong(), method=Greedy(scored=True), lengths=(7,))


@functools.cache
def searched(method, batch_size=9):
    """The hypotheses of the texts, none of which has more than 9 tokens."""
    search = decoder(
        strong(), method=method, batch_size=batch_size, lengths=(7,), length_ratio=0.2
    )
    return search.hypotheses(TEXTS)


def require_alike(one, other):
    for mine, theirs in zip(one, other, strict=True):
        assert [h.ids.tolist() for h in mine] == [h.ids.tolist() for h in theirs]
        np.testing.assert_allclose(
            [h.score for h in mine], [h.score for h in theirs], rtol=1e-4
        )


def lists(outputs):
    return [output.tolist() for output in outputs]


def test_the_order_of_the_input_is_restored():
    texts = [[9], [], [3, 4, 5, 6, 7, 8], [5, 5], [3], [], [8, 7, 6], [4] * 5, [16]]
    assert lists(decoder(Copying())(texts)) == texts


def test_nothing_gives_nothing():
    assert decoder(Copying())([]) == []
    assert lists(decoder(Copying())([[], []])) == [[], []]


@pytest.mark.compiles
def test_sources_beyond_the_last_width_are_decoded_too():
    texts = [[3 + i % 13 for i in range(length)] for length in (7, 13, 20)]
    assert lists(decoder(Copying())(texts)) == texts


@pytest.mark.parametrize(
    ("length", "width"),
    [(1, 4), (4, 4), (5, 7), (7, 7), (8, 14), (14, 14), (15, 21), (21, 21)],
)
def test_lengths_grow_by_multiples_of_the_last(length, width):
    assert decoder(Copying()).padded_length(length) == width


@pytest.mark.compiles
def test_the_longest_translation_grows_with_the_source():
    texts = [[3] * 6, [4] * 25]
    # 0.1 · 7 + 8 = 8 tokens for the first; 0.1 · 28 + 8 = 10 for the second.
    outputs = decoder(Copying(), length_ratio=0.1)(texts)
    assert lists(outputs) == [[3] * 6, [4] * 10]


@pytest.mark.compiles
def test_padding_and_start_are_never_written(plain):
    endless = Scripted({first: [6] * 31 for first in range(3, VOCABULARY)})
    mine = decoder(endless, lengths=(7,))(sources(5, longest=6))
    assert {len(ids) for ids in mine} == {18}  # 1.5 · 7 + 8
    for ids in mine + plain(sources(11, longest=6)):
        assert not np.isin(ids, [PADDING, START, END]).any()


@pytest.mark.compiles
def test_company_changes_no_translation(plain):
    texts = [*sources(11, longest=6), []]
    together = plain.hypotheses(texts)
    assert plain.rows(7, 11) == 4 and plain.rows(7, 1) == 1
    require_alike(together, [plain.hypotheses([text])[0] for text in texts])
    require_alike(together, plain.hypotheses(texts[::-1])[::-1])
    assert together[-1][0].ids.tolist() == [] and together[-1][0].score == 0.0
    assert {*map(len, together)} == {1}


@pytest.mark.compiles
def test_wider_padding_changes_no_translation(model, plain):
    texts = sources(7, longest=6)
    wide = decoder(model, lengths=(23,))
    short = 1.5 * 7 + 8
    for mine, theirs in zip(plain(texts), wide(texts), strict=True):
        assert mine.tolist() == theirs[: int(short)].tolist()


@pytest.mark.compiles
def test_xla_changes_nothing_and_the_weights_are_those_of_the_moment(model, plain):
    texts, weights = sources(6, longest=6), model.get_weights()
    before = lists(plain(texts))
    compiled = decoder(model, xla=True, lengths=(7,))
    try:
        model.set_weights([weight[::-1] for weight in weights])
        after = lists(plain(texts))
        anew = lists(compiled(texts))
    finally:
        model.set_weights(weights)
    assert after != before
    assert after == anew
    assert before == lists(plain(texts)) == lists(compiled(texts))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"length_ratio": 0}, "length_ratio must be greater than 0, got 0"),
        ({"lengths": (4, 0)}, r"lengths must be at least 1, got \(4, 0\)"),
        ({"lengths": ()}, "a decoder needs at least one length, got none"),
    ],
)
def test_options_without_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        decoder(Copying(), **options)


# Batches


@pytest.mark.parametrize(
    ("options", "width", "count", "rows"),
    [
        ({"batch_size": 64}, 16, 9, 64),
        ({"batch_size": 64}, 16, 8, 8),
        ({"batch_size": 64}, 16, 1, 8),
        ({"batch_size": 4}, 16, 1, 1),
        ({"batch_size": 4}, 16, 2, 4),
        ({"batch_tokens": 1024}, 16, 500, 64),
        ({"batch_tokens": 1024}, 64, 500, 16),
        ({"batch_tokens": 1024}, 64, 2, 2),
        ({"batch_tokens": 10}, 64, 5, 1),
    ],
)
def test_a_batch_holds_so_many_rows_or_tokens(options, width, count, rows):
    decode = BatchDecoder(Copying(), **options, threads=1)
    assert decode.rows(width, count) == rows


# Threads

SHARES = keras.backend.backend() == "tensorflow"
several = pytest.mark.skipif(not SHARES, reason="only TensorFlow decodes in threads")


@several
@pytest.mark.parametrize(
    ("rows", "threads", "count", "share"),
    [
        (64, 2, 500, 32),
        (64, 3, 500, 22),
        (64, 8, 500, 16),
        (8, 2, 500, 8),
        (64, 2, 8, 8),
    ],
)
def test_threads_share_a_batch(rows, threads, count, share):
    decode = BatchDecoder(Copying(), batch_size=rows, threads=threads)
    assert decode.rows(16, count) == share


@several
def test_two_threads_translate_what_one_does():
    texts = [[3 + i % 13] * (1 + i % 5) for i in range(61)]
    two, one = (
        decoder(Copying(), batch_size=8, lengths=(6,), threads=threads)
        for threads in (2, 1)
    )
    assert lists(two(texts)) == lists(one(texts)) == texts
    with pytest.raises(ValueError, match="one prefix, got 61 sources, 1 prefixes"):
        two(texts, prefixes=[[3]])


@several
def test_batches_of_known_shape_are_decoded_at_the_same_time(monkeypatch):
    decode = decoder(Copying(), batch_size=2, lengths=(4,), threads=2)
    assert lists(decode([[5]] * 2)) == [[5]] * 2  # compiled, in this thread
    meeting, call = threading.Barrier(2, timeout=60), DecodingProgram.predict_on_batch

    def meet(program, inputs):
        meeting.wait()  # broken, and an error, if nobody else comes
        return call(program, inputs)

    monkeypatch.setattr(DecodingProgram, "predict_on_batch", meet)
    assert lists(decode([[3], [4], [5], [6]])) == [[3], [4], [5], [6]]


@pytest.mark.skipif(SHARES, reason="TensorFlow decodes in threads")
def test_threads_are_refused_where_keras_has_no_room_for_them():
    assert decoder(Copying()).threads == 1
    with pytest.raises(ValueError, match="need the TensorFlow backend, got threads=2"):
        decoder(Copying(), threads=2)


@pytest.mark.compiles
def test_batches_by_tokens_change_no_translation():
    texts = [[3 + i % 13 for i in range(length)] for length in (1, 5, 2, 6, 3, 13, 3)]
    assert lists(decoder(Copying(), batch_tokens=14)(texts)) == texts


# Methods


@pytest.mark.compiles
@pytest.mark.parametrize(
    "method",
    [BEAM, Sample(seed=3, count=2, temperature=0.7)],
    ids=lambda method: type(method).__name__,
)
def test_a_method_gives_the_same_in_any_batch(method):
    few, many = searched(method, batch_size=1), searched(method)
    require_alike(few, many)
    assert [(h.ids.tolist(), h.score) for h in few[-1]] == [([], 0.0)]
    assert max(map(len, few)) == 2


def test_hypotheses_are_those_of_the_method(model):
    source = batch(7)
    wanted = beam(model, source, 9, 3, 0.5, 2, CONSTRAINTS)
    for hypotheses, tokens, scores in zip(
        searched(BEAM)[:7], array(wanted.tokens), array(wanted.scores), strict=False
    ):
        assert [h.ids.tolist() for h in hypotheses] == [
            [t for t in row if t > END] for row in tokens.tolist()
        ]
        np.testing.assert_allclose([h.score for h in hypotheses], scores, rtol=1e-4)
        assert isinstance(hypotheses[0].score, float)


@pytest.mark.compiles
def test_xla_changes_no_hypothesis(model):
    options = {"batch_size": 9, "lengths": (7,), "length_ratio": 0.2}
    compiled = decoder(model, method=BEAM, xla=True, **options)
    require_alike(compiled.hypotheses(TEXTS), searched(BEAM))


@pytest.mark.compiles
def test_every_translation_begins_with_its_prefix():
    model = Scripted({5: [3, 4, 7, 8], 7: [8, 9], 4: []})
    texts, prefixes = [[5, 4], [], [7, 7, 7], [4]], [[9, 8], [3], [], [6] * 9]
    for method in (Greedy(), Beam(width=2)):
        said = lists(decoder(model, method=method, lengths=(7,))(texts, prefixes))
        assert said[1] == []
        assert [ids[: len(p)] for ids, p in zip(said, prefixes, strict=True)] == [
            [9, 8],
            [],
            [],
            [6] * 9,
        ]
        if method == Greedy():
            assert said == [[9, 8, 7, 8], [], [8, 9], [6] * 9]


@pytest.mark.compiles
def test_what_a_search_found_is_rated_as_the_search_rated_it(model, plain):
    greedy = [one for (one,) in plain.hypotheses(TEXTS)]
    best = [found[0] for found in searched(BEAM)]
    # What was cut off has no end, and was rated without one.
    whole = [len(one.ids) < 18 for one in greedy] + [len(one.ids) < 9 for one in best]
    assert sum(whole[:11]) > 2 and sum(whole[12:-1]) > 2
    divisors = length_divisors(9, BEAM.length_penalty)
    scores = [one.score for one in greedy]
    scores += [one.score * divisors[min(len(one.ids) + 1, 9)] for one in best]
    given = [
        one.ids if ended else []
        for one, ended in zip(greedy + best, whole, strict=True)
    ]
    forced = decoder(model, method=Forced(given), lengths=(7,))
    rated = np.array([one.score for (one,) in forced.hypotheses(2 * TEXTS)])
    np.testing.assert_allclose(
        rated[whole], np.array(scores)[whole], rtol=1e-4, atol=1e-4
    )


def test_every_source_needs_a_prefix():
    with pytest.raises(ValueError, match="one prefix, got 2 sources, 1 prefixes"):
        decoder(Copying())([[3], [4]], [[5]])


@pytest.mark.compiles
def test_a_seed_fixes_the_samples_and_another_gives_others():
    texts = [[5, 4]] * 5
    said = [
        lists(decoder(Tree(6), method=Sample(seed=seed))(texts)) for seed in (1, 1, 2)
    ]
    assert said[0] == said[1] != said[2]
    assert len({tuple(ids) for ids in said[0]}) > 2


def test_several_lengths_and_searches_are_no_warning(caplog):
    # TensorFlow warns after five programs; they are meant.
    made = decoder(Copying(), lengths=tuple(range(2, 12)))
    for length in range(1, 10):
        made([[5] * length])
    assert "retracing" not in caplog.text


def test_a_bar_counts_the_sentences_that_are_decoded(monkeypatch):
    counted: list = []

    class Bar(progress.NoBar):
        def update(self, count=1):
            counted.append(count)

    def bar(shown, **options):
        counted.append((shown, options["total"]))
        return Bar()

    monkeypatch.setattr(batches, "progress_bar", bar)
    translate = decoder(Copying())
    translate(TEXTS, progress=True)
    assert counted.pop(0) == (True, 11) and sum(counted) == 11
    translate(TEXTS)
    assert (False, 11) in counted
