import guarantees

ROOT = guarantees.PAGE.parents[1]


def test_the_page_is_what_its_command_writes():
    assert guarantees.PAGE.read_text("utf-8") == guarantees.page(), "make guarantees"


def test_every_promise_names_a_test_that_there_is():
    kept = [each for part in guarantees.promises().values() for each in part]
    assert len(kept) > 10
    for promise in kept:
        path, _, name = promise.test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), promise.test


def test_the_page_is_linked():
    assert "(guarantees.md)" in (ROOT / "docs" / "README.md").read_text("utf-8")
