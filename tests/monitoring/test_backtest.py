import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from soccer_assets import scoring
from soccer_assets.monitoring.reports import (
    backtest,
    best_of,
    bet_sums,
    configurations,
    figures,
    forecast_sums,
)
from soccer_assets.monitoring.schema import COMPARED_LINES, SETTLED_BETS, SETTLED_MARKETS, SETTLED_PREDICTIONS

FIRST = dt.date(2024, 8, 1)
P = list(scoring.PROBABILITIES)
CONTEXT = {
    "favourite": 0.45, "elo_gap": 120.0, "promoted": False, "new_club": False, "first_rounds": False, "long_break": None,
}  # fmt: skip
NO_MARKETS = SETTLED_MARKETS.empty()


def settled(days: int, a_day: int = 3, seed: int = 0, lines: dict[str, float] | None = None) -> pl.DataFrame:
    """Matches on every line; each line's probabilities are the truth, flattened by some power."""
    random = np.random.default_rng(seed)
    n = days * a_day
    truth = random.dirichlet([3.0, 2.0, 2.0], n)
    y = (random.random(n)[:, None] > truth.cumsum(axis=1)[:, :2]).sum(axis=1)
    parts: list[pl.DataFrame] = []
    for line, power in (lines or dict.fromkeys(COMPARED_LINES, 1.0)).items():
        p = truth**power / (truth**power).sum(axis=1, keepdims=True)
        told = {
            "match_date": [FIRST + dt.timedelta(days=place // a_day) for place in range(n)],
            "match_id": [f"{place:05d}" for place in range(n)],
            "league": random.choice(["E0", "E1"], n) if not parts else parts[0]["league"],
            "season": "2024/25", "line": line, **dict(zip(P, p.T, strict=True)), "outcome": y,
            "log_loss": scoring.log_loss(p, y), "rps": scoring.rps(p, y), "brier": scoring.brier(p, y),
            "hit": scoring.accuracy(p, y) == 1.0, "complete": True, "model_version": None, "divergence": 0.001, **CONTEXT,
        }  # fmt: skip
        parts.append(pl.DataFrame(told).cast(SETTLED_PREDICTIONS.schema))
    return SETTLED_PREDICTIONS.conform(pl.concat(parts))


def bets(profits: list[list[float]], stake: float = 0.1, line: str = "model") -> pl.DataFrame:
    """Bets by day."""
    rows = [
        {
            "match_date": FIRST + dt.timedelta(days=day), "match_id": f"{day} {place}", "league": "E0",
            "season": "2024/25", "line": line, "market": "1x2", "goals_line": None, "selection": "home", "edge": 0.1,
            "price": 3.0, "result": "won" if profit > 0 else "lost", "profit": profit, "stake": stake,
            "closing_probability": 0.35, "closing_by": "price", "clv": 0.05, **CONTEXT,
        }
        for day, of_day in enumerate(profits)
        for place, profit in enumerate(of_day)
    ]  # fmt: skip
    return SETTLED_BETS.conform(pl.DataFrame(rows, schema=SETTLED_BETS.schema))


def told(rows: pl.DataFrame, won: pl.DataFrame | None = None, tried: int = 0, **which: str) -> dict[str, Any]:
    every = figures(forecast_sums(rows, NO_MARKETS), bet_sums(bets([]) if won is None else won), tried)
    (row,) = every.filter(**({"slice": "all", "value": "all", "line": "model"} | which)).iter_rows(named=True)
    return row


def test_every_figure_is_what_the_metrics_say_of_the_same_matches():
    rows = settled(60, lines={"model": 0.6, "market": 1.0, "blend": 1.0, "closing": 1.1})
    slices: list[dict[str, Any]] = [{}, {"slice": "league", "value": "E0"}, {"slice": "month", "value": "09"}]
    for which in slices:
        found = told(rows, **which)
        mine = rows.filter(line="model").filter(
            pl.col("league") == "E0" if which.get("slice") == "league" else
            pl.col("match_date").dt.month() == 9 if which else True
        )  # fmt: skip
        expected = scoring.summary(mine.select(P).to_numpy(), mine["outcome"].to_numpy())
        assert found["matches"] == expected.pop("n")
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-8)


def test_the_difference_to_the_closing_market_is_paired_and_has_its_interval():
    rows = settled(60, lines={"model": 0.3, "market": 1.0, "blend": 1.0, "closing": 1.0})
    found = told(rows)
    mine, closing = (rows.filter(line=line).sort("match_id") for line in ("model", "closing"))
    expected = scoring.paired_difference(mine["log_loss"], closing["log_loss"], mine["match_date"])
    names = ("log_loss_vs_closing", "log_loss_vs_closing_low", "log_loss_vs_closing_high")
    assert [found[name] for name in names] == pytest.approx([expected.mean, expected.low, expected.high], abs=1e-8)


def test_the_divergence_from_the_close_has_an_interval_alone_and_beside_the_market():
    rows = settled(60).with_columns(divergence=pl.when(line="market").then(0.003).otherwise(0.001))
    found = told(rows)
    assert [found[f"divergence{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.001] * 3, abs=1e-8)
    assert [found[f"divergence_vs_market{end}"] for end in ("", "_low", "_high")] == pytest.approx(
        [-0.002] * 3, abs=1e-8
    )


def of_market(rows: pl.DataFrame, market: str) -> pl.DataFrame:
    """The home win of settled forecasts as if it were another market."""
    home = pl.col("outcome") == 0
    p = pl.col("p_home").clip(0.001, 0.999)
    return SETTLED_MARKETS.conform(
        rows.with_columns(
            market=pl.lit(market),
            goals_line=pl.lit(None, pl.Float64),
            probability=p,
            happened=home.cast(pl.Float64),
            weight=pl.lit(1.0),
            log_loss=-pl.when(home).then(p).otherwise(1 - p).log(),
            rps=pl.lit(0.1),
            brier=pl.lit(0.2),
            product_log_loss=pl.lit(None, pl.Float64),
        )
    )


def test_a_market_is_compared_with_its_own_close_in_its_own_slices():
    rows = settled(60, lines={"model": 0.3, "market": 1.0, "blend": 1.0, "closing": 1.0})
    markets = pl.concat(of_market(rows, name) for name in ("over_under_2.5", "both_teams_to_score"))
    report = figures(forecast_sums(rows, markets), bet_sums(bets([[1.0]])), 0)
    sliced = {market: set(part["slice"]) for (market,), part in report.group_by("market")}
    assert sliced["over_under_2.5"] == {"all", "league", "season"}
    assert sliced["both_teams_to_score"] == {"all"}
    (found,) = report.filter(slice="all", line="model", market="over_under_2.5").iter_rows(named=True)
    of = markets.filter(market="over_under_2.5")
    mine, closing = (of.filter(line=line).sort("match_id") for line in ("model", "closing"))
    expected = scoring.paired_difference(mine["log_loss"], closing["log_loss"], mine["match_date"])
    names = ("log_loss_vs_closing", "log_loss_vs_closing_low", "log_loss_vs_closing_high")
    assert [found[name] for name in names] == pytest.approx([expected.mean, expected.low, expected.high], abs=1e-8)
    assert found["verdict"] == "worse"
    assert found["bets"] == 0  # bets stand on the rows of the 1x2
    assert report.filter(slice="all", line="model", market="1x2")["bets"].to_list() == [1]


def test_the_verdict_says_so_where_nothing_can_be_told_apart():
    powers = {"model": 0.3, "market": 1.02, "blend": 1.0, "closing": 1.0, "challenger": 1.0}
    rows = settled(100, lines=powers)
    assert told(rows)["verdict"] == "worse"
    assert told(rows, line="market")["verdict"] == "not distinguishable"
    assert told(rows, line="blend")["verdict"] == "not distinguishable"  # the very same forecasts
    assert told(rows, line="closing")["verdict"] is None
    assert told(settled(100, lines=powers | {"closing": 0.2, "model": 1.0}))["verdict"] == "better"
    assert told(settled(10))["verdict"] == "too few match days"


def test_matches_that_cannot_be_compared_are_not_scored():
    rows = settled(30)
    half = rows.with_columns(complete=pl.col("match_id") < "00045")
    assert told(half)["matches"] == 45


def test_a_line_is_compared_on_the_matches_that_have_it():
    rows = settled(30, lines=dict.fromkeys((*COMPARED_LINES, "challenger"), 1.0))
    rows = rows.filter((pl.col("line") != "challenger") | (pl.col("match_id") < "00030"))
    assert told(rows, line="challenger")["matches"] == 30


def test_yield_drawdown_and_bank_by_hand():
    # day by day +2 -1 | -1 -1 | +2: flat 1, -1, 1; the bank of tenths 1.1, 0.88, 1.056
    found = told(settled(30), bets([[2.0, -1.0], [-1.0, -1.0], [2.0]]))
    assert found["bets"] == 5
    assert found["flat_yield"] == pytest.approx(1 / 5)
    assert found["kelly_yield"] == pytest.approx(1 / 5)
    assert found["flat_drawdown"] == pytest.approx(2.0)
    assert found["bank"] == pytest.approx(1.1 * 0.8 * 1.2)
    assert found["kelly_drawdown"] == pytest.approx(0.2)
    assert found["clv"] == pytest.approx(0.05)
    assert (found["flat_yield_low"], found["expected_max_yield"]) == (None, None)  # three days say nothing


def test_a_fall_from_the_start_is_a_drawdown():
    found = told(settled(30), bets([[-1.0], [-1.0], [3.0]]))
    assert found["flat_drawdown"] == pytest.approx(2.0)
    assert found["kelly_drawdown"] == pytest.approx(1 - 0.9**2)


def test_a_bet_without_a_closing_price_counts_in_the_yield_alone():
    won = bets([[1.0], [1.0]]).with_columns(clv=pl.Series([0.1, None]))
    assert told(settled(30), won)["clv"] == pytest.approx(0.1)


def test_a_line_that_does_not_bet_has_no_yield():
    found = told(settled(30), bets([[1.0]]), line="closing")
    assert (found["bets"], found["flat_yield"], found["bank"]) == (0, None, None)


def test_the_best_of_many_is_expected_to_be_lucky():
    random = np.random.default_rng(0).standard_normal((20_000, 100))
    assert best_of(100) == pytest.approx(random.max(axis=1).mean(), abs=0.03)  # an approximation
    assert best_of(1) == best_of(0) == 0.0
    won = bets([[1.9] if day % 3 == 0 else [-1.0] for day in range(90)])
    few, many = (told(settled(90), won, tried)["expected_max_yield"] for tried in (2, 200))
    assert many == pytest.approx(few * best_of(200) / best_of(2))
    assert 0.05 < few < many


def candidate(day: dt.date, family: str, *parameters: float) -> pl.LazyFrame:
    trials = [{"number": n, "state": "complete", "value": 1.0, "params": {"c": c}} for n, c in enumerate(parameters)]
    return pl.LazyFrame({"match_date": [day], "family": [family], "trials": [json.dumps(trials)]})


def test_a_configuration_counts_once_on_the_first_date_it_was_tried_for():
    later = FIRST + dt.timedelta(days=90)
    one = pl.concat([candidate(later, "a", 1.0, 2.0, 3.0), candidate(FIRST, "a", 1.0, 2.0)])
    found = configurations([one, candidate(FIRST, "b", 1.0)])
    assert found.select("match_date", "family", "parameters").rows() == [
        (FIRST, "a", '{"c": 1.0}'),
        (FIRST, "a", '{"c": 2.0}'),
        (FIRST, "b", '{"c": 1.0}'),
        (later, "a", '{"c": 3.0}'),
    ]


def whole(rows: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    tried = configurations([candidate(FIRST, "a", 1.0, 2.0), candidate(FIRST + dt.timedelta(days=40), "b", 1.0)])
    won = bets([[1.9] if day % 3 == 0 else [-1.0] for day in range(100)])
    until = pl.col("match_date") <= last
    return backtest(rows.filter(until), NO_MARKETS, won.filter(until), tried, first, last)


def test_there_is_a_report_at_the_end_of_each_month_over_what_was_known_then():
    rows = settled(100)
    report = whole(rows, FIRST, dt.date(2024, 10, 31))
    assert report["match_date"].unique().sort().to_list() == [
        dt.date(2024, 8, 31), dt.date(2024, 9, 30), dt.date(2024, 10, 31),
    ]  # fmt: skip
    counted = report.filter(slice="all", line="model", period="ever").sort("match_date")
    assert counted["matches"].to_list() == [31 * 3, 61 * 3, 92 * 3]
    assert counted["configurations"].to_list() == [2, 3, 3]
    assert counted["bets"].to_list() == [31, 61, 92]
    assert whole(rows, dt.date(2024, 8, 1), dt.date(2024, 8, 30)).rows() == []


def test_a_year_is_twelve_months_and_ever_is_all_of_it():
    old = settled(20, seed=1).with_columns(pl.col("match_date") - pl.duration(days=365), pl.col("match_id") + " old")
    report = whole(pl.concat([old, settled(31)]), dt.date(2024, 8, 31), dt.date(2024, 8, 31))
    counted = report.filter(slice="all", line="model")
    assert dict(counted.select("period", "matches").rows()) == {"year": 93, "ever": 153}
    assert set(report.filter(slice="month", line="model", period="ever")["value"]) == {"08"}


def test_a_month_is_reported_alike_alone_and_in_a_range():
    rows = settled(100)
    range_of = whole(rows, FIRST, dt.date(2024, 10, 31))
    for day in (dt.date(2024, 8, 31), dt.date(2024, 10, 31)):
        assert whole(rows, day, day).equals(range_of.filter(match_date=day))


def test_without_settled_forecasts_there_is_no_report():
    assert whole(settled(3).clear(), FIRST, dt.date(2024, 12, 31)).rows() == []
