import json

from benchmarks import page, timing


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
