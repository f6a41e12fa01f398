"""Benchmark of explanations: the terms of 1,000 matches on two lines by every family, and the matches most like them.

On the lake that the backfill made, in a process of its own; the models are fitted with the defaults on recent years.
"""

import datetime as dt
import json
import os
import time
from typing import Any

import polars as pl

MATCHES, YEARS = 1000, 4


def _measure() -> dict[str, Any]:
    from soccer_assets.features.catalog import NAMES
    from soccer_assets.models.families import FAMILIES, stack
    from soccer_assets.models.families.stack import StackEstimator
    from soccer_assets.models.training.training import examples
    from soccer_assets.odds.consensus import pre_match_prices
    from soccer_assets.predictions.explanations.similar_matches import similar_matches
    from soccer_assets.predictions.explanations.terms import explanations, largest_error
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    lake, day = Lake(Settings.read().lake), dt.date.fromisoformat(os.environ["BENCH_FURTHER"])
    features, matches, market = (lake.scan(name) for name in ("match_features", "matches", "market_probabilities"))
    learned = examples(features, matches, market, day.replace(year=day.year - YEARS), day)
    prices = pre_match_prices(market)
    newest = learned.tail(MATCHES)
    fitted = {name: family.fit(learned, NAMES, family.defaults, 0) for name, family in FAMILIES.items()}
    members = tuple(fitted.values())
    estimators: dict[str, Any] = fitted | {stack.NAME: StackEstimator(members, (1 / len(members),) * len(members))}
    measured: dict[str, Any] = {"matches": len(newest), "target seconds": 2}
    worst = 0.0
    for name, estimator in estimators.items():
        predictions, models = _forecast(estimator, newest, prices)
        explanations(predictions.head(1), newest, models, prices)  # compiles what a process compiles once
        began = time.perf_counter()
        rows = explanations(predictions, newest, models, prices)
        measured[f"{name}, seconds"] = time.perf_counter() - began
        worst = max(worst, largest_error(rows, predictions))
    began = time.perf_counter()
    similar_matches(predictions, matches, features, prices)
    return measured | {"largest error of a sum": worst, "similar matches, seconds": time.perf_counter() - began}


def _forecast(estimator: Any, inputs: pl.DataFrame, prices: pl.DataFrame) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """The forecasts of matches on the lines model and blend, and the forecaster as a row of `selected_model`."""
    from soccer_assets.features.catalog import NAMES
    from soccer_assets.models.champion.forecaster import Forecaster
    from soccer_assets.models.goals_model import fit_goals
    from soccer_assets.models.selection.blending import DEFAULT_BLEND
    from soccer_assets.models.selection.calibration import Temperature
    from soccer_assets.scoring import PROBABILITIES
    from soccer_assets.storage.lake import MATCH

    through = inputs["match_date"][0] - dt.timedelta(days=1)
    forecaster = Forecaster(estimator, Temperature(0.95), DEFAULT_BLEND, NAMES, through, fit_goals(inputs, NAMES))
    quoted = inputs.select(MATCH).join(prices, on=MATCH, how="left", maintain_order="left")
    model = forecaster.predict(inputs)
    lines = {"model": model, "blend": forecaster.blend(model, quoted, inputs)}
    named = inputs.select(*MATCH, "league")
    predictions = pl.concat(
        named.with_columns(
            *(pl.Series(name, p[:, column]) for column, name in enumerate(PROBABILITIES)),
            line=pl.lit(line),
            model_version=pl.lit(forecaster.version),
        )
        for line, p in lines.items()
    ).filter(pl.col("p_home").is_not_nan())
    return predictions, pl.LazyFrame({"version": [forecaster.version], "forecaster": [forecaster.encode()]})


if __name__ == "__main__":
    print(json.dumps(_measure()))
