import json
import pathlib
import re

import pytest

from keras_transformer.course import claims
from keras_transformer.course.claims import ledger


def lesson(path, *cells):
    outputs = [
        {"id": name, "outputs": [{"output_type": "stream", "text": text}]}
        for name, text in cells
    ]
    path.write_text(json.dumps({"cells": outputs}), "utf-8")
    return path


def test_what_a_claim_prints_the_ledger_reads(capsys, tmp_path):
    claims.claim(1, "holds", "BLEU 31.")
    claims.claim(2, "holds", "3 to 22 words", "up to 22")
    claims.claim(13, "holds when", "0.09 nats: few", "q is typical")
    claims.claim(19, "does not hold here", "gap 1.6 and 2.6", "more heads (8) overfit")
    printed = capsys.readouterr().out
    path = lesson(tmp_path / "01_first.ipynb", ("claim-a", f"before\n{printed}after"))
    one, two, three, four = ledger.found(path)
    assert one[:4] == ("✓", 1, "BLEU 31", "")
    assert two[:4] == ("✓", 2, "3 to 22 words", "up to 22")
    assert three[:4] == ("◐", 13, "0.09 nats: few", "q is typical")
    assert four[:4] == ("✗", 19, "gap 1.6 and 2.6", "more heads (8) overfit")
    assert one.link == "[01](01_first.ipynb#claim-a)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((99, "holds", "x"), "the claims are 1 to"),
        ((1, "true", "x"), "a verdict is one of holds, holds when"),
        ((1, "holds when", "x"), "'holds when' must say where"),
        ((1, "does not hold here", "x"), "must say where"),
    ],
)
def test_a_line_that_the_ledger_could_not_read_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        claims.claim(*given)


def test_the_last_lesson_has_the_last_word(tmp_path):
    first = lesson(tmp_path / "01_a.ipynb", ("x", "✓ Claim 2 holds: early.\n"))
    text = "◐ Claim 2 holds when trained: late | later.\n✗ Claim 4 does not hold here"
    second = lesson(tmp_path / "02_b.ipynb", ("y", f"{text} (never): nought.\n"))
    page = ledger.render([first, second])
    held, detail = page.split("## In detail")
    assert "late \\| later | trained | [02](02_b.ipynb#y) |" in held
    assert "early" not in held and "✓ Holds" not in held
    assert held.index("✗ Does not hold") < held.index("◐ Holds when")
    assert "  - [01](01_a.ipynb#x) ✓ early" in detail
    assert f"- 1: {claims.CLAIMS[1].sentence}" in detail


def test_every_claim_is_a_sentence():
    assert [*claims.CLAIMS] == [*range(1, len(claims.CLAIMS) + 1)]
    for one in claims.CLAIMS.values():
        assert re.fullmatch(r"[A-Z].*\.", one.sentence)


LESSONS = pathlib.Path(__file__).parents[3] / "lessons"


def test_the_ledger_is_what_the_lessons_have_stored():
    stored = sorted(LESSONS.glob("[0-9][0-9]_*.ipynb"))
    told = (LESSONS / "ledger.md").read_text("utf-8")
    assert told == ledger.render(stored), "python -m keras_transformer.course.claims"


def test_every_claim_has_its_verdict():
    lines = [
        one
        for path in sorted(LESSONS.glob("[0-9]*.ipynb"))
        for one in ledger.found(path)
    ]
    assert {one.number for one in lines} == set(claims.CLAIMS)
