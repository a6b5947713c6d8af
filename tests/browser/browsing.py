"""What the browser tests share, beside their fixtures."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PICTURES = ROOT / "build" / "browser"  # screenshots, for people
HERE = {"localhost", "127.0.0.1", ""}
ELSEWHERE = re.compile(r"^https?://(?!(localhost|127\.0\.0\.1)[:/])")
# The server asks elsewhere when the page asks it for these.
ASKS_ELSEWHERE = re.compile(r"/lab/api/(news|update|extensions)")


def absent(reason):
    """Skip, or fail where a browser was promised."""
    if os.environ.get("KERAS_TRANSFORMER_BROWSER") == "needed":
        pytest.fail(reason)
    pytest.skip(reason)


def found():
    """The browser of the system, if it has one that Playwright can drive."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def outside(address):
    """Whether a request leaves this machine, itself or by way of the server."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme in ("data", "blob", "about", "file"):
        return False
    return parts.hostname not in HERE or bool(ASKS_ELSEWHERE.search(parts.path))


class Lab:
    """A JupyterLab that runs.

    Args:
        address: Where, without a path.
        token: What it asks for.
        folder: The folder that it shows.
    """

    def __init__(self, address, token, folder):
        self.address = address
        self.token = token
        self.folder = folder

    def url(self, path=""):
        """The address of a file in it, with the token, in a fresh workspace."""
        tree = f"/tree/{urllib.parse.quote(path)}" if path else ""
        return f"{self.address}/lab{tree}?token={self.token}&reset"

    def open(self, page, path):
        """Open a file; for a notebook wait until its kernel is there."""
        page.goto(self.url(path))
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        if path.endswith(".ipynb"):
            page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell")
            told = f"no kernel for {path}"
            eventually(page, lambda: self.state(path) == "idle", 90, told)

    def ask(self, path, method="GET"):
        """What the server's interface answers."""
        address = f"{self.address}/api/{path}?token={self.token}"
        request = urllib.request.Request(address, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def state(self, path):
        """What the kernel of an open notebook does: idle, busy, …; None without one."""
        for session in self.ask("sessions"):
            if session["path"] == path and session["kernel"]:
                return session["kernel"]["execution_state"]
        return None

    def end_kernels(self):
        """End what tests have started: each holds memory."""
        for session in self.ask("sessions"):
            self.ask(f"sessions/{session['id']}", "DELETE")

    def saved(self, page, path):
        """Save the open notebook, and read it.

        The server empties the file before it writes: what is read then is not JSON.
        While it saves, JupyterLab does not hear that it should: it is told again.
        """
        file = self.folder / path
        before = file.stat().st_mtime_ns

        def read():
            page.keyboard.press("Control+s")
            page.wait_for_timeout(500)
            if file.stat().st_mtime_ns == before:
                return None
            try:
                return json.loads(file.read_text("utf-8"))
            except json.JSONDecodeError:
                return None

        return eventually(page, read, 60, f"{path} has not been saved")

    def run_all(self, page, path, timeout_s=300):
        """Run every cell of the open notebook, and read it when the last has run."""
        page.click(".lm-MenuBar-itemLabel:text-is('Run')")
        page.click("li[data-command='runmenu:run-all']")

        def done():
            if self.state(path) != "idle":
                return None
            notebook = self.saved(page, path)
            ran = all(
                cell["execution_count"]
                for cell in notebook["cells"]
                if cell["cell_type"] == "code" and cell["source"]
            )
            return notebook if ran else None

        return eventually(page, done, timeout_s, f"{path} has not run to its end")


def eventually(page, happened, timeout_s, otherwise):
    """What `happened()` says as soon as it says something.

    Waiting by `time.sleep` would stop the page: its requests go through this process.
    """
    deadline = time.monotonic() + timeout_s
    while not (said := happened()):
        assert time.monotonic() < deadline, otherwise
        page.wait_for_timeout(300)
    return said


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def serving(command, port, folder, token, path, **options):
    """A server that answers, until the block ends."""
    log = pathlib.Path(path)
    with log.open("w") as written:
        process = subprocess.Popen(
            command, cwd=folder, stdout=written, stderr=written, **options
        )
        try:
            deadline = time.monotonic() + 90
            address = f"http://127.0.0.1:{port}"
            while True:
                try:
                    urllib.request.urlopen(f"{address}/api?token={token}", timeout=5)
                    break
                except OSError:
                    assert process.poll() is None, log.read_text("utf-8")
                    assert time.monotonic() < deadline, log.read_text("utf-8")
                    time.sleep(0.3)
            yield Lab(address, token, folder)
        finally:
            process.terminate()
            process.wait(30)
