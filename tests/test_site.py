"""What the site is made of, without building it: `tests/browser` opens it."""

import ast
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site():
    """The modules of `docs/site`."""
    sys.path.insert(0, str(ROOT / "docs" / "site"))
    try:
        import api
        import check
        import sources
    finally:
        sys.path.pop(0)
    yield api, check, sources
    for name in ("api", "check", "sources"):
        del sys.modules[name]


def test_every_public_name_has_an_entry_with_its_example(site):
    api, _, _ = site
    pages = "\n".join(api.pages(ROOT / "keras_transformer").values())
    opening = ast.parse((ROOT / "keras_transformer/__init__.py").read_text("utf-8"))
    (names,) = (
        ast.literal_eval(node.value)
        for node in opening.body
        if isinstance(node, ast.Assign)
    )
    headings = {line[3:] for line in pages.splitlines() if line.startswith("## ")}
    assert set(names) - headings == {"GreedyDecoder"}  # another name of BatchDecoder
    assert ">>> np.asarray(Dot()(query, key)).tolist()" in pages


def test_a_docstring_becomes_a_page(site):
    api, _, _ = site
    node = ast.parse(
        "class Dot(Layer):\n"
        '    """Dot product.\n\n'
        "    Memory: as little as there is.\n\n"
        "    Args:\n        scale: A number,\n            not 0.\n\n"
        "    Example:\n        >>> Dot()\n        1\n\n"
        '    Source: Luong.\n    """\n'
        "    def __init__(self, scale: float = 1.0, **kwargs):\n        pass\n"
    ).body[0]
    entry = api.entry(node, "scores.py")
    assert "```python\nDot(scale: float=1.0, **kwargs)\n```" in entry
    assert "- **scale**: A number,\n  not 0." in entry
    assert "```pycon\n>>> Dot()\n1\n```" in entry
    assert "**Source**: Luong." in entry and "\nMemory: as little" in entry


def test_a_program_of_cells_becomes_a_page(site):
    _, _, sources = site
    program = '# %% [markdown]\n"""# Title\n\nText."""\n\n# %%\nx = 1\n'
    program += "\n# %% [markdown]\n# ## More\n#\n# And more.\n"
    assert sources.percent(program) == (
        "# Title\n\nText.\n\n```python\nx = 1\n```\n\n## More\n\nAnd more.\n"
    )


def test_the_check_finds_what_is_wrong_with_a_site(site, tmp_path):
    _, check, _ = site
    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b.html#there">1</a><a href="#here">2</a>'
        '<a href="b.html#nowhere">3</a><a href="c.html">4</a>'
        '<a href="https://example.org/x#y">5</a><script src="//cdn/x.js"></script>'
        '<img src="https://elsewhere/x.png"><link rel="stylesheet" href="no.css">'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p><img src="big.png">')
    (tmp_path / "big.png").write_bytes(b"x" * check.HEAVIEST)
    found = check.faults(tmp_path)
    assert [line.partition(" bytes")[0] for line in found] == [
        "a.html: b.html#nowhere: no such anchor",
        "a.html: c.html: no such file",
        "a.html: //cdn/x.js: loaded from elsewhere",
        "a.html: https://elsewhere/x.png: loaded from elsewhere",
        "a.html: no.css: no such file",
        "b.html: 2,000,037",
    ]
