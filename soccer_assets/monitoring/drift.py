"""Have the features or the forecasts drifted? The last weeks against the same phase of earlier seasons.

The same phase, because form and tables look different in August and in May: that is the calendar, not drift.

Small windows differ by chance, and the farthest of a hundred columns differs most. So a column has drifted when its
distance reaches both `THRESHOLD` and what chance alone exceeds in no column of 95 reports of 100: the 95th percentile,
over `DEALS` deals of all matches to the two windows at random, of the farthest column's distance (Westfall and Young
1993). Whatever the number of columns and matches, at most `FALSE_ALARMS` of the reports on equal windows name a column.
What a club is changes little within a window, so the matches of a club in one window are dealt together, as often as a
column tells of its home or of its away club.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.monitoring.drift_page import drawn
from soccer_assets.monitoring.report_files import write_page
from soccer_assets.monitoring.schema import DRIFT_REPORT, FORECAST_DRIFT
from soccer_assets.scoring import Floats
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import Table

CURRENT_DAYS = 42
PHASE_DAYS = 42
SEASONS_BACK = 3
LEAST_MATCHES = 50
#: A column is emptied that most matches of the reference have, and fewer than this share of the current ones.
EMPTIED = 0.25
#: Wasserstein distance in standard deviations of the reference.
THRESHOLD = 0.25
FALSE_ALARMS, DEALS = 0.05, 200
#: After so many deals it is plain whether chance comes near the threshold.
FEW_DEALS = 10
LEAST_SPREAD = 1e-3
#: What is compared of a forecast: of the 1X2 each outcome, of totals and of handicaps what their prices hang on.
FORECAST_COLUMNS = {
    "home": pl.col("p_home"),
    "draw": pl.col("p_draw"),
    "away": pl.col("p_away"),
    "over_2_5": pl.col("p_over"),
    "goal_difference": pl.col("home_goals_expected") - pl.col("away_goals_expected"),
}


@dataclass(frozen=True)
class Windows:
    """What is compared: the current window and its reference."""

    current: pl.DataFrame
    reference: pl.DataFrame


def windows(features: pl.DataFrame, day: dt.date) -> Windows:
    """The weeks up to `day`, and the weeks around the same day of earlier years."""
    current = features.filter(pl.col(DATE).is_between(day - dt.timedelta(days=CURRENT_DAYS - 1), day))
    leagues = current["league"].unique().to_list()
    same_phase = pl.lit(False)
    for years in range(1, SEASONS_BACK + 1):
        middle = day - dt.timedelta(days=round(365.25 * years) + CURRENT_DAYS // 2)
        half = dt.timedelta(days=PHASE_DAYS // 2)
        same_phase = same_phase | pl.col(DATE).is_between(middle - half, middle + half)
    return Windows(current, features.filter(same_phase & pl.col("league").is_in(leagues)))


def forecast_drift(predictions: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The report of one day, a row per line with enough forecasts in both windows.

    Where the prices of the market drift as well, it is the sport that changed; where a line drifts alone, the line did.

    Args:
        predictions: rows of `predictions`.
        day: last day of the current window.
    """
    rows = predictions.select(DATE, "league", "line", home_id="home", away_id="away", **FORECAST_COLUMNS)
    reports = [
        _report(FORECAST_DRIFT, windows(forecasts, day), day, list(FORECAST_COLUMNS), None, line=line)
        for (line,), forecasts in rows.sort("line").group_by("line", maintain_order=True)
    ]
    return pl.concat([FORECAST_DRIFT.empty(), *reports])


def drift(compared: Windows, day: dt.date, columns: list[str], pages: str | None) -> pl.DataFrame:
    """The report of one day, no row when a window has too few matches; the full page goes to the folder `pages`."""
    return _report(DRIFT_REPORT, compared, day, columns, pages)


def _report(
    table: Table, compared: Windows, day: dt.date, columns: list[str], pages: str | None, **key: object
) -> pl.DataFrame:
    # a column without values in a window cannot be compared
    both = (compared.current, compared.reference)
    used = [name for name in columns if all(2 * window[name].null_count() < len(window) for window in both)]
    if min(len(window) for window in both) < LEAST_MATCHES or not used:
        return table.empty()
    pooled, is_current = _pooled(compared)
    distances = Sorted.from_frame(pooled.select(used)).distances(is_current)
    scores = dict(zip(used, distances.tolist(), strict=True))
    threshold = max(THRESHOLD, by_chance(compared, used, day))
    drifted = sorted(column for column, score in scores.items() if score >= threshold)
    shares = zip(*(window.select(pl.col(columns).is_not_null().mean()).row(0) for window in both), strict=True)
    emptied = [name for name, (now, then) in zip(columns, shares, strict=True) if now < EMPTIED and then >= 0.5]
    current, reference = (window.select(used) for window in both)
    html = write_page(pages, day, drawn(current, reference, threshold)) if pages else None
    row = {
        "match_date": day,
        "drift_share": len(drifted) / len(scores),
        "columns": len(scores),
        "drifted": len(drifted),
        "drifted_columns": drifted,
        "emptied_columns": sorted(emptied),
        "current_matches": len(compared.current),
        "reference_matches": len(compared.reference),
        "scores": [{"feature": name, "score": score} for name, score in sorted(scores.items())],
        "threshold": threshold,
        "html": html,
    } | key
    return table.conform(pl.DataFrame([row], schema_overrides=table.schema))


def by_chance(compared: Windows, columns: list[str], day: dt.date) -> float:
    """The distance that the farthest column reaches in one of twenty random deals of the matches to the windows.

    Args:
        compared: the windows.
        columns: of away clubs where they begin with `away_`, else of home clubs.
        day: last day of the current window.

    Returns:
        Wasserstein distance in standard deviations of the reference; a lower bound of it, far below `THRESHOLD`,
        where the windows are so large that chance cannot matter.
    """
    random = np.random.default_rng(0)
    pooled, is_current = _pooled(compared)
    by_side = []
    for side in ("home", "away"):
        columns_of_side = [name for name in columns if name.startswith("away_") == (side == "away")]
        if columns_of_side:
            by_side.append((Sorted.from_frame(pooled.select(columns_of_side)), _units(pooled, side, day)))
    farthest: list[float] = []
    for deal in range(DEALS):
        seed = int(random.integers(2**32))
        farthest.append(max(values.distances(_dealt(units, is_current, seed)).max() for values, units in by_side))
        if deal == FEW_DEALS and max(farthest) < THRESHOLD / 2:
            break
    rank = int(np.ceil((1 - FALSE_ALARMS) * (len(farthest) + 1)))
    return float(np.sort(farthest)[min(rank, len(farthest)) - 1])


@dataclass(frozen=True)
class Sorted:
    """Columns `(n, k)`: their values, 0 where null, and the same sorted, nulls last.

    `order` holds the rows, `gaps` the distance to the next value (0 at the end), `is_known` whether there is a value,
    `so_far` how many there are up to it.
    """

    values: Floats
    has_value: NDArray[np.bool_]
    order: NDArray[np.intp]
    gaps: Floats
    is_known: NDArray[np.bool_]
    so_far: NDArray[np.int32]

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "Sorted":
        values = frame.select(pl.all().cast(pl.Float64).fill_null(np.nan)).to_numpy()
        order = np.argsort(values, axis=0, kind="stable")
        ordered = np.take_along_axis(values, order, axis=0)
        gaps = np.nan_to_num(np.diff(ordered, axis=0, append=np.nan))
        is_known = ~np.isnan(ordered)
        so_far = is_known.cumsum(axis=0, dtype=np.int32)
        return cls(np.nan_to_num(values), ~np.isnan(values), order, gaps, is_known, so_far)

    def distances(self, is_current: NDArray[np.bool_]) -> Floats:
        """The Wasserstein distance of each column, in standard deviations of the rows that are not current."""
        current: NDArray[np.int32] = np.cumsum(is_current[self.order] & self.is_known, axis=0, dtype=np.int32)
        reference = self.so_far - current
        apart = current / np.maximum(current[-1], 1) - reference / np.maximum(reference[-1], 1)
        distance = np.einsum("ij,ij->j", np.abs(apart), self.gaps)
        reference_rows = (~is_current).astype(float)
        n = np.maximum(reference_rows @ self.has_value, 1)
        mean = reference_rows @ self.values / n
        spread = np.sqrt(np.maximum(reference_rows @ np.square(self.values) / n - np.square(mean), 0))
        return np.asarray(distance / np.maximum(spread, LEAST_SPREAD))


def _pooled(compared: Windows) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """The matches of both windows, and which of them are current."""
    pooled = pl.concat(window.select(compared.current.columns) for window in (compared.current, compared.reference))
    return pooled, np.arange(len(pooled)) < len(compared.current)


def _units(pooled: pl.DataFrame, side: str, day: dt.date) -> NDArray[np.int64]:
    """Number of what each row is dealt with: the matches of a club in one window, or itself where no club is known."""
    club = f"{side}_id"
    if club not in pooled.columns:
        return np.arange(len(pooled))
    years = ((pl.lit(day) - pl.col(DATE)).dt.total_days() / 365.25).round()
    return pooled.select(pl.struct(club, years).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def _dealt(units: NDArray[np.int64], is_current: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """As many units at random as the current window has."""
    places = np.random.default_rng(seed).permutation(int(units.max()) + 1)
    return np.asarray(places[units] < len(np.unique(units[is_current])))
