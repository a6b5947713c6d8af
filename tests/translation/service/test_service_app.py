"""JSON in, JSON out; limits are kept, and said."""

import asyncio
import json
import re
import threading

import httpx
import pytest

from keras_transformer.translation.service.answers import Answers, Wanted
from keras_transformer.translation.service.app import application
from keras_transformer.translation.service.limits import Limits


def shout(texts, wanted):
    if "explode" in texts:
        raise RuntimeError("a secret of the machine")
    return [{"translation": text.upper(), "wanted": list(wanted)} for text in texts]


def with_client(ask, answer=shout, **limits):
    """What `ask(client)` returns, asked of an application."""

    async def whole():
        app = application(answer, Limits(**limits))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://here") as client,
        ):
            return await ask(client)

    return asyncio.run(asyncio.wait_for(whole(), 60))


def post(content, **options):
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return with_client(lambda c: c.post("/translate", content=content), **options)


def test_texts_are_translated_in_order():
    response = post({"texts": ["eins", "zwei"]})
    assert response.status_code == 200
    assert [a["translation"] for a in response.json()["answers"]] == ["EINS", "ZWEI"]
    alone = post({"text": "ä"}).json()
    assert alone == {"answers": [{"translation": "Ä", "wanted": [1, False]}]}
    more = post({"text": "ä", "n_best": 3, "attention": True}).json()
    assert more["answers"][0]["wanted"] == [3, True]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff", "must be JSON"),
        (b"[" * 4_000, "must be JSON"),
        (b'"x"', "must be an object"),
        ({}, 'with "text" or "texts"'),
        ({"text": "a", "texts": ["b"]}, 'with "text" or "texts"'),
        ({"texts": "ab"}, "a list of 1 to 2"),
        ({"texts": []}, "a list of 1 to 2"),
        ({"texts": ["a"] * 3}, "a list of 1 to 2"),
        ({"texts": ["a", 1]}, "text 1 must be a string"),
        (b'{"text": "\\ud800"}', "text 0 must be a string of Unicode"),
        ({"text": "x" * 11}, "at most 10 characters, got 11"),
        ({"text": "a", "n_best": 0}, "n_best must be an integer from 1 to 8"),
        ({"text": "a", "n_best": True}, "n_best must be an integer"),
        ({"text": "a", "n_best": 1e300}, "n_best must be an integer"),
        ({"text": "a", "attention": 1}, "attention must be true or false"),
        ({"text": "a", "beam": 4}, "fields of .* got 'beam'"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(body, said):
    response = post(body, max_texts=2, max_characters=10)
    assert response.status_code == 400
    assert re.search(said, response.json()["error"])


def test_a_body_without_end_is_cut_off():
    read = []

    async def endless():
        while True:
            read.append(1)
            yield b" " * 1000

    response = with_client(
        lambda c: c.post("/translate", content=endless()), max_texts=1, max_characters=9
    )
    assert response.status_code == 413 and len(read) < 20


def test_a_failure_keeps_its_secrets():
    response = post({"text": "explode"})
    assert response.status_code == 500
    assert "secret" not in response.text


def test_a_request_that_takes_too_long_is_answered():
    go = threading.Event()

    def slow(texts, wanted):
        go.wait(10)
        return shout(texts, wanted)

    async def ask(client):
        response = await client.post("/translate", json={"text": "a"})
        go.set()
        return response

    response = with_client(ask, slow, timeout=0.2)
    assert response.status_code == 504
    assert "within 0.2 seconds" in response.json()["error"]


def test_a_full_queue_says_try_again():
    go = threading.Event()

    def slow(texts, wanted):
        assert go.wait(10)
        return shout(texts, wanted)

    async def ask(client):
        asked = [
            asyncio.create_task(client.post("/translate", json={"text": "a"}))
            for _ in range(9)
        ]
        while sum(task.done() for task in asked) < 4:
            await asyncio.sleep(0.01)
        go.set()
        return await asyncio.gather(*asked)

    answers = with_client(ask, slow, max_waiting=5)
    assert sorted(a.status_code for a in answers) == [200] * 5 + [429] * 4
    refused = [a for a in answers if a.status_code == 429]
    assert all(a.headers["retry-after"] == "1" for a in refused)


def test_health_page_and_metrics():
    async def ask(client):
        await client.post("/translate", json={"texts": ["a", "b"]})
        await client.post("/translate", json={})
        return [
            await client.get(path) for path in ("/health", "/ready", "/", "/metrics")
        ]

    health, ready, page, metrics = with_client(ask)
    assert (health.text, ready.text) == ("alive\n", "ready\n")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<textarea" in page.text and "http" not in page.text.split("<style>")[1]
    for line in (
        'translator_requests_total{status="200"} 1.0',
        'translator_requests_total{status="400"} 1.0',
        "translator_texts_total 2.0",
        "translator_waiting_texts 0.0",
        "translator_batch_texts_count 1.0",
        "translator_request_seconds_count 2.0",
    ):
        assert line in metrics.text.splitlines()


@pytest.mark.parametrize("field", ["max_texts", "max_waiting", "timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_must_be_positive(field, value):
    with pytest.raises(ValueError, match=f"{field} must be .*, got"):
        Limits(**{field: value})


# What a real translator answers


def test_answers_are_the_translators(translator):
    texts = ["Der Mann sieht einen Hund.", ""]
    answers = Answers(translator)(texts, Wanted())
    assert [a["translation"] for a in answers] == translator(texts)


def test_hypotheses_are_ranked_and_the_first_is_the_translation(translator):
    long = "Der Mann sieht einen Hund. " * 20
    answers = Answers(translator)(["Das Kind malt Brot.", long, ""], Wanted(n_best=3))
    first = answers[0]["hypotheses"]
    assert 1 < len(first) <= 3
    scores = [one["score"] for one in first]
    assert scores == sorted(scores, reverse=True)
    assert answers[0]["translation"] == first[0]["text"]
    assert answers[1]["hypotheses"] is None
    assert answers[1]["translation"] == translator([long])[0]
    assert answers[2]["translation"] == ""


def test_attention_has_a_row_a_piece(translator):
    long = "Der Mann sieht einen Hund. " * 20
    texts = ["Das Kind malt Brot.", "", long]
    answers = Answers(translator)(texts, Wanted(attention=True))
    shown = answers[0]
    assert len(shown["weights"]) == len(shown["target"])
    assert {len(row) for row in shown["weights"]} == {len(shown["source"])}
    assert [a["weights"] for a in answers[1:]] == [None, None]
