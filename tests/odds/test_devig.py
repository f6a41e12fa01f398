import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.special import expit, logit

from soccer_assets.errors import OddsError
from soccer_assets.odds.devig import METHODS, odds_ratio, overround, power, proportional, shin
from soccer_assets.odds.schema import MARKET_PROBABILITIES

EACH = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
CLOSE = 1e-9

PROBABILITIES = st.sampled_from([2, 3]).flatmap(
    lambda k: st.lists(st.floats(0.02, 1.0), min_size=k, max_size=k).map(lambda shares: np.array(shares) / sum(shares))
)


@st.composite
def books(draw: st.DrawFn, least: float = 1.0, most: float = 1.35) -> np.ndarray:
    """One book (1, k) of prices above 1, the margin laid evenly on all outcomes."""
    fair, margin = draw(PROBABILITIES), draw(st.floats(least, most))
    return 1.0 / np.minimum(fair * margin, 0.98)[None, :]


# Values


def test_the_overround_is_the_sum_of_the_inverse_prices():
    assert_allclose(overround(np.array([[2.0, 4.0, 4.0], [1.5, 4.2, 7.0]])), [1.0, 22 / 21])


@EACH
@pytest.mark.parametrize(
    ("odds", "expected"),
    [
        ([2.0, 4.0, 4.0], [0.5, 0.25, 0.25]),  # fair
        ([1.9, 1.9], [0.5, 0.5]),
        ([2.7, 2.7, 2.7], [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_fair_and_level_books_have_one_answer(method, odds, expected):
    assert_allclose(method(np.array([odds])), [expected], atol=1e-12)


def test_proportional_divides_by_the_overround():
    assert_allclose(proportional(np.array([[1.5, 4.2, 7.0]])), [[14 / 22, 5 / 22, 3 / 22]])


@pytest.mark.parametrize("fair", [[0.75, 0.25], [0.5, 0.3, 0.2], [0.9, 0.07, 0.03]])
@pytest.mark.parametrize("exponent", [1.0, 1.05, 1.3, 2.0, 0.95])
def test_power_undoes_a_power(fair, exponent):
    """Inverse prices p ** (1 / k) have the answer p: for k = 2 and p = 3/4, 1/4 the prices are 1.1547 and 2."""
    odds = np.array([fair]) ** (-1.0 / exponent)
    assert_allclose(power(odds), [fair], atol=CLOSE)


def test_power_of_a_book_by_hand():
    assert_allclose(power(np.array([[2 / np.sqrt(3), 2.0]])), [[0.75, 0.25]])


@pytest.mark.parametrize("fair", [[0.75, 0.25], [0.5, 0.3, 0.2], [0.8, 0.15, 0.05], [0.4, 0.3, 0.2, 0.1]])
@pytest.mark.parametrize("insiders", [0.0, 0.02, 0.05, 0.2])
def test_shin_undoes_the_model_it_is_named_after(fair, insiders):
    """With a share z of insiders an outcome of probability p is sold at the square root of B p (z + (1 - z) p)."""
    p = np.array([fair])
    shares = np.sqrt(p * (insiders + (1 - insiders) * p))
    inverse = shares * shares.sum()  # B is the square of the sum
    assert_allclose(overround(1 / inverse), [shares.sum() ** 2])
    assert_allclose(shin(1 / inverse), p, atol=CLOSE)


@pytest.mark.parametrize("fair", [[0.75, 0.25], [0.5, 0.3, 0.2], [0.9, 0.07, 0.03], [0.4, 0.3, 0.2, 0.1]])
@pytest.mark.parametrize("ratio", [1.0, 1.04, 1.2, 1.6, 0.9])
def test_odds_ratio_undoes_an_odds_ratio(fair, ratio):
    p = np.array([fair])
    sold = ratio * p / (1 - p)  # the odds in favour, made worse for who bets
    assert_allclose(odds_ratio((1 + sold) / sold), p, atol=CLOSE)


def test_odds_ratio_of_a_book_by_hand():
    """Odds in favour of 2/1 and 1/1 are both sold at the square root of 2 times the fair ones."""
    assert_allclose(odds_ratio(np.array([[1.5, 2.0]])), [[2**0.5 / (1 + 2**0.5), 1 / (1 + 2**0.5)]])


@settings(max_examples=50, deadline=None)
@given(book=books(least=0.8))
def test_what_others_call_logarithmic_is_the_odds_ratio_or_the_power_method(book):
    """A constant taken from the log odds of each outcome; an exponent common to all."""
    log_odds, logs = logit(1 / book[0]), np.log(1 / book[0])
    taken = brentq(lambda c: expit(log_odds - c).sum() - 1, -30, 30, xtol=1e-14)
    assert_allclose(odds_ratio(book)[0], expit(log_odds - taken), atol=1e-9)
    exponent = brentq(lambda k: np.exp(k * logs).sum() - 1, 1e-6, 200, xtol=1e-14)
    assert_allclose(power(book)[0], np.exp(exponent * logs), atol=1e-9)


def test_the_tables_have_every_method():
    assert [name for name in MARKET_PROBABILITIES.schema if name in METHODS] == list(METHODS)


def test_books_below_one_hundred_per_cent_are_rescaled_by_shin():
    odds = np.array([[2.2, 3.8, 4.4]])
    assert overround(odds)[0] < 1
    assert_allclose(shin(odds), proportional(odds))


@EACH
def test_no_books_have_no_probabilities(method):
    assert method(np.empty((0, 3))).shape == (0, 3)


# Laws


@EACH
@settings(max_examples=50, deadline=None)
@given(book=books(least=0.8))
def test_the_outcomes_of_a_book_sum_to_one_and_each_is_possible(method, book):
    probabilities = method(book)
    assert probabilities.shape == book.shape
    assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-12)
    assert np.all((probabilities > 0) & (probabilities < 1))


@settings(max_examples=50, deadline=None)
@given(fair=PROBABILITIES)
def test_all_methods_agree_on_a_fair_book(fair):
    odds = 1.0 / fair[None, :]
    for method in METHODS.values():
        assert_allclose(method(odds), [fair], atol=1e-7)


@EACH
@settings(max_examples=50, deadline=None)
@given(book=books(least=0.8))
def test_the_lower_price_is_the_likelier_outcome(method, book):
    order = np.argsort(book[0])
    assert np.all(np.diff(method(book)[0][order]) <= CLOSE)


@settings(max_examples=50, deadline=None)
@given(book=books().filter(lambda book: overround(book)[0] >= 1))
def test_all_but_proportional_take_more_margin_from_the_outsider(book):
    """The favourite-longshot bias: a margin above zero lies more on long prices."""
    plain = proportional(book)[0]
    favourite, outsider = np.argmin(book[0]), np.argmax(book[0])
    for method in (power, shin, odds_ratio):
        probabilities = method(book)[0]
        assert probabilities[favourite] >= plain[favourite] - CLOSE
        assert probabilities[outsider] <= plain[outsider] + CLOSE


@EACH
@settings(max_examples=50, deadline=None)
@given(book=books(least=1.0, most=1.25), which=st.integers(0, 2), longer=st.floats(1.001, 1.2))
def test_a_longer_price_means_a_smaller_probability(method, book, which, longer):
    which %= book.shape[1]
    other = book.copy()
    other[0, which] *= longer
    assert method(other)[0, which] < method(book)[0, which]


@EACH
@settings(max_examples=50, deadline=None)
@given(book=books(least=0.8), turn=st.integers(0, 5))
def test_the_order_of_the_outcomes_does_not_matter(method, book, turn):
    order = np.roll(np.arange(book.shape[1])[:: 1 if turn % 2 else -1], turn)
    assert_allclose(method(book[:, order]), method(book)[:, order], atol=CLOSE)


@EACH
@settings(max_examples=25, deadline=None)
@given(several=st.lists(books(least=0.8).filter(lambda book: book.shape[1] == 3), min_size=1, max_size=6))
def test_a_book_does_not_depend_on_the_books_beside_it(method, several):
    together = method(np.vstack(several))
    for book, probabilities in zip(several, together, strict=True):
        assert_allclose(method(book)[0], probabilities, atol=CLOSE)


@EACH
@pytest.mark.parametrize("odds", [[1.01, 34.0, 67.0], [1.001, 501.0, 1001.0], [1.02, 15.0], [26.0, 11.0, 1.04]])
def test_extreme_prices_are_solved_too(method, odds):
    probabilities = method(np.array([odds]))[0]
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(probabilities > 0)
    assert np.argmax(probabilities) == np.argmin(odds)
    if method is power:
        exponents = np.log(probabilities) / -np.log(odds)
        assert_allclose(exponents, exponents[0], rtol=1e-6)


@EACH
@settings(max_examples=100, deadline=None)
@given(prices=st.lists(st.floats(1.001, 1001.0), min_size=2, max_size=6))
def test_any_prices_have_probabilities_in_their_order(method, prices):
    """Whatever the overround: 0.01 of four outsiders, 6 of six favourites."""
    probabilities = method(np.array([prices]))[0]
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-9)
    assert np.all((probabilities >= 0) & (probabilities <= 1))
    assert np.all(np.diff(probabilities[np.argsort(prices)]) <= CLOSE)


# What is no book


@pytest.mark.parametrize("function", [*METHODS.values(), overround], ids=[*METHODS, "overround"])
@pytest.mark.parametrize(
    ("odds", "message"),
    [
        (np.array([2.1, 3.4, 3.6]), r"found \(3,\); one book is odds\[None, :\]"),
        (2.1, r"found \(\)"),
        ([[[2.1, 3.4]]], r"found \(1, 1, 2\)"),
        ([[2.1], [1.9]], r"k >= 2 outcomes, found \(2, 1\)"),
        (np.empty((0, 0)), r"found \(0, 0\)"),
        ([[2.1, 3.4], [2.1]], "an array \\(n, k\\) of numbers"),
        ([["2.1", "x"]], "of numbers, found could not convert"),
        ([[2.1, None]], "above 1, found 1 other prices, such as nan in book 0"),
        ([[2.1, 3.4, 3.6], [2.1, 0.0, np.nan]], "found 2 other prices, such as 0 in book 1, nan in book 1"),
        ([[2.1, -3.4]], "such as -3.4 in book 0"),
        ([[2.1, 1.0]], "such as 1 in book 0"),
        ([[0.5, 0.3, 0.2]], "found 3 other prices, such as 0.5 in book 0"),
        ([[2.1, np.inf]], "such as inf in book 0"),
        (np.full((4, 2), 0.0), "found 8 other prices, such as (0 in book [012], ){4}0 in book 2; leave"),
    ],
)
def test_what_is_no_book_is_refused(function, odds, message):
    with pytest.raises(OddsError, match=message):
        function(odds)
    assert issubclass(OddsError, ValueError)


@EACH
def test_whole_numbers_and_lists_are_books(method):
    assert_allclose(method([[2, 4, 4]]), [[0.5, 0.25, 0.25]])
