import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Attention, Dot, ScaledDot, Softmax
from keras_transformer.laws import LAWS, LawBroken, check, laws_of
from keras_transformer.laws.kinds import KINDS, describe
from keras_transformer.masks import causal_mask, masked_softmax


def scaled(query, key):
    return ops.einsum("btd,bsd->bts", query, key) / ops.sqrt(1.0 * query.shape[-1])


def plain(q, k):
    return ops.einsum("btd,bsd->bts", q, k)


class OwnScore(keras.layers.Layer):
    def call(self, query, key):
        return scaled(query, key)


class Unready(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units


class Untouched(keras.layers.Layer):
    def call(self, query, key):
        raise NotImplementedError("write the layer here")


def raises_not_implemented(query, key):
    raise NotImplementedError("write the score here")


def returns_nothing(query, key):
    """Your code here."""


def returns_dots(query, key):
    return ...


def test_a_right_solution_breaks_no_law():
    for candidate in (scaled, OwnScore, OwnScore(), ScaledDot):
        report = check(candidate, like=ScaledDot, show=False)
        assert report.ok, str(report)
        assert report.broken == {}
        assert "equals_the_reference" in report.held


def test_a_wrong_solution_is_told_what_was_seen():
    report = check(plain, like=ScaledDot, show=False)
    assert not report.ok
    saw = report.broken["a_scaled_dot_product_is_divided_by_the_root_of_the_width"]
    assert saw.endswith("it is 2.646 times the right one (√d is 2.646)")
    assert report.broken["equals_the_reference"].startswith(
        "the largest difference from ScaledDot is"
    )
    assert "permuted_keys_permute_the_scores" in report.held


def test_the_same_solution_is_judged_by_what_it_claims_to_be():
    assert check(plain, like=Dot, show=False).ok
    assert not check(plain, like="ScaledDot", show=False).ok


@pytest.mark.parametrize(
    "untouched", [raises_not_implemented, returns_nothing, returns_dots]
)
def test_an_untouched_exercise_is_not_written_yet(untouched):
    report = check(untouched, like=ScaledDot, show=False)
    assert not report.ok
    assert not report.broken
    assert str(report).startswith(f"{untouched.__name__} is not written yet: ")


def test_an_untouched_exercise_says_what_its_author_wrote():
    report = check(raises_not_implemented, like=ScaledDot, show=False)
    assert report.unwritten == "write the score here"


def test_an_untouched_layer_says_it_without_what_keras_wraps_around_it():
    report = check(Untouched, like=ScaledDot, show=False)
    assert report.unwritten == "write the layer here"


def test_a_class_with_arguments_is_asked_for_as_an_instance():
    report = check(Unready, like=ScaledDot, show=False)
    assert report.broken["can_be_built"].startswith(
        "Unready cannot be built without arguments; hand over an instance, Unready(…)"
    )


def test_an_error_of_the_candidate_is_an_answer_and_no_traceback():
    def shapes_do_not_fit(query, key):
        return ops.matmul(query, key)

    report = check(shapes_do_not_fit, like=Dot, show=False)
    assert not report.ok
    assert all("it raised " in saw for saw in report.broken.values())


def test_an_unknown_reference_is_refused():
    with pytest.raises(ValueError, match="like must be one of the package's layers"):
        check(plain, like="dot-ish")
    with pytest.raises(ValueError, match="like must be one of the package's layers"):
        check(plain, like=3)


def test_the_table_shows_broken_laws_first(capsys):
    check(plain, like=ScaledDot)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("plain, judged like ScaledDot: 3 of ")
    assert lines[1] == "  ✗ The score is the dot product divided by √d, once."
    assert lines[2].startswith("      saw: the score is ")
    signs = [line.strip()[0] for line in lines[1:] if line.strip()[0] in "✗✓–"]
    assert signs == sorted(signs, key="✗✓–".index)


def test_the_notebook_table_escapes_what_was_seen():
    def returns_text(query, key):
        raise RuntimeError("<b>")

    shown = check(returns_text, like=Dot, show=False)._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


def test_a_law_that_does_not_apply_says_why():
    report = check(lambda scores: ops.softmax(scores), like=Softmax, show=False)
    silent = {v.law: v.saw for v in report.verdicts if v.outcome == "not applicable"}
    assert silent["hidden_keys_get_no_weight"] == "it takes no mask"
    assert report.ok


def test_a_learner_is_not_shown_what_could_not_be_asked():
    def weigh(scores):
        return np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)

    shown = str(check(weigh, like="softmax", show=False))
    assert "it takes no mask" not in shown and "–" not in shown
    full = str(check(weigh, like="softmax", craft=True, show=False))
    assert "[it takes no mask]" in full


def test_arguments_are_found_by_name_in_any_order():
    def attend(v, k, q, padding=None, mask=None):
        return ops.einsum("bts,bsv->btv", masked_softmax(scaled(q, k), mask), v)

    assert check(attend, like=Attention, show=False).ok


def test_arguments_with_other_names_are_taken_in_order():
    assert check(lambda a, b: scaled(a, b), like=ScaledDot, show=False).ok
    assert check(
        lambda n, m=None, offset=None: causal_mask(n, m, offset),
        like=causal_mask,
        show=False,
    ).ok


def test_checking_leaves_the_global_seed_alone():
    keras.utils.set_random_seed(5)
    wanted = np.random.rand()
    keras.utils.set_random_seed(5)
    check(Attention(ScaledDot(), Softmax()), like="Attention", show=False)
    assert np.random.rand() == wanted


def test_a_law_can_be_called_by_itself():
    law = LAWS["hidden_keys_get_no_weight"]
    law(Softmax())
    with pytest.raises(LawBroken, match="a hidden key received weight 0"):
        law(lambda scores, mask: ops.softmax(scores))


def test_every_law_is_a_sentence_about_a_known_kind():
    for law in LAWS.values():
        assert law.statement.endswith("."), law.name
        assert len(law.statement) <= 88, law.name
        assert set(law.kinds) <= set(KINDS), law.name


def test_every_kind_has_laws():
    for kind in KINDS:
        assert laws_of(kind), kind


def test_an_instance_tells_its_traits():
    _, traits = describe(Attention(Dot(), Softmax()))
    assert {"a plain dot product", "softmax"} <= traits
    assert "a scaled dot product" not in traits
    assert {"a scaled dot product", "softmax"} <= describe(Attention)[1]
