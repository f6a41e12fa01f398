import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.accumulators import price_accumulator
from soccer_assets.predictions.coupons.forecasts import MatchForecast
from soccer_assets.predictions.coupons.schema import NOTICE, Accumulator, AccumulatorReport, Leg
from soccer_assets.predictions.settlement import settled
from soccer_assets.score_matrices import GOALS, coherent, dixon_coles, result_probabilities

DATE = dt.date(2025, 3, 1)
RATE, SHARE = st.floats(0.2, 3.5), st.floats(0.05, 1)


def forecast(matrix: np.ndarray) -> MatchForecast:
    return MatchForecast(DATE, "A", "B", "blend", result_probabilities(matrix[None])[0], matrix)


FORECASTS = {f"m{n}": forecast(dixon_coles(np.array([[1.2 + n / 20, 1.1]]), np.zeros(1))[0]) for n in range(21)}


def priced(*legs: Leg) -> AccumulatorReport:
    return price_accumulator(Accumulator(list(legs)), FORECASTS)


def test_the_whole_tickets_chance_comes_first_and_no_bet_is_advice():
    report = priced(Leg("m0", "1x2", "home", price=2.2), Leg("m1", "1x2", "draw", price=3.4))
    assert report.__struct_fields__[0] == "chance"
    home, draw = FORECASTS["m0"].p[0], FORECASTS["m1"].p[1]
    assert report.chance == report.product_of_legs == pytest.approx(home * draw)
    assert report.fair_price == pytest.approx(1 / (home * draw))
    assert report.price == pytest.approx(2.2 * 3.4)
    assert report.expected_value == pytest.approx(home * draw * 2.2 * 3.4 - 1)
    assert report.margin == pytest.approx(1 - home * draw * 2.2 * 3.4)
    assert report.notice == NOTICE
    assert NOTICE.startswith("No bet is advice")


def test_legs_of_one_match_are_one_combination_with_one_price():
    report = priced(Leg("m3", "1x2", "home", price=3.0), Leg("m3", "over_under", "over", 2.5), Leg("m4", "1x2", "away"))
    together, alone = report.combinations
    assert together.legs == ["1x2 home", "over_under over 2.5"]
    assert together.chance > together.product_of_legs
    assert together.expected_value == pytest.approx(3 * together.chance - 1)
    assert alone.expected_value is report.expected_value is report.price is report.margin is None
    assert report.chance == pytest.approx(together.chance * alone.chance)


@settings(max_examples=30)
@given(st.tuples(RATE, RATE, SHARE, SHARE, SHARE), st.tuples(RATE, RATE, SHARE, SHARE, SHARE), st.floats(1.01, 20))
def test_chance_and_gain_are_those_of_every_pair_of_scores(one, other, price):
    """Two matches enumerated score by score and settled, with a handicap that can be given back."""
    matches = {}
    for match_id, (home, away, *shares) in (("a", one), ("b", other)):
        p = np.array([shares]) / sum(shares)
        matches[match_id] = forecast(coherent(np.array([[home, away]]), np.zeros(1), p)[0])
    legs = [Leg("a", "asian_handicap", "home", -0.75, price), Leg("b", "draw_no_bet", "away", price=2.0)]
    report = price_accumulator(Accumulator(legs), matches)
    returns = []
    for leg in legs:
        bet = {"market": leg.market, "line": leg.goals_line, "selection": leg.selection, "price": leg.price}
        scores = [
            bet | {"status": "finished", "home_goals": i, "away_goals": j} for i in range(GOALS) for j in range(GOALS)
        ]
        returns.append(settled(pl.DataFrame(scores, schema_overrides={"line": pl.Float64}))["returned"].to_numpy())
    joint = np.outer(matches["a"].matrix.ravel(), matches["b"].matrix.ravel())
    assert report.expected_value == pytest.approx((joint * np.outer(*returns)).sum() - 1, abs=1e-9)
    won = np.outer(returns[0] == price, returns[1] == 2.0)
    assert report.chance == pytest.approx(joint[won].sum(), abs=1e-12)


@given(st.permutations([Leg("m1", "1x2", "home"), Leg("m2", "1x2", "away"), Leg("m1", "over_under", "under", 3.5)]))
def test_the_order_of_legs_says_nothing(legs):
    reference = priced(*sorted(legs, key=str))
    assert priced(*legs).chance == pytest.approx(reference.chance, rel=1e-12)
    assert priced(*legs).fair_price == pytest.approx(reference.fair_price, rel=1e-12)


def test_at_its_fair_price_a_ticket_gains_nothing_on_average_even_where_stakes_come_back():
    legs = [Leg("m1", "draw_no_bet", "home"), Leg("m2", "asian_handicap", "away", 0.25), Leg("m3", "1x2", "draw")]
    fair = [combination.fair_price for combination in priced(*legs).combinations]
    report = priced(*(replace(leg, price=price) for leg, price in zip(legs, fair, strict=True)))
    assert report.expected_value == pytest.approx(0, abs=1e-12)
    assert report.margin == pytest.approx(0, abs=1e-12)
    assert report.combinations[0].given_back == pytest.approx(FORECASTS["m1"].p[1])


def test_what_cannot_happen_has_no_fair_price():
    report = priced(Leg("m1", "1x2", "home", price=50.0), Leg("m1", "correct_score", "0-0"))
    assert (report.chance, report.fair_price, report.margin) == (0, None, None)
    assert report.expected_value == pytest.approx(-1)


@pytest.mark.parametrize(
    ("legs", "reason", "message"),
    [
        ([Leg("m1", "1x2", "home"), Leg("m1", "1x2", "home")], "match-twice", "every selection of 'm1' once"),
        ([Leg("m1", "1x2", "home", price=2.0), Leg("m1", "over_under", "over", 2.5, price=1.9)], "match-twice",
         r"one price of 'm1', whose 2 legs are one combination, found \[2.0, 1.9\]"),
        ([Leg("m1", "1x2", "home", price=1.0)], "price-too-low", "decimal odds above 1, found 1.0"),
        ([Leg("m1", "1x2", "x")], "unknown-selection", "found 'x'"),
        ([Leg(f"m{n}", "1x2", "home") for n in range(21)], "fixture-count", "expected 1 to 20 fixtures, found 21"),
        ([], "fixture-count", "found 0"),
    ],
)  # fmt: skip
def test_what_is_no_ticket_is_refused(legs, reason, message):
    with pytest.raises(CouponError, match=message) as refusal:
        priced(*legs)
    assert refusal.value.reason == reason


def test_chances_of_twenty_legs_are_multiplied():
    report = priced(*(Leg(f"m{n}", "1x2", "home") for n in range(20)))
    assert report.chance == pytest.approx(np.prod([FORECASTS[f"m{n}"].p[0] for n in range(20)]))
