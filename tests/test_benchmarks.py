import importlib
import inspect
import itertools
import json
import re
import types

import keras
import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import (
    buckets,
    decoders,
    dirty,
    fixed,
    gpu,
    layers,
    own_sentences,
    page,
    record,
    threads,
    timing,
    train,
)


def run(kind="train", **changes):
    rows = [
        {
            "xla": True,
            "milliseconds": {"ours": 100.0, "keras": 150.0},
            "tokens_per_second": {"ours": 15360, "keras": 10240},
            "ratio": {"keras": 1.5},
        }
    ]
    return {
        "kind": kind,
        "backend": "tensorflow",
        "date": "2026-01-02",
        "machine": {"cores": 2, "processor": "an abacus", "accelerators": []},
        "versions": {"keras": "9.9"},
        "about": {"head_width": 64},
        "rows": rows,
        **changes,
    }


def test_a_table_holds_the_numbers_of_its_run():
    lines = page.render([run()]).splitlines()
    about = "tensorflow, 2 cores of an abacus, 2026-01-02; head width 64; keras 9.9."
    assert about in lines
    assert "| xla | ours | keras | ratio to keras |" in lines
    assert "| yes | 15,360 | 10,240 | 1.5 |" in lines


def test_a_peer_without_a_number_has_none_in_the_table():
    row = {
        "positions": 8192,
        "megabytes": {"ours": 12.5, "keras": None},
        "ratio": {},
    }
    text = page.render([run("memory", rows=[row])])
    assert "| 8,192 | 12.5 | none | none |" in text


def test_runs_are_read_in_the_order_of_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    for kind in ("layers", "memory", "train"):
        (tmp_path / f"{kind}-jax.json").write_text(json.dumps(run(kind)))
    (tmp_path / "other.json").write_text("{}")
    assert [run["kind"] for run in page.runs()] == ["train", "layers", "memory"]


def test_programs_run_in_turns_and_are_told_as_medians(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])
    order = []

    def program(name, seconds):
        def run():
            order.append(name)
            clock[0] += next(seconds)

        return run

    programs = {
        "ours": program("ours", iter([99.0, 1.0, 2.0, 7.0])),
        "keras": program("keras", iter([99.0, 3.0, 5.0, 4.0])),
    }
    taken = timing.in_turns(programs, rounds=3, rest=0)
    assert order == ["ours", "keras", "ours", "keras", "keras", "ours", "ours", "keras"]
    assert taken["ours"] == {"median": 2.0, "seconds": [1.0, 2.0, 7.0]}
    assert timing.ratios(taken) == {"keras": 2.0}


def test_the_page_is_what_the_stored_runs_say():
    assert page.PAGE.read_text("utf-8") == page.render(page.runs()), (
        "python -m benchmarks page writes it anew"
    )


def test_a_column_that_only_some_rows_have_is_in_the_table():
    rows = run()["rows"]
    beside = {
        "xla": False,
        "milliseconds": {"ours": 200.0},
        "tokens_per_second": {"ours": 7680},
        "ratio": {},
    }
    lines = page.render([run(rows=[beside, *rows])]).splitlines()
    assert "| no | 7,680 | none | none |" in lines


SIZE = {"batch": 2, "new tokens": 3}


def test_decoders_that_write_as_much_are_compared():
    fixed.require_equal_work(SIZE, {"ours": np.full((2, 3), 5)})


@pytest.mark.parametrize(
    "tokens", [np.full((2, 2), 5), np.array([[5, 5, 2], [5, 5, 5]]), np.eye(2, 3)]
)
def test_a_decoder_that_writes_less_is_refused(tokens):
    with pytest.raises(RuntimeError, match="ctranslate2 wrote"):
        fixed.require_equal_work(SIZE, {"ctranslate2": tokens})


def test_a_model_that_does_not_learn_is_refused():
    losses = iter([4.0, 4.4, 4.1, 3.9, 3.7])
    train.require_progress({"ours": lambda: next(losses)})
    noise = itertools.cycle([4.0, 3.85, 4.2])
    for never in (lambda: next(noise), lambda: float("nan")):
        with pytest.raises(RuntimeError, match="keras does not train"):
            train.require_progress({"keras": never})


@pytest.mark.parametrize("beam", [1, 4])
def test_ours_writes_all_tokens_and_no_end(beam):
    size = {**fixed.COMMON, **train.SIZES["tiny"], "batch": 2, "vocabulary": 1100}
    source = fixed.sources(size)
    found = decoders.ours(size, beam, xla=False)(source)
    fixed.require_equal_work(size, {"ours": found})


def test_pairs_are_packed_where_both_of_their_sides_fit():
    assert buckets.packed_rows([3, 2, 3, 2], [3, 2, 3, 2], width=5) == 2
    assert buckets.packed_rows([1, 1, 1], [4, 1, 3], width=5) == 2
    assert buckets.packed_rows([3, 3, 3], [1, 1, 1], width=5) == 3
    assert buckets.packed_rows([1] * 10, [1] * 10, width=5) == 2


def test_a_part_of_a_measurement_takes_no_file_of_the_whole(tmp_path):
    for part in ("", "8192"):
        record.write(tmp_path, "layers", {}, [], part)
    backend = keras.backend.backend()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"layers-{backend}-8192.json", f"layers-{backend}.json"]


def test_a_gpu_has_a_file_of_its_own(tmp_path, monkeypatch):
    report = {"processor": "an abacus", "cores": 2, "accelerators": ["NVIDIA A 80GB"]}
    monkeypatch.setattr(record, "device_report", lambda: report)
    record.write(tmp_path, "train", {}, [], "tiny")
    (path,) = tmp_path.iterdir()
    assert path.name == f"train-{keras.backend.backend()}-nvidia-a-80gb-tiny.json"
    assert report.items() <= json.loads(path.read_text("utf-8"))["machine"].items()


def test_pytorch_computes_where_keras_does(monkeypatch):
    assert threads.torch_device() == "cpu"
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    cuda = types.SimpleNamespace(is_available=lambda: False)
    monkeypatch.setattr(threads, "torch", lambda: types.SimpleNamespace(cuda=cuda))
    with pytest.raises(RuntimeError, match="PyTorch has no GPU, but Keras has"):
        threads.torch_device()
    cuda.is_available = lambda: True
    assert threads.torch_device() == "cuda"


def test_a_gpu_is_measured_by_one_command(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(gpu, "measure_one", lambda *what: asked.append(what))
    monkeypatch.setattr(gpu, "installed", lambda peers: [*peers])
    gpu.measure(tmp_path, rounds=3)
    assert [what[0] for what in asked] == [kind for kind, *_ in gpu.PARTS]
    for kind, peers, rounds, options, precision, out in asked:
        module = importlib.import_module(f"benchmarks.{kind}")
        inspect.signature(module.measure).bind(peers, rounds, **options)
        assert precision in (None, gpu.HALF) and out == tmp_path


def test_a_measurement_in_half_precision_has_its_file_and_leaves_the_policy(tmp_path):
    gpu.measure(tmp_path, gpu.TINY[:1], rounds=1)
    (path,) = tmp_path.iterdir()
    backend = keras.backend.backend()
    assert path.name == f"layers-{backend}-128-mixed_bfloat16.json"
    for row in json.loads(path.read_text("utf-8"))["rows"]:
        assert row["milliseconds"]["ours"] > 0 and "keras" in row["ratio"]
    assert keras.config.dtype_policy().name == "float32"


SMALL = (
    "--training.epochs 1 --text.vocabulary-size 600 --model.width 16 "
    "--model.num-layers 1 --model.num-heads 2 --model.hidden-width 32 "
    "--training.no-xla --decoding.no-xla"
)


def test_dirty_pairs_become_a_scored_translator(monkeypatch):
    clean = [(f"Satz {n} ist schön.", f"Sentence {n} is nice.") for n in range(300)]
    monkeypatch.setattr(dirty, "sentences", lambda count: clean[:count])
    about, rows = own_sentences.measure([], 1, pairs=300, table=True, train=SMALL)
    steps = {row["step"]: row["seconds"]["ours"] for row in rows}
    assert list(steps) == ["clean", "train", "evaluate"] and min(steps.values()) > 0
    put_in = {kind: about[f"put in: {kind}"] for kind in dirty.RATES}
    assert about["pairs"] == 300 + put_in["duplicate"]
    for rule, kind in (
        *(("duplicates", "duplicate"), ("copies", "copy"), ("empty", "empty")),
        *(("script", "other script"), ("ratio", "misaligned"), ("length", "too long")),
    ):
        assert about.get(f"dropped: {rule}", 0) == put_in[kind], rule
    assert about["kept"] == 300 - sum(
        put_in[kind]
        for kind in ("copy", "empty", "other script", "misaligned", "too long")
    )
    assert re.fullmatch(r"about \d+ (second|minute)s? for one pass", about["told"])
    assert about["test BLEU"] >= 0 and about["test sentences"] > 5


def test_dirt_is_put_in_by_its_rates():
    clean = [(f"a {n}", f"b {n}") for n in range(20_000)]
    made, put_in = dirty.spoiled(clean)
    assert made == dirty.spoiled(clean)[0] != dirty.spoiled(clean, seed=2)[0]
    for kind, rate in dirty.RATES.items():
        assert abs(put_in[kind] / 20_000 - rate) < 0.005, kind
    assert len(made) == 20_000 + put_in["duplicate"]
    untouched = len({*made} & {*clean})
    assert untouched == 20_000 - sum(put_in.values()) + put_in["duplicate"]


def test_a_file_is_named_after_what_was_asked_for():
    named = [
        ("lengths", [128, 512], "128-512"),
        ("pairs", 170_000, "170000"),
        ("table", True, "table"),
        ("train", "--training.epochs 1", "training.epochs-1"),
    ]
    for name, value, part in named:
        assert command._named(name, value) == part


@pytest.mark.parametrize("name", ["ours", "keras"])
@pytest.mark.parametrize("causal", [False, True])
def test_a_causal_layer_sees_nothing_that_comes_later(name, causal):
    x = np.random.default_rng(1).normal(size=(1, 4, 512)).astype("float32")
    x[:, [1, 3]] = x[:, :1]  # a a b a
    forward = layers.programs(name, x, False, causal)["forward"]
    first, second, _, last = np.asarray(forward())[0]
    np.testing.assert_allclose(second, first, atol=1e-5)
    assert np.allclose(last, first, atol=1e-5) == (not causal)
    assert ("mask" in layers.about(causal)) == causal
