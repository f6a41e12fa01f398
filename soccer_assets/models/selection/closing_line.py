"""Where the price before a match will be at the close: it moves towards what ratings and features already know.

    log-odds at the close = log-odds before + A x

for home to away and for the draw to both, by ridge regression on every feature, the average price, Pinnacle's distance
from it, and the league. A closing price knows more than the price before it (Hausch, Lo and Ziemba 1994), and what it
moved by has a fraction of a result's noise.

Log loss minus that of the average price itself, learned anew every half year, 95% intervals paired by match date: on
51,570 matches of 2015/16 to 2021/22 -0.00050, from -0.00068 to -0.00033. Trees on what the regression left over gained
another 0.00003, the other bookmakers and the best price nothing; so did weights that forget.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import clip_probabilities, log_odds, of_log_odds
from soccer_assets.models.training_data import Scaling, informative, require
from soccer_assets.odds.consensus import SHARP_PROBABILITIES
from soccer_assets.scoring import PROBABILITIES, Floats

#: With fewer matches that have both prices, a price stays where it is.
MIN_MATCHES = 1000
PENALTY = 500.0
#: A price that moved further is a misprint, or news that no feature foretells.
LARGEST_MOVE = 0.6
_PRICE = ("price", "price_draw", "price_favourite", "book", "book_draw")


class ClosingMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coefficients of both log-odds, and how many matches taught them."""

    scaling: Scaling
    coefficients: tuple[tuple[float, ...], tuple[float, ...]]
    intercepts: tuple[float, float]
    matches: int

    def apply(self, features: pl.DataFrame, prices: pl.DataFrame) -> Floats:
        """Return predicted probabilities `(n, 3)` of the average price at the close, NaN where there is no price now.

        Args:
            features: league and the features of the matches.
            prices: rows of `pre_match_prices` of the same matches.

        Raises:
            ModelError: a column is absent, or the numbers of rows differ.
        """
        before = log_odds(_values(prices, PROBABILITIES))
        inputs = self.scaling.apply(_inputs(features, prices))
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        move = np.einsum("nk,ck->nc", inputs, np.array(self.coefficients)) + np.array(self.intercepts)
        return _probabilities(before + move)


def fit_move(
    features: pl.DataFrame, columns: Sequence[str], prices: pl.DataFrame, closing: Floats
) -> ClosingMove | None:
    """The regression on the matches that have a price before and at the close; None with fewer than `MIN_MATCHES`.

    Args:
        features: league and features of the matches.
        columns: the features to use; those that tell nothing are left out.
        prices: rows of `pre_match_prices` of the same matches.
        closing: probabilities `(n, 3)` at the close, NaN where unknown.

    Raises:
        ModelError: a column is absent, or the numbers of rows differ.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    moved = log_odds(closing) - log_odds(_values(prices, PROBABILITIES))
    known = np.isfinite(moved).all(axis=1)
    if known.sum() < MIN_MATCHES:
        return None
    frame, told = _inputs(features, prices).filter(pl.Series(known)), np.clip(moved[known], -LARGEST_MOVE, LARGEST_MOVE)
    scaling = Scaling.of(frame, informative(frame, (*columns, *_PRICE)))
    inputs = scaling.apply(frame)
    means, level = inputs.mean(axis=0), told.mean(axis=0)
    inputs, told = inputs - means, told - level
    with threadpool_limits(limits=1, user_api="blas"):  # the last bits of a sum depend on the number of threads
        theta = np.linalg.solve(inputs.T @ inputs + PENALTY * np.eye(inputs.shape[1]), inputs.T @ told).T
        home, draw = (level - theta @ means).tolist()
    first, second = theta.tolist()
    return ClosingMove(scaling, (tuple(first), tuple(second)), (home, draw), int(known.sum()))


def _inputs(features: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The features with the columns of the prices."""
    require(prices, (*PROBABILITIES, *SHARP_PROBABILITIES))
    if len(features) != len(prices):
        raise ModelError(f"Expected a price row for each of {len(features)} matches, found {len(prices)}.")
    average = log_odds(_values(prices, PROBABILITIES))
    book = log_odds(_values(prices, SHARP_PROBABILITIES)) - average
    told = (average[:, 0], average[:, 1], np.abs(average[:, 0]), book[:, 0], book[:, 1])
    return features.with_columns(
        pl.Series(name, column).fill_nan(None) for name, column in zip(_PRICE, told, strict=True)
    )


def _values(prices: pl.DataFrame, columns: Sequence[str]) -> Floats:
    return prices.select(pl.col(columns).cast(pl.Float64).fill_null(np.nan)).to_numpy()


def _probabilities(odds: Floats) -> Floats:
    """What `log_odds` is of; NaN where unknown."""
    known = np.isfinite(odds).all(axis=1)
    p = np.full((len(odds), 3), np.nan)
    p[known] = clip_probabilities(of_log_odds(odds[known]))
    return p
