"""A service in a process of its own, stopped while it works."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

TEXTS = ["Der Mann sieht einen Hund.", "Das Kind malt Brot, oder?"]


@pytest.fixture
def service(smoke_folder):
    arguments = ("serve", smoke_folder, "--port", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_transformer", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    lines = iter(process.stderr.readline, "")
    address = next(
        found[0] for line in lines if (found := re.search(r"http://\S+", line))
    )
    yield process, address
    process.kill()
    process.wait()
    process.stderr.close()


def ask(address, **body):
    request = urllib.request.Request(f"{address}translate", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["answers"]


def test_what_was_accepted_is_answered_when_it_is_stopped(service, translator):
    process, address = service
    wanted = translator(TEXTS)
    assert [a["translation"] for a in ask(address, texts=TEXTS)] == wanted

    def request(number):
        try:
            return ask(address, text=TEXTS[number % 2])[0]["translation"]
        except urllib.error.HTTPError as error:
            assert error.code == 503  # said, not lost
        except urllib.error.URLError as error:
            # Refused at the door, or not yet accepted when the door was shut.
            assert isinstance(error.reason, ConnectionError), error.reason
        except ConnectionResetError:
            pass
        return None

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(request, number) for number in range(400)]
        while sum(one.done() for one in asked) < 40:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        answers = [one.result() for one in asked]
    assert process.wait(60) == 0
    assert "everything that was accepted is answered" in process.stderr.read()
    answered = [answer for answer in answers if answer is not None]
    assert 40 <= len(answered) < 400
    for number, answer in enumerate(answers):
        assert answer in (None, wanted[number % 2])


def test_a_port_that_is_taken_is_one_line(smoke_folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = ("serve", smoke_folder, "--port", port)
        done = subprocess.run(
            [sys.executable, "-m", "keras_transformer", *map(str, arguments)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    assert done.returncode == 1
    assert "Address already in use" in done.stderr.splitlines()[-1]
