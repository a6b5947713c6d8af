"""The service under load, beside the same translator asked sentence by sentence.

Users on this machine, at a fixed rate whether or not the service keeps up: shares of
what single calls could do. Everything has an end; requests are counted.
"""

import concurrent.futures
import pathlib
import re
import time

import numpy as np

from keras_transformer import corpora
from keras_transformer.course.measure.service import Offered, Service, offer, poisson
from keras_transformer.translation.translator import Translator

SHARES = (0.25, 0.5, 0.75, 1.5, 2.5)
SECONDS = 4.0  # of load, a share
BOUND = 256  # texts that the service lets in
STOPPING = 200  # users inside when it is told to stop


def measure(
    peers: list[str], rounds: int, run: pathlib.Path | None = None
) -> tuple[dict, list[dict]]:
    """Users answered a second, and how long they wait, by load; what a stop loses.

    Args:
        peers: Not asked: beside ours there is the same service without batches.
        rounds: How often single calls are timed.
        run: The folder of a trained translator.

    Raises:
        ValueError: If there is no folder.
    """
    if run is None:
        raise ValueError("the service needs a trained folder, got no --run")
    texts = list(corpora.load("phrasebook").splits["test"].source[:200])
    translator = Translator.load(run)
    single = single_calls(translator, texts, rounds)
    found, lost = {}, {}
    for name, most in (("ours", "64"), ("one by one", "1")):
        flags = "--max-batch", most, "--max-waiting", str(BOUND)
        with Service(run, *flags) as service:
            offer(service, texts, np.zeros(100))  # the first are slow
            loads = [poisson(share * single, SECONDS) for share in SHARES]
            found[name] = [offer(service, texts, times) for times in loads]
            lost[name] = stopped(service, texts)
        print(name, lost[name], flush=True)
    rows = [
        row(share, dict(zip(found, pair, strict=True)))
        for share, pair in zip(SHARES, zip(*found.values(), strict=True), strict=True)
    ]
    about: dict = {"parameters": translator.model.count_params()}
    about |= {"single calls a second": round(single)}
    about |= {"seconds": SECONDS, "bound": BOUND}
    about["inside at a stop"] = [inside for inside, _ in lost.values()]
    about["lost at a stop"] = [few for _, few in lost.values()]
    return about, rows


def single_calls(translator: Translator, texts: list[str], rounds: int) -> float:
    """How many texts a second a loop of single calls translates, without a service."""
    seconds = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        for text in texts[:50]:
            translator([text])
        seconds.append(time.perf_counter() - started)
    return 50 / float(np.median(seconds[1:]))


def row(share: float, runs: dict[str, Offered]) -> dict:
    """A line of the table: one load, with and without batches.

    Raises:
        RuntimeError: If a request was neither answered nor told to try again.
    """
    made: dict = {"load, of single calls": share}
    rates = {}
    for name, found in runs.items():
        statuses = set(found.status.tolist())
        if not statuses <= {200, 429}:
            raise RuntimeError(f"{name} lost requests: statuses {sorted(statuses)}")
        rates[name] = round(len(found.seconds) / found.answered.max(), 1)
        for share in (50, 99):
            took = 1e3 * np.percentile(found.seconds, share)
            made[f"p{share} ms, {name}"] = round(float(took), 1)
        made[f"refused, {name}"] = int((found.status == 429).sum())
    ratio = round(rates["ours"] / rates["one by one"], 2)
    return {**made, "answered_per_second": rates, "ratio": {"one by one": ratio}}


def stopped(service: Service, texts: list[str]) -> tuple[int, int]:
    """How many were inside when the service was told to stop, and not answered."""

    def count(name):
        found = re.findall(rf"^{name} (\S+)", service.get("/metrics")[1], re.M)
        return int(float(found[0])) if found else 0

    answered = re.escape('translator_requests_total{status="200"}')
    long = [" ".join(texts[i % 100 :][:10]) for i in range(STOPPING)]  # time to stop
    before = count(answered)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(offer, service, long, np.zeros(STOPPING))
        inside = begun = 0
        while begun < STOPPING and not asking.done():
            inside = count("translator_waiting_texts")
            begun = inside + count(answered) - before
        service.stop()
        found = asking.result()
    return inside, int((found.status != 200).sum())
