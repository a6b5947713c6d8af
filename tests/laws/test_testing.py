import subprocess
import sys
import textwrap

import keras
import pytest

pytest_plugins = ["pytester"]

SUITE = """
import keras
from keras import ops
from keras_transformer.laws.testing import laws
from keras_transformer.masks import masked_softmax


def attend(query, value, key=None, mask=None):
    key = value if key is None else key
    scores = ops.einsum("btd,bsd->bts", query, key) / query.shape[-1] ** 0.5
    return ops.einsum("bts,bsv->btv", masked_softmax(scores, {mask}), value)


test_attend = laws(attend, like="Attention", breaks={breaks})
"""


@pytest.fixture
def suite(pytester):
    def run(mask="mask", breaks="None"):
        text = SUITE.replace("{mask}", mask).replace("{breaks}", breaks)
        pytester.makepyfile(textwrap.dedent(text))
        return pytester.runpytest_inprocess("-q", "-p", "no:randomly", "-rsfx")

    return run


def test_a_right_layer_passes_a_test_for_each_law(suite):
    outcomes = suite().parseoutcomes()
    assert outcomes["passed"] > 10
    assert "failed" not in outcomes


def test_a_broken_law_fails_by_its_name_and_says_what_it_saw(suite):
    result = suite(mask="None")
    name = "*test_attend[[]hidden_keys_and_values_change_nothing[]]*"
    result.stdout.fnmatch_lines([name])
    result.stdout.fnmatch_lines(["*What is hidden may hold anything*But under*"])
    assert result.parseoutcomes()["failed"] >= 1


def test_a_law_that_says_nothing_is_skipped_with_its_reason(suite):
    result = suite()
    result.stdout.fnmatch_lines(["SKIPPED*it cannot be rebuilt*"])
    assert result.parseoutcomes()["skipped"] >= 1


def test_what_is_known_to_be_broken_is_expected_to_fail(suite):
    told = "{'a_mask_hides_by_query_and_key': 'takes no mask yet'}"
    outcomes = suite(mask="None", breaks=told).parseoutcomes()
    assert outcomes["xfailed"] == 1
    assert "xpassed" not in outcomes


def test_what_no_longer_breaks_has_to_be_taken_out(suite):
    told = "{'a_mask_hides_by_query_and_key': 'takes no mask yet'}"
    result = suite(breaks=told)
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*XPASS(strict)*takes no mask yet*"])


def test_a_law_that_is_not_asked_cannot_be_expected_to_break(suite):
    result = suite(breaks="{'no_such_law': ''}")
    result.stdout.fnmatch_lines(["*breaks names what is not asked: no_such_law*"])


@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow", reason="there TensorFlow is the backend"
)
def test_neither_tensorflow_nor_the_course_is_imported():
    code = (
        "import sys, keras_transformer.laws.testing, keras_transformer.laws.adapters\n"
        "found = {'tensorflow', 'keras_transformer.course'} & set(sys.modules)\n"
        "raise SystemExit(str(found) if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
