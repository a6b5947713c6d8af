from command_run import run

from keras_transformer.corpora import registry


def test_corpora_are_listed_and_shown(capsys):
    code, output, _ = run(capsys, "corpora", "list")
    assert code == 0
    assert {"phrasebook", "multi30k-de-en", "tatoeba-zh-en"} <= {
        line.split()[0] for line in output.splitlines()
    }
    code, output, _ = run(capsys, "corpora", "show", "phrasebook", "--count", "3")
    assert code == 0 and len(output.splitlines()[-3].split("\t")) == 2


def test_a_download_prints_the_paths_of_the_files(capsys, monkeypatch, tmp_path):
    asked = []

    def download(name, accept_changed):
        asked.append((name, accept_changed))
        return {"train": tmp_path / "train.tsv"}

    monkeypatch.setattr(registry, "download", download)
    shown = run(capsys, "corpora", "download", "multi30k-de-en", "--accept-changed")
    assert shown == (0, f"{tmp_path / 'train.tsv'}\n", "")
    assert asked == [("multi30k-de-en", True)]
