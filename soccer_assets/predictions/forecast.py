"""Forecasts on four lines: the champion alone, the market alone, the two blended, and the challenger.

Every match is forecast by the champion of its date, which has seen only earlier matches; where the newest model at or
before the date is another, that one forecasts beside it as `challenger`. Run over the past, this is the walk-forward
backtest; run over the coming days, it is the forecast. There is no other path.
"""

import datetime as dt

import polars as pl

from soccer_assets.errors import NotMaterializedError
from soccer_assets.matches.schema import FORECAST
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import champion_on, standing
from soccer_assets.predictions.schema import PREDICTIONS
from soccer_assets.scoring import PROBABILITIES, Floats
from soccer_assets.storage.lake import DATE, MATCH

#: Metadata of `predictions`: how many matches were left out.
BEFORE_CHAMPION = "matches before the first champion"


def forecast(
    matches: pl.DataFrame, features: pl.DataFrame, models: pl.LazyFrame, promotions: pl.DataFrame, prices: pl.DataFrame
) -> pl.DataFrame:
    """Return a row per match and line; postponed and void matches are left out.

    `models` are rows of `selected_model`, of which only the texts that are needed are read; `prices` are rows of
    `odds.consensus.pre_match_prices`.

    Raises:
        NotMaterializedError: no model was champion on the date of the first match.
    """
    named = [*MATCH, "league", "season", "kick_off_at", "home", "away"]
    coming = matches.filter(pl.col("status").is_in(FORECAST)).select(named).sort(MATCH)
    if coming.is_empty():
        return PREDICTIONS.empty()
    inputs = coming.join(features, on=MATCH, how="left", maintain_order="left", suffix="_feature")
    priced = coming.select(MATCH).join(prices, on=MATCH, how="left", maintain_order="left")
    by = _who(coming[DATE], models, promotions)
    texts = models.filter(pl.col("version").is_in(sorted(set(by["champion"]) | set(by["challenger"].drop_nulls()))))
    parts = []
    for version, text in texts.unique("version").sort("version").select("version", "forecaster").collect().iter_rows():
        forecaster = Forecaster.decode(text)
        for role, lines in (("champion", _three_lines), ("challenger", _one_line)):
            mask = (by[role] == version).fill_null(False)
            if mask.any():
                parts += lines(forecaster, role, coming.filter(mask), inputs.filter(mask), priced.filter(mask))
    return PREDICTIONS.conform(pl.concat(parts, how="diagonal"))


def since_first_champion(matches: pl.DataFrame, models: pl.LazyFrame, promotions: pl.DataFrame) -> pl.DataFrame:
    """The matches on dates that have a champion; all of them where none has one."""
    made = models.select("version").collect()["version"].to_list()
    champion = champion_on(standing(promotions, made), matches[DATE].to_list())
    return matches if champion.null_count() == len(matches) else matches.filter(champion.is_not_null())


def _who(dates: pl.Series, models: pl.LazyFrame, promotions: pl.DataFrame) -> pl.DataFrame:
    """Version of the champion and, where it is another, of the newest model: a row a match."""
    made = models.select(DATE, "version").collect().sort(DATE)
    moves = standing(promotions, made["version"].to_list())
    newest = pl.DataFrame({DATE: dates}).join_asof(made, on=DATE)["version"]
    champion = champion_on(moves, dates.to_list())
    if champion.has_nulls():
        first: dt.date = dates.to_list()[0]
        raise NotMaterializedError(_nobody(first, made, promotions))
    return pl.DataFrame({"champion": champion, "newest": newest}).select(
        "champion", challenger=pl.when(pl.col("newest") != pl.col("champion")).then("newest")
    )


def _nobody(first: dt.date, made: pl.DataFrame, promotions: pl.DataFrame) -> str:
    days = made[DATE].to_list()
    if not days or days[0] > first:
        existing = f"the oldest of {days[0]}" if days else "none"
        return f"expected a selected_model of {first} or before, found {existing}: run `uv run soccer train {first}`"
    refused = promotions.filter(~pl.col("accepted"), pl.col("effective_from") <= first).sort("moved_at").tail(1)
    why = "".join(f"; {version} was refused: {reason}" for version, reason in refused[["version", "reason"]].rows())
    return (
        f"expected a champion of {first} or before, found none{why}. Run `uv run soccer train {first}` again when that "
        "is mended, or `uv run soccer rollback VERSION` to make it champion by hand"
    )


def _three_lines(
    forecaster: Forecaster, role: str, batch: pl.DataFrame, inputs: pl.DataFrame, prices: pl.DataFrame
) -> list[pl.DataFrame]:
    """The champion's lines; those with prices only where there are."""
    (model,) = _one_line(forecaster, "model", batch, inputs, prices)
    priced = prices["p_home"].is_not_null()
    rated, quoted = model.filter(priced), prices.filter(priced)
    features = inputs.filter(priced)
    blend = forecaster.blend(rated.select(PROBABILITIES).to_numpy(), quoted, features)
    market = rated.drop("model_version", "trained_through").with_columns(quoted.select(PROBABILITIES).get_columns())
    totals = {"market": quoted["p_over"], "blend": pl.Series(forecaster.blend_over(features, quoted), nan_to_null=True)}
    over = {line: pl.coalesce(total, "p_over") for line, total in totals.items()}  # the model's where none is quoted
    return [
        model,
        market.with_columns(line=pl.lit("market"), p_over=over["market"]),
        rated.with_columns(_probabilities(blend), line=pl.lit("blend"), p_over=over["blend"]),
    ]


def _one_line(
    forecaster: Forecaster, line: str, batch: pl.DataFrame, inputs: pl.DataFrame, prices: pl.DataFrame
) -> list[pl.DataFrame]:
    """The forecasts of a model without prices."""
    rates = forecaster.goal_rates(inputs)
    rows = batch.with_columns(
        *_probabilities(forecaster.predict(inputs)),
        pl.Series("home_goals_expected", rates[:, 0]),
        pl.Series("away_goals_expected", rates[:, 1]),
        rho=pl.lit(forecaster.goals.rho),
        p_over=pl.Series(forecaster.over(inputs), nan_to_null=True),
        line=pl.lit(line),
        model_version=pl.lit(forecaster.version),
        trained_through=pl.lit(forecaster.trained_through),
    )
    return [rows]


def _probabilities(p: Floats) -> list[pl.Series]:
    return [pl.Series(name, p[:, column]) for column, name in enumerate(PROBABILITIES)]
