"""Figures summed by slice and match day, and the block bootstrap of these sums.

Means, shares, yields and calibration are all ratios of sums over days. So the days are summed once, any period is a
sum of rows, and its interval comes from drawing the days again: matches of one day share news, weather and the state of
every model, so a day is drawn or left out as a whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from soccer_assets.scoring import Floats, Ints, day_draws
from soccer_assets.storage.lake import DATE

#: With fewer match days an interval says nothing.
LEAST_DAYS = 20
#: Sums count in this unit: up to 2^53 of them add up exactly, in whatever order and on however many threads.
UNIT = 2.0**-30
#: The edges of the values that are reported in bands.
FAVOURITE, ELO_GAP = (0.4, 0.5, 0.6, 0.7), (50, 100, 150, 250)


def _band(name: str, edges: Sequence[float], unit: str) -> pl.Expr:
    between = [f"{a:g} to {b:g}{unit}" for a, b in pairwise(edges)]
    labels = [f"under {edges[0]:g}{unit}", *between, f"{edges[-1]:g}{unit} or more"]
    return pl.col(name).bin_intervals(edges, labels=labels).cast(pl.String)


def _either(name: str, text: str) -> pl.Expr:
    return pl.when(name).then(pl.lit(text)).when(~pl.col(name)).then(pl.lit("none"))


#: What a row's value is in each slice of `backtest_report`; null leaves it out.
SLICES = {
    "all": pl.lit("all"),
    "league": pl.col("league").cast(pl.String),
    "season": pl.col("season"),
    "month": pl.col(DATE).dt.strftime("%m"),
    "favourite": _band("favourite", FAVOURITE, ""),
    "promoted": _either("promoted", "a promoted club"),
    "new_club": _either("new_club", "a new club"),
    "first_rounds": _either("first_rounds", "the first five match days"),
    "long_break": _either("long_break", "after three weeks"),
    "elo_gap": _band("elo_gap", ELO_GAP, ""),
}
GROUP = ["slice", "value", "line", "market"]


def day_sums(rows: pl.DataFrame, figures: Sequence[str], by: Sequence[str], unit: float = UNIT) -> pl.DataFrame:
    """Return the columns `by`, match_date, `n` rows, and the sum of each figure in `unit`, a whole number."""
    whole = [(pl.col(name) / unit).round().cast(pl.Int64).sum() for name in figures]
    return rows.group_by(*by, DATE).agg(pl.len().cast(pl.Int64).alias("n"), *whole)


def slice_sums(rows: pl.DataFrame, figures: Sequence[str], slices: Iterable[str] = SLICES) -> pl.DataFrame:
    """Return `day_sums` by slice, value, line and market of the slices."""
    sliced = (rows.with_columns(slice=pl.lit(name), value=SLICES[name]).drop_nulls("value") for name in slices)
    return pl.concat(day_sums(part, figures, GROUP) for part in sliced).sort(*GROUP, DATE)


@dataclass(frozen=True)
class DayBlocks:
    """The sums of some days: `groups` are the slices, values, lines and markets, `group` and `day` each row's place."""

    groups: pl.DataFrame
    sums: pl.DataFrame
    group: Ints
    day: Ints

    @classmethod
    def from_sums(cls, sums: pl.DataFrame) -> "DayBlocks":
        """The sums of `slice_sums`, of which there is at least one."""
        group = sums.select(pl.struct(GROUP).rle_id()).to_series().to_numpy().astype(np.int64)
        day = (sums[DATE].rank("dense") - 1).to_numpy().astype(np.int64)
        return cls(sums.select(GROUP).unique(maintain_order=True), sums, group, day)

    def grid(self, name: str) -> Floats:
        """Sums as `(days, groups)`, zero where there is no row."""
        grid = np.zeros((int(self.day.max()) + 1, len(self.groups)))
        grid[self.day, self.group] = self._values(name)
        return grid

    def total(self, name: str) -> Floats:
        """Sum over the days of each group."""
        return np.asarray(np.bincount(self.group, self._values(name), len(self.groups)))

    def mean(self, name: str, by: str = "n") -> Floats:
        """One sum over another, NaN over nothing."""
        return _ratio(self.total(name), self.total(by))

    def interval(self, name: str, by: str = "n") -> tuple[Floats, Floats, Floats, Floats]:
        """`mean`, both ends of its 95% interval, and its standard error; these three NaN with too few days."""
        above, below = self.grid(name), self.grid(by)
        enough = (below > 0).sum(axis=0) >= LEAST_DAYS  # then one of them is always drawn
        draws = day_draws(len(above)).astype(np.float64)
        drawn = (draws @ above[:, enough]) / (draws @ below[:, enough])
        low, high, error = np.full((3, len(enough)), np.nan)
        if enough.any():
            low[enough], high[enough] = np.percentile(drawn, [2.5, 97.5], axis=0)
            error[enough] = drawn.std(axis=0)
        return self.mean(name, by), low, high, error

    def _values(self, name: str) -> Floats:
        return np.asarray(self.sums[name].to_numpy() * (1.0 if name == "n" else UNIT))


def _ratio(above: Floats, below: Floats) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return ratio
