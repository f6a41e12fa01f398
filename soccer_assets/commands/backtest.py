"""The walk-forward backtest as one command: models refitted on the way, forecasts of the range, and their report.

It materializes the graph's own assets and adds nothing to them: a model of its date has seen only earlier matches,
and a date is forecast by the newest one, so a past that is forecast is a backtest.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from dagster import AssetSelection

from soccer_assets.commands import materialize as runs
from soccer_assets.errors import NotMaterializedError
from soccer_assets.monitoring import plots
from soccer_assets.monitoring.reports import bet_sums, configurations, figures, forecast_sums
from soccer_assets.monitoring.schema import SCORED_MARKETS
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake

#: All that is made of forecasts but their explanations: markets, value bets, settlement and the reports.
EXPLAINED = AssetSelection.assets("explanations", "similar_matches", "forecast_scenarios")
DOWNSTREAM = AssetSelection.assets("predictions").downstream() - EXPLAINED
EARNINGS = ("flat_yield", "kelly_yield", "expected_max_yield", "clv")


def backtest(first: dt.date, last: dt.date, every: int) -> None:
    """Fit the models of `first` and of each `every` days after it, forecast and settle the range, print the report."""
    settings = Settings.read()
    dates = [first + dt.timedelta(days=days) for days in range(0, (last - first).days + 1, every)]
    with runs.instance() as instance:
        for day in dates:
            print(f"Models of {day}")
            runs.materialize(runs.MODELS, day, day, instance)
        print(f"Forecasts from {first} to {last}, and how they met their results")
        runs.materialize(DOWNSTREAM, first, last, instance)
    lake = Lake(settings.lake)
    folder = settings.var_path / "reports" / f"backtest {first} {last}"
    report = report_of(lake, first, last, folder)
    print(f"\n{len(dates)} fits, {first} to {last}; log loss beside the closing market's, 95% intervals\n")
    overall = report.filter(slice="all")
    for market in SCORED_MARKETS:
        if len(lines := overall.filter(market=market)):
            print(market)
        for row in lines.sort("log_loss").iter_rows(named=True):
            print(summary(row))
    print(f"\nEvery slice and the plots are in {folder}")


def report_of(lake: Lake, first: dt.date, last: dt.date, folder: Path) -> pl.DataFrame:
    """The figures of `backtest_report` for exactly this range, also written to a folder with the plots.

    Raises:
        NotMaterializedError: no forecast of the range can be compared.
    """
    names = ("settled_predictions", "settled_markets", "settled_bets")
    settled, markets, bets = (lake.read(name, first, last) for name in names)
    sums = forecast_sums(settled, markets)
    if sums.is_empty():
        raise NotMaterializedError(
            f"expected settled forecasts with pre-match and closing prices from {first} to {last}, found none among "
            f"{len(settled)}: run `uv run soccer backfill {first} {last}`, or take a range with prices"
        )
    families = [name for name in lake.names() if name.startswith("candidate_")]
    tried = configurations(lake.scan(name, None, last) for name in families)
    report = figures(sums, bet_sums(bets), len(tried))
    plots.write(folder, report, plots.drawings(settled, markets, bets, lake.read("team_ratings", None, last)))
    return report


def summary(row: Mapping[str, Any]) -> str:
    """One row of the report in words."""
    text = f"  {row['line']:<12}{row['matches']:>8,}  log loss {row['log_loss']:.4f}  ECE {row['ece']:.4f}"
    text += f"  says {row['forecast']:.2%} of {row['happened']:.2%}"
    if row["verdict"] is not None:
        low, high = row["log_loss_vs_closing_low"], row["log_loss_vs_closing_high"]
        between = "" if low is None else f" ({low:+.4f} to {high:+.4f})"
        text += f"  {row['log_loss_vs_closing']:+.4f}{between} {row['verdict']}"
    if row["divergence"] is not None:
        text += f"  divergence {row['divergence']:.5f}"
    if row["bets"]:
        earned = [f"{name.replace('_', ' ')} {row[name]:+.2%}" for name in EARNINGS if row[name] is not None]
        text += f"\n  {'':<12}{row['bets']:>8,}  bets: {', '.join(earned)}"
    return text
