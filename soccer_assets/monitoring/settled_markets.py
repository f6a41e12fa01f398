"""Every market of a forecast judged by the score, beside the prices and yardsticks of the same match.

Each line is one score matrix. At the close, totals of 2.5 goals and handicaps have prices of their own, and a handicap
is scored at its closing line whoever forecasts: at other lines a log loss means nothing. What has no price is judged by
the matrix that agrees with the closing 1x2 and total.
"""

import numpy as np
import polars as pl

from soccer_assets.monitoring import score_baselines
from soccer_assets.monitoring.market_scores import binary, handicap_outcome, scored
from soccer_assets.monitoring.schema import COMPARED_LINES, PRICED_MARKETS, SETTLED_MARKETS
from soccer_assets.odds import consensus
from soccer_assets.predictions.markets import FORECASTS_AT_ONCE, forecast_matrices
from soccer_assets.score_matrices import GOALS
from soccer_assets.scoring import PROBABILITIES, SMALLEST, Floats
from soccer_assets.storage.lake import DATE, MATCH

TOTAL, HANDICAP = "over_under_2.5", "asian_handicap"
#: The columns of `matches` that are read, of these matches and of those of climatology.
READ = (DATE, "match_id", "league", "status", "home_goals", "away_goals")
_OF_MATCH = [*MATCH, "league", "season", "score", "handicap"]


def settle_markets(
    predictions: pl.DataFrame, past: pl.DataFrame, market_probabilities: pl.LazyFrame, best_prices: pl.LazyFrame
) -> pl.DataFrame:
    """One row per finished match, line and market but the 1x2, which `settled_predictions` has.

    Args:
        predictions: rows of `predictions`.
        past: `READ` of these matches and of the years before.
        market_probabilities: the table's rows of these matches.
        best_prices: the table's rows of these matches.
    """
    finished = past.filter(pl.col("status") == "finished")
    score = pl.col("home_goals").clip(0, GOALS - 1).cast(pl.Int64) * GOALS + pl.col("away_goals").clip(0, GOALS - 1)
    handicaps = consensus.closing_handicaps(market_probabilities).rename({"p_home": "p_cover"})
    forecasts = predictions.join(finished.select(*MATCH, score=score), on=MATCH)
    forecasts = forecasts.join(handicaps, on=MATCH, how="left", maintain_order="left")
    over = {kind: consensus.over_2_5(market_probabilities, kind) for kind in ("pre_match", "closing")}
    at_close = consensus.consensus(market_probabilities, "closing").join(over["closing"], on=MATCH, how="left")
    market = forecasts.filter(line="market").drop(*PROBABILITIES, "p_over")
    closing = market.join(at_close, on=MATCH).with_columns(line=pl.lit("closing"))
    matches = forecasts.select(_OF_MATCH).unique(MATCH, maintain_order=True)
    prices = pl.concat(
        [
            _of_prices(matches, "opening", _opening(best_prices), None),
            _of_prices(matches, "closing", over["closing"], handicaps),
        ]
    )
    matrices = pl.concat([forecasts, closing.select(forecasts.columns)])
    parts = [_rows(part, forecast_matrices(part)) for part in matrices.iter_slices(FORECASTS_AT_ONCE)]
    parts += [
        _yardsticks(part, forecasts, over["pre_match"], finished) for part in matches.iter_slices(FORECASTS_AT_ONCE)
    ]
    rows = pl.concat([_empty(), *parts])
    priced_close = pl.col("line").eq("closing") & pl.col("market").is_in(PRICED_MARKETS)
    return SETTLED_MARKETS.conform(_compared(pl.concat([rows.filter(~priced_close), prices])))


def _yardsticks(
    matches: pl.DataFrame, forecasts: pl.DataFrame, over: pl.DataFrame, finished: pl.DataFrame
) -> pl.DataFrame:
    """The lines `climatology` and, where a total was quoted, `poisson`."""
    scores = score_baselines.climatology(finished, matches)
    is_known = np.isfinite(scores[:, 0, 0])
    frequencies = matches.filter(pl.Series(is_known)).with_columns(line=pl.lit("climatology"))
    market = forecasts.filter(line="market").join(matches.select(MATCH), on=MATCH, how="semi")
    market = market.drop("p_over").join(over, on=MATCH, maintain_order="left").with_columns(line=pl.lit("poisson"))
    implied = score_baselines.independent_poisson(market.select(PROBABILITIES).to_numpy(), market["p_over"].to_numpy())
    return pl.concat([_rows(frequencies, scores[is_known]), _rows(market, implied)])


def _rows(forecasts: pl.DataFrame, matrices: Floats) -> pl.DataFrame:
    """The scores of the matrices on every market."""
    handicaps = forecasts["handicap"].fill_null(float("nan")).to_numpy()
    frames = scored(matrices, forecasts["score"].to_numpy(), handicaps)
    key = forecasts.select(*_OF_MATCH, "line")
    return pl.concat([_empty(), *(_of_market(key, market, frame) for market, frame in frames.items())])


def _of_prices(matches: pl.DataFrame, line: str, over: pl.DataFrame, handicaps: pl.DataFrame | None) -> pl.DataFrame:
    """The scores of prices themselves: of the total and, where given, of the handicap."""
    total = matches.join(over, on=MATCH).with_columns(line=pl.lit(line))
    happened = (total["score"] // GOALS + total["score"] % GOALS > 2).cast(pl.Float64).to_numpy()
    parts = [_of_market(total, TOTAL, binary(total["p_over"].to_numpy(), happened))]
    if handicaps is not None:
        quoted = matches.join(handicaps.select(*MATCH, "p_cover"), on=MATCH).with_columns(line=pl.lit(line))
        covered, weight = handicap_outcome(quoted["score"].to_numpy(), quoted["handicap"].to_numpy())
        parts.append(_of_market(quoted, HANDICAP, binary(quoted["p_cover"].to_numpy(), covered, weight)))
    return pl.concat(parts)


def _of_market(key: pl.DataFrame, market: str, scores: pl.DataFrame) -> pl.DataFrame:
    """The rows of a market that are decided, in the columns of `_empty`."""
    line_of = pl.col("handicap") if market == HANDICAP else pl.lit(None, pl.Float64)
    rows = key.with_columns(market=pl.lit(market), goals_line=line_of).hstack(scores)
    missing = [pl.lit(None, pl.Float64).alias(name) for name in ("product_log_loss",) if name not in rows.columns]
    return rows.with_columns(missing).drop_nulls("weight").select(_empty().columns)


def _empty() -> pl.DataFrame:
    return SETTLED_MARKETS.empty().drop("divergence", "complete").with_columns(pl.col("hit").cast(pl.Float64))


def _opening(best_prices: pl.LazyFrame) -> pl.DataFrame:
    opened = consensus.mean_probabilities(best_prices, "opening").filter(market="over_under", selection="over")
    return opened.select(*MATCH, p_over="probability")


def _compared(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their divergence from the closing price, and whether all compared lines have the market."""
    close = rows.filter(pl.col("market").is_in(PRICED_MARKETS), line="closing")
    rows = rows.join(close.select(*MATCH, "market", at_close="probability"), on=[*MATCH, "market"], how="left")
    p, q = (pl.col(name).clip(SMALLEST, 1 - SMALLEST) for name in ("probability", "at_close"))
    number = pl.col("line").is_in(COMPARED_LINES).sum().over(*MATCH, "market")
    return rows.with_columns(
        pl.col("hit") > 0,
        divergence=(q * (q / p).log() + (1 - q) * ((1 - q) / (1 - p)).log()).clip(0.0),  # rounding
        complete=number == len(COMPARED_LINES),
    )
