import os
import subprocess
import sys
import time

import pytest

from keras_transformer.laws import check
from keras_transformer.laws.sandbox import Limits, run_limited

SMALL = Limits(seconds=5.0, memory=2**29, output=10_000, processes=8)


def python(code, limits=SMALL):
    started = time.monotonic()
    ended = run_limited([sys.executable, "-c", code], limits)
    assert time.monotonic() - started < limits.seconds + 5
    return ended


def test_what_ends_by_itself_is_left_alone():
    assert python("print('so')") == (0, "so\n", "")
    ended = python("import sys; print('x', file=sys.stderr); sys.exit(3)")
    assert (ended.code, ended.output, ended.broke) == (3, "x\n", "")


@pytest.mark.parametrize(
    ("code", "broke"),
    [
        ("while True: pass", "it does not end within 1 s"),
        ("import time; time.sleep(99)", "it does not end within 1 s"),
        ("while True: print('a' * 1000)", "it prints more than 10,000 bytes"),
        ("import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: pass", "1 s"),
        (
            "import os, time\nfor _ in range(40):\n"
            "    if not os.fork(): time.sleep(99)\ntime.sleep(99)",
            "it starts more than 8 processes",
        ),
    ],
    ids=["loops", "sleeps", "prints", "does not listen", "forks"],
)
def test_what_does_not_end_is_ended(code, broke):
    ended = python(code, SMALL._replace(seconds=1.0 if "1 s" in broke else 20.0))
    assert ended.code is None and ended.broke.endswith(broke)
    assert len(ended.output) <= SMALL.output


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such limit")
def test_memory_is_limited():
    ended = python("x = bytearray(2**31)")
    assert ended.code == 1 and "MemoryError" in ended.output


def test_its_children_end_with_it(tmp_path):
    path = tmp_path / "child"
    code = (
        "import os, time\nchild = os.fork()\n"
        f"if child: open({str(path)!r}, 'w').write(str(child))\n"
        "else: time.sleep(99)"
    )
    assert python(code).code == 0
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(int(path.read_text()), 0)
            time.sleep(0.05)


def test_code_that_ends_the_program_breaks_the_law_and_not_the_notebook():
    def softmax(scores, mask=None):
        sys.exit(0)

    report = check(softmax, like="softmax", show=False)
    assert not report.ok
    assert any("ends the program" in saw for saw in report.broken.values())


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("return 'x' if print('so') else keras.ops.softmax(scores)", 1, "laws"),
        ("exec('while True: pass')", 1, "score was ended: it does not end within 20 s"),
        ("import os; os._exit(0)", 1, "score ended the check with exit code 0"),
    ],
    ids=["wrong", "loops", "leaves"],
)
def test_a_file_is_checked_in_a_process_of_its_own(tmp_path, body, code, said):
    path = tmp_path / "mine.py"
    path.write_text(f"import keras\n\ndef score(query, key):\n    {body}\n")
    command = [
        sys.executable,
        "-m",
        "keras_transformer.laws",
        path,
        "score",
        "ScaledDot",
    ]
    # What loops is ended soon; what ends by itself has the time of a busy machine.
    seconds = "20" if "within 20 s" in said else "180"
    done = subprocess.run(
        [*command, "--seconds", seconds], capture_output=True, text=True, check=False
    )
    assert said in done.stdout and "Traceback" not in done.stderr
    assert done.returncode == code
