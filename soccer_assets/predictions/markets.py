"""Every market of a match from its one score matrix: each score settles each bet, so a market is a sum over scores.

What a score does to a bet is asked of the settlement itself, once for all scores. So a probability, a fair price and a
settled bet cannot follow different rules, and no two markets of a match disagree.
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl

from soccer_assets.predictions.schema import EXPECTATIONS, MARKETS, RESULTS, SELECTIONS
from soccer_assets.predictions.settlement import settled
from soccer_assets.score_matrices import GOALS, coherent
from soccer_assets.scoring import PROBABILITIES, Floats
from soccer_assets.storage.lake import MATCH

#: The half goals of the totals ladder, and the lines in between that are much offered; home handicaps by quarters.
LINES: Final[dict[str, tuple[float, ...]]] = {
    "over_under": (0.5, 1.5, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.5, 5.5),
    "asian_handicap": tuple(quarter / 4 for quarter in range(-10, 11)),
}
#: Lines that know prices.
PRICED: Final = ("market", "blend")
FORECASTS_AT_ONCE: Final = 4000
_HOME, _AWAY = (side.ravel() for side in np.indices((GOALS, GOALS)))


def markets(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `markets`: every selection of every forecast, and the goals and points expected of both sides.

    Raises:
        ModelError: the forecast of a match, which is named, can be that of no score matrix.
    """
    parts = map(_market_rows, predictions.iter_slices(FORECASTS_AT_ONCE))
    return MARKETS.conform(pl.concat([MARKETS.empty(), *parts]))


def forecast_matrices(forecasts: pl.DataFrame) -> Floats:
    """Return the score matrix of each forecast, shape (n, 16, 16): it has the line's 1x2 and, where known, its total.

    Raises:
        ModelError: the forecast of a match, which is named, can be that of no score matrix.
    """
    rates, p_1x2 = (
        forecasts.select(names).to_numpy() for names in (["home_goals_expected", "away_goals_expected"], PROBABILITIES)
    )
    named = forecasts.select(pl.format("{} {} {}", *MATCH, "line")).to_series().to_list()
    over = forecasts["p_over"].fill_null(float("nan")).to_numpy()
    return coherent(rates, forecasts["rho"].to_numpy(), p_1x2, over, named)


def results(matrices: Floats) -> Floats:
    """Return the probability of each of `RESULTS` of a bet on each of `selections()`, shape (n, selections, 5).

    `matrices` are probabilities of scores, shape (n, 16, 16).
    """
    # a sparse product adds score by score: the same bits in any batch, which a dense one does not promise
    sums = _settling() @ np.ascontiguousarray(matrices.reshape(len(matrices), -1).T)
    ordered: Floats = np.minimum(sums, 1.0).T.reshape(len(matrices), -1, len(RESULTS))
    return ordered


def fair_odds(results: Floats) -> Floats:
    """Price at which a bet is expected to give back its stake, from its results in the last axis; inf: it never wins.

    Half a stake that is lost or won counts half, one that is given back not at all.
    """
    lost, half_lost, _, half_won, won = np.moveaxis(results, -1, 0)
    with np.errstate(divide="ignore"):
        price: Floats = 1.0 + (lost + half_lost / 2) / (won + half_won / 2)
    return price


@lru_cache(maxsize=1)
def selections() -> pl.DataFrame:
    """market, goals_line and selection of every bet that is forecast of a match."""
    bets = [
        (market, line, selection)
        for market, names in SELECTIONS.items()
        for line in LINES.get(market, (None,))
        for selection in names
    ]
    names = ("market", "goals_line", "selection")
    return pl.DataFrame(bets, schema={name: MARKETS.schema[name] for name in names}, orient="row")


@lru_cache(maxsize=1)
def _settling() -> Any:
    """1 where a score gives a result of a bet, sparse, shape (selections * 5, 256)."""
    from scipy.sparse import csr_array

    scores = pl.DataFrame({"score": np.arange(GOALS**2), "home_goals": _HOME, "away_goals": _AWAY})
    played = selections().rename({"goals_line": "line"}).with_row_index("bet").join(scores, how="cross")
    bets = settled(played.with_columns(price=1.0, status=pl.lit("finished")))
    order = {name: row for row, name in enumerate(RESULTS)}
    row = bets["bet"].cast(pl.Int64) * len(RESULTS) + bets["result"].replace_strict(order)
    shape = (len(selections()) * len(RESULTS), GOALS**2)
    return csr_array((np.ones(len(bets)), (row.to_numpy(), bets["score"].to_numpy())), shape=shape)


def _market_rows(forecasts: pl.DataFrame) -> pl.DataFrame:
    matrices = forecast_matrices(forecasts)
    of_bets, of_sides = results(matrices), _expected(matrices)
    key = forecasts.select(*MATCH, pl.col("line").cast(MARKETS.schema["line"]))
    prices = pl.Series("fair_odds", fair_odds(of_bets).ravel())
    bets = key.join(selections(), how="cross", maintain_order="left_right").with_columns(
        *(pl.Series(name, of_bets[:, :, column].ravel()) for column, name in enumerate(RESULTS)),
        pl.when(prices.is_finite()).then(prices),
        expected=pl.lit(None, dtype=pl.Float64),
    )
    sides = [(market, side) for market in EXPECTATIONS for side in ("home", "away")]
    types = [(name, MARKETS.schema[name]) for name in ("market", "selection")]
    expected = key.join(pl.DataFrame(sides, schema=types, orient="row"), how="cross", maintain_order="left_right")
    rows = pl.concat([bets, expected.with_columns(expected=pl.Series(of_sides.ravel()))], how="diagonal")
    return rows.select(MARKETS.schema.names())


def _expected(matrices: Floats) -> Floats:
    """Goals expected of home and away side, then points, shape (n, 4)."""
    won, drawn, lost = _HOME > _AWAY, _HOME == _AWAY, _HOME < _AWAY
    weights = np.stack([_HOME, _AWAY, 3 * won + drawn, 3 * lost + drawn])
    flat = matrices.reshape(len(matrices), -1)
    return np.stack([np.cumsum(flat * weight, axis=1)[:, -1] for weight in weights], axis=1)
