"""Requests share batches; none is lost, and never too many wait."""

import asyncio
import threading

import pytest

from keras_transformer.laws import check
from keras_transformer.translation.service.batcher import Batcher, Busy, Closed


class Work:
    """Upper case, held back until it is let go; remembers its batches."""

    def __init__(self, held=False):
        self.batches, self.go = [], threading.Event()
        self.at_once = self.most = 0
        if not held:
            self.go.set()

    def __call__(self, texts, options):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        assert self.go.wait(10)
        self.batches.append((list(texts), options))
        self.at_once -= 1
        if "bad" in texts:
            raise ValueError("a bad text")
        return [text.upper() for text in texts]


def run(work, ask, **options):
    """What `ask(batcher)` returns, the batcher started before and drained after."""

    async def whole():
        batcher = Batcher(work, **options)
        await batcher.start()
        try:
            return await ask(batcher)
        finally:
            work.go.set()
            await batcher.drain()
            assert batcher.waiting == 0

    return asyncio.run(asyncio.wait_for(whole(), 20))


async def settle():
    for _ in range(10):
        await asyncio.sleep(0.01)


def test_every_request_gets_its_own_results():
    work = Work()

    async def ask(batcher):
        asked = [[f"a{n}", f"b{n}"][: 1 + n % 2] for n in range(50)]
        return asked, await asyncio.gather(*map(batcher.submit, asked))

    asked, answers = run(work, ask)
    assert answers == [[text.upper() for text in texts] for texts in asked]
    assert work.most == 1


def test_what_waits_meanwhile_is_one_batch():
    work = Work(held=True)

    async def ask(batcher):
        tasks = [asyncio.create_task(batcher.submit([f"t{n}"])) for n in range(9)]
        await settle()
        work.go.set()
        return await asyncio.gather(*tasks)

    run(work, ask, max_batch=5)
    assert [len(texts) for texts, _ in work.batches] in ([5, 4], [1, 5, 3])


def test_requests_with_other_options_have_batches_of_their_own_in_order():
    work = Work(held=True)

    async def ask(batcher):
        options = [1, 2, 2, 1]
        tasks = [
            asyncio.create_task(batcher.submit([f"t{n}"], option))
            for n, option in enumerate(options)
        ]
        await settle()
        work.go.set()
        return await asyncio.gather(*tasks)

    assert run(work, ask) == [["T0"], ["T1"], ["T2"], ["T3"]]
    assert [o for _, o in work.batches] == [1, 2, 1]


def test_a_bad_request_spoils_no_other():
    work = Work(held=True)

    async def ask(batcher):
        texts = ["x", "a", "bad", "b"]
        tasks = [asyncio.create_task(batcher.submit([text])) for text in texts]
        await settle()
        work.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    x, a, bad, b = run(work, ask)
    assert (x, a, b) == (["X"], ["A"], ["B"])
    assert isinstance(bad, ValueError)


def test_too_many_are_refused_and_taken_again_later():
    work = Work(held=True)

    async def ask(batcher):
        tasks = [asyncio.create_task(batcher.submit([str(n)])) for n in range(3)]
        await settle()
        with pytest.raises(Busy):
            await batcher.submit(["4"])
        work.go.set()
        await asyncio.gather(*tasks)
        return await batcher.submit(["5"])

    assert run(work, ask, max_waiting=3) == ["5"]


def test_a_request_larger_than_the_queue_is_taken_when_nothing_waits():
    async def ask(batcher):
        return await batcher.submit(["a", "b", "c"])

    assert run(Work(), ask, max_waiting=2, max_batch=1) == ["A", "B", "C"]


def test_who_has_gone_is_not_worked_for():
    work = Work(held=True)

    async def ask(batcher):
        first = asyncio.create_task(batcher.submit(["a"]))
        await settle()
        second = asyncio.create_task(batcher.submit(["b"]))
        await settle()
        second.cancel()
        await settle()
        work.go.set()
        await first
        await settle()
        assert batcher.waiting == 0

    run(work, ask)
    assert [texts for texts, _ in work.batches] == [["a"]]


def test_draining_answers_what_was_accepted_and_refuses_the_rest():
    work = Work(held=True)

    async def ask(batcher):
        tasks = [asyncio.create_task(batcher.submit([str(n)])) for n in range(5)]
        await settle()
        draining = asyncio.create_task(batcher.drain())
        await settle()
        with pytest.raises(Closed):
            await batcher.submit(["late"])
        work.go.set()
        await draining
        return await asyncio.gather(*tasks)

    assert run(work, ask, max_batch=2) == [[str(n)] for n in range(5)]


@pytest.mark.parametrize("wrong", [{"max_batch": 0}, {"max_waiting": 0}])
def test_sizes_must_be_positive(wrong):
    with pytest.raises(ValueError, match="must be at least 1"):
        Batcher(Work(), **wrong)


def test_it_obeys_every_law_of_a_batch_worker():
    async def worker(queue, work, most):
        batcher = Batcher(lambda texts, _: work(texts), max_batch=most)
        await batcher.start()
        asked = set()  # a task lives as long as somebody holds it
        while True:
            asked.add(asyncio.create_task(answered(batcher, *await queue.get())))

    async def answered(batcher, text, answer):
        try:
            (result,) = await batcher.submit([text])
        except ValueError as error:
            answer.set_exception(error)
            return
        if not answer.done():
            answer.set_result(result)

    report = check(worker, like="batch_worker", show=False)
    assert report.ok, str(report)
