"""Requests that arrive close together are answered together, and never too many."""

import asyncio
import collections
import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any


class Busy(Exception):  # noqa: N818 an answer, not a fault
    """As many sentences wait as may wait."""


class Closed(Exception):  # noqa: N818 an answer, not a fault
    """The service is stopping, and takes nothing more."""


@dataclasses.dataclass
class _Asked:
    texts: Sequence[str]
    options: Hashable
    answer: asyncio.Future


class Batcher:
    """Puts waiting requests together and hands them to one worker thread.

    A batch is what waits when the worker becomes free: under load batches fill by
    themselves, and a single request waits for nobody.

    Args:
        work: Takes texts and options, returns a result for each text. It is never
            called twice at a time.
        max_batch: Texts a batch; a request with more of them is a batch of its own.
        max_waiting: Texts that may wait, those being worked on included.
        seen: Told the number of texts of each batch.
    """

    def __init__(
        self,
        work: Callable[[list[str], Hashable], list[Any]],
        max_batch: int = 64,
        max_waiting: int = 1024,
        seen: Callable[[int], None] = lambda count: None,
    ):
        if max_batch < 1 or max_waiting < 1:
            raise ValueError(
                "max_batch and max_waiting must be at least 1, got "
                f"max_batch={max_batch}, max_waiting={max_waiting}"
            )
        self.work = work
        self.max_batch = max_batch
        self.max_waiting = max_waiting
        self.seen = seen
        self.waiting = 0
        self._queue: collections.deque[_Asked] = collections.deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._worker: asyncio.Task | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._worker = asyncio.create_task(self._run())

    async def drain(self) -> None:
        """Take nothing more, and return when everything accepted is answered."""
        self._closing = True
        self._arrived.set()
        if self._worker is not None:
            await self._worker

    async def submit(self, texts: Sequence[str], options: Hashable = None) -> list[Any]:
        """The results of some texts.

        Args:
            texts: The texts.
            options: What the work is told; only requests with equal options share a
                batch.

        Raises:
            Busy: If more texts would wait than may.
            Closed: If `drain` was called.
            Exception: What the work raised for these texts.
        """
        if self._closing:
            raise Closed
        # A request that could never fit is taken when nothing else waits.
        if self.waiting and self.waiting + len(texts) > self.max_waiting:
            raise Busy
        answer = asyncio.get_running_loop().create_future()
        self.waiting += len(texts)
        self._queue.append(_Asked(texts, options, answer))
        self._arrived.set()
        return await answer

    async def _run(self):
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._arrived.clear()
                await self._arrived.wait()
                continue
            batch = self._take()
            try:
                if batch:
                    await self._answer(batch)
            finally:
                self.waiting -= sum(len(asked.texts) for asked in batch)

    def _take(self):
        """The requests of the next batch; those that nobody waits for are dropped."""
        batch, count = [], 0
        while self._queue:
            asked = self._queue[0]
            if not asked.answer.done():
                alike = not batch or asked.options == batch[0].options
                if batch and (count + len(asked.texts) > self.max_batch or not alike):
                    break
                batch.append(asked)
                count += len(asked.texts)
            else:
                self.waiting -= len(asked.texts)
            self._queue.popleft()
        return batch

    async def _answer(self, batch):
        texts = [text for asked in batch for text in asked.texts]
        self.seen(len(texts))
        try:
            results = await asyncio.to_thread(self.work, texts, batch[0].options)
        except Exception as error:
            if len(batch) == 1:
                _settle(batch[0].answer, error=error)
                return
            for asked in batch:  # one of them is to blame: the others are not
                await self._answer([asked])
            return
        first = 0
        for asked in batch:
            _settle(asked.answer, results[first : first + len(asked.texts)])
            first += len(asked.texts)


def _settle(answer, result=None, error=None):
    if answer.done():  # who asked has gone
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
