"""Laws of what answers requests in batches, between a queue and a model.

A worker is an async function `(queue, work, most)` without an end: it takes pairs
`(text, answer)` from an `asyncio.Queue`, calls `work(texts)` with at most `most` of
them, and puts the results into the answers, which are `asyncio.Future`s.
"""

import asyncio
import inspect
import itertools
import threading
from collections.abc import Collection, Sequence
from typing import Any

from keras_transformer.laws.answers import LawBroken, NotWritten
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import first_line, guarded
from keras_transformer.laws.subject import Subject

PATIENCE = 2.0  # seconds for what takes none
TEXTS = ("dddd", "a", "ccc", "bb", "eeeee", "f", "ggg", "hh", "i", "jjjj")


def told(
    worker: Subject, texts: Sequence[str], most: int, gone: Collection[str] = ()
) -> tuple[dict[str, Any], list[list[str]]]:
    """What each text was answered, and the batches.

    Args:
        worker: The worker.
        texts: They wait before it begins; `"bad"` fails.
        most: Texts a batch.
        gone: Texts whose answer nobody waits for any more.

    Returns:
        By text its result, the error that it was told, or `None` without an answer.
    """
    found: list[Any] = []

    def whole():
        try:
            found.append(asyncio.run(_asked(worker.candidate, texts, most, gone)))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=whole, daemon=True)  # a notebook's loop runs
    thread.start()
    thread.join(5 * PATIENCE)
    if not found:
        raise LawBroken("it never lets others run: nothing is awaited")
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


async def _asked(candidate, texts, most, gone):
    queue, batches = asyncio.Queue(), []
    loop = asyncio.get_running_loop()
    answers = {text: loop.create_future() for text in texts}
    for text, answer in answers.items():
        if text in gone:
            answer.cancel()
        queue.put_nowait((text, answer))

    def work(batch):
        batches.append(list(batch))
        if "bad" in batch:
            raise ValueError("a bad text")
        return [text.upper() for text in batch]

    running = guarded(candidate, queue, work, most)
    if not inspect.isawaitable(running):
        raise LawBroken("it is no async function: nothing can be awaited")
    task = asyncio.ensure_future(running)
    waited = [answer for text, answer in answers.items() if text not in gone]
    everything = asyncio.gather(*waited, return_exceptions=True)
    await asyncio.wait(
        [task, everything], timeout=PATIENCE, return_when="FIRST_COMPLETED"
    )
    if task.done() and not task.cancelled() and (error := task.exception()):
        everything.cancel()
        await asyncio.gather(everything, return_exceptions=True)
        if isinstance(error, NotImplementedError):
            raise NotWritten(str(error) or "it raises NotImplementedError")
        raise LawBroken(f"it raised {type(error).__name__}: {first_line(error)}")
    said = {text: _said(answer) for text, answer in answers.items()}
    task.cancel()
    everything.cancel()
    await asyncio.gather(task, everything, return_exceptions=True)
    return said, batches


def _said(answer):
    if not answer.done() or answer.cancelled():
        return None
    return answer.exception() or answer.result()


def _require_own(said: dict[str, Any], texts: Collection[str]) -> None:
    for text in texts:
        if said[text] != text.upper():
            got = "no answer" if said[text] is None else repr(said[text])
            raise LawBroken(f"who asked {text!r} got {got}, not {text.upper()!r}")


@law("batch_worker")
def who_asks_is_given_the_answer_to_it(worker: Subject) -> None:
    """Who asks is given the answer to their own text."""
    _require_own(told(worker, TEXTS, 4)[0], TEXTS)


@law("batch_worker")
def who_waits_together_is_answered_together(worker: Subject) -> None:
    """Ten that wait, at most four a batch: three batches."""
    _, batches = told(worker, TEXTS, 4)
    if len(batches) > 3:
        raise LawBroken(f"the batches have {_sizes(batches)} texts")


@law("batch_worker")
def a_batch_has_at_most_as_many(worker: Subject) -> None:
    """No batch has more texts than it may have."""
    for most in (1, 4):
        _, batches = told(worker, TEXTS, most)
        if max(map(len, batches), default=0) > most:
            sizes = _sizes(batches)
            raise LawBroken(f"with at most {most} a batch, they have {sizes} texts")


@law("batch_worker")
def a_lone_request_waits_for_nobody(worker: Subject) -> None:
    """One that comes alone is answered, though no other comes."""
    if told(worker, TEXTS[:1], 4)[0][TEXTS[0]] is None:
        raise LawBroken(f"a text that came alone had no answer in {PATIENCE:g} s")


@law("batch_worker")
def who_came_first_is_not_overtaken(worker: Subject) -> None:
    """Nobody is in a later batch than who came after."""
    _, batches = told(worker, TEXTS, 4)
    number = {text: n for n, batch in enumerate(batches) for text in batch}
    for first, second in itertools.pairwise(TEXTS):
        if number.get(first, len(batches)) > number.get(second, len(batches)):
            raise LawBroken(f"{second!r} was answered before {first!r}, who came first")


@law("batch_worker")
def a_text_that_fails_spoils_no_other(worker: Subject) -> None:
    """Where a text fails, who asked it is told, and all others are answered."""
    texts = (*TEXTS[:2], "bad", *TEXTS[2:])
    said, _ = told(worker, texts, 4)
    _require_own(said, TEXTS)
    if not isinstance(said["bad"], Exception):
        got = "nothing" if said["bad"] is None else repr(said["bad"])
        raise LawBroken(f"who asked the text that failed was told {got}")


@law("batch_worker")
def who_has_gone_stops_nobody(worker: Subject) -> None:
    """Where somebody has gone meanwhile, the others are answered."""
    gone = {TEXTS[1], TEXTS[5]}
    _require_own(told(worker, TEXTS, 4, gone)[0], set(TEXTS) - gone)


def _sizes(batches: list[list[str]]) -> str:
    return ", ".join(str(len(batch)) for batch in batches)
