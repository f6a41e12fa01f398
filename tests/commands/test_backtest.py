import datetime as dt

import polars as pl
import pytest

from soccer_assets.commands.backtest import backtest, report_of
from soccer_assets.errors import NotMaterializedError
from soccer_assets.monitoring.schema import SETTLED_BETS, SETTLED_MARKETS, SETTLED_PREDICTIONS
from soccer_assets.storage.lake import Lake


def test_a_backtest_refits_on_the_way_and_reports_on_exactly_its_range(season, capsys):
    first, last = season.model_dates[0], season.today - dt.timedelta(days=1)
    with season.undone():
        backtest(first, last, every=14)
        fits = [first + dt.timedelta(days=days) for days in range(0, (last - first).days + 1, 14)]
        assert set(fits) <= set(season.lake.read("selected_model")["match_date"])
        told = season.lake.read("predictions", first, last)
        settled = season.lake.read("settled_predictions", first, last)
        assert told.filter(pl.col("trained_through") >= pl.col("match_date")).rows() == []
        report = report_of(season.lake, first, last, season.var / "again")
    folder = season.var / "reports" / f"backtest {first} {last}"
    assert pl.read_csv(folder / "report.csv").rows() == pl.read_csv(season.var / "again" / "report.csv").rows()
    compared = settled.filter("complete", line="model")
    mine = report.filter(slice="all", line="model", market="1x2").row(0, named=True)
    assert mine["matches"] == len(compared) > 0
    assert mine["log_loss"] == pytest.approx(compared["log_loss"].mean(), abs=1e-8)
    assert mine["configurations"] > 0
    printed = capsys.readouterr().out
    assert f"{len(fits)} fits, {first} to {last}" in printed
    for line in ("model", "market", "blend", "closing", "climatology", "elo"):
        assert f"\n  {line:<12}" in printed
    assert f"log loss {mine['log_loss']:.4f}" in printed


def test_a_range_in_which_nothing_can_be_compared_is_said_so(tmp_path):
    lake, day = Lake(str(tmp_path / "lake")), dt.date(2025, 3, 1)
    for table in (SETTLED_PREDICTIONS, SETTLED_MARKETS, SETTLED_BETS):
        lake.replace(table.name, table.empty(), None)
    with pytest.raises(
        NotMaterializedError, match=r"expected settled forecasts with pre-match and closing prices from"
    ):
        report_of(lake, day, day, tmp_path / "report")
