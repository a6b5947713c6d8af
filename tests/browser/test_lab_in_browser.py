"""The lessons in a real JupyterLab, as `make lab` opens it."""

import json
import os
import re

import pytest
from browsing import ROOT, eventually

LESSONS = sorted(path.name for path in (ROOT / "lessons").glob("[0-9][0-9]_*.ipynb"))
# A quick one whose views move, and the quickest of all.
LIGHT = ["09_positions.ipynb", "16_training_craft.ipynb"]
# Every lesson, where somebody has half an hour: `make test-browser ALL=1`.
RUN = LESSONS if os.environ.get("KERAS_TRANSFORMER_ALL_LESSONS") else LIGHT


def errors(notebook):
    """What the cells of a notebook raised or wrote to the standard error."""
    return [
        output
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


def test_it_opens_on_the_syllabus_with_a_table_of_contents(
    lab, no_outside_requests, picture
):
    page = no_outside_requests
    page.goto(f"{lab.address}/?token={lab.token}")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_selector(
        ".jp-RenderedMarkdown h1:has-text('Lessons') >> visible=true"
    )
    contents = page.locator(".jp-TableOfContents")
    contents.get_by_text("The ledger").wait_for()
    picture(page, "lab-1-syllabus")
    page.wait_for_timeout(3000)  # news would come by now
    assert page.locator(".Toastify__toast").count() == 0


def test_a_claim_of_the_ledger_opens_at_its_cell(lab, no_outside_requests, picture):
    page = no_outside_requests
    lab.open(page, "work/ledger.md")
    page.click("a[href*='claim-15-parallel']")
    active = page.locator(".jp-NotebookPanel:visible .jp-Cell.jp-mod-active")
    cell = active.filter(has_text="assert")
    cell.wait_for()
    page.wait_for_timeout(1000)
    assert 0 < cell.bounding_box()["y"] < 800
    picture(page, "lab-claim")


def test_the_links_of_a_lesson_lead_to_its_neighbours(lab, no_outside_requests):
    page = no_outside_requests
    lab.open(page, f"work/{LESSONS[0]}")
    for name in LESSONS[1:3]:
        page.click(".jp-NotebookPanel:visible .jp-Cell a:has-text('→') >> nth=0")
        page.wait_for_selector(f".lm-TabBar-tab.jp-mod-current:has-text('{name}')")
    page.click(".jp-NotebookPanel:visible .jp-Cell a:has-text('Syllabus') >> nth=0")
    syllabus = page.locator(".lm-TabBar-tab.jp-mod-current:has-text('README.md')")
    syllabus.wait_for()
    assert syllabus.is_visible()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_opens_with_its_figures_and_without_a_complaint(
    lab, no_outside_requests, name
):
    page = no_outside_requests
    lab.open(page, f"work/{name}")
    panel = page.locator(".jp-NotebookPanel:visible")
    heading = panel.locator("h1").first
    heading.wait_for()
    assert heading.inner_text().startswith(name[:2])
    assert page.locator(".jp-Dialog").count() == 0


@pytest.mark.parametrize("name", RUN)
def test_a_lesson_runs_from_top_to_bottom(lab, no_outside_requests, picture, name):
    page = no_outside_requests
    lab.open(page, f"work/{name}")
    picture(page, f"lab-2-{name[:2]}-opened")
    notebook = lab.run_all(page, f"work/{name}", timeout_s=600)
    picture(page, f"lab-3-{name[:2]}-has-run")
    assert errors(notebook) == []


TRAIN = """
import numpy as np
from keras_transformer import LengthBuckets, Run, Transformer, TrainingConfig

random = np.random.default_rng(1)
sentences = [random.integers(3, 9, 3) for _ in range(64)]
config = TrainingConfig(epochs=100_000, lengths=(4,), batch_tokens=64)
batches = LengthBuckets(sentences, sentences, config.lengths, config.batch_tokens)
model = Transformer(9, 9, width=8, num_layers=1, num_heads=1, hidden_width=8)
run = Run(model, batches, batches, config, "interrupted")
"""


def test_an_interrupted_training_leaves_a_kernel_that_can_be_used(
    lab, no_outside_requests, picture
):
    path = "work/interrupted.ipynb"
    lesson = json.loads((ROOT / "lessons" / LESSONS[0]).read_text("utf-8"))
    sources = [TRAIN, "run()", "print(run.epoch > 0, model.count_params())"]
    lesson["cells"] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    (lab.folder / path).write_text(json.dumps(lesson), "utf-8")
    page = no_outside_requests
    lab.open(page, path)
    page.locator(".jp-NotebookPanel:visible .jp-Cell").first.click()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    bar = page.get_by_text(re.compile(r"epoch\s\d{2,}/100000")).first
    bar.wait_for(timeout=120_000)
    picture(page, "lab-4-training")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.press("i")
    eventually(page, lambda: lab.state(path) == "idle", 60, "it was not interrupted")
    page.get_by_text("and can be used").first.wait_for()
    picture(page, "lab-5-interrupted")
    page.keyboard.press("Shift+Enter")
    answer = page.get_by_text("True ").first
    answer.wait_for()
    assert answer.is_visible()
