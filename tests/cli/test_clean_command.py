from command_run import run


def test_files_are_cleaned_into_a_folder(capsys, tmp_path):
    (tmp_path / "a.de").write_text("Ja &amp; nein.\nJa & nein!\n\n", "utf-8")
    (tmp_path / "a.en").write_text("Yes and no.\nYes and no.\nx\n", "utf-8")
    files, out = (tmp_path / "a.de", tmp_path / "a.en"), tmp_path / "clean"
    code, _, said = run(capsys, "clean", *files, "--out", out)
    assert code == 0 and "1 of 3 pairs are kept" in said
    assert (out / "a.de").read_text("utf-8") == "Ja & nein.\n"
    code, _, said = run(capsys, "clean", *files, "--out", out)
    assert code == 1 and "must be a new or an empty folder" in said
    more = ("--no-duplicates", "--out", tmp_path / "other")
    code, _, said = run(capsys, "clean", *files, *more)
    assert code == 0 and "2 of 3 pairs are kept" in said


def test_held_out_sentences_do_not_stay(capsys, tmp_path):
    (tmp_path / "t.tsv").write_text("Ja.\tYes.\nNein.\tNo.\n", "utf-8")
    (tmp_path / "test.tsv").write_text("nein\tNope.\n", "utf-8")
    asked = (tmp_path / "t.tsv", "--held-out", tmp_path / "test.tsv")
    code, _, _ = run(capsys, "clean", *asked, "--out", tmp_path / "clean")
    assert code == 0
    assert (tmp_path / "clean" / "t.tsv").read_text("utf-8") == "Ja.\tYes.\n"
