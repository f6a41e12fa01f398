"""The reports in memory: the champion, quality per league and line, and the newest drift."""

import msgspec
import polars as pl

from serving.api.filters import Paging, Selection
from serving.contracts import Drift, ModelInfo, Page, Quality

CHAMPION = "champion"


class ReportBook:
    """What is known about the model in use and how well the lines do."""

    def __init__(
        self,
        quality: pl.DataFrame,
        drift: pl.DataFrame,
        selected: pl.DataFrame,
        promotions: pl.DataFrame,
    ) -> None:
        served = quality.rename({"log_loss_vs_closing": "log_loss_minus_closing"})  # the name in the API
        self._quality = served.sort("match_date", "league", "line", "sample")
        self.drift = _newest_drift(drift)
        self.champion = _champion(selected, promotions)
        self.newest_refused = promotions.sort("moved_at").tail(1)["accepted"].to_list() == [False]

    def quality(self, selection: Selection, line: str | None, sample: str | None, paging: Paging) -> Page[Quality]:
        """Reports between the dates; without dates the newest of each league."""
        rows = selection.of(self._quality)
        for column, wanted in (("line", line), ("sample", sample)):
            if wanted is not None:
                rows = rows.filter(pl.col(column) == wanted)
        if selection.first is None and selection.last is None:
            rows = rows.filter(pl.col("match_date") == pl.col("match_date").max().over("league"))
        return paging.cut(rows, Quality)


def _newest_drift(drift: pl.DataFrame) -> Drift | None:
    for row in drift.sort("match_date").tail(1).to_dicts():
        row["drifted_columns"] = [name for name in row["drifted_columns"].split(",") if name]
        row["scores"] = msgspec.json.decode(row["scores"])
        return msgspec.convert(row, Drift)
    return None


def _champion(selected: pl.DataFrame, promotions: pl.DataFrame) -> ModelInfo | None:
    """The model the alias was last moved to; None when it never was, or the model is not in the lake."""
    moved = promotions.filter(pl.col("alias") == CHAMPION, "accepted").sort("effective_from", "moved_at").tail(1)
    chosen = selected.sort("match_date").unique("version", keep="last", maintain_order=True)
    rows = moved.select("version", promoted_at="moved_at").join(chosen, on="version", how="inner")
    for row in rows.to_dicts():
        row["comparison"] = msgspec.json.decode(row["comparison"])
        return msgspec.convert(row, ModelInfo)
    return None
