"""The reports in memory: quality per league and line, the newest drift, and the champion."""

import msgspec
import polars as pl

from serving.contracts import Drift, FailedCheck, ModelInfo, Quality
from serving.snapshot.view import Selection, View
from soccer_assets.models.schema import CHAMPION

_MODEL = tuple(name for name in ModelInfo.__struct_fields__ if name != "promoted_at")


class QualityView(View[Quality]):
    """The quality of each league, line and market over twelve months, by date."""

    def __init__(self, quality: pl.LazyFrame) -> None:
        super().__init__(quality.collect(), Quality, ("match_date", "league", "line", "market", "sample"))

    def select(self, selection: Selection | None = None, **values: str | None) -> pl.DataFrame:
        """The selected reports; without dates the newest of each league."""
        rows = super().select(selection, **values)
        if selection is None or (selection.first is None and selection.last is None):
            rows = rows.filter(pl.col("match_date") == pl.col("match_date").max().over("league"))
        return rows


def newest_drift(drift: pl.LazyFrame) -> Drift | None:
    """The newest drift report; None before the first."""
    for row in drift.select(Drift.__struct_fields__).sort("match_date").tail(1).collect().to_dicts():
        return msgspec.convert(row, Drift)
    return None


def forecast_drift(drift: pl.LazyFrame) -> dict[str, float]:
    """The share of the columns of each line's forecasts that drifted, in the newest reports."""
    newest = drift.filter(pl.col("match_date") == pl.col("match_date").max())
    return dict(newest.select("line", "drift_share").collect().iter_rows())


def champion(selected: pl.LazyFrame, promotions: pl.LazyFrame) -> ModelInfo | None:
    """The model the alias was last moved to; None when it never was, or the model is not in the lake."""
    moved = promotions.filter(pl.col("alias") == CHAMPION, "accepted").sort("effective_from", "moved_at").tail(1)
    models = selected.select("match_date", *_MODEL).sort("match_date")
    models = models.unique("version", keep="last", maintain_order=True)
    rows = moved.select("version", promoted_at="moved_at").join(models, on="version", how="inner")
    for row in rows.collect().to_dicts():
        return msgspec.convert(row, ModelInfo)
    return None


def newest_is_refused(promotions: pl.LazyFrame) -> bool:
    """Whether the gate refused the newest model, and neither it nor another became champion since."""
    moves = promotions.filter(pl.col("alias") == CHAMPION).sort("moved_at").collect()
    if moves.is_empty() or moves["accepted"][-1]:
        return False
    newest = moves.filter(pl.col("model_date") == pl.col("model_date").max())["version"][-1]
    return not moves.filter(version=newest)["accepted"].any()


def failed_checks(results: pl.LazyFrame) -> list[FailedCheck] | None:
    """The checks that failed when they were evaluated last; None where none was evaluated yet."""
    evaluated = results.sort("asset", "check_name").collect()
    if evaluated.is_empty():
        return None
    evaluated = evaluated.with_columns(pl.col("severity").fill_null("error"))
    failed = evaluated.filter(~pl.col("passed")).select(FailedCheck.__struct_fields__)
    return [FailedCheck(*row) for row in failed.iter_rows()]
