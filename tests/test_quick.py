import pathlib
import re

import pytest
from quick import QUICK

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("file", QUICK)
def test_the_quick_tests_are_there(file):
    source = (HERE / file).read_text("utf-8")
    names = re.findall(r"^def (test_\w+)", source, re.M)
    for pattern in QUICK[file]:
        wanted = re.compile(pattern.partition(".*")[0].partition(r"\[")[0])
        assert any(map(wanted.search, names)), pattern


def test_the_quick_tests_touch_every_folder():
    folders = {path.relative_to(HERE).parts[0] for path in HERE.glob("*/**/test_*.py")}
    folders -= {"browser", "strangers"}  # whose tests start programs
    assert folders == {file.partition("/")[0] for file in QUICK if "/" in file}
