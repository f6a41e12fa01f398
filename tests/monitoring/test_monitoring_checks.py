"""The checks of the monitoring stage on small tables."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from dagster import AssetCheckResult

from soccer_assets.monitoring.assets import no_line_is_far_behind_the_closing_market
from soccer_assets.monitoring.schema import QUALITY_REPORT
from soccer_assets.storage.lake import Lake

DAY = dt.date(2025, 3, 1)


@pytest.mark.parametrize(
    ("behind", "passed"),
    [
        ({"model": 0.01, "blend": 0.0, "market": 0.01, "climatology": 0.08, "elo": 0.06, "closing": 0.0}, True),
        ({"model": 0.06, "blend": 0.0, "climatology": 0.08}, False),
        ({"model": 0.0, "challenger": 0.06}, False),
        ({"climatology": 0.08}, True),
    ],
)
def test_the_lines_are_judged_and_the_yardsticks_are_not(tmp_path, behind, passed):
    row: dict[str, Any] = dict.fromkeys(("log_loss", "rps", "brier", "accuracy", "ece", "forecast", "happened"), 0.2)
    row |= {"match_date": DAY, "league": "ALL", "sample": "complete", "matches": 100}
    of_markets = {"1x2": behind, "over_under_2.5": {"model": 0.5}}  # of which the check says nothing
    rows = [
        row | {"line": line, "market": market, "log_loss_vs_closing": gap}
        for market, lines in of_markets.items()
        for line, gap in lines.items()
    ]
    lake = Lake(str(tmp_path))
    lake.replace_dates("quality_report", pl.DataFrame(rows, schema=QUALITY_REPORT.schema), DAY, DAY)
    found = no_line_is_far_behind_the_closing_market(lake)
    assert isinstance(found, AssetCheckResult) and found.passed == passed
    assert found.metadata["log loss minus closing"].value == behind
