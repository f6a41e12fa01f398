"""Value bets met by their results, and by what the market thought of their prices when it closed."""

import polars as pl

from soccer_assets.monitoring.schema import CONTEXT, SETTLED_BETS
from soccer_assets.odds.consensus import mean_1x2
from soccer_assets.predictions.markets import markets
from soccer_assets.predictions.settlement import settled
from soccer_assets.scoring import PROBABILITIES
from soccer_assets.storage.lake import MATCH

BET = [*MATCH, "market", "goals_line", "selection"]


def settle_bets(
    value_bets: pl.DataFrame,
    matches: pl.DataFrame,
    predictions: pl.DataFrame,
    closing: pl.DataFrame,
    settled_predictions: pl.DataFrame,
) -> pl.DataFrame:
    """One row per value bet that is decided or void.

    The stakes of a line on one day are scaled down where they come to more than the bank: all are placed before any is
    decided. `clv` is the log of the price over the fair closing price.

    Args:
        value_bets: rows of `value_bets`.
        matches: rows of `matches`.
        predictions: rows of `predictions`.
        closing: `mean_probabilities` at the close.
        settled_predictions: rows of `settled_predictions`.
    """
    matched = value_bets.with_columns(pl.col("market", "selection").cast(pl.String)).join(
        matches.select(*MATCH, "season", "status", "home_goals", "away_goals"), on=MATCH
    )
    # who forecasts is a line, and so are the goals a bet is about
    decided = settled(matched.rename({"line": "who", "goals_line": "line"})).rename(
        {"line": "goals_line", "who": "line"}
    )
    decided = decided.drop_nulls("result")
    contexts = settled_predictions.select(*MATCH, *CONTEXT).unique()
    total = pl.col("stake").sum().over("match_date", "line")
    return SETTLED_BETS.conform(
        decided.join(at_close(decided, predictions, closing), on=BET, how="left", nulls_equal=True)
        .join(contexts, on=MATCH, how="left")
        .with_columns(
            profit=pl.col("returned") - 1,
            stake=pl.col("stake") / pl.max_horizontal(total, pl.lit(1.0)),
            clv=(pl.col("price") * pl.col("closing_probability")).log(),
        )
    )


def at_close(bets: pl.DataFrame, predictions: pl.DataFrame, closing: pl.DataFrame) -> pl.DataFrame:
    """What the closing market made of each bet: its key, closing_probability, and closing_by.

    Where the line of a bet was quoted at the close, that price tells (`price`). A handicap that moved has none: then
    the score matrix tells that agrees with the closing 1x2 and total (`matrix`); where the 1x2 was not quoted either,
    there is no row.
    """
    bets = bets.select(BET).unique(maintain_order=True)
    quoted = closing.select(*MATCH, "market", "selection", goals_line="line", closing_probability="probability")
    by_price = bets.join(quoted, on=BET, nulls_equal=True).with_columns(closing_by=pl.lit("price"))
    moved = bets.join(by_price, on=BET, how="anti", nulls_equal=True)
    over = closing.filter(market="over_under", selection="over").select(*MATCH, p_over="probability")
    shapes = predictions.filter(line="market").join(moved, on=MATCH, how="semi").drop(*PROBABILITIES, "p_over")
    priced = markets(shapes.join(mean_1x2(closing), on=MATCH).join(over, on=MATCH, how="left"))
    priced = priced.with_columns(
        pl.col("market", "selection").cast(pl.String), closing_probability=1 / pl.col("fair_odds")
    )
    by_matrix = moved.join(priced.select(*BET, "closing_probability"), on=BET, nulls_equal=True)
    return pl.concat([by_price, by_matrix.with_columns(closing_by=pl.lit("matrix"))])
