"""A league's table in the terminal: as it stands, and how it is expected to end."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl

from soccer_assets.errors import NotMaterializedError, SeasonError
from soccer_assets.predictions.season.percentages import event_percentage
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_EVENTS, SEASON_FORECASTS
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import quarantine

CAUSES = ("own_result", "other_results", "ratings", "fixtures")
#: Changes of less than this many points are not printed.
LEAST_CHANGE = 0.5


def table(lake: Lake, league: str, day: dt.date | None = None) -> Iterator[str]:
    """The lines of the newest forecast of a league's season on or before a day; None: the newest of all.

    Raises:
        SeasonError: the season cannot be forecast.
        NotMaterializedError: it has not been forecast.
    """
    rows = _newest(lake, SEASON_FORECASTS.name, league, day)
    refused = _refusal(lake, league, day)
    if refused and (rows.is_empty() or refused[0] > rows[DATE][0]):
        raise SeasonError(refused[1])
    if rows.is_empty():
        leagues = ", ".join(_leagues(lake)) or "of no league"
        raise NotMaterializedError(
            f"expected a season of {league}{f' on or before {day}' if day else ''}, found forecasts {leagues}: "
            "run `uv run soccer seasons FROM TO` over match dates of the season"
        )
    yield from lines_of(rows)
    day = rows[DATE][0]
    yield from _changes(_newest(lake, SEASON_CHANGES.name, league, day), day)


def lines_of(rows: pl.DataFrame) -> Iterator[str]:
    """The lines of a forecast; `rows` are rows of `season_forecasts` of one league and date."""
    rows = rows.sort("position")
    first = rows.row(0, named=True)
    events = [event for event in SEASON_EVENTS if rows[f"p_{event}"].null_count() == 0]
    yield f"{first['league']} {first['season']} on the morning of {first[DATE]}, {first['runs']:,} runs"
    if first["assumed"]:
        yield f"assumed, for no source was read: {first['assumed']}"
    width = max(len(name) for name in (*rows["club"], "club"))
    heads = {event: f"  {event.replace('_', ' '):>6}" for event in events}
    yield f"\n{'':>3} {'club':<{width}} {'played':>7}{'points':>7}{'end':>6}{'90 %':>9}{''.join(heads.values())}"
    for row in rows.iter_rows(named=True):
        between = f"{row['points_05']}-{row['points_95']}"
        chances = "".join(f"{event_percentage(row, event):>{len(head)}}" for event, head in heads.items())
        yield (
            f"{row['position']:>3} {row['club']:<{width}} {row['played']:>7}{row['points']:>7}"
            f"{row['points_expected']:>6.0f}{between:>9}{chances}"
        )


def _changes(rows: pl.DataFrame, day: dt.date) -> Iterator[str]:
    """Whose expected points have changed since the match date before, most first, and by which causes."""
    changed = (pl.col("after") - pl.col("before")).alias("change")
    points = rows.filter(pl.col("event") == "points", pl.col(DATE) == day).with_columns(changed)
    points = points.filter(pl.col("change").abs() >= LEAST_CHANGE).sort(pl.col("change").abs(), descending=True)
    if points.is_empty():
        return
    yield f"\nPoints expected, since {points['since'][0]}:"
    for row in points.iter_rows(named=True):
        causes = (f"{cause.replace('_', ' ')} {row[cause]:+.1f}" for cause in CAUSES if row[cause] is not None)
        yield f"  {row['club']} {row['change']:+.1f}: {', '.join(causes)}"


def _newest(lake: Lake, name: str, league: str, day: dt.date | None) -> pl.DataFrame:
    if not lake.exists(name):
        return pl.DataFrame(schema={DATE: pl.Date, "event": pl.String})
    rows = lake.scan(name, None, day).filter(pl.col("league") == league)
    return rows.filter(pl.col(DATE) == pl.col(DATE).max()).collect()


def _refusal(lake: Lake, league: str, day: dt.date | None) -> tuple[dt.date, str] | None:
    """The newest date on which the league's season was refused, and why."""
    name = quarantine(SEASON_FORECASTS.name).name
    if not lake.exists(name):
        return None
    of_league = pl.col("record").str.json_path_match("$.league") == league
    rows: list[Any] = lake.scan(name, None, day).filter(of_league).sort(DATE).select(DATE, "reason").collect().rows()
    return rows[-1] if rows else None


def _leagues(lake: Lake) -> list[str]:
    """The leagues that have ever been forecast."""
    if not lake.exists(SEASON_FORECASTS.name):
        return []
    return lake.scan(SEASON_FORECASTS.name).select(pl.col("league").unique().sort()).collect()["league"].to_list()
