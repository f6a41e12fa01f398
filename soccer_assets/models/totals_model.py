"""The total: the probability of more than 2.5 goals, from what is known before a match and from its price then.

Two ridge regressions in log-odds. One, on every feature, learns the market's last price of earlier matches, which holds
a fraction of a result's noise. The other foresees how the price before the match moves to the close, from every
feature, the price itself, how far the ratings of both clubs are from it, and the 1X2: the blend's total.

On 2020/21 and 2021/22, each learned from the seasons before, the divergence from the closing total was 0.0019 for the
first (0.0037 with ratings that mix the level of goals with the gap between the clubs; trees 0.0022), and 0.0015 for the
second (the price before the match 0.0020; with Pinnacle's price too 0.0015).
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.residual_trees import fit_trees
from soccer_assets.models.ridge import fit_ridge
from soccer_assets.models.training_data import CLOSING_OVER, Scaling, feature_matrix, informative, require
from soccer_assets.models.trees import Forest
from soccer_assets.scoring import PROBABILITIES, Floats

#: With fewer priced matches, goal rates tell the total, and a price stays where it is.
MIN_MATCHES = 1000
#: Older prices say little of today's level of goals.
MOST_MATCHES = 40_000
PENALTY = 150.0
#: Trees find little of a move, and more of what the total of a match hangs on.
ROUNDS, MOVE_ROUNDS = 80, 30
#: Log-odds. A price that moved further is a misprint, or news that no feature foretells.
LARGEST_MOVE = 0.4
RATING = "market_goals_log_odds"
_PRICE = ("total_price", "total_rating_gap", "total_result", "total_mismatch", "total_draw")


class Regression(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coefficients of log-odds, trees on what they leave over, and how many matches taught them."""

    scaling: Scaling
    slopes: tuple[float, ...]
    intercept: float
    forest: Forest
    matches: int

    def apply(self, frame: pl.DataFrame) -> Floats:
        """Return the log-odds `(n,)`."""
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        linear = np.einsum("nk,k->n", self.scaling.apply(frame), np.array(self.slopes)) + self.intercept
        return np.asarray(linear + self.forest.scores(feature_matrix(frame, self.scaling.columns))[:, 0])


class TotalsModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The regression without the price, and that of the price's move; without the latter a price stays where it is."""

    over: Regression
    move: Regression | None

    def predict(self, features: pl.DataFrame) -> Floats:
        """Return the probability of more than 2.5 goals `(n,)`; NaN in a league whose totals were never priced."""
        in_league = features["league"].is_in(list(self.over.scaling.leagues)).to_numpy()
        return np.where(in_league, _probability(self.over.apply(features)), np.nan)

    def predict_closing(self, features: pl.DataFrame, prices: pl.DataFrame) -> Floats:
        """Return the probability at the close `(n,)`, NaN where there is no price of the total now.

        Args:
            features: league and the features of the matches.
            prices: rows of `pre_match_prices` of the same matches.

        Raises:
            ModelError: a column is absent, or the numbers of rows differ.
        """
        before = _log_odds(prices)
        move = 0.0 if self.move is None else self.move.apply(_inputs(features, prices))
        return _probability(before + np.clip(move, -LARGEST_MOVE, LARGEST_MOVE))


def fit_totals(
    examples: pl.DataFrame, columns: Sequence[str], prices: pl.DataFrame, closing: pl.DataFrame, seed: int
) -> TotalsModel | None:
    """Return the regressions on the newest priced matches; None with fewer than `MIN_MATCHES`.

    Args:
        examples: matches with league, features and closing_over, the market's last total, sorted by date.
        columns: the features to use; those that tell nothing are left out.
        prices: rows of `pre_match_prices` of the same matches.
        closing: rows of `closing_prices` of the same matches.
        seed: of the rows and features of each tree.

    Raises:
        ModelError: a column is absent, or the numbers of rows differ.
    """
    label = _log_odds(examples, CLOSING_OVER)
    rows = np.flatnonzero(np.isfinite(label))[-MOST_MATCHES:]
    if len(rows) < MIN_MATCHES:
        return None
    over = _fitted(examples[rows], columns, label[rows], seed, ROUNDS)
    moved = np.clip(_log_odds(closing) - _log_odds(prices), -LARGEST_MOVE, LARGEST_MOVE)
    rows = np.flatnonzero(np.isfinite(moved))[-MOST_MATCHES:]
    if len(rows) < MIN_MATCHES:
        return TotalsModel(over, None)
    return TotalsModel(
        over, _fitted(_inputs(examples[rows], prices[rows]), (*columns, *_PRICE), moved[rows], seed, MOVE_ROUNDS)
    )


def _fitted(frame: pl.DataFrame, columns: Sequence[str], target: Floats, seed: int, rounds: int) -> Regression:
    scaling = Scaling.from_frame(frame, informative(frame, columns))
    inputs = scaling.apply(frame)
    (slopes,), (intercept,) = fit_ridge(inputs, target[:, None], PENALTY)
    forest = fit_trees(frame, scaling.columns, target - inputs @ slopes - intercept, rounds, seed)
    return Regression(scaling, tuple(slopes.tolist()), float(intercept), forest, len(frame))


def _inputs(features: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The features with the columns of the prices."""
    require(prices, PROBABILITIES)
    if len(features) != len(prices):
        raise ModelError(f"Expected a price row for each of {len(features)} matches, found {len(prices)}.")
    price, rating = _log_odds(prices), features[RATING].cast(pl.Float64).fill_null(np.nan).to_numpy()
    home, draw, away = np.log(prices.select(pl.col(PROBABILITIES).fill_null(np.nan)).to_numpy()).T
    values = (price, rating - price, home - away, np.abs(home - away), draw - (home + away) / 2)
    return features.with_columns(
        pl.Series(name, column).fill_nan(None) for name, column in zip(_PRICE, values, strict=True)
    )


def _log_odds(frame: pl.DataFrame, column: str = "p_over") -> Floats:
    require(frame, (column,))
    p = frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.asarray(np.log(p / (1.0 - p)))


def _probability(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))
