from command_run import run

from keras_transformer.cli import demo
from keras_transformer.translation import experiment


def test_the_demonstration_translates_what_it_is_given(
    capsys, monkeypatch, translator, tmp_path
):
    asked = []

    def train(recipe, folder, **options):
        asked.append((recipe, folder))
        return translator

    monkeypatch.setattr(experiment, "train", train)
    monkeypatch.setattr(experiment, "evaluate", lambda *arguments: "BLEU 99")
    own = ("--text", "Brot, oder?", " ", "Das " * 90)
    code, output, _ = run(capsys, "demo", "--folder", tmp_path, *own)
    assert code == 0
    assert asked == [("phrasebook", tmp_path)]
    assert "Held-out sentences: BLEU 99" in output
    shown = [line.strip() for line in output.splitlines() if line.strip()]
    for text in (*demo.EXAMPLES, "Brot, oder?"):
        assert text in shown
    assert (tmp_path / "attention.png").is_file()


def test_a_text_that_is_too_long_to_be_explained_does_not_end_the_demonstration(
    capsys, monkeypatch, translator, tmp_path
):
    monkeypatch.setattr(experiment, "train", lambda *a, **o: translator)
    monkeypatch.setattr(experiment, "evaluate", lambda *arguments: "BLEU 99")
    monkeypatch.setattr(demo, "EXAMPLES", ("Brot",))
    code, _, _ = run(capsys, "demo", "--folder", tmp_path, "--text", "Das " * 90)
    assert code == 0
    assert (tmp_path / "attention.png").is_file()
