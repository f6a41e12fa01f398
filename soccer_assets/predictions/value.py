"""Selections whose forecast exceeds the market's probability by the least edge, at the best price on offer."""

import polars as pl

from soccer_assets.predictions.schema import VALUE_BETS
from soccer_assets.storage.lake import MATCH

BET = [*MATCH, "market", "goals_line", "selection"]
#: The most of a bank that is ever staked: the forecast may be wrong, and was chosen for
#: being far from the market's.
MOST_STAKE = 0.05
FEW_MATCHES, FEW_BOOKMAKERS = 10, 3


def value_bets(
    predictions: pl.DataFrame,
    markets: pl.DataFrame,
    best_prices: pl.LazyFrame,
    features: pl.LazyFrame,
    least_edge: float,
    kelly_fraction: float,
) -> pl.DataFrame:
    """One row per match, line (model, blend) and offered selection with an edge of at least `least_edge` (0..1).

    Probabilities are those of the fair odds, given that money changes hands: half a stake counts half, one given back
    not at all. Kelly's stake is that of a bet with two outcomes, which for a quarter line is on the safe side.

    The edge is probability minus market probability; `kelly_fraction` is of Kelly's stake (Kelly 1956). What no
    bookmaker quoted before the close at a known time is left out.
    """
    forecasts = markets.with_columns(pl.col("line", "market", "selection").cast(pl.String)).drop_nulls("fair_odds")
    forecasts = forecasts.with_columns(probability=1 / pl.col("fair_odds"))
    at_risk = 1 - pl.col("push") - (pl.col("half_won") + pl.col("half_lost")) / 2
    market = forecasts.filter(pl.col("line") == "market").select(*BET, market_probability="probability")
    offered = (
        best_prices.select(*MATCH, pl.col("market", "selection").cast(pl.String), "bookmakers", "stale",
                           goals_line="line", price="best_price", quoted_at="best_quoted_at",
                           odds_age_hours="age_hours")
        .drop_nulls(["price", "quoted_at"])
        .collect()
    )  # fmt: skip
    matches_known = pl.min_horizontal("home_matches_known", "away_matches_known")
    matches = predictions.select(*MATCH, "league", "home", "away").unique()
    matches = matches.join(features.select(*MATCH, known=matches_known).collect(), on=MATCH, how="left")
    profit = pl.col("probability") * pl.col("price") - 1  # per unit of what is at risk
    bets = (
        forecasts.filter(pl.col("line").is_in(["model", "blend"]))
        .join(market, on=BET, nulls_equal=True)
        .join(offered, on=BET, nulls_equal=True)
        .join(matches, on=MATCH)
        .with_columns(
            edge=pl.col("probability") - pl.col("market_probability"),
            expected_value=at_risk * profit,
            stake=(kelly_fraction * profit / (pl.col("price") - 1)).fill_nan(0).clip(0, MOST_STAKE),
            few_bookmakers=pl.col("bookmakers") < FEW_BOOKMAKERS,
            few_matches=pl.col("known").fill_null(0) < FEW_MATCHES,
        )
        .filter(pl.col("edge") >= least_edge)
    )
    return VALUE_BETS.conform(bets)
