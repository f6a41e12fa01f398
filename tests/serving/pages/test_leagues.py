"""Leagues: the index, the season's end as forecast on a date, matches, quality, and goals over the seasons."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from serving.app import create_app
from serving.pages.season import draw_points, points_dots
from serving.settings import ServingSettings
from soccer_assets.monitoring.schema import BACKTEST_REPORT
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_FORECASTS
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

Client = Any  # see conftest
reading = pytest.mark.asyncio(loop_scope="session")


def rows_of(table: Table, *rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in table.schema}, schema=table.schema)


def report(league: str, line: str, difference: float, **values: Any) -> dict[str, Any]:
    """A row of the report on the twelve months up to September 2024."""
    return {
        "match_date": dt.date(2024, 9, 30), "period": "year", "slice": "league", "value": league, "line": line,
        "market": "1x2", "matches": 40, "log_loss": 1.0, "log_loss_vs_closing": difference, "bets": 0,
        "configurations": 1, **values,
    }  # fmt: skip


@pytest.fixture
def write(client: Client, lake: Lake) -> Callable[[str, pl.DataFrame], None]:
    """Replaces a table, which the application then reads."""

    def replace_table(name: str, rows: pl.DataFrame) -> None:
        lake.replace(name, rows, None)
        client.app.state.refresher.refresh()

    return replace_table


async def test_the_index_has_a_row_a_league_by_country_with_its_newest_quality(
    client: Client, page: Any, write: Any
) -> None:
    old = report("E0", "blend", 0.5, match_date=dt.date(2024, 8, 31))
    ends = {"log_loss_vs_closing_low": -0.002, "log_loss_vs_closing_high": 0.01}
    write("backtest_report", rows_of(BACKTEST_REPORT, old, report("E0", "blend", 0.004, **ends)))
    found = await page(client, "/leagues")
    assert (
        "England Premier League E0 30 +0.0040 −0.0020 to +0.0100 31 Sat 3 Aug 2024 Sat 5 Oct 2024 "
        "Spain La Liga SP1 12 – – 12 Sat 3 Aug 2024 Sat 7 Sep 2024"
    ) in found.words
    assert "36 leagues without a match here" in found.words
    assert "Argentina, Primera División" in found.words.split("leagues without")[1]


@reading
async def test_a_league_without_matches_or_without_a_forecast_of_its_season_says_what_to_do(
    reader: Client, page: Any
) -> None:
    assert "has no match of it yet" in (await page(reader, "/leagues/ARG")).words
    found = await page(reader, "/leagues/E0")
    assert "There is no forecast of the final table" in found.words and "uv run soccer seasons" in found.words
    assert "No report compares the forecasts of this league" in found.words
    assert "expected a division code, found 'XX'" in (await page(reader, "/leagues/XX", 404)).words


@reading
async def test_the_season_is_that_forecast_on_the_date_asked_for(reader: Client, page: Any) -> None:
    newest = await page(reader, "/leagues/SP1")
    assert "Season 2024/25: forecast of Sat 17 Aug 2024" in newest.words
    assert "1 Ath Bilbao 4 50.5 40 to 60 25 % 3 +1 2 Barcelona" in newest.words
    assert newest.attributes("option", "value") == ["2024-08-17", "2024-08-10"]
    assert "Ath Bilbao 25 25 25 25" in newest.words
    assert "/season-forecasts/history.csv?league=SP1&date_from=2024-08-17&date_to=2024-08-17" in newest.attributes(
        "a", "href"
    )
    for date in ("2024-08-10", "2024-08-16"):
        assert "forecast of Sat 10 Aug 2024" in (await page(reader, "/leagues/SP1", date=date)).words
    before = await page(reader, "/leagues/SP1", date="2024-08-09")
    assert "no forecast of a season of this league on or before 2024-08-09" in before.words
    assert "date: expected a date such as" in (await page(reader, "/leagues/SP1", 400, date="soon")).words


async def test_earlier_seasons_are_reached_at_their_last_forecast(client: Client, page: Any, write: Any) -> None:
    rows = client.app.state.refresher.snapshot.scan(SEASON_FORECASTS).collect()
    year = dt.timedelta(days=366)
    earlier = rows.with_columns(season=pl.lit("2023/24"), match_date=pl.col("match_date") - year)
    write("season_forecasts", pl.concat([earlier, rows]))
    newest = await page(client, "/leagues/SP1")
    assert newest.attributes("option", "value") == ["2024-08-17", "2024-08-10"]
    assert "/leagues/SP1?date=2023-08-17#season" in newest.attributes("a", "href")
    found = await page(client, "/leagues/SP1", date="2023-08-17")
    assert "Season 2023/24: forecast of Thu 17 Aug 2023" in found.words
    assert found.attributes("option", "value") == ["2023-08-17", "2023-08-10"]
    assert "/leagues/SP1?date=2024-08-17#season" in found.attributes("a", "href")


async def test_a_change_is_told_with_its_causes_the_greatest_first(client: Client, page: Any, write: Any) -> None:
    found = await page(client, "/leagues/SP1")
    assert "What changed since Sat 3 Aug 2024" in found.words
    assert "Barcelona: title up from 30 % to 40 %: results +10.0 percentage points" in found.words
    causes = {"own_result": -0.2, "other_results": 0.012, "ratings": -0.0004, "fixtures": 0.0}
    changes = client.app.state.refresher.snapshot.scan(SEASON_CHANGES).collect()
    changes = changes.with_columns(
        before=pl.lit(0.5), after=pl.when(pl.col("club") == "Betis").then(0.3116).otherwise(0.495),
        **{name: pl.lit(value) for name, value in causes.items()},
    )  # fmt: skip
    write("season_changes", changes)
    found = await page(client, "/leagues/SP1")
    said = "Betis: title down from 50 % to 31 %: own result −20.0, other results +1.2 percentage points"
    assert said in found.words and "Barcelona: title" not in found.words


async def test_matches_to_come_and_the_newest_results_are_listed(
    open_client: Any, page: Any, settings: Settings, serving: ServingSettings
) -> None:
    async with open_client(create_app(replace(settings, today=dt.date(2024, 9, 22)), serving)) as client:
        found = await page(client, "/leagues/E0")
    coming, results = found.words.split("Latest results")
    assert coming.count(" lines ") == 7 and "Sat 28 Sep 2024" in coming and "Everton Fulham" in coming
    assert results.count(" lines ") == 8 and "Sat 21 Sep 2024" in results and "All 23 results" in results


async def test_quality_compares_the_lines_of_the_newest_report_with_the_closing_price(
    client: Client, page: Any, write: Any
) -> None:
    ends = {"log_loss_vs_closing_low": -0.002, "log_loss_vs_closing_high": 0.01, "verdict": "not distinguishable"}
    old = report("SP1", "elo", 0.5, match_date=dt.date(2024, 8, 31))
    other = report("E0", "market", 0.3)
    write(
        "backtest_report",
        rows_of(BACKTEST_REPORT, old, other, report("SP1", "model", 0.02), report("SP1", "blend", 0.004, **ends)),
    )
    found = await page(client, "/leagues/SP1")
    assert "blend 40 1.000 +0.0040 −0.0020 to +0.0100 not distinguishable model 40 1.000 +0.0200 – –" in found.words
    assert "Elo ratings" not in found.words and "+0.3000" not in found.words
    assert "log loss less that of the closing price, with a 95 % interval: left is better" in found.words


@reading
async def test_goals_and_home_advantage_are_told_by_season(reader: Client, page: Any) -> None:
    found = await page(reader, "/leagues/SP1")
    # home clubs scored 18 goals in 12 matches, away clubs 12; they won six, drew three, lost three
    assert "2024/25 12 2.50 +0.50 ± 0.82 50 % 25 % 25 %" in found.words
    seasons = (await reader.get("/leagues/SP1/seasons")).json()["items"]
    assert [(row["season"], row["matches"], row["goals"]) for row in seasons] == [("2024/25", 12, 2.5)]


async def test_only_positions_that_arithmetic_allows_have_a_chance(client: Client, page: Any, write: Any) -> None:
    chances = {"Ath Bilbao": (1, 1, [1.0, 0.0, 0.0, 0.0]), "Barcelona": (2, 4, [0.0, 1.0, 0.0, 0.0])}
    rows = client.app.state.refresher.snapshot.scan(SEASON_FORECASTS).collect()
    for club, (best, worst, positions) in chances.items():
        changed = {"best_position": best, "worst_position": worst, "positions": positions}
        rows = rows.with_columns(
            pl.when(pl.col("club") == club).then(pl.lit(value, rows.schema[name])).otherwise(name).alias(name)
            for name, value in changed.items()
        )
    write("season_forecasts", rows)
    found = await page(client, "/leagues/SP1")
    assert "Ath Bilbao 100 Barcelona >99 <1 <1 Betis 25 25 25 25" in found.words


def test_twenty_dots_have_the_quantiles_of_the_final_points() -> None:
    row = {"club": "A", "points_05": 40, "points_25": 46, "points_50": 50, "points_75": 54, "points_95": 60}
    dots = points_dots(row)
    assert dots == [40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 50, 51, 52, 53, 54, 55, 56, 57, 59, 60]
    named = draw_points([row, {**row, "club": "<b>" + "x" * 40}], "final points")
    assert named.count("<circle") == 40 and "&lt;b&gt;xxxxxxxxxxxxxxxxxx…" in named
    certain = {name: 50 for name in row} | {"club": "A"}
    assert draw_points([certain], "final points").count("<circle") == 20
