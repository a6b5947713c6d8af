"""A real browser: Debian's Chromium, or the one that Playwright installs.

`page` is a new tab, `no_outside_requests` the same for a test that must stay on this
machine, `lab` a JupyterLab on a copy of the lessons. Where there is no browser, these
tests are skipped and say so; `KERAS_TRANSFORMER_BROWSER=needed` has them fail.
"""

import os
import sys

import pytest
from browsing import (
    ELSEWHERE,
    PICTURES,
    ROOT,
    absent,
    found,
    free_port,
    outside,
    serving,
)


@pytest.fixture(scope="session")
def browser():
    """A running Chromium, without a window."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        absent("no browser test: playwright is not installed")
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(
                executable_path=found(),
                # Root, as in containers, has no sandbox; shared memory is small there.
                args=["--no-sandbox", "--disable-dev-shm-usage"],
            )
        except Error as error:
            absent(f"no browser test: install Chromium ({error.message[:200]})")
        yield running
        running.close()


@pytest.fixture
def context(browser):
    """What tabs share: cookies, storage, the size of the window."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    """A new tab."""
    return context.new_page()


@pytest.fixture
def no_outside_requests(page):
    """The tab, for a test that fails if anything is asked from another machine."""
    asked = []

    def seen(address):
        if outside(address):
            asked.append(address)

    page.context.on("request", lambda request: seen(request.url))
    page.on("websocket", lambda socket: seen(socket.url))
    page.route(ELSEWHERE, lambda route: route.abort())
    yield page
    assert asked == []


@pytest.fixture
def picture(request):
    """`picture(page, name)`: keep a screenshot for people to look at."""

    def take(page, name, **options):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", **options)

    return take


@pytest.fixture
def lab(running_lab):
    """JupyterLab as `make lab` opens it, in a folder that tests may write to."""
    yield running_lab
    running_lab.end_kernels()


@pytest.fixture(scope="session")
def running_lab(tmp_path_factory, browser):
    """The JupyterLab of `lab`."""
    folder, log = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("log")
    port, token = free_port(), "for-the-tests"
    command = [sys.executable, "-m", "keras_transformer", "lab", "--no-browser"]
    command += ["--port", str(port), "--folder", str(folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": token}
    log = log / "jupyter.txt"
    with serving(command, port, folder, token, log, env=env) as running:
        yield running


@pytest.fixture
def opened(no_outside_requests, tmp_path):
    """`opened(view)`: the page that shows it, from the disk."""
    page = no_outside_requests
    mistakes = []
    page.on("pageerror", lambda error: mistakes.append(error))

    def show(view, **media):
        page.emulate_media(**media)
        view.save(tmp_path / "view.html")
        page.goto((tmp_path / "view.html").as_uri())
        return page

    yield show
    assert mistakes == []
