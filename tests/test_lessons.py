"""The form that every lesson keeps. That it runs is tested by running it."""

import ast
import importlib.util
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
LONGEST = 14  # lines of a cell
WIDGET = "application/vnd.jupyter.widget-view+json"


def read(path):
    import nbformat  # seconds: not where these tests are only collected

    return nbformat.read(path, as_version=4)


def tagged(notebook, tag):
    return [
        index
        for index, cell in enumerate(notebook.cells)
        if tag in cell.metadata.get("tags", ())
    ]


def text_of(cell):
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts.append(output.get("data", {}).get("text/plain", ""))
    return "".join(parts)


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return read(request.param)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_lessons_are_numbered_without_a_gap():
    assert [int(path.stem[:2]) for path in LESSONS] == [*range(1, len(LESSONS) + 1)]


def test_a_lesson_is_a_valid_notebook_of_moderate_size(lesson):
    import nbformat

    nbformat.validate(lesson)
    assert len(json.dumps(lesson)) < 600_000


def test_a_lesson_holds_no_trace_of_a_machine(lesson):
    assert set(lesson.metadata) == {"kernelspec", "language_info"}
    assert lesson.metadata.kernelspec.name == "python3"
    for cell in lesson.cells:
        assert "execution" not in cell.metadata
        for output in cell.get("outputs", ()):
            assert WIDGET not in output.get("data", {})
            plain = json.dumps({k: v for k, v in output.items() if k != "data"})
            plain += str(output.get("data", {}).get("text/plain"))
            assert not re.search(r"/(home|work|tmp|usr|root)/", plain)


def test_the_stored_outputs_come_from_one_clean_run(lesson):
    counts = [cell.execution_count for cell in code(lesson) if cell.source.strip()]
    assert counts == [*range(1, len(counts) + 1)]
    for cell in code(lesson):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


def test_a_lesson_has_figures_and_asserts_its_claims(lesson):
    pictures = [o for c in code(lesson) for o in c.outputs if "image/png" in str(o)]
    assert pictures
    claims = [cell for cell in code(lesson) if cell.id.startswith("claim-")]
    assert claims
    for cell in claims:
        assert any(isinstance(node, ast.Assert) for node in ast.walk(parsed(cell)))


def parsed(cell):
    lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
    return ast.parse("\n".join(lines))


def test_cells_are_short(lesson):
    for cell in code(lesson):
        assert len(cell.source.splitlines()) <= LONGEST, cell.source


def test_what_is_for_the_tests_alone_stands_in_tags(lesson):
    # A learner reads the cell, the tests read its tags.
    for cell in code(lesson):
        assert not re.search(r"^# (NBVAL|isort|fmt)", cell.source, re.M), cell.source
    assert tagged(lesson, "nbval-check-output")


def test_exercises_fail_helpfully_and_have_a_solution_that_passes(lesson):
    exercises = tagged(lesson, "exercise")
    checks, solutions = tagged(lesson, "exercise-check"), tagged(lesson, "solution")
    assert len(exercises) >= 2
    assert len(exercises) == len(checks) == len(solutions)
    for exercise, checked, solved in zip(exercises, checks, solutions, strict=True):
        assert exercise < checked < solved
        told = text_of(lesson.cells[checked])
        if exercise in tagged(lesson, "break"):
            assert "✗" in told  # a law is broken: find the line
        else:
            assert "NotImplementedError" in lesson.cells[exercise].source
            assert "is not written yet" in told
        solution = lesson.cells[solved]
        assert solution.metadata.jupyter.source_hidden is True
        assert "laws hold" in text_of(solution)
        assert any(isinstance(node, ast.Assert) for node in ast.walk(parsed(solution)))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_exercises_are_of_five_kinds(path):
    lesson = read(path)
    told = re.compile(
        r"^\*\*Exercise (\d+) · (Predict|Build|Break|Explain|Go further): ", re.M
    )
    sources = [c.source for c in lesson.cells if c.cell_type == "markdown"]
    named = [found for source in sources for found in told.findall(source)]
    assert [int(number) for number, _ in named] == [*range(1, len(named) + 1)]
    assert 5 <= len(named) <= 8
    kinds = {kind for _, kind in named}
    assert kinds == {"Predict", "Build", "Break", "Explain", "Go further"}
    broken = tagged(lesson, "break")
    assert len(broken) == sum(kind == "Break" for _, kind in named)
    assert set(broken) <= set(tagged(lesson, "exercise"))
    built = [kind for _, kind in named if kind in ("Build", "Break")]
    assert len(built) == len(tagged(lesson, "exercise"))
    for source in sources:  # hints and answers are folded
        assert source.count("<details>") == source.count("</details>")
        for kind, fold in (("Build", "Hint"), ("Break", "Hint"), ("Explain", "Answer")):
            if f" · {kind}: " in source:
                assert f"<summary>{fold}</summary>" in source


def test_guesses_are_asked_for_before_the_answer():
    for path in LESSONS:
        lesson = read(path)
        guesses = tagged(lesson, "predict")
        assert guesses, path.stem
        for index in guesses:
            assert "guess" in lesson.cells[index].source
            after = [cell.source for cell in code_after(lesson, index)]
            assert any("compare(guess" in source for source in after[:3])


def code_after(notebook, index):
    return [cell for cell in notebook.cells[index + 1 :] if cell.cell_type == "code"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_claim_cell_has_a_line_in_the_ledger(path):
    for cell in code(read(path)):
        if cell.id.startswith("claim-"):
            assert re.search(r"^[✓◐✗] Claim \d+ ", text_of(cell), re.M), cell.id


def test_a_lesson_defines_nothing_that_the_package_has(lesson):
    import keras_transformer

    for cell in code(lesson):
        for node in ast.walk(parsed(cell)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                assert node.name not in keras_transformer.__all__


def test_every_lesson_opens_and_ends_with_the_way_to_its_neighbours():
    place = ROOT / "lessons" / "links.py"
    spec = importlib.util.spec_from_file_location("links", place)
    links = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(links)
    read = {path.name: json.loads(path.read_text("utf-8")) for path in LESSONS}
    titles = {name: links.title(notebook) for name, notebook in read.items()}
    lines = links.ways(titles)
    for name, notebook in read.items():
        assert links.linked(notebook, lines[name]) == notebook, (
            "python lessons/links.py"
        )
    assert lines["02_bottleneck.ipynb"] == (
        "[← 01 · Fixed context](01_fixed_context.ipynb) · [Syllabus](README.md) · "
        "[03 · Soft attention →](03_soft_attention.ipynb)"
    )
    assert "←" not in lines[LESSONS[0].name] and "→" not in lines[LESSONS[-1].name]


PAGES = sorted((ROOT / "lessons").glob("*.md"))
LINK = re.compile(r"\]\((\d\d_\w+\.ipynb)(?:#([^)]*))?\)")
SOURCE = re.compile(r"keras_transformer/[a-z_/0-9]+(?:\.py)?")
FOLDERS = ("*.md", "docs/*.md", "data/*.md", "lessons/*.md", "lessons/*.ipynb")
NAMING = sorted(path for pattern in FOLDERS for path in ROOT.glob(pattern))


@pytest.mark.parametrize("page", NAMING, ids=lambda path: path.name)
def test_every_source_that_a_page_names_is_there(page):
    named = set(SOURCE.findall(page.read_text("utf-8")))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_into_a_lesson_points_to_a_cell(page):
    broken = []
    for name, cell in LINK.findall(page.read_text("utf-8")):
        path = page.parent / name
        if not path.exists():
            broken.append(f"{name}: no such lesson")
        elif cell and cell not in {c.id for c in read(path).cells}:
            broken.append(f"{name}#{cell}: no such cell")
    assert not broken
