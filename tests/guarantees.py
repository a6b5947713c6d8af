"""`python -m guarantees` writes `docs/guarantees.md`: promises, tests, figures.

Every figure is read from the code that keeps the promise, so that it cannot drift; what
took long to find out stands in `results/soak.json`, with its date.
"""

import dataclasses
import json
import pathlib

from strangers.weaknesses import WEAKNESSES

from keras_transformer.corpora import download, entry
from keras_transformer.laws.sandbox import Limits
from keras_transformer.system import reading, unpacking
from keras_transformer.system.invisible import RANGES
from keras_transformer.translation.bleu_tokens import TOKENIZERS

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parent / "docs" / "guarantees.md"
SOAK = HERE.parent / "results" / "soak.json"


@dataclasses.dataclass(frozen=True)
class Promise:
    """What is promised, which test proves it, and how far it goes."""

    says: str
    test: str
    figure: str


def promises():
    """The promises by heading."""
    sized, most = reading.sized, entry.RemoteFile.most
    invisible = sum(last - first + 1 for first, last in RANGES)
    free, limits = sized(unpacking.FREE), Limits()
    return {
        "Numbers": [
            Promise(
                "Every number has a range, declared at its field; outside of it, a "
                "flag, a recipe or an argument is refused in one line that names it, "
                "before anything is loaded",
                "tests/cli/test_numbers.py"
                "::test_a_number_is_in_its_range_or_refused_in_one_line",
                "every numeric flag of every command, ten values each",
            ),
            Promise(
                "So is every number of a search",
                "tests/decoding/test_ranges.py"
                "::test_a_number_that_makes_no_sense_is_refused_by_name",
                "all parameters of eleven functions and classes",
            ),
            Promise(
                "A recipe or a beam that the free memory cannot hold is refused before "
                "anything is made",
                "tests/translation/test_needs.py"
                "::test_what_cannot_be_trained_is_refused_before_anything_is_read",
                "by a lower bound; what passes may still need more",
            ),
        ],
        "Files": [
            Promise(
                "A damaged `recipe.json` or `tokenizer.json` is read, or refused in "
                "one line that names it",
                "tests/translation/test_damaged_files.py"
                "::test_a_damaged_recipe_is_a_recipe_or_is_refused",
                f"settings have at most {sized(reading.SETTINGS)}",
            ),
            Promise(
                "A pipe, a folder or a device is refused at once, wherever a file is "
                "expected",
                "tests/corpora/test_files.py"
                "::test_what_is_no_plain_file_is_refused_at_once",
                f"a text has at most {sized(unpacking.TEXT)}",
            ),
            Promise(
                "Archives are bounded while they are unpacked",
                "tests/corpora/test_files.py"
                "::test_a_gzip_bomb_is_refused_in_little_memory",
                f"{unpacking.RATIO} times their bytes beyond {free}, and at most "
                f"{sized(unpacking.TEXT)}",
            ),
            Promise(
                "A download ends",
                "tests/corpora/test_download.py::test_an_endless_download_ends_in_time",
                f"{sized(most)}, {download.TIMEOUT} s without a byte, "
                f"{download.PATIENCE // 3600} hours in all",
            ),
            Promise(
                "What a server says is printed escaped",
                "tests/corpora/test_download.py"
                "::test_what_a_server_says_is_printed_escaped",
                "every character that is not printable",
            ),
        ],
        "Text": [
            Promise(
                "What nobody sees changes no translation; a text of nothing else is "
                "empty",
                "tests/text/test_normalization.py::test_what_nobody_sees_is_left_out",
                f"{invisible} characters; joiners that scripts spell with stay",
            ),
            Promise(
                "Any Unicode text is translated as it is alone: in a batch, a stream, "
                "threads",
                "tests/translation/test_noise.py"
                "::test_any_text_is_translated_as_it_is_alone",
                "80 texts of all planes in the tests, more in `make soak`",
            ),
            Promise(
                "A long text is split, and nothing of it is cut off",
                "tests/translation/test_noise.py"
                "::test_one_word_of_great_length_is_split_and_not_cut",
                "a megabyte of one word in `make soak`",
            ),
            Promise(
                "A row of a TSV with more or fewer columns than the first is refused "
                "by file and line",
                "tests/corpora/test_files.py"
                "::test_a_row_that_is_none_is_refused_by_file_and_line",
                "as are NULs, UTF-16 and lines that end with `\\r` alone",
            ),
            Promise(
                "A perfect translation scores 100 in every script, and references are "
                "scored in the form that the tokenizer writes",
                "tests/translation/test_evaluation.py"
                "::test_a_perfect_translation_is_perfect_in_every_script",
                f"sacreBLEU's tokenizers {', '.join(TOKENIZERS)}",
            ),
        ],
        "Runs": [
            Promise(
                "A refused command leaves every byte of its folder, and a restart "
                "deletes only what the run itself wrote, once the new one can begin",
                "tests/cli/test_refusals.py"
                "::test_a_refused_command_leaves_everything_as_it_was",
                "every command that writes; about 70 refusals",
            ),
            Promise(
                "A run that is killed, at any moment, goes on to the weights that it "
                "would have had, to the bit",
                "tests/training/test_kill.py"
                "::test_a_killed_run_goes_on_to_the_same_weights",
                "on one machine and backend; a random moment, more of them in "
                "`make soak`",
            ),
            Promise(
                "So does one whose disk was full, or whose power was cut, at any write",
                "tests/training/test_disk.py"
                "::test_whatever_is_left_a_run_ends_with_the_same_weights",
                "every write, fsync and renaming in turn; three orders in which a "
                "power cut may lose them",
            ),
            Promise(
                "One run a folder: a second one is refused, with process, host and "
                "time of the first; a killed one holds nothing up",
                "tests/system/test_locks.py::test_a_second_writer_is_refused_by_name",
                "where the file system has locks; where not, a warning",
            ),
            Promise(
                "A loss or a weight that is not finite ends the run, is named with "
                "epoch, batch and pairs, and is never saved",
                "tests/training/test_finite.py"
                "::test_a_loss_that_is_not_finite_ends_the_run_at_its_batch",
                "weights are looked at before every save, not in every step",
            ),
            Promise(
                "Weights belong to their recipe and vocabularies: with others they are "
                "refused by field",
                "tests/cli/test_refusals.py"
                "::test_a_refused_command_leaves_everything_as_it_was",
                "weights, checkpoints, best weights and tokens",
            ),
            Promise(
                "A damaged checkpoint is refused by name, or its damage is harmless",
                "tests/training/test_checkpoint_files.py"
                "::test_every_flipped_bit_is_refused_by_name_or_harmless",
                "every bit of a small one; odd, encrypted and oversized archives",
            ),
        ],
        "In service": [
            Promise(
                "What a service has accepted is answered when it is told to stop",
                "tests/translation/service/test_service_process.py"
                "::test_what_was_accepted_is_answered_when_it_is_stopped",
                "sixteen clients at once, stopped by SIGTERM",
            ),
        ],
        "Models": [
            Promise(
                "An id outside of the vocabulary is refused, or read as unknown in a "
                "compiled program; on every backend",
                "tests/models/test_token_ids.py"
                "::test_in_a_program_it_is_read_as_unknown",
                "both kinds of model, sources, targets and labels",
            ),
        ],
        "A learner's check": [
            Promise(
                "`python -m keras_transformer.laws FILE NAME LIKE` ends, whatever the "
                "code does by mistake; `check` in a notebook runs in its process, and "
                "is interrupted by hand",
                "tests/laws/test_sandbox.py::test_what_does_not_end_is_ended",
                f"{limits.seconds:g} s, {sized(limits.memory)}, "
                f"{sized(limits.output)} of output, {limits.processes} processes",
            ),
        ],
    }


def page():
    """The page."""
    lines = [
        "<!-- Written by `make guarantees`, never by hand. -->",
        "",
        "# What is promised, and what proves it",
        "",
        "A promise without a test is none. Figures are read from the code.",
    ]
    for heading, kept in promises().items():
        lines += [
            "",
            f"## {heading}",
            "",
            "| promise | how far | test |",
            "|---|---|---|",
        ]
        lines += [f"| {p.says} | {p.figure} | {_link(p.test)} |" for p in kept]
    lines += [
        "",
        "## Strangers' files: published weaknesses",
        "",
        "Share a translator's folder, not a `.keras` file: a folder holds weights and "
        "JSON. Whoever opens a stranger's `.keras` file trusts Keras's safe mode, and "
        "should never switch it off.",
        "",
        "| weakness | what it does | can our code reach it? | test |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {each.name} | {each.does} | {each.reach} | {_link(each.test)} |"
        for each in WEAKNESSES
    ]
    lines += [
        "",
        "`make audit` asks a public database of advisories about every pinned package; "
        "it needs a network.",
        "",
        "## Not promised",
        "",
        "- Words that a model has not met come out as others: capitals (`STRASSE`), "
        "numbers and rare names are not copied.",
        "- A mask `[b, s]` of as many sentences as there are queries has the shape of "
        "one `[t, s]`, and is read as that: hand padding over as `value_mask`.",
        "- Code of a learner that leaves its group of processes on purpose.",
        "- All of float64 on JAX: with `JAX_ENABLE_X64` models run and search, but "
        "Keras computes tanh, sine and variance in float32 there.",
        "- A process that is aborted while TensorFlow is imported says nothing.",
    ]
    if SOAK.is_file():
        lines += [
            "",
            "## What a long run found",
            "",
            *_soak(json.loads(SOAK.read_text())),
        ]
    return "\n".join(lines) + "\n"


def _soak(result):
    yield f"`make soak`, {result['minutes']:g} minutes, {result['date']}:"
    yield ""
    for name, done in result["parts"].items():
        told = ", ".join(f"{count:,} {what}" for what, count in done.items())
        yield f"- {name.replace('_', ' ')}: {told}"


def _link(test):
    path, _, name = test.partition("::")
    return f"[{name or path.rpartition('/')[2]}](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
