"""No number in a lesson's prose is typed by hand: a cell shows it, or sets it."""

import pathlib
import re

import nbformat
import pytest

LESSONS = sorted((pathlib.Path(__file__).parents[1] / "lessons").glob("[0-9]*.ipynb"))
NUMBER = re.compile(
    r"(?<![\w.^/])(?P<sign>[−-]?)(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<power>e-?\d+)?(?P<share>\s?%)?(?![\w/]|\.\d)"
)
PRINTED = re.compile(
    r"(?<![\w.])[−-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
)
NOT_MEASURED = re.compile(
    r"`[^`]*`|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|^#+ .*$|^\d+\. |<[^>]*>"
    r"|(?:[Ll]essons?|[Cc]laims?|[Ee]xercises?|[Ss]ections?|[Tt]ables?|[Ff]igures?|"
    r"[Ll]ayers?|[Bb]locks?|[Pp]ages?|arXiv)"
    r"(?: \d[\d.]*(?:,? (?:and|to|or) \d[\d.]*|, \d+(?=[, ]))*)",
    re.M,
)
SMALL = 20  # counts and sizes up to it are words rather than results


def measured(text):
    """The numbers of a text that some cell must have shown, as (value, decimals)."""
    for found in NUMBER.finditer(NOT_MEASURED.sub(" ", text)):
        digits = found["digits"].replace(",", "")
        value = float(digits + (found["power"] or ""))
        decimals = len(digits.partition(".")[2])
        plain = "." not in digits and not found["power"] and not found["share"]
        year = 1950 <= value <= 2049 and "," not in found["digits"]
        if plain and (value <= SMALL or year):
            continue
        yield found.group(), value, decimals, bool(found["share"]), bool(found["power"])


def shown(notebook):
    """Every number that a cell's code or output holds."""
    values = set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        texts = [cell.source]
        for output in cell.outputs:
            texts.append(output.get("text", ""))
            texts.append(output.get("data", {}).get("text/plain", ""))
        for text in texts:
            for each in PRINTED.findall(text):
                plain = each.replace(",", "").replace("−", "-").replace("_", "")
                values.add(abs(float(plain)))
    return values


def is_shown(number, values):
    _, value, decimals, share, power = number
    for each in values:
        for seen in (each, 100 * each) if share else (each,):
            if power:
                if float(f"{seen:.0e}") == value:
                    return True
            elif abs(seen - value) <= 0.5 * 10**-decimals + 1e-9:
                return True
    return False


def unshown(notebook):
    """The measured numbers in prose that no cell shows, with the start of the cell."""
    values = shown(notebook)
    lost = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown" or "arithmetic" in cell.metadata.get(
            "tags", ()
        ):
            continue
        lost += [
            (number[0], cell.id)
            for number in measured(cell.source)
            if not is_shown(number, values)
        ]
    return lost


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_number_in_prose_was_shown_by_a_cell(path):
    assert unshown(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize(
    ("prose", "output", "lost"),
    [
        ("BLEU 91.4 and 72.4.", "91.38 72", ["72.4"]),
        ("79 % of them, then 80 %", "0.792", ["80 %"]),
        ("a share of 0.8", "79", ["0.8"]),
        ("3,292 steps", "3292", []),
        ("3,292 steps", "3293", ["3,292"]),
        ("4e-6 apart", "4.2e-06", []),
        ("6e-6 apart", "4.2e-06", ["6e-6"]),
        ("In lessons 08 and 21, of 2017, `x = 33` with 4 heads: 55", "", ["55"]),
        ("[claim](a.ipynb#b-44) for 66 of them", "66", []),
        ("loss falls by −0.25", "-0.251", []),
    ],
)
def test_what_counts_as_shown(prose, output, lost):
    cell = nbformat.v4.new_code_cell("pass")
    cell.outputs = [nbformat.v4.new_output("stream", text=output)]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(prose), cell]
    )
    assert [number for number, _ in unshown(notebook)] == lost


def test_arithmetic_that_a_reader_can_do_is_left_alone():
    cell = nbformat.v4.new_markdown_cell("e⁴ = 54.6", metadata={"tags": ["arithmetic"]})
    assert unshown(nbformat.v4.new_notebook(cells=[cell])) == []
