import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from soccer_assets.models.conditional_logit import log_odds, of_log_odds, softmax
from soccer_assets.models.contributions import Contributions, along_line, of_scores
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.families.stack import StackEstimator

NUMBER = st.floats(-2, 2)


@given(arrays(float, (4, 2), elements=NUMBER))
def test_probabilities_have_the_log_odds_they_are_of(odds):
    np.testing.assert_allclose(log_odds(of_log_odds(odds)), odds, atol=1e-9)


@given(arrays(float, (3, 5, 3), elements=NUMBER), arrays(float, (3,), elements=NUMBER))
def test_scores_are_told_apart_by_column_and_a_name_twice_counts_once(parts, reference):
    contributions = of_scores(("a", "b", "a", "c", "c"), reference, parts)
    assert contributions.names == ("a", "b", "c")
    np.testing.assert_allclose(contributions.total(), log_odds(softmax(reference + parts.sum(axis=1))), atol=1e-9)
    alone = log_odds(softmax(reference + parts[:, 1])) - log_odds(softmax(reference[None]))
    np.testing.assert_allclose(contributions.values[:, 1], alone, atol=1e-9)


@given(arrays(float, (4, 3, 2), elements=NUMBER), arrays(float, (2,), elements=NUMBER))
def test_along_a_line_a_linear_function_gives_each_column_its_own_and_any_function_sums_up(parts, reference):
    matrix = np.array([[0.5, -1.0], [2.0, 0.25]])
    straight = along_line("abc", lambda sums: sums @ matrix, reference, parts)
    np.testing.assert_allclose(straight.values, parts @ matrix, atol=1e-9)

    def bent(sums):
        return np.stack([np.tanh(sums[:, 0]) * sums[:, 1], np.maximum(sums[:, 0], 0.3)], axis=1)

    curved = along_line("abc", bent, reference, parts)
    np.testing.assert_allclose(curved.total(), bent(reference + parts.sum(axis=1)), atol=1e-9)


def test_the_slopes_are_those_of_the_whole_line():
    """Of f(a, b) = a b both get half of the product, from the reference 0."""
    parts = np.array([[[0.8, 0.0], [0.0, 1.5]]])
    product = along_line("ab", lambda sums: np.stack([sums[:, 0] * sums[:, 1]] * 2, axis=1), np.zeros(2), parts)
    assert product.values[0, :, 0] == pytest.approx([0.6, 0.6], abs=1e-9)


def test_columns_that_say_nothing_get_nothing():
    parts = np.zeros((2, 3, 2))
    nothing = along_line("abc", np.sinh, np.array([0.3, -0.2]), parts)
    assert (nothing.values == 0).all()
    assert nothing.total() == pytest.approx(np.sinh([[0.3, -0.2]] * 2))


def test_contributions_are_added_by_name():
    one = Contributions(("a", "b"), np.ones((1, 2)), np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    both = one.plus(one.times(0.5))
    assert both.names == ("a", "b")
    assert both.values.tolist() == [[[1.5, 3.0], [4.5, 6.0]]]
    assert both.base.tolist() == [[1.5, 1.5]]


def test_a_stack_adds_its_members_by_their_weights(world, columns):
    examples = world(1500).examples
    members = tuple(FAMILIES[name].fit(examples, columns, FAMILIES[name].defaults, 0) for name in
                    ("elo_ordered_logit", "dixon_coles", "histogram_gradient_boosting", "xgboost"))  # fmt: skip
    stack = StackEstimator(members, (0.3, 0.0, 0.5, 0.4))
    frame = world(200, seed=1).examples
    contributions = stack.contributions(frame)
    np.testing.assert_allclose(contributions.total(), log_odds(stack.predict(frame)), rtol=0, atol=1e-9)
    form = contributions.values[:, contributions.names.index("form")]
    parts = [member.contributions(frame) for member in members[2:]]
    expected = sum(w * part.values[:, part.names.index("form")] for w, part in zip((0.5, 0.4), parts, strict=True))
    np.testing.assert_allclose(form, expected, atol=1e-12)
