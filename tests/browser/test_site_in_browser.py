"""The site from the disk, as readers open it: no server, no network."""

import re
import subprocess
import sys

import pytest
from browsing import ROOT, absent, eventually

SITE = ROOT / "build" / "site"
KINDS = (  # a page of each kind
    *("index.html", "lessons/README.html", "lessons/01_fixed_context.html"),
    *("lessons/03_soft_attention.html", "SCOREBOARD.html", "docs/zoo.html"),
    *("api/00_attention.html", "docs/guides/keras_user.html", "search.html"),
)
LESSONS = sorted(path.stem for path in (ROOT / "lessons").glob("*.ipynb"))


@pytest.fixture(scope="session")
def site():
    """The folder of the site, built from what is stored. Links are checked by that."""
    command = [sys.executable, ROOT / "docs" / "site"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return SITE


@pytest.fixture
def visit(site, no_outside_requests):
    """`visit(name)`: open a page of the site in a tab that asks nobody else."""
    page = no_outside_requests

    def open_page(name):
        page.goto((site / name).as_uri())
        return page

    return open_page


def test_it_is_built_without_a_warning_and_links_find_their_cells(site):
    assert (site / "index.html").is_file()
    ledger = (site / "lessons" / "ledger.html").read_text("utf-8")
    claims = set(re.findall(r'href="([^"]*)#(claim-[^"]*)"', ledger))
    assert len(claims) > 40
    for page, cell in claims:
        assert f'id="{cell}"' in (site / "lessons" / page).read_text("utf-8")


def test_every_link_at_the_side_opens_its_page(visit):
    page = visit("index.html")
    links = page.locator(".sidebar-tree a.reference.internal")
    targets = links.evaluate_all("links => links.map(link => link.href)")
    assert len(targets) > len(LESSONS) + 20
    for number, target in enumerate(targets):
        link = page.locator(".sidebar-tree a.reference.internal").nth(number)
        title = link.inner_text()
        link.click()
        assert page.url.rstrip("#").startswith(target.rstrip("#"))
        assert title.lower() in page.locator("h1").first.inner_text().lower()


def test_the_lessons_lead_from_the_first_to_the_last(visit):
    page = visit(f"lessons/{LESSONS[0]}.html")
    for name in LESSONS[1:]:
        page.click("a.next-page")
        assert page.url.endswith(f"{name}.html")


def test_the_ledger_leads_to_the_cell_that_measures(visit):
    page = visit("lessons/ledger.html")
    page.click("a[href$='#claim-15-parallel']")
    assert page.url.endswith("07_self_attention.html#claim-15-parallel")
    cell = page.locator("#claim-15-parallel")
    assert "assert" in cell.inner_text()

    def top():
        return cell.evaluate("cell => cell.getBoundingClientRect().top")

    # The page goes there when it has been laid out.
    eventually(page, lambda: 0 <= top() < 300, 10, "the cell is not in view")


def test_a_reader_finds_a_lesson_by_a_word(visit, picture):
    page = visit("index.html")
    page.fill("input[name=q]", "rotary")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a").filter(has_text="09 · Positions")
    found.first.wait_for()
    picture(page, "site-search")
    found.first.click()
    assert "09_positions.html" in page.url


def test_a_table_sorts_by_the_column_that_is_clicked(visit):
    page = visit("results/scoreboard/README.html")
    table = page.locator("article table").first
    header = table.locator("th", has_text="BLEU, long")
    column = header.evaluate("header => header.cellIndex")

    def values():
        cells = table.locator(f"tbody tr td:nth-child({column + 1})").all_inner_texts()
        return [float(text) for text in cells]

    before = values()
    header.get_by_role("button").click()
    assert values() == sorted(before) != before
    header.get_by_role("button").press("Enter")
    assert values() == sorted(before, reverse=True)
    assert header.get_attribute("aria-sort") == "descending"


def test_a_solution_is_folded_until_it_is_asked_for(visit):
    page = visit("lessons/03_soft_attention.html")
    solution = page.locator("details.hide").first
    assert solution.get_attribute("open") is None
    assert not solution.locator(".highlight").first.is_visible()
    solution.locator("summary").click()
    assert solution.locator(".highlight").first.is_visible()


def test_formulas_are_there_without_a_script(visit):
    page = visit("lessons/01_fixed_context.html")
    assert page.locator("math").count() >= 5
    assert "$" not in page.locator("article p:has(math)").first.inner_text()


@pytest.mark.parametrize("name", KINDS)
def test_a_phone_shows_a_page_without_scrolling_sideways(visit, picture, name):
    page = visit("index.html")
    page.set_viewport_size({"width": 390, "height": 800})
    visit(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, f"site-phone-{name.replace('/', '-')}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_no_serious_violation(visit, picture, name, scheme):
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        absent("no test of accessibility: axe-playwright-python is not installed")
    page = visit("index.html")
    page.emulate_media(color_scheme=scheme)
    visit(name)
    picture(page, f"site-{scheme}-{name.replace('/', '-')}")
    found = Axe().run(page).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []
