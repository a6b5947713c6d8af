import asyncio

from zoo import mutant, sound


async def taken(queue, most):
    """What waits, the first waited for."""
    batch = [await queue.get()]
    while len(batch) < most and not queue.empty():
        batch.append(queue.get_nowait())
    return batch


async def answer(batch, work):
    """Each its own result; alone, where they fail together."""
    batch = [(text, future) for text, future in batch if not future.done()]
    if not batch:
        return
    try:
        results = await asyncio.to_thread(work, [text for text, _ in batch])
    except ValueError as error:
        if len(batch) == 1:
            batch[0][1].set_exception(error)
            return
        for asked in batch:
            await answer([asked], work)
        return
    for (_, future), result in zip(batch, results, strict=True):
        if not future.done():
            future.set_result(result)


@sound("what waits, together", like="batch_worker")
async def worker(queue, work, most):
    while True:
        await answer(await taken(queue, most), work)


@mutant("sorted by length, and handed out in that order", like="batch_worker")
async def not_put_back(queue, work, most):
    while True:
        batch = await taken(queue, most)
        texts = sorted((text for text, _ in batch), key=len)
        futures = [future for _, future in batch]
        await answer(list(zip(texts, futures, strict=True)), work)


@mutant("answers one by one, whoever waits", like="batch_worker")
async def one_by_one(queue, work, most):
    while True:
        await answer(await taken(queue, 1), work)


@mutant("takes all that waits", like="batch_worker")
async def without_a_bound(queue, work, most):
    while True:
        await answer(await taken(queue, 1_000), work)


@mutant("begins when the batch is full", like="batch_worker")
async def when_it_is_full(queue, work, most):
    while True:
        await answer([await queue.get() for _ in range(most)], work)


@mutant("takes who came last", like="batch_worker")
async def newest_first(queue, work, most):
    while True:
        waiting = (await taken(queue, 1_000))[::-1]
        for first in range(0, len(waiting), most):
            await answer(waiting[first : first + most], work)


@mutant("one text fails, and all of its batch are told so", like="batch_worker")
async def all_fail(queue, work, most):
    while True:
        batch = await taken(queue, most)
        try:
            work([text for text, _ in batch])
        except ValueError as error:
            for _, future in batch:
                future.set_exception(error)
            continue
        await answer(batch, work)


@mutant("a failure is passed over in silence", like="batch_worker")
async def silent(queue, work, most):
    while True:
        for asked in await taken(queue, most):
            if asked[0] != "bad":
                await answer([asked], work)


@mutant("ends with the first failure", like="batch_worker")
async def ends(queue, work, most):
    while True:
        batch = await taken(queue, most)
        work([text for text, _ in batch])
        await answer(batch, work)


@mutant("answers who has gone", like="batch_worker")
async def answers_nobody(queue, work, most):
    while True:
        batch = await taken(queue, most)
        for text, future in batch:
            if future.cancelled():
                future.set_result(text)
        await answer(batch, work)
