import html.parser
import math

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from keras_transformer.plots import html_heatmap, table
from keras_transformer.plots.cells import contrast

ROWS = [
    {"model": "fixed context", "BLEU": 31.26, "parameters": 1234567, "seconds": 12.0},
    {"model": "attention", "BLEU": 48.04, "parameters": 2000000, "seconds": 15.5},
    {"model": "a | b <i>", "BLEU": None, "parameters": 3, "seconds": math.nan},
]
FORMATS = {"BLEU": ".1f", "parameters": ",d", "seconds": ".0f"}


class Reader(html.parser.HTMLParser):
    """Reads a table: its texts by row, what is bold, its attributes."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.bold, self.styles, self.tags, self.open = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.styles.append(dict(attrs).get("style", ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
            if "b" in self.open:
                self.bold.append(data)


def test_a_table_reads_the_same_in_plain_text_html_and_markdown():
    shown = table(ROWS, formats=FORMATS, caption="Scoreboard")
    assert repr(shown).splitlines() == [
        "Scoreboard",
        "model          BLEU  parameters  seconds",
        "-------------  ----  ----------  -------",
        "fixed context  31.3   1,234,567       12",
        "attention      48.0   2,000,000       16",
        "a | b <i>         –           3        –",
    ]
    assert shown._repr_markdown_().splitlines() == [
        "Scoreboard",
        "",
        "| model | BLEU | parameters | seconds |",
        "| :--- | ---: | ---: | ---: |",
        "| fixed context | 31.3 | 1,234,567 | 12 |",
        "| attention | 48.0 | 2,000,000 | 16 |",
        r"| a \| b \<i> | – | 3 | – |",
    ]
    read = Reader(shown._repr_html_())
    assert read.rows == [
        ["model", "BLEU", "parameters", "seconds"],
        ["fixed context", "31.3", "1,234,567", "12"],
        ["attention", "48.0", "2,000,000", "16"],
        ["a | b <i>", "–", "3", "–"],
    ]
    assert read.open == []
    assert "<i>" not in shown._repr_html_()


def test_nothing_is_bold_unless_asked():
    shown = table(ROWS)
    assert "**" not in shown._repr_markdown_()
    assert Reader(shown._repr_html_()).bold == []


@pytest.mark.parametrize(
    ("highlight", "bold"),
    [
        ("max", {"48.0", "2,000,000", "16"}),
        ("min", {"31.3", "3", "12"}),
        ({"BLEU": "max", "seconds": "min"}, {"48.0", "12"}),
    ],
)
def test_the_best_number_is_bold_when_asked(highlight, bold):
    shown = table(ROWS, formats=FORMATS, highlight=highlight)
    assert set(Reader(shown._repr_html_()).bold) == bold
    assert {part for part in shown._repr_markdown_().split("**")[1::2]} == bold


def test_equal_bests_are_both_bold():
    shown = table([{"a": 3}, {"a": 3}, {"a": 1}], highlight="max")
    assert shown._repr_markdown_().count("**3**") == 2


def test_columns_are_chosen_and_ordered():
    shown = table(ROWS, ["BLEU", "model"])
    assert shown.header == ["BLEU", "model"]
    assert shown.cells[0] == ["31.26", "fixed context"]


def test_rows_may_lack_a_column():
    shown = table([{"a": 1}, {"b": True}])
    assert shown.header == ["a", "b"]
    assert shown.cells == [["1", "–"], ["–", "True"]]


def test_numbers_of_numpy_are_numbers():
    shown = table([{"a": np.float32(0.5), "b": np.int64(7)}], highlight="max")
    assert shown.cells == [["0.5", "7"]]
    assert shown.bold == {(0, 0), (0, 1)}
    assert shown.right == [True, True]


def test_columns_of_chinese_text_are_flush():
    lines = repr(table([{"term": "注意力", "n": 1}, {"term": "attention", "n": 2}]))
    assert lines.splitlines()[2:] == ["注意力     1", "attention  2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": []}, "at least one row, got none"),
        ({"columns": ["BLUE"]}, r"must be in a row, got \['BLUE'\], have \['model'"),
        ({"formats": {"BLUE": ".1f"}}, r"must be in a row, got \['BLUE'\]"),
        ({"highlight": {"BLUE": "max"}}, r"must be in a row, got \['BLUE'\]"),
        ({"highlight": "best"}, 'must be "max", "min" or None, got \'best\''),
        ({"highlight": {"BLEU": "best"}}, "got 'best'"),
    ],
)
def test_a_table_that_cannot_be_made_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        table(**{"rows": ROWS} | arguments)


WEIGHTS = [[0.5, 0.3, 0.2], [0.0, 1.0, 0.0]]
TARGET, SOURCE = ["welcome", "<b>&"], ["欢迎", "来", "北京"]


def test_a_heatmap_in_html_shows_any_script_and_escapes_it():
    shown = html_heatmap(WEIGHTS, TARGET, SOURCE, title="<script>欢迎")
    text = shown._repr_html_()
    read = Reader(text)
    assert read.rows == [
        ["", *SOURCE],
        ["welcome", "0.50", "0.30", "0.20"],
        ["<b>&", "0.00", "1.00", "0.00"],
    ]
    assert "&lt;script&gt;欢迎" in text
    assert set(read.tags) == {"table", "caption", "tr", "th", "td"}
    assert "http" not in text and "url(" not in text


def test_a_heatmap_in_html_reads_as_plain_text():
    assert repr(html_heatmap(WEIGHTS, TARGET, SOURCE, title="C1")).splitlines() == [
        "C1",
        "         欢迎    来  北京",
        "welcome  0.50  0.30  0.20",
        "<b>&     0.00  1.00  0.00",
    ]


def rgb(colour):
    names = {"black": "#000000", "white": "#ffffff"}
    digits = names.get(colour, colour).removeprefix("#")
    return tuple(int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))


def test_a_cell_brings_ground_and_ink_so_that_a_dark_page_changes_nothing():
    weights = np.linspace(0, 1, 21)[None]
    read = Reader(
        html_heatmap(weights, ["t"], [str(i) for i in range(21)])._repr_html_()
    )
    lightness = []
    for style in read.styles[-21:]:
        parts = dict(part.split(": ") for part in style.split("; "))
        ground, ink = rgb(parts["background"]), rgb(parts["color"])
        assert contrast(ground, ink) > 4.5
        lightness.append(sum(ground))
    assert lightness == sorted(lightness, reverse=True)  # more attention is darker


def test_a_heatmap_in_html_needs_a_token_a_row_and_a_column():
    with pytest.raises(ValueError, match=r"got weights \(2, 3\), 2 target, 2 source"):
        html_heatmap(WEIGHTS, TARGET, SOURCE[:2])


@pytest.mark.parametrize("shown", [table(ROWS), html_heatmap(WEIGHTS, TARGET, SOURCE)])
def test_a_notebook_shows_html_and_stores_plain_text(shown):
    data, _ = DisplayFormatter().format(shown)
    assert data["text/html"] == shown._repr_html_()
    assert data["text/plain"] == repr(shown)
