"""The attention viewer in a browser: by mouse, by keyboard, in any script, aloud."""

import numpy as np
import pytest
from views import SOURCE, explained

from keras_transformer import plots

GOLD = [(0, 0), (1, 1), (2, 2)]


def token(page, side, text):
    return page.locator(f".kt-tokens.kt-{side} button", has_text=text).first


def texts(page, selector):
    return page.locator(selector).all_inner_texts()


def drawn(page):
    """The weight of each line that is seen, by (row, column)."""
    lines = page.locator("[data-line]").evaluate_all(
        "all => all.map(one => [one.dataset.line, one.dataset.weight,"
        " parseFloat(one.style.strokeWidth)])"
    )
    return {tuple(map(int, at.split(","))): (float(w), s) for at, w, s in lines}


def status(page):
    return page.get_by_role("status").inner_text()


def focused(page):
    return page.evaluate("document.activeElement.innerText.split('\\n')[0]")


# What it shows


def test_lines_are_as_thick_as_weights(opened):
    weights = np.array([[0.7, 0.295, 0.005], [0.0, 0.25, 0.75]])
    page = opened(plots.view(weights, ["a", "b"], ["x", "y", "z"]))
    found = drawn(page)
    assert set(found) == {(0, 0), (0, 1), (1, 1), (1, 2)}  # above 0.01
    for at, (weight, thick) in found.items():
        assert weight == pytest.approx(weights[at], abs=1e-3)
        assert thick == pytest.approx(15 * weights[at], abs=0.01)
    assert texts(page, ".kt-tokens.kt-row bdi") == ["a", "b"]
    assert texts(page, ".kt-tokens.kt-column bdi") == ["x", "y", "z"]


def test_layers_and_heads_are_picked_and_are_their_mean_before(opened):
    weights = np.random.default_rng(1).dirichlet(np.ones(3), (2, 4, 2))
    page = opened(plots.view(weights, ["a", "b"], ["x", "y", "z"]))

    def first():
        return drawn(page)[0, 0][0]

    assert first() == pytest.approx(weights[:, :, 0, 0].mean(), abs=1e-3)
    page.get_by_label("Layer").select_option("layer 2")
    assert first() == pytest.approx(weights[1, :, 0, 0].mean(), abs=1e-3)
    page.get_by_label("Head").select_option("head 3")
    assert first() == pytest.approx(weights[1, 2, 0, 0], abs=1e-3)
    page.get_by_label("Layer").select_option("mean of all 2")
    assert first() == pytest.approx(weights[:, 2, 0, 0].mean(), abs=1e-3)


def test_what_has_one_layer_and_one_head_has_no_pickers(opened):
    page = opened(plots.view([[0.5, 0.5]], ["a"], ["x", "y"]))
    assert page.locator("select, input").count() == 0


def test_a_model_shows_every_kind_of_its_attention(opened):
    page = opened(explained().view())
    kinds = page.locator("select").first
    assert texts(page, "select >> nth=0 >> css=option") == [
        "cross-attention",
        "encoder self-attention",
        "decoder self-attention",
    ]
    kinds.select_option("decoder self-attention")
    start = ["[START]", "The", "man", "calls"]
    assert texts(page, ".kt-tokens.kt-column bdi") == start
    kinds.select_option("encoder self-attention")
    assert texts(page, ".kt-tokens.kt-row bdi") == SOURCE


def test_gold_alignments_are_drawn_over_it_and_can_be_taken_away(opened):
    page = opened(explained().view(gold=GOLD))
    # "ruft" has two tokens, each with a link to "calls".
    links = page.locator("[data-gold]")
    assert [one.get_attribute("data-gold") for one in links.all()] == [
        *("0,0", "1,1", "2,2", "2,3"),
    ]
    page.get_by_label("gold alignment").uncheck()
    assert page.locator("[data-gold]").count() == 0


def test_all_weights_stand_in_a_table_too(opened):
    page = opened(plots.view([[0.25, 0.75]], ["a"], ["x", "y"]))
    page.get_by_text("All weights as a table").click()
    assert texts(page, "tbody tr >> nth=0 >> css=th, td") == ["a", "0.25", "0.75"]


# By mouse


def test_a_target_word_shows_where_it_looks(opened):
    page = opened(explained().view())
    token(page, "row", "man").hover()
    seen = page.locator(".kt-lines path.kt-seen").evaluate_all(
        "all => all.map(one => one.dataset.line)"
    )
    assert "1,1" in seen and all(at.startswith("1,") for at in seen)
    expected = explained().cross.mean((0, 1))[1]
    shown = texts(page, ".kt-tokens.kt-column .kt-weight")
    assert shown == [f"{w:.2f}" if w > 0.01 else "" for w in expected]


def test_a_source_word_shows_who_looks_at_it(opened):
    page = opened(explained().view())
    token(page, "column", "Mann").hover()
    expected = explained().cross.mean((0, 1))[:, 1]
    shown = texts(page, ".kt-tokens.kt-row .kt-weight")
    assert shown == [f"{w:.2f}" if w > 0.01 else "" for w in expected]


def test_a_target_word_that_is_pressed_stays_in_view(opened):
    page = opened(explained().view())
    token(page, "row", "man").click()
    page.mouse.move(1, 1)
    assert token(page, "row", "man").get_attribute("aria-pressed") == "true"
    assert page.locator(".kt-between.kt-looking").count() == 1
    token(page, "row", "calls").click()
    assert token(page, "row", "man").get_attribute("aria-pressed") == "false"
    token(page, "row", "calls").click()
    page.mouse.move(1, 1)
    page.locator("summary").focus()
    assert page.locator(".kt-between.kt-looking").count() == 0


# Words that are hidden


def test_without_a_word_translation_and_attention_are_others(opened):
    page = opened(explained().view())
    assert page.locator(".kt-translation").inner_text() == "The man calls."
    token(page, "column", "Mann").click()
    assert page.locator(".kt-translation").inner_text().strip() == "The calls."
    assert texts(page, ".kt-tokens.kt-row bdi") == ["The", "calls", "[END]"]
    assert "kt-gone" in token(page, "column", "Mann").get_attribute("class")
    assert not any(s == 1 for _, s in drawn(page))
    assert status(page) == "Without “Mann” → The calls."
    expected = explained([1]).cross.mean((0, 1))[1, 2]
    assert drawn(page)[1, 2][0] == pytest.approx(expected, abs=1e-3)
    token(page, "column", "Mann").click()
    assert page.locator(".kt-translation").inner_text() == "The man calls."


def test_a_word_of_several_tokens_is_hidden_whole(opened):
    page = opened(explained().view())
    token(page, "column", "##ft").click()
    assert texts(page, ".kt-gone bdi") == ["ru", "##ft"]
    assert "Without “ruft”" in status(page)


def test_the_end_cannot_be_hidden(opened):
    page = opened(explained().view())
    token(page, "column", "[END]").click()
    assert page.locator(".kt-gone").count() == 0


def test_a_button_brings_hidden_words_back(opened):
    page = opened(explained().view())
    button = page.get_by_role("button", name="Show all words")
    assert not button.is_visible()
    token(page, "column", "Mann").click()
    button.click()
    assert page.locator(".kt-gone").count() == 0 and not button.is_visible()


def test_without_a_kernel_one_word_is_hidden_at_a_time_and_it_says_so(opened):
    page = opened(explained().view())
    token(page, "column", "Der").click()
    token(page, "column", "Mann").click()
    assert texts(page, ".kt-gone bdi") == ["Mann"]
    assert "Several words at once need a running kernel" in status(page)


def test_new_words_of_a_translation_are_marked(opened):
    page = opened(explained().view())
    assert page.locator("mark, .kt-fresh").count() == 0
    token(page, "column", "Der").click()
    assert texts(page, ".kt-translation") == ["Man calls."]
    assert texts(page, "mark") == texts(page, ".kt-fresh bdi") == ["Man"]


def test_two_models_stand_side_by_side_and_lose_the_same_word(opened):
    view = explained().view(explained(heads=1, sharp=1.0), ("sharp", "flat"))
    page = opened(view)
    assert texts(page, "h3") == ["sharp", "flat"]
    first, second = page.locator(".kt-panel").all()
    assert first.bounding_box()["y"] == second.bounding_box()["y"]
    assert first.get_by_label("Head").count() == 1
    assert second.get_by_label("Head").count() == 0
    token(page, "column", "Mann").click()
    assert texts(page, ".kt-gone bdi") == ["Mann", "Mann"]
    assert "sharp: The calls. · flat: The calls." in status(page)


# By keyboard


def test_arrow_keys_walk_through_the_words_and_say_their_weights(opened):
    page = opened(explained().view())
    page.get_by_label("Head").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "Der"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Mann"
    assert status(page).startswith("Mann is looked at by man 0.")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "man"
    expected = explained().cross.mean((0, 1))[1, 1]
    assert status(page).startswith(f"man looks at Mann {expected:.2f}, ")
    page.keyboard.press("End")
    assert focused(page) == "[END]"
    page.keyboard.press("Home")
    assert focused(page) == "The"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "The"  # the first stays the first
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "Der"


def test_each_side_is_one_stop_of_the_tab_key(opened):
    page = opened(explained().view())
    for side in ("column", "row"):
        stops = page.locator(f".kt-tokens.kt-{side} button[tabindex='0']")
        assert stops.count() == 1
        page.locator(f".kt-tokens.kt-{side} button").nth(2).focus()
        page.keyboard.press("ArrowUp")
        assert stops.count() == 1 and stops.inner_text() == focused(page)


def test_the_keyboard_hides_a_word_and_stays_on_it(opened):
    page = opened(explained().view())
    token(page, "column", "Mann").focus()
    page.keyboard.press("Enter")
    assert status(page) == "Without “Mann” → The calls."
    assert focused(page) == "Mann"
    pressed = page.evaluate("document.activeElement.getAttribute('aria-pressed')")
    assert pressed == "true"
    page.keyboard.press("Escape")
    assert page.locator(".kt-gone").count() == 0
    assert focused(page) == "Mann"


def test_a_screen_reader_is_told_what_stands_where(opened):
    page = opened(explained().view(title="Der Mann ruft an"))
    assert page.get_by_role("group", name="Der Mann ruft an").count() == 1
    assert page.get_by_role("toolbar", name="source · key").count() == 1
    assert page.get_by_role("toolbar", name="target · query").count() == 1
    word = page.get_by_role("button", name="Mann", exact=True)
    assert word.get_attribute("aria-description") == "press to hide"


# Any script, any page


@pytest.mark.parametrize(
    ("words", "direction"),
    [("欢迎 来 北京", "ltr"), ("أهلاً بك", "rtl"), ("שלום", "rtl")],
)
def test_any_script_is_shown_in_its_direction(opened, words, direction):
    words = words.split()
    weights = np.full((1, len(words)), 1 / len(words))
    page = opened(plots.view(weights, ["x"], words))
    assert texts(page, ".kt-tokens.kt-column bdi") == words
    found = page.locator(".kt-column bdi").first.evaluate(
        "one => getComputedStyle(one).direction"
    )
    assert found == direction
    assert page.evaluate("document.documentElement.dir") == ""


def test_two_views_on_a_page_do_not_meet(opened, tmp_path):
    views = [plots.view([[1.0]], [name], ["x"]) for name in ("first", "second")]
    page = opened(views[0])
    inside = "".join(view._repr_html_() for view in [*views, views[0]])
    (tmp_path / "view.html").write_text(f"<meta charset=utf-8>{inside}", "utf-8")
    page.reload()
    assert texts(page, ".kt-row bdi") == ["first", "second", "first"]


def test_tokens_are_text_and_never_markup(opened):
    evil = "</script><img src=x onerror=document.title='broken'>"
    page = opened(plots.view([[1.0]], [evil], ["<b>x</b>"], title=evil))
    assert texts(page, ".kt-row bdi") == [evil]
    assert page.title() != "broken" and page.locator("img").count() == 0


def test_where_no_script_runs_the_weights_stand_as_a_table(browser, tmp_path):
    explained().view().save(tmp_path / "view.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "view.html").as_uri())
    expected = explained().cross.mean((0, 1))[1]
    row = page.locator("tr", has=page.locator("th", has_text="man"))
    assert row.locator("td").all_inner_texts() == [f"{w:.2f}" for w in expected]
    context.close()
