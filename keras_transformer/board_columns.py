"""What the tables of the scoreboard say of a model, and how numbers are written."""

from typing import NamedTuple


class Column(NamedTuple):
    """A column of a board: a figure of a split, over the seeds of a rung."""

    title: str
    split: str
    field: str
    statistic: str = "mean"


COLUMNS = {
    "phrasebook": (
        Column("BLEU", "test", "bleu"),
        Column("± sd", "test", "bleu", "sd"),
        Column("BLEU, long", "test_long", "bleu"),
        Column("exact", "test", "exact"),
        Column("AER", "test", "aer"),
    ),
    "multi30k-de-en": (
        Column("BLEU", "test_2016", "bleu"),
        Column("± sd", "test_2016", "bleu", "sd"),
        Column("chrF", "test_2016", "chrf"),
        Column("BLEU, tokens", "test_2016", "tokenized_bleu"),
        Column("BLEU, valid", "valid", "bleu"),
        Column("BLEU, 2017", "test_2017", "bleu"),
        Column("BLEU, COCO", "mscoco", "bleu"),
    ),
}
"""What each ladder's table says of a model."""
TIMES = {"phrasebook": ("seconds", 1), "multi30k-de-en": ("minutes", 60)}
"""In what the time of training is said, and how many seconds that is."""

FORMATS = {
    "parameters": ",d",
    "BLEU": ".1f",
    "± sd": ".1f",
    "BLEU, long": ".1f",
    "exact": ".1%",
    "AER": ".3f",
    "seconds": ".0f",
}
"""How each column of the phrasebook's board is written: what the lessons show."""
ALL_FORMATS = FORMATS | {
    "BLEU, tokens": ".1f",
    "BLEU, valid": ".1f",
    "BLEU, 2017": ".1f",
    "BLEU, COCO": ".1f",
    "chrF": ".1f",
    "minutes": ".0f",
}
"""How each column of any board is written."""
