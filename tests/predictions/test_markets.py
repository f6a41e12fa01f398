import datetime as dt
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.errors import ModelError
from soccer_assets.odds.schema import MARKETS as OFFERED
from soccer_assets.predictions.markets import fair_odds, markets, results, selections
from soccer_assets.predictions.schema import MARKETS, SELECTIONS
from soccer_assets.predictions.settlement import settled
from soccer_assets.score_matrices import coherent

FEW = settings(max_examples=25, deadline=None)
DATE = dt.date(2025, 3, 1)
RATE = st.floats(0.1, 4)
SHARE = st.floats(0.02, 1)


@st.composite
def matrices(draw) -> np.ndarray:
    """One coherent matrix, (1, 16, 16)."""
    shares = np.array([[draw(SHARE), draw(SHARE), draw(SHARE)]])
    rates, over = np.array([[draw(RATE), draw(RATE)]]), np.array([draw(st.floats(0.05, 0.95))])
    return coherent(rates, np.array([draw(st.floats(-0.2, 0.1))]), shares / shares.sum(), over)


def results_by_bet(matrix: np.ndarray) -> dict[tuple[Any, ...], np.ndarray]:
    """Results of each bet (market, line, selection) of one matrix, from lost to won."""
    bet_results = results(matrix)[0]
    return {bet: bet_results[number] for number, bet in enumerate(selections().rows())}


def won(matrix: np.ndarray) -> dict[tuple[Any, ...], float]:
    return {bet: float(row[4]) for bet, row in results_by_bet(matrix).items()}


@FEW
@given(matrices())
def test_the_results_of_every_bet_are_probabilities_that_sum_to_one(matrix):
    bet_results = results(matrix)
    assert bet_results.shape == (1, len(selections()), 5)
    assert bet_results.min() >= 0
    assert bet_results.max() <= 1
    assert np.abs(bet_results.sum(axis=2) - 1).max() < 1e-12


@FEW
@given(matrices())
def test_markets_about_the_same_thing_agree(matrix):
    p = won(matrix)
    home, draw, away = (p["1x2", None, side] for side in ("home", "draw", "away"))
    assert home + draw + away == pytest.approx(1, abs=1e-12)
    assert p["double_chance", None, "home_draw"] == pytest.approx(home + draw, abs=1e-12)
    assert p["double_chance", None, "home_away"] == pytest.approx(home + away, abs=1e-12)
    assert p["double_chance", None, "draw_away"] == pytest.approx(draw + away, abs=1e-12)
    assert p["asian_handicap", -0.5, "home"] == pytest.approx(home, abs=1e-12)
    assert p["asian_handicap", 0.5, "home"] == pytest.approx(home + draw, abs=1e-12)
    assert results_by_bet(matrix)["draw_no_bet", None, "home"] == pytest.approx(
        results_by_bet(matrix)["asian_handicap", 0.0, "home"]
    )
    scores = {bet[2]: share for bet, share in p.items() if bet[0] == "correct_score"}
    assert sum(scores.values()) == pytest.approx(1, abs=1e-12)
    assert p["over_under", 0.5, "under"] == pytest.approx(scores["0-0"], abs=1e-12)
    named = [tuple(map(int, score.split("-"))) for score in scores if score != "other"]
    nil = sum(scores[f"{i}-{j}"] for i, j in named if min(i, j) == 0)
    assert p["both_teams_to_score", None, "no"] == pytest.approx(nil, abs=scores["other"] + 1e-12)
    assert p["win_to_nil", None, "home"] + p["win_to_nil", None, "away"] + scores["0-0"] == pytest.approx(
        p["both_teams_to_score", None, "no"], abs=1e-12
    )


@FEW
@given(matrices())
def test_a_higher_line_is_gone_over_less_often_and_a_better_handicap_covers_more_often(matrix):
    p = results_by_bet(matrix)
    for market, side, sign in (
        ("over_under", "over", -1),
        ("asian_handicap", "home", 1),
        ("asian_handicap", "away", -1),
    ):
        lines = sorted(line for name, line, selection in p if (name, selection) == (market, side))
        worth = [p[market, line, side] @ np.arange(5) for line in lines]
        assert (np.diff(worth) * sign >= -1e-12).all()
        fair = np.array([1 / fair_odds(p[market, line, side]) for line in lines])
        assert (np.diff(fair) * sign >= -1e-12).all()


@FEW
@given(matrices())
def test_a_quarter_line_is_the_mean_of_its_halves_and_two_sides_make_one(matrix):
    p = results_by_bet(matrix)
    worth = {bet: row @ [0, 0.25, 0.5, 0.75, 1] for bet, row in p.items()}
    for (market, line, side), value in worth.items():
        if line is None:
            continue
        other = dict(zip(OFFERED[market], reversed(OFFERED[market]), strict=True))[side]
        assert value + worth[market, line, other] == pytest.approx(1, abs=1e-12)
        halves = [worth[bet] for bet in ((market, line + aside, side) for aside in (-0.25, 0.25)) if bet in worth]
        if line * 2 % 1 and len(halves) == 2:
            assert value == pytest.approx(sum(halves) / 2, abs=1e-12)


@FEW
@given(matrices())
def test_at_fair_odds_every_bet_gives_back_its_stake_on_average(matrix):
    """The settlement of each score, weighed by the matrix."""
    bets = selections().rename({"goals_line": "line"})
    price = fair_odds(results(matrix)[0])
    scores = [(i, j) for i in range(16) for j in range(16)]
    cells = pl.DataFrame(scores, schema=["home_goals", "away_goals"], orient="row")
    played = bets.with_columns(price=price, bet=pl.int_range(len(bets))).join(cells, how="cross")
    returned = settled(played.with_columns(status=pl.lit("finished")))["returned"].to_numpy().reshape(len(bets), 256)
    shares = matrix[0][tuple(zip(*scores, strict=True))]
    # a score in a million pays a million: the terms are as large as the stake, whatever the price
    expected = [math.fsum(row * shares) for row in returned]
    assert np.abs(np.array(expected) - 1).max() < 1e-12


def test_fair_odds_by_hand():
    # 40 % won, 20 % half lost, 40 % lost: 40 against 50 of what is at risk
    assert fair_odds(np.array([0.4, 0.2, 0.0, 0.0, 0.4])) == pytest.approx(1 + 0.5 / 0.4)
    assert fair_odds(np.array([0.3, 0.0, 0.2, 0.0, 0.5])) == pytest.approx(1.6)
    assert fair_odds(np.array([1.0, 0.0, 0.0, 0.0, 0.0])) == math.inf


def test_a_table_has_every_selection_of_every_forecast(predictions):
    rows = markets(predictions(model=(0.5, 0.3, 0.2), market=(0.45, 0.3, 0.25)))
    assert len(rows) == 2 * (len(selections()) + 4)
    bets = rows.filter(pl.col("expected").is_null())
    assert set(bets["market"].unique()) == set(SELECTIONS)
    bet_results = {
        tuple(row[:4]): row[4] for row in rows.select("line", "market", "goals_line", "selection", "won").rows()
    }
    assert [bet_results["model", "1x2", None, side] for side in ("home", "draw", "away")] == pytest.approx(
        [0.5, 0.3, 0.2]
    )
    assert bet_results["market", "double_chance", None, "draw_away"] == pytest.approx(0.55)


def test_every_offered_market_can_be_joined_by_market_line_and_selection():
    results_by_bet = selections()
    for market, names in OFFERED.items():
        assert set(results_by_bet.filter(pl.col("market") == market)["selection"]) == set(names)
    assert results_by_bet.filter(pl.col("market") == "over_under", pl.col("goals_line") == 2.5).height == 2
    assert results_by_bet.filter(pl.col("market") == "asian_handicap")["goals_line"].unique().sort().to_list() == [
        quarter / 4 for quarter in range(-10, 11)
    ]


def test_expected_goals_and_points_are_sums_over_the_same_matrix(predictions):
    rows = markets(predictions(model=(0.5, 0.3, 0.2)))
    bet_results = {
        (market, side): value for market, side, value in rows.select("market", "selection", "expected").rows()
    }
    assert bet_results["expected_points", "home"] == pytest.approx(3 * 0.5 + 0.3)
    assert bet_results["expected_points", "away"] == pytest.approx(3 * 0.2 + 0.3)
    matrix = coherent(np.array([[1.5, 1.1]]), np.array([-0.05]), np.array([[0.5, 0.3, 0.2]]))[0]
    goals = np.arange(16)
    assert bet_results["expected_goals", "home"] == pytest.approx(goals @ matrix.sum(axis=1))
    assert bet_results["expected_goals", "away"] == pytest.approx(goals @ matrix.sum(axis=0))


def test_a_line_has_its_own_total_and_where_it_has_none_its_goal_rates_tell(predictions):
    shared = {"p_home": 0.5, "p_draw": 0.3, "p_away": 0.2}
    rows = markets(predictions({"line": "blend", "p_over": 0.61} | shared, {"line": "model"} | shared))
    over = rows.filter(pl.col("goals_line") == 2.5, pl.col("selection") == "over")
    bet_results = dict(over.select("line", "won").rows())
    assert bet_results["blend"] == pytest.approx(0.61, abs=1e-12)
    own = coherent(np.array([[1.5, 1.1]]), np.array([-0.05]), np.array([[0.5, 0.3, 0.2]]))[0]
    assert bet_results["model"] == pytest.approx(own[np.add.outer(np.arange(16), np.arange(16)) > 2.5].sum())


def test_a_forecast_has_the_same_bits_whatever_other_forecasts_are_made(predictions):
    rng = np.random.default_rng(1)
    rows = [
        {"match_id": f"m{n}", "line": "model", "home_goals_expected": home, "away_goals_expected": away,
         "p_home": p[0], "p_draw": p[1], "p_away": p[2]}
        for n, (home, away, p) in enumerate(zip(rng.uniform(0.3, 3, 9), rng.uniform(0.3, 3, 9), rng.dirichlet([4, 3, 3], 9), strict=True))
    ]  # fmt: skip
    together = markets(predictions(*rows))
    for row in rows:
        assert markets(predictions(row)).equals(together.filter(pl.col("match_id") == row["match_id"]))


def test_what_cannot_be_won_has_no_fair_odds(predictions):
    rows = markets(predictions(model=(0.7, 0.0, 0.3)))
    (draw,) = rows.filter(pl.col("market") == "1x2", pl.col("selection") == "draw").iter_rows(named=True)
    assert (draw["won"], draw["lost"], draw["fair_odds"]) == (0.0, 1.0, None)


def test_a_forecast_that_no_scores_can_have_is_named(predictions):
    rows = predictions({"match_id": "odd", "line": "blend", "p_home": 0.9, "p_draw": 0.9, "p_away": 0.9})
    with pytest.raises(ModelError, match="2025-03-01 odd blend: expected 1X2 probabilities that sum to 1"):
        markets(rows)


def test_without_forecasts_there_are_no_markets(predictions):
    assert markets(predictions()).equals(MARKETS.empty())
