"""Forecasts on three lines: the model alone, the market alone, and the two blended.

Every match is forecast by the newest model of its own date or before, which has seen only earlier matches. Run over
the past, this is the walk-forward backtest; run over the coming days, it is the forecast. There is no other path.
"""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from soccer_assets.delta import DATE
from soccer_assets.errors import NotMaterializedError
from soccer_assets.matches.schema import FORECAST
from soccer_assets.models.forecaster import Forecaster
from soccer_assets.predictions.schema import PREDICTIONS

PROBABILITIES = ["p_home", "p_draw", "p_away"]


def forecast(matches: pl.DataFrame, features: pl.DataFrame, models: pl.DataFrame, market: pl.DataFrame) -> pl.DataFrame:
    """One row per match and line.

    Args:
        matches: rows of `matches`; those postponed or void are left out.
        features: rows of `match_features` of these matches.
        models: rows of `selected_model`.
        market: match_date, match_id and the market's three probabilities, before the match.

    Raises:
        NotMaterializedError: no model is as old as the first match.
    """
    named = ["match_date", "match_id", "league", "season", "kick_off_at", "home", "away"]
    coming = matches.filter(pl.col("status").is_in(FORECAST)).select(named).sort(DATE, "match_id")
    if coming.is_empty():
        return PREDICTIONS.empty()
    parts = []
    for forecaster, batch in _by_model(coming, models):
        known = batch.join(features, on=[DATE, "match_id"], how="left", maintain_order="left", suffix="_feature")
        told = forecaster.predict(known)
        priced = batch.join(market, on=[DATE, "match_id"], how="left", maintain_order="left")
        has = priced["p_home"].is_not_null()
        said = priced.filter(has).select(PROBABILITIES).to_numpy()
        blend = forecaster.blend(told[has.to_numpy()], said) if len(said) else said
        version, through = forecaster.version, forecaster.trained_through
        parts += [
            _line(batch, "model", told, version, through),
            _line(batch.filter(has), "market", said, None, None),
            _line(batch.filter(has), "blend", blend, version, through),
        ]
    return PREDICTIONS.conform(pl.concat(parts))


def _by_model(coming: pl.DataFrame, models: pl.DataFrame) -> Iterator[tuple[Forecaster, pl.DataFrame]]:
    """The matches of each model: those on or after its date and before the next one's."""
    models = models.sort(DATE)
    first: dt.date = coming[DATE].to_list()[0]
    days: list[dt.date] = models[DATE].to_list()
    if not days or days[0] > first:
        found = f"the oldest of {days[0]}" if days else "none"
        raise NotMaterializedError(
            f"expected a selected_model of {first} or before, found {found}: run `just train {first}`"
        )
    following = [*days[1:], None]
    for (day, text), until in zip(models.select(DATE, "forecaster").iter_rows(), following, strict=True):
        mine = coming.filter((pl.col(DATE) >= day) & (True if until is None else pl.col(DATE) < until))
        if len(mine):
            yield Forecaster.decode(text), mine


def _line(batch: pl.DataFrame, line: str, p: np.ndarray, version: str | None, through: object) -> pl.DataFrame:
    return batch.with_columns(
        pl.lit(line).alias("line"),
        *(pl.Series(name, p[:, i], dtype=pl.Float64) for i, name in enumerate(PROBABILITIES)),
        pl.lit(version, dtype=pl.String).alias("model_version"),
        pl.lit(through, dtype=pl.Date).alias("trained_through"),
    )
