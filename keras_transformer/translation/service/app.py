"""The web application: translations, a page, health and metrics."""

import asyncio
import contextlib
import importlib.resources
import logging
import time
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from keras_transformer.translation.service.batcher import Batcher, Busy, Closed
from keras_transformer.translation.service.limits import Limits
from keras_transformer.translation.service.metrics import Metrics
from keras_transformer.translation.service.request import Refused, read

# What the page brings with it, and nothing from elsewhere.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
)
RETRY_AFTER = {"Retry-After": "1"}


def application(
    answer: Callable[[list[str], Any], list[dict[str, Any]]],
    limits: Limits | None = None,
) -> Starlette:
    """A service over a function that answers.

    Routes: `POST /translate`, `GET /` a page, `GET /health` whether it lives,
    `GET /ready` whether it takes requests, `GET /metrics`.

    Args:
        answer: Takes texts and `Wanted`, returns the answer to each text: `Answers`.
        limits: What is taken; `Limits()` by default.
    """
    limits = limits or Limits()
    metrics = Metrics()
    batcher = Batcher(
        answer, limits.max_batch, limits.max_waiting, seen=metrics.batches.observe
    )
    metrics.waiting.set_function(lambda: batcher.waiting)
    page = (
        importlib.resources.files(__package__).joinpath("page.html").read_text("utf-8")
    )
    state = {"ready": False}

    @contextlib.asynccontextmanager
    async def lifespan(_):
        await batcher.start()
        state["ready"] = True
        yield
        state["ready"] = False
        await batcher.drain()

    async def translate(request: Request) -> Response:
        begun = time.perf_counter()
        response = await _answered(request, batcher, limits, metrics)
        metrics.seconds.observe(time.perf_counter() - begun)
        metrics.requests.labels(str(response.status_code)).inc()
        return response

    async def index(_: Request) -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    async def health(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(_: Request) -> Response:
        if state["ready"]:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("stopping\n", status_code=503)

    async def numbers(_: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/translate", translate, methods=["POST"]),
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", numbers),
        ],
        lifespan=lifespan,
    )


async def _answered(request, batcher, limits, metrics):
    try:
        async with asyncio.timeout(limits.timeout):
            texts, wanted = await read(request, limits)
            answers = await batcher.submit(texts, wanted)
    except Refused as refused:
        return _error(refused.status, str(refused))
    except Busy:
        reason = f"{limits.max_waiting} texts may wait; try again"
        return _error(429, reason, RETRY_AFTER)
    except Closed:
        return _error(503, "the service is stopping", RETRY_AFTER)
    except TimeoutError:
        return _error(504, f"no translation within {limits.timeout:g} seconds")
    except ClientDisconnect:
        return _error(400, "the request broke off")
    except Exception:
        logging.getLogger(__name__).exception("a request failed")
        return _error(500, "the translation failed; the service's log says why")
    metrics.texts.inc(len(texts))
    return JSONResponse({"answers": answers})


def _error(status, reason, headers=None):
    return JSONResponse({"error": reason}, status, headers)
