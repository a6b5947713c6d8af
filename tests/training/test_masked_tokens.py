"""Tokens to guess: how many, which, and what is read in their place."""

import numpy as np
import pytest

from keras_transformer.laws import check
from keras_transformer.training import MaskedTokens, PackedRows, mask_tokens

VOCABULARY, MASK, SPECIAL = 40, 39, 38
IDS = np.random.default_rng(1).integers(3, 38, (100, 50))
IDS[:, 0], IDS[::2, 40], IDS[::2, 41:], IDS[:, 7] = 1, 2, 0, SPECIAL
WORDS = (IDS > 2) & (IDS != SPECIAL)


def masked(**options):
    return mask_tokens(IDS, VOCABULARY, MASK, special=(SPECIAL,), **options)


def test_the_labels_are_what_stood_there():
    read, labels = masked()
    assert np.array_equal(labels[labels != 0], IDS[labels != 0])
    assert np.array_equal(read[labels == 0], IDS[labels == 0])


@pytest.mark.parametrize("rate", [0.15, 0.4])
def test_a_share_of_the_words_is_guessed_most_of_them_hidden(rate):
    read, labels = masked(rate=rate)
    chosen = labels != 0
    assert not chosen[~WORDS].any()
    assert chosen[WORDS].mean() == pytest.approx(rate, abs=0.02)
    hidden = (read == MASK)[chosen].mean()
    kept = (read == IDS)[chosen].mean()
    assert hidden == pytest.approx(0.8, abs=0.05)
    assert kept == pytest.approx(0.1 + 0.1 / 35, abs=0.04)
    drawn = read[chosen & (read != MASK) & (read != IDS)]
    assert drawn.min() >= 3 and drawn.max() < SPECIAL and len(set(drawn)) > 15


def test_the_seed_decides():
    for one, two in zip(masked(seed=3), masked(seed=3), strict=True):
        assert np.array_equal(one, two)
    assert not np.array_equal(masked(seed=3)[0], masked(seed=4)[0])


def batches(seed=0):
    rows = PackedRows([[5, 6, 7, 8, 9, 10]] * 9, length=15, batch_tokens=45)
    return MaskedTokens(rows, VOCABULARY, MASK, rate=0.3, seed=seed)


def test_every_epoch_and_batch_is_masked_anew_and_alike_in_every_run():
    one, two = batches(), batches()
    seen = set()
    for epoch in range(3):
        for index in range(len(one)):
            inputs, labels = one.batch(epoch, index)
            again, _ = two.batch(epoch, index)
            assert np.array_equal(inputs["ids"], again["ids"])
            plain, _ = one.batches.batch(epoch, index)
            assert np.array_equal(inputs["segments"], plain["segments"])
            restored = np.where(labels != 0, labels, inputs["ids"])
            assert np.array_equal(restored, plain["ids"])
            seen.add(inputs["ids"].tobytes())
    assert len(seen) == 3 * len(one)
    assert one.order(1)[0][1].tolist() == one.batches.order(1)[0][1].tolist()


def test_a_fingerprint_knows_data_and_masks():
    assert batches().fingerprint() == batches().fingerprint()
    assert batches().fingerprint() != batches(seed=1).fingerprint()
    assert batches().fingerprint() != batches().batches.fingerprint()


def test_fit_sees_every_epoch_with_other_masks():
    data = batches()
    first = data[0][0]["ids"]
    data.on_epoch_end()
    assert not np.array_equal(first, data[0][0]["ids"])


def test_the_masking_obeys_every_law():
    report = check(mask_tokens, like=mask_tokens, show=False)
    assert report.ok, str(report)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 1.0}, r"rate must be in \(0, 1\), got rate=1.0"),
        ({"mask_id": 2}, "mask_id must be a word .* got mask_id=2, vocabulary=40"),
        ({"mask_id": 40}, "got mask_id=40, vocabulary=40"),
        ({"special": range(3, 39)}, "there must be a word to draw"),
    ],
)
def test_what_has_no_meaning_is_refused(options, message):
    arguments = {"vocabulary": VOCABULARY, "mask_id": MASK, **options}
    with pytest.raises(ValueError, match=message):
        mask_tokens(IDS, **arguments)
