"""Where the price before a match will be at the close: it moves towards what ratings and features already know.

    log-odds at the close = log-odds before + A x

for home to away and for the draw to both, by ridge regression on every feature, the average price, Pinnacle's distance
from it, and the league, and by trees on what the regression leaves over. A closing price knows more than the price
before it (Hausch, Lo and Ziemba 1994), and what it moved by has a fraction of a result's noise.

Log loss minus that of the average price itself, by the regression learned anew every half year, 95% intervals paired by
match date: on 51,570 matches of 2015/16 to 2021/22 -0.00050, from -0.00068 to -0.00033; the other bookmakers and the
best price gained nothing, and neither did weights that forget. Divergence from the close less that of the average price
on 2020/21 and 2021/22: -0.00025 and -0.00034, with the trees -0.00028 and -0.00036. Without Pinnacle's prices the
regression had -0.00025 and -0.00029.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import clip_probabilities, log_odds, of_log_odds
from soccer_assets.models.residual_trees import fit_trees
from soccer_assets.models.ridge import fit_ridge
from soccer_assets.models.training_data import Scaling, feature_matrix, informative, require
from soccer_assets.models.trees import Forest
from soccer_assets.odds.consensus import SHARP_PROBABILITIES
from soccer_assets.scoring import PROBABILITIES, Floats

#: With fewer matches that have both prices, a price stays where it is.
MIN_MATCHES = 1000
PENALTY = 500.0
#: Trees, on the newest matches alone: more of either is slower and no better.
ROUNDS, MOST_MATCHES = 40, 30_000
#: A price that moved further is a misprint, or news that no feature foretells.
LARGEST_MOVE = 0.6
_PRICE = ("price", "price_draw", "price_favourite", "book", "book_draw")


class ClosingMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coefficients of both log-odds, how many matches taught them, and trees of each on what they leave over."""

    scaling: Scaling
    coefficients: tuple[tuple[float, ...], tuple[float, ...]]
    intercepts: tuple[float, float]
    matches: int
    forests: tuple[Forest, ...] = ()

    def apply(self, features: pl.DataFrame, prices: pl.DataFrame) -> Floats:
        """Return predicted probabilities `(n, 3)` of the average price at the close, NaN where there is no price now.

        Args:
            features: league and the features of the matches.
            prices: rows of `pre_match_prices` of the same matches.

        Raises:
            ModelError: a column is absent, or the numbers of rows differ.
        """
        before = log_odds(_values(prices, PROBABILITIES))
        frame = _inputs(features, prices)
        inputs = self.scaling.apply(frame)
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        move = np.einsum("nk,ck->nc", inputs, np.array(self.coefficients)) + np.array(self.intercepts)
        if self.forests:
            values = feature_matrix(frame, self.scaling.columns)
            move += np.column_stack([forest.scores(values)[:, 0] for forest in self.forests])
        return _probabilities(before + move)


def fit_move(
    features: pl.DataFrame, columns: Sequence[str], prices: pl.DataFrame, closing: Floats, seed: int | None = None
) -> ClosingMove | None:
    """The regression on the matches that have a price before and at the close; None with fewer than `MIN_MATCHES`.

    Args:
        features: league and features of the matches.
        columns: the features to use; those that tell nothing are left out.
        prices: rows of `pre_match_prices` of the same matches.
        closing: probabilities `(n, 3)` at the close, NaN where unknown.
        seed: of the rows and features of each tree; None: no trees.

    Raises:
        ModelError: a column is absent, or the numbers of rows differ.
    """
    moved = log_odds(closing) - log_odds(_values(prices, PROBABILITIES))
    is_known = np.isfinite(moved).all(axis=1)
    if is_known.sum() < MIN_MATCHES:
        return None
    frame = _inputs(features, prices).filter(pl.Series(is_known))
    moves = np.clip(moved[is_known], -LARGEST_MOVE, LARGEST_MOVE)
    scaling = Scaling.from_frame(frame, informative(frame, (*columns, *_PRICE)))
    inputs = scaling.apply(frame)
    slopes, intercepts = fit_ridge(inputs, moves, PENALTY)
    (first, second), (home, draw) = slopes.tolist(), intercepts.tolist()
    move = ClosingMove(scaling, (tuple(first), tuple(second)), (home, draw), int(is_known.sum()))
    if seed is None:
        return move
    residuals, newest = (moves - inputs @ slopes.T - intercepts)[-MOST_MATCHES:], frame.tail(MOST_MATCHES)
    forests = tuple(fit_trees(newest, scaling.columns, of_one, ROUNDS, seed) for of_one in residuals.T)
    return msgspec.structs.replace(move, forests=forests)


def _inputs(features: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The features with the columns of the prices."""
    require(prices, (*PROBABILITIES, *SHARP_PROBABILITIES))
    if len(features) != len(prices):
        raise ModelError(f"Expected a price row for each of {len(features)} matches, found {len(prices)}.")
    average = log_odds(_values(prices, PROBABILITIES))
    book = log_odds(_values(prices, SHARP_PROBABILITIES)) - average
    columns = (average[:, 0], average[:, 1], np.abs(average[:, 0]), book[:, 0], book[:, 1])
    return features.with_columns(
        pl.Series(name, column).fill_nan(None) for name, column in zip(_PRICE, columns, strict=True)
    )


def _values(prices: pl.DataFrame, columns: Sequence[str]) -> Floats:
    return prices.select(pl.col(columns).cast(pl.Float64).fill_null(np.nan)).to_numpy()


def _probabilities(odds: Floats) -> Floats:
    """What `log_odds` is of; NaN where unknown."""
    is_known = np.isfinite(odds).all(axis=1)
    p = np.full((len(odds), 3), np.nan)
    p[is_known] = clip_probabilities(of_log_odds(odds[is_known]))
    return p
