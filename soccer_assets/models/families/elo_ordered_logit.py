"""Ordered logit on the Elo difference, with home advantage and width of the draw by league.

With `x` the rating difference in hundreds of points and `u = slope * x`,

    P(home) = logistic(advantage + u - width),   P(away) = logistic(-advantage - u - width),

and a draw is the rest: `advantage` moves the scale towards the home team, `width` is half of the stretch of a
draw (McCullagh 1980; Hvattum and Arntzen 2010 for ratings and football). Leagues deviate from the common
advantage and log-width; a normal prior keeps the deviations small where a league has few matches.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions, along_line
from soccer_assets.models.families.family import Estimator, Family, Range, Space
from soccer_assets.models.training_data import (
    ELO_DIFF,
    LEAGUE,
    Params,
    feature_matrix,
    league_codes,
    outcomes_of,
    recency_weights,
)
from soccer_assets.optimise import minimise
from soccer_assets.scoring import Floats, Ints

POINTS = 100.0
FLAT = 1e-6  # precision of the common coefficients: equal ratings leave the slope undetermined, not the fit


class EloOrderedLogitEstimator(Estimator, frozen=True, tag="elo_ordered_logit"):
    """Fitted coefficients; an unknown league does not deviate, an unknown rating counts as an even match."""

    slope: float
    advantage: float
    log_width: float
    leagues: tuple[str, ...]
    advantage_by_league: tuple[float, ...]
    log_width_by_league: tuple[float, ...]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities `(n, 3)` from `elo_diff` and `league`."""
        rating, advantage, log_width = self._parts(frame)
        return _probabilities(rating + (self.advantage + advantage), np.exp(self.log_width + log_width))

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return what the difference of the ratings and the league add by way of the scale and the width."""
        rating, advantage, log_width = self._parts(frame)
        parts = np.stack([[rating, np.zeros_like(rating)], [advantage, log_width]]).transpose(2, 0, 1)

        def odds(sums: Floats) -> Floats:
            return log_odds(_probabilities(sums[:, 0], np.exp(sums[:, 1])))

        return along_line((ELO_DIFF, LEAGUE), odds, np.array([self.advantage, self.log_width]), parts)

    def _parts(self, frame: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
        """What the rating adds to the scale, and the league to the scale and to the logarithm of the width."""
        x = np.nan_to_num(feature_matrix(frame, (ELO_DIFF,))[:, 0]) / POINTS
        league = league_codes(frame, self.leagues)
        advantage, log_width = (
            np.array([*each, 0.0])[league] for each in (self.advantage_by_league, self.log_width_by_league)
        )
        return self.slope * x, advantage, log_width


class EloOrderedLogit(Family):
    """An ordered logit on the difference of the ratings; `league_spread` is a league's prior standard deviation."""

    estimator = EloOrderedLogitEstimator
    max_trials = 12
    space: ClassVar[Space] = {
        "half_life_days": Range(365.0, 7300.0, 1500.0, log=True),
        "league_spread": Range(0.005, 0.3, 0.04, log=True),
    }

    def fit(
        self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int
    ) -> EloOrderedLogitEstimator:
        """Maximise the penalised likelihood; of the features only `elo_diff` is read."""
        y = outcomes_of(examples)
        elo = feature_matrix(examples, (ELO_DIFF,))[:, 0]
        rated = np.isfinite(elo)
        if not rated.any():
            raise ModelError(f"Expected {ELO_DIFF} of at least one match, found {len(elo)} nulls. Check the ratings.")
        w = recency_weights(examples, params["half_life_days"]) * rated
        leagues = sorted(examples["league"].unique().to_list())
        precision = 1 / params["league_spread"] ** 2
        theta = _fisher_scoring(np.nan_to_num(elo) / POINTS, y, league_codes(examples, leagues), w, precision)
        slope, advantage, log_width = theta[:3].tolist()
        by_league = theta[3:].reshape(2, len(leagues)).tolist()
        return EloOrderedLogitEstimator(
            slope, advantage, log_width, tuple(leagues), tuple(by_league[0]), tuple(by_league[1])
        )


def _logistic(z: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))  # does not overflow


def _probabilities(u: Floats, width: Floats) -> Floats:
    # the draw, 1 - home - away, is written as a product: nothing cancels where one team is a certain winner
    draw = -np.expm1(-2 * width) * _logistic(width - u) * _logistic(width + u)
    return np.stack([_logistic(u - width), draw, _logistic(-u - width)], axis=1)


def _fisher_scoring(x: Floats, y: Ints, league: Ints, w: Floats, precision: float) -> Floats:
    """Return coefficients of highest penalised likelihood: the common three, then both deviations of each league."""
    leagues = int(league.max()) + 1
    each = np.arange(leagues)
    # what picks a league's slope, advantage and log width out of all coefficients
    own = np.zeros((leagues, 3, 3 + 2 * leagues))
    own[:, [0, 1, 2], [0, 1, 2]] = 1.0
    own[each, 1, 3 + each] = own[each, 2, 3 + leagues + each] = 1.0
    prior = np.concatenate([np.full(3, FLAT), np.full(2 * leagues, precision)])

    def objective(theta: Floats) -> tuple[float, tuple[Floats, Floats]]:
        slope, advantage, log_width = (own @ theta)[league].T
        width = np.exp(log_width)
        p = np.maximum(_probabilities(slope * x + advantage, width), 1e-300)
        happened = p[np.arange(len(y)), y]
        return float(prior @ theta**2 / 2 - w @ np.log(happened)), (p, width)

    def direction(theta: Floats, state: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        gradients, information = _score(x, y, league, w, *state)
        gradient = prior * theta - np.einsum("li,lip->p", gradients, own)
        curvature = np.einsum("lij,lip,ljq->pq", information, own, own) + np.diag(prior)
        return gradient, np.linalg.solve(curvature, gradient)

    return minimise(objective, direction, np.concatenate([[0.5, 0.3, -0.5], np.zeros(2 * leagues)]))


def _score(x: Floats, y: Ints, league: Ints, w: Floats, p: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Return gradient `(leagues, 3)` and expected information `(leagues, 3, 3)` of slope, advantage and log width."""
    home, away = p[:, 0] * (1 - p[:, 0]), p[:, 2] * (1 - p[:, 2])
    by_u = np.stack([home, away - home, -away], axis=1)
    by_log_width = np.stack([-home, home + away, -away], axis=1) * width[:, None]
    rows = np.arange(len(y))
    happened = w / p[rows, y]

    def sums(value: Floats) -> Floats:
        return np.asarray(np.bincount(league, value), dtype=np.float64)

    u, v = happened * by_u[rows, y], happened * by_log_width[rows, y]
    uu, uv, vv = (
        w * (one * other / p).sum(axis=1)
        for one, other in ((by_u, by_u), (by_u, by_log_width), (by_log_width, by_log_width))
    )
    upper = {(0, 0): uu * x * x, (0, 1): uu * x, (0, 2): uv * x, (1, 1): uu, (1, 2): uv, (2, 2): vv}
    information = np.empty((int(league.max()) + 1, 3, 3))
    for (row, column), value in upper.items():
        information[:, row, column] = information[:, column, row] = sums(value)
    return np.stack([sums(u * x), sums(u), sums(v)], axis=1), information
