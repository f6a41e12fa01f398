import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from soccer_assets.predictions.schema import PREDICTIONS

DATE = dt.date(2025, 3, 1)


@pytest.fixture(scope="session")
def predictions() -> Callable[..., pl.DataFrame]:
    """Rows of `predictions`, of one match unless `match_id` says otherwise: a line each, or a list of them."""

    def make(*rows: dict[str, Any], **lines: tuple[float, float, float]) -> pl.DataFrame:
        plain = {
            "match_date": DATE, "match_id": "m", "league": "E0", "season": "2024/25", "home": "A", "away": "B",
            "home_goals_expected": 1.5, "away_goals_expected": 1.1, "rho": -0.05, "model_version": "v1",
        }  # fmt: skip
        forecasts = [
            {"line": line, "p_home": p[0], "p_draw": p[1], "p_away": p[2]} for line, p in lines.items()
        ] + list(rows)  # fmt: skip
        return PREDICTIONS.conform(pl.DataFrame([plain | row for row in forecasts], schema=PREDICTIONS.schema))

    return make
