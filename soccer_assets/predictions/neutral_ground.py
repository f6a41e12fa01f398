"""Forecasts of a match where neither club is at home.

No source of ours says which league matches were played on neutral ground, so nothing is learned of them: a forecast is
the mean, in log-odds, of what the model says with either club at home. What home advantage moves in one of them it
moves back in the other; clubs that change places mirror the forecast exactly.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from scipy.special import expit, logit

from soccer_assets.scoring import Floats

#: Column of the features that numbers the rows of `NeutralForecaster.swapped`.
ROW = "_row"
HOME, AWAY = "_home", "_away"


class Ground(Protocol):
    """What a forecaster says of matches from their features, a row each."""

    def predict(self, features: pl.DataFrame) -> Floats:
        """Home, draw and away, `(n, 3)`."""

    def goal_rates(self, features: pl.DataFrame) -> Floats:
        """Goals expected of the home and of the away club, `(n, 2)`."""

    def over(self, features: pl.DataFrame) -> Floats:
        """More than 2.5 goals, `(n,)`; NaN where the goals expected tell it."""

    def blend(self, model_p: Floats, prices: pl.DataFrame, features: pl.DataFrame) -> Floats:
        """Home, draw and away of the model and of prices in one, `(n, 3)`."""


def neutral_outcomes(p: Floats, swapped: Floats) -> Floats:
    """Return home, draw and away `(n, 3)` from the forecasts with either club at home.

    >>> neutral_outcomes(np.array([[0.5, 0.25, 0.25]]), np.array([[0.4, 0.3, 0.3]])).round(3)
    array([[0.387, 0.274, 0.339]])
    """
    both = np.sqrt(p * swapped[:, ::-1])
    result: Floats = both / both.sum(axis=1, keepdims=True)
    return result


def neutral_rates(rates: Floats, swapped: Floats) -> Floats:
    """Return the goals expected of either club `(n, 2)`: the geometric mean of those at home and away."""
    result: Floats = np.sqrt(rates * swapped[:, ::-1])
    return result


def neutral_over(p: Floats, swapped: Floats) -> Floats:
    """Return the probability of many goals `(n,)`; NaN where either is."""
    result: Floats = expit((logit(p) + logit(swapped)) / 2)
    return result


@dataclass(frozen=True)
class NeutralForecaster:
    """A forecaster on neutral ground.

    Args:
        forecaster: what forecasts with one club at home.
        swapped: the features of the matches with their clubs the other way round; the features that the methods get
            name their row of it in the column `ROW`.
    """

    forecaster: Ground
    swapped: pl.DataFrame

    def _other(self, features: pl.DataFrame) -> pl.DataFrame:
        return self.swapped[features[ROW].to_list()]

    def predict(self, features: pl.DataFrame) -> Floats:
        """Home, draw and away, `(n, 3)`."""
        return neutral_outcomes(self.forecaster.predict(features), self.forecaster.predict(self._other(features)))

    def blend(self, model_p: Floats, prices: pl.DataFrame, features: pl.DataFrame) -> Floats:
        """The same with prices of the neutral match, from what `predict` gave."""
        other = prices.rename(_other_side).select(prices.columns)
        return neutral_outcomes(
            self.forecaster.blend(model_p, prices, features),
            self.forecaster.blend(model_p[:, ::-1], other, self._other(features)),
        )

    def goal_rates(self, features: pl.DataFrame) -> Floats:
        """Goals expected of either club, `(n, 2)`."""
        return neutral_rates(self.forecaster.goal_rates(features), self.forecaster.goal_rates(self._other(features)))

    def over(self, features: pl.DataFrame) -> Floats:
        """More than 2.5 goals, `(n,)`."""
        return neutral_over(self.forecaster.over(features), self.forecaster.over(self._other(features)))


def _other_side(column: str) -> str:
    """The name of a side's column for the other side; other columns keep theirs."""
    for side, other in ((HOME, AWAY), (AWAY, HOME)):
        if column.endswith(side):
            return column.removesuffix(side) + other
    return column
