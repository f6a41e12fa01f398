import datetime as dt
from math import log
from typing import Any

import numpy as np
import polars as pl
import pytest

from soccer_assets import scoring
from soccer_assets.monitoring import reports
from soccer_assets.monitoring.schema import COMPARED_LINES, CONTEXT, SETTLED_MARKETS, SETTLED_PREDICTIONS

DATE = dt.date(2025, 3, 1)
P = list(scoring.PROBABILITIES)


def settled(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Rows of (days after 1 March, match, league, line, p, outcome, complete)."""
    made = []
    for day, match, league, line, p, outcome, complete in rows:
        y = [outcome]
        made.append(
            {
                "match_date": DATE + dt.timedelta(days=day), "match_id": match, "league": league, "season": "2024/25",
                "line": line, "p_home": p[0], "p_draw": p[1], "p_away": p[2], "outcome": outcome,
                "log_loss": scoring.log_loss([p], y)[0], "rps": scoring.rps([p], y)[0],
                "brier": scoring.brier([p], y)[0], "hit": bool(scoring.accuracy([p], y)[0]), "complete": complete,
                "model_version": None, "divergence": None, **dict.fromkeys(CONTEXT),
            }
        )  # fmt: skip
    return pl.DataFrame(made, schema=SETTLED_PREDICTIONS.schema)


def quality(rows: pl.DataFrame, first: dt.date, last: dt.date, markets: pl.DataFrame | None = None) -> pl.DataFrame:
    return reports.quality(rows, SETTLED_MARKETS.empty() if markets is None else markets, first, last)


def drawn(n: int, seed: int = 0) -> pl.DataFrame:
    """Matches of two leagues over three years, on all lines or on the model's alone."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        complete = number % 3 > 0
        day, outcome, league = int(random.integers(0, 1000)), int(random.integers(0, 3)), ("E0", "E1")[number % 2]
        for line in COMPARED_LINES if complete else ("model",):
            p = random.dirichlet([3, 2, 2]).tolist()
            rows.append((day, f"{number}", league, line, p, outcome, complete))
    return settled(*rows)


def one(rows: pl.DataFrame, **which: object) -> dict[str, Any]:
    (row,) = rows.filter(**which).iter_rows(named=True)
    return row


def test_two_matches_by_hand():
    p, q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
    rows = quality(settled((0, "a", "E0", "model", p, 0, False), (0, "b", "E0", "model", q, 0, False)), DATE, DATE)
    row = one(rows, league="E0", sample="all")
    assert row["matches"] == 2
    assert row["log_loss"] == pytest.approx((-log(0.5) - log(0.2)) / 2)
    assert row["rps"] == pytest.approx(((0.25 + 0.04) / 2 + (0.64 + 0.25) / 2) / 2)
    assert row["brier"] == pytest.approx((0.38 + 0.98) / 2)
    assert row["accuracy"] == 0.5
    # bins of ten: 0.2 twice (one happened), 0.3 twice (none), 0.5 twice (one happened)
    assert row["ece"] == pytest.approx((abs(0.4 - 1) + abs(0.6 - 0) + abs(1.0 - 1)) / 6)
    assert row["log_loss_vs_closing"] is None


def test_the_period_is_twelve_months_that_end_on_the_date():
    rows = settled(
        (-365, "a year ago", "E0", "model", (0.5, 0.3, 0.2), 0, False),
        (-364, "a day less", "E0", "model", (0.5, 0.3, 0.2), 1, False),
        (0, "today", "E0", "model", (0.5, 0.3, 0.2), 2, False),
        (1, "tomorrow", "E0", "model", (0.5, 0.3, 0.2), 2, False),
    )
    row = one(quality(rows, DATE, DATE), league="E0", sample="all")
    assert (row["matches"], row["log_loss"]) == (2, pytest.approx((-log(0.3) - log(0.2)) / 2))


def test_every_number_is_what_the_metrics_say_of_the_same_window():
    rows = drawn(240)
    found = quality(rows, DATE + dt.timedelta(days=500), DATE + dt.timedelta(days=900))
    assert len(found) > 1000
    for row in found.sample(120, seed=1).iter_rows(named=True):
        day = row["match_date"]
        window = rows.filter(
            pl.col("match_date").is_between(day.replace(year=day.year - 1), day, closed="right"),
            True if row["league"] == "ALL" else pl.col("league") == row["league"],
            pl.col("complete") | (row["sample"] == "all"),
            line=row["line"],
        )
        expected = scoring.summary(window.select(P).to_numpy(), window["outcome"].to_numpy())
        assert row["matches"] == expected.pop("n")
        assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_lines_are_compared_on_the_matches_that_have_them_all():
    p, q = (0.5, 0.3, 0.2), (0.6, 0.2, 0.2)
    on_all = [(0, "a", "E0", line, q if line == "closing" else p, 0, True) for line in COMPARED_LINES]
    rows = quality(settled(*on_all, (0, "b", "E0", "model", (0.1, 0.1, 0.8), 0, False)), DATE, DATE)
    complete = one(rows, league="ALL", line="model", sample="complete")
    assert complete["matches"] == 1
    assert complete["log_loss_vs_closing"] == pytest.approx(-log(0.5) + log(0.6))
    assert one(rows, league="ALL", line="closing", sample="complete")["log_loss_vs_closing"] == 0
    every = one(rows, league="ALL", line="model", sample="all")
    assert (every["matches"], every["log_loss_vs_closing"]) == (2, None)


def test_a_league_without_a_match_on_a_date_still_has_its_twelve_months_on_it():
    rows = settled(
        (0, "a", "E0", "model", (0.5, 0.3, 0.2), 0, False), (9, "b", "E1", "model", (0.5, 0.3, 0.2), 0, False)
    )
    found = quality(rows, DATE, DATE + dt.timedelta(days=9))
    told = found.filter(sample="all").select("match_date", "league", "matches").sort("match_date", "league").rows()
    later = DATE + dt.timedelta(days=9)
    assert told == [(DATE, "ALL", 1), (DATE, "E0", 1), (later, "ALL", 2), (later, "E0", 1), (later, "E1", 1)]


def test_a_date_is_reported_alike_alone_and_in_a_range():
    rows = drawn(120)
    dates = rows["match_date"].unique().sort()
    whole = quality(rows, dates[0], dates[-1])
    for day in dates.gather_every(20):
        known = rows.filter(pl.col("match_date").is_between(day - dt.timedelta(days=366), day))
        assert quality(known, day, day).equals(whole.filter(match_date=day))


def test_a_probability_of_one_falls_into_the_last_bin():
    rows = quality(settled((0, "a", "E0", "model", (1.0, 0.0, 0.0), 1, False)), DATE, DATE)
    assert one(rows, league="E0", sample="all")["ece"] == pytest.approx(scoring.ece([(1.0, 0.0, 0.0)], [1]))


def of_market(day: int, market: str, probability: float, happened: float, **columns: object) -> pl.DataFrame:
    """A row of `settled_markets` on each compared line, which say the same."""
    p = probability if happened else 1 - probability
    row = {
        "match_date": DATE + dt.timedelta(days=day), "match_id": f"{day}", "league": "E0", "season": "2024/25",
        "market": market, "goals_line": None, "probability": probability, "happened": happened, "weight": 1.0,
        "log_loss": -log(p), "rps": (1 - p) ** 2, "brier": 2 * (1 - p) ** 2, "hit": p > 0.5, "product_log_loss": None,
        "divergence": None, "complete": True,
    }  # fmt: skip
    rows = [row | {"line": line} | columns for line in COMPARED_LINES]
    return SETTLED_MARKETS.conform(pl.DataFrame(rows, schema=SETTLED_MARKETS.schema))


def test_each_market_has_rows_of_its_own_and_those_without_prices_are_not_told_by_league():
    names = ("over_under_2.5", "both_teams_to_score")
    markets = pl.concat(of_market(0, name, 0.6, 1.0) for name in names)
    rows = quality(settled((0, "0", "E0", "model", (0.5, 0.3, 0.2), 0, False)), DATE, DATE, markets)
    found = rows.filter(line="model", sample="complete").select("market", "league").sort("market", "league").rows()
    assert found == [("both_teams_to_score", "ALL"), ("over_under_2.5", "ALL"), ("over_under_2.5", "E0")]
    row = one(rows, market="over_under_2.5", league="E0", line="model", sample="complete")
    assert (row["log_loss"], row["accuracy"], row["forecast"], row["happened"]) == pytest.approx((-log(0.6), 1, 0.6, 1))
    assert row["ece"] == pytest.approx(0.4)


def test_a_handicap_is_averaged_over_the_stakes_that_are_decided():
    whole = of_market(0, "asian_handicap", 0.6, 1.0, divergence=0.01)
    half = of_market(0, "asian_handicap", 0.6, 0.0, weight=0.5, match_id="half", divergence=0.04)
    rows = quality(settled((0, "0", "E0", "model", (0.5, 0.3, 0.2), 0, False)), DATE, DATE, pl.concat([whole, half]))
    row = one(rows, market="asian_handicap", league="ALL", line="model", sample="complete")
    assert row["matches"] == 2
    assert row["log_loss"] == pytest.approx((-log(0.6) - 0.5 * log(0.4)) / 1.5)
    assert row["ece"] == pytest.approx(abs(0.6 - 1 + 0.5 * 0.6) / 1.5)
    assert row["happened"] == pytest.approx(1 / 1.5)
    assert row["divergence"] == pytest.approx((0.01 + 0.5 * 0.04) / 1.5)


def test_a_log_loss_is_held_against_each_reference_on_the_matches_that_have_it():
    rows = [of_market(day, "home_and_over", 0.3, 0.0, product_log_loss=0.5) for day in (0, 1)]
    climatology = rows[0].head(1).with_columns(line=pl.lit("climatology"), log_loss=0.9)
    told = settled(*((day, f"{day}", "E0", "model", (0.5, 0.3, 0.2), 0, False) for day in (0, 1)))
    last = DATE + dt.timedelta(days=1)
    row = one(quality(told, last, last, pl.concat([*rows, climatology])), market="home_and_over", line="model",
              sample="complete")  # fmt: skip
    assert row["log_loss_vs_climatology"] == pytest.approx(-log(0.7) - 0.9)
    assert row["log_loss_vs_product"] == pytest.approx(-log(0.7) - 0.5)
    assert (row["log_loss_vs_closing"], row["log_loss_vs_opening"], row["divergence"]) == (0.0, None, None)


def test_of_the_1x2_the_draw_is_told_and_the_divergence_beside_the_market_s():
    lines = [(0, "a", "E0", line, (0.5, 0.3, 0.2), 1, True) for line in COMPARED_LINES]
    rows = settled(*lines).with_columns(divergence=pl.Series([0.004, 0.003, 0.002, 0.0]))
    row = one(quality(rows, DATE, DATE), league="E0", line="model", sample="complete")
    assert row["market"] == "1x2"
    assert (row["forecast"], row["happened"]) == pytest.approx((0.3, 1.0))
    assert (row["divergence"], row["divergence_vs_market"]) == pytest.approx((0.004, 0.001), abs=1e-9)


def test_without_settled_forecasts_there_is_no_quality():
    assert quality(settled(), DATE, DATE).rows() == []
