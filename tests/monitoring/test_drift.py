import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import wasserstein_distance

from soccer_assets.monitoring.drift import THRESHOLD, Windows, by_chance, drift, forecast_drift, windows
from soccer_assets.monitoring.report_files import drop_pages

DAY = dt.date(2025, 3, 1)
COLUMNS = ["shots", "goals", "corners"]


def window(n: int, seed: int, shift: float = 0.0, **empty: pl.Expr) -> pl.DataFrame:
    """Matches whose shots are shifted by some standard deviations."""
    random = np.random.default_rng(seed)
    values = {
        "shots": random.normal(12 + 4 * shift, 4, n),
        "goals": random.normal(1.4, 1, n),
        "corners": random.normal(5, 2, n),
    }
    return pl.DataFrame(values | {"match_date": [DAY] * n, "league": ["E0"] * n}).with_columns(**empty)


def scores_of(row: dict[str, Any]) -> dict[str, float]:
    return {score["feature"]: score["score"] for score in row["scores"]}


def test_a_shifted_column_has_drifted_and_the_others_have_not(tmp_path):
    pages = str(tmp_path / "reports")
    now, then = window(400, 0, shift=0.8), window(400, 1)
    (row,) = drift(Windows(now, then), DAY, COLUMNS, pages).iter_rows(named=True)
    assert row["drifted_columns"] == ["shots"]
    assert (row["columns"], row["drifted"], row["drift_share"]) == (3, 1, pytest.approx(1 / 3))
    assert (row["current_matches"], row["reference_matches"]) == (400, 400)
    scores = scores_of(row)
    assert scores["shots"] == pytest.approx(0.8, abs=0.15)  # in standard deviations
    assert max(scores["goals"], scores["corners"]) < 0.25
    expected = {name: wasserstein_distance(now[name], then[name]) / then[name].std(ddof=0) for name in COLUMNS}
    assert scores == pytest.approx(expected, abs=1e-12)
    assert row["html"] == f"{pages}/{DAY}.html"
    page = Path(row["html"]).read_text()
    assert "Drift is detected for 33.333% of columns (1 out of 3)" in page  # as the row says
    assert all(f'"column_name": "{name}"' in page for name in COLUMNS) and len(list(Path(pages).iterdir())) == 1


def test_the_same_distribution_has_not_drifted():
    (row,) = drift(Windows(window(400, 2), window(400, 3)), DAY, COLUMNS, None).iter_rows(named=True)
    assert (row["drift_share"], row["drifted_columns"], row["html"]) == (0, [], None)


@pytest.mark.parametrize(("now", "then"), [(49, 400), (400, 49), (0, 0)])
def test_with_too_few_matches_there_is_no_report(now, then):
    assert drift(Windows(window(now, 0), window(then, 1)), DAY, COLUMNS, None).rows() == []


def test_a_column_without_values_in_a_window_is_left_out():
    nothing = pl.lit(None, dtype=pl.Float64)
    current = window(100, 0, corners=nothing)
    (row,) = drift(Windows(current, window(100, 1)), DAY, COLUMNS, None).iter_rows(named=True)
    assert set(scores_of(row)) == {"shots", "goals"}
    assert row["emptied_columns"] == ["corners"]  # it has not drifted: it is gone


def test_a_column_known_of_few_matches_is_left_out():
    known = pl.when(pl.int_range(pl.len()) < 40).then("goals")
    (row,) = drift(Windows(window(100, 0), window(100, 1, goals=known)), DAY, COLUMNS, None).iter_rows(named=True)
    assert set(scores_of(row)) == {"shots", "corners"}
    assert row["emptied_columns"] == []


def test_without_a_column_to_compare_there_is_no_report():
    nothing: dict[str, Any] = {name: pl.lit(None, dtype=pl.Float64) for name in COLUMNS}
    assert drift(Windows(window(100, 0, **nothing), window(100, 1)), DAY, COLUMNS, None).rows() == []


def test_the_windows_are_six_weeks_now_and_around_the_same_weeks_of_three_earlier_years():
    days = [DAY - dt.timedelta(days=n) for n in range(1500)]
    found = windows(pl.DataFrame({"match_date": days, "league": "E0"}), DAY)
    assert (found.current["match_date"].min(), found.current["match_date"].max()) == (dt.date(2025, 1, 19), DAY)
    assert len(found.current) == 42
    by_year = found.reference.group_by(pl.col("match_date").dt.year().alias("year")).agg(
        pl.col("match_date").min().alias("first"), pl.col("match_date").max().alias("last"), pl.len()
    )
    assert by_year.sort("year").rows() == [
        (2022, dt.date(2022, 1, 18), dt.date(2022, 3, 1), 43),
        (2023, dt.date(2023, 1, 19), dt.date(2023, 3, 2), 43),  # a year is 365.25 days
        (2024, dt.date(2024, 1, 19), dt.date(2024, 3, 1), 43),
    ]


def test_leagues_that_do_not_play_now_are_no_reference():
    past = DAY - dt.timedelta(days=380)
    rows = pl.DataFrame({"match_date": [DAY, past, past], "league": ["E0", "E0", "NOR"]})
    assert windows(rows, DAY).reference["league"].to_list() == ["E0"]


def normals(n: int, seed: int, columns: int, shift: float = 0.0) -> pl.DataFrame:
    """Independent standard normal columns, the first one shifted."""
    values = np.random.default_rng(seed).normal(size=(n, columns))
    values[:, 0] += shift
    return pl.DataFrame(values, schema=[f"c{place}" for place in range(columns)]).with_columns(match_date=pl.lit(DAY))


def farthest(now: pl.DataFrame, then: pl.DataFrame, columns: int) -> tuple[float, float]:
    """The farthest column's distance and the threshold."""
    names = [f"c{place}" for place in range(columns)]
    score = max(wasserstein_distance(now[name], then[name]) / then[name].std(ddof=0) for name in names)
    return score, max(THRESHOLD, by_chance(Windows(now, then), names, DAY))


@pytest.mark.parametrize(("now", "then", "columns"), [(50, 50, 3), (50, 150, 40), (115, 121, 60), (400, 400, 10)])
def test_equal_windows_of_any_size_name_a_column_no_more_often_than_stated(now, then, columns):
    """Of 60 reports at 5 % each, more than 8 are named in one of 300 tests."""
    alarms = 0
    for seed in range(60):
        score, threshold = farthest(normals(now, 2 * seed, columns), normals(then, 2 * seed + 1, columns), columns)
        alarms += score >= threshold
    assert alarms <= 8


@pytest.mark.parametrize(("n", "shift"), [(50, 1.5), (100, 0.9), (400, 0.5), (1000, 0.35)])
def test_a_real_shift_of_one_column_among_forty_is_named(n, shift):
    named = [farthest(normals(n, seed, 40, shift), normals(n, 100 + seed, 40), 40) for seed in range(10)]
    assert sum(score >= threshold for score, threshold in named) >= 9


def test_matches_of_a_club_are_dealt_together():
    """Ratings hardly move within weeks: a hundred matches of ten clubs say as much as ten numbers."""

    def of_clubs(seed: int) -> pl.DataFrame:
        ratings = np.random.default_rng(seed).normal(size=10)
        clubs = [f"club {number % 10}" for number in range(100)]
        columns = {"home_elo": ratings.repeat(1)[np.arange(100) % 10], "home_id": clubs, "away_id": clubs[::-1]}
        return pl.DataFrame(columns).with_columns(match_date=pl.lit(DAY))

    now, then = of_clubs(0), of_clubs(1).with_columns(match_date=pl.lit(DAY - dt.timedelta(days=365)))
    together = by_chance(Windows(now, then), ["home_elo"], DAY)
    alone = by_chance(Windows(now.drop("home_id", "away_id"), then.drop("home_id", "away_id")), ["home_elo"], DAY)
    assert together > 2 * alone


def test_the_threshold_is_in_the_report():
    few, many = (drift(Windows(window(n, 4), window(n, 5)), DAY, COLUMNS, None)["threshold"].item() for n in (60, 2000))
    assert few > many == THRESHOLD


def test_pages_of_long_ago_are_dropped(tmp_path):
    for day in ("2026-01-01", "2026-02-01", "2026-02-02"):
        (tmp_path / f"{day}.html").write_text("a page")
    assert drop_pages(str(tmp_path), dt.date(2026, 2, 2)) == 2
    assert [page.name for page in tmp_path.iterdir()] == ["2026-02-02.html"]
    assert drop_pages(str(tmp_path / "nowhere"), dt.date(2026, 2, 2)) == 0


def forecasts(day: dt.date, n: int, line: str, seed: int, over: float = 0.5) -> pl.DataFrame:
    """Forecasts of matches up to a day, whose totals lie about `over`."""
    random = np.random.default_rng(seed)
    home, draw = random.normal(0.45, 0.1, n), random.normal(0.26, 0.02, n)
    return pl.DataFrame({
        "match_date": [day - dt.timedelta(days=k % 40) for k in range(n)],
        "league": "E0", "line": line,
        "home": [f"h{k % 20}" for k in range(n)], "away": [f"a{k % 20}" for k in range(n)],
        "p_home": home, "p_draw": draw, "p_away": 1 - home - draw,
        "p_over": random.normal(over, 0.05, n),
        "home_goals_expected": random.normal(1.5, 0.3, n), "away_goals_expected": random.normal(1.2, 0.3, n),
    })  # fmt: skip


def test_a_line_whose_totals_moved_alone_has_drifted_and_the_market_has_not():
    earlier = DAY - dt.timedelta(days=365)
    rows = [forecasts(earlier, 300, line, seed) for seed, line in enumerate(("model", "market"))]
    rows += [forecasts(DAY, 300, "model", 2, over=0.56), forecasts(DAY, 300, "market", 3)]
    market, model = forecast_drift(pl.concat(rows), DAY).iter_rows(named=True)
    assert (market["line"], market["drifted_columns"], market["drift_share"]) == ("market", [], 0)
    assert (model["line"], model["drifted_columns"], model["columns"]) == ("model", ["over_2_5"], 5)
    assert scores_of(model)["over_2_5"] == pytest.approx(1.2, abs=0.15)  # 0.06 of a spread of 0.05
    assert (model["current_matches"], model["reference_matches"]) == (300, 300)


def test_a_line_without_forecasts_of_an_earlier_season_has_no_report():
    assert forecast_drift(forecasts(DAY, 300, "model", 2), DAY).is_empty()
