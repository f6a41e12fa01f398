"""Ordered logit on the Elo difference, with home advantage and width of the draw by league.

With `x` the rating difference in hundreds of points and `u = slope * x`,

    P(home) = logistic(advantage + u - width),   P(away) = logistic(-advantage - u - width),

and a draw is the rest: `advantage` moves the scale towards the home team, `width` is half of the stretch of a
draw (McCullagh 1980; Hvattum and Arntzen 2010 for ratings and football). Leagues deviate from the common
advantage and log-width; a normal prior keeps the deviations small where a league has few matches.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from soccer_assets.errors import ModelError
from soccer_assets.models.design import (
    ELO_DIFF,
    Params,
    feature_matrix,
    league_codes,
    outcomes_of,
    recency_weights,
)
from soccer_assets.scoring import Floats, Ints

if TYPE_CHECKING:
    from optuna import Trial

POINTS = 100.0


class EloOrderedLogitEstimator(
    msgspec.Struct, frozen=True, tag="elo_ordered_logit", forbid_unknown_fields=True
):
    """Fitted coefficients; an unknown league does not deviate, an unknown rating counts as an even match."""

    slope: float
    advantage: float
    log_width: float
    leagues: tuple[str, ...]
    advantage_by_league: tuple[float, ...]
    log_width_by_league: tuple[float, ...]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probabilities `(n, 3)` from `elo_diff` and `league`."""
        x = np.nan_to_num(feature_matrix(frame, (ELO_DIFF,))[:, 0]) / POINTS
        league = league_codes(frame, self.leagues)
        advantage = self.advantage + np.array([*self.advantage_by_league, 0.0])[league]
        width = np.exp(self.log_width + np.array([*self.log_width_by_league, 0.0])[league])
        u = self.slope * x + advantage
        return _probabilities(u, width)

    def encode(self) -> str:
        """Text that `families.decode` reads."""
        return msgspec.json.encode(self).decode()


class EloOrderedLogit:
    """An ordered logit on one number, the difference of the ratings."""

    name = "elo_ordered_logit"
    complexity = 1
    max_trials = 12
    defaults: ClassVar[Params] = {"half_life_days": 1500.0, "league_spread": 0.04}

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """`half_life_days` of the weights and `league_spread`, the prior standard deviation of a league."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 365.0, 7300.0, log=True),
            "league_spread": trial.suggest_float("league_spread", 0.005, 0.3, log=True),
        }

    def fit(
        self,
        examples: pl.DataFrame,
        columns: Sequence[str],
        params: Params,
        seed: int,
        weights: ArrayLike | None = None,
    ) -> EloOrderedLogitEstimator:
        """Maximise the penalised likelihood; of the features only `elo_diff` is read."""
        from scipy.optimize import minimize

        y = outcomes_of(examples)
        elo = feature_matrix(examples, (ELO_DIFF,))[:, 0]
        rated = np.isfinite(elo)
        if not rated.any():
            raise ModelError(
                f"Expected {ELO_DIFF} of at least one match, found {len(elo)} nulls. Check the ratings."
            )
        w = recency_weights(examples, params["half_life_days"], weights) * rated
        leagues = sorted(examples["league"].unique().to_list())
        league = league_codes(examples, leagues)
        start = np.concatenate([[0.5, 0.3, -0.5], np.zeros(2 * len(leagues))])
        result = minimize(
            _objective,
            start,
            args=(np.nan_to_num(elo) / POINTS, y, league, w, 1 / params["league_spread"] ** 2),
            jac=True,
            method="L-BFGS-B",
            bounds=[
                (None, None),
                (None, None),
                (-4.0, 2.0),
                *[(-2.0, 2.0)] * (2 * len(leagues)),
            ],  # no overflow
            options={"maxiter": 500, "gtol": 1e-7, "ftol": 1e-13},
        )
        slope, advantage, log_width = result.x[:3].tolist()
        by_league = result.x[3:].reshape(2, len(leagues)).tolist()
        return EloOrderedLogitEstimator(
            slope, advantage, log_width, tuple(leagues), tuple(by_league[0]), tuple(by_league[1])
        )


def _logistic(z: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))  # does not overflow


def _probabilities(u: Floats, width: Floats) -> Floats:
    # the draw, 1 - home - away, is written as a product: nothing cancels where one team is a certain winner
    draw = -np.expm1(-2 * width) * _logistic(width - u) * _logistic(width + u)
    return np.stack([_logistic(u - width), draw, _logistic(-u - width)], axis=1)


def _objective(
    theta: Floats, x: Floats, y: Ints, league: Ints, w: Floats, precision: float
) -> tuple[float, Floats]:
    """Mean penalised negative log-likelihood and its gradient."""
    n, k = len(y), (len(theta) - 3) // 2
    deviations = theta[3:]
    width = np.exp(theta[2] + deviations[k:])[league]
    u = theta[0] * x + (theta[1] + deviations[:k])[league]
    p = _probabilities(u, width)
    home, away = p[:, 0], p[:, 2]
    loss = -np.log(np.maximum(p[np.arange(n), y], 1e-300)) @ w

    # derivatives of log p by u and by log width, for home, draw and away
    draw = home + away + 2 / np.expm1(2 * width)
    by_u = np.select([y == 0, y == 1], [1 - home, away - home], away - 1) * w
    by_width = np.select([y == 0, y == 1], [home - 1, draw], away - 1) * w * width
    gradient = np.concatenate(
        [
            [-(by_u @ x), -by_u.sum(), -by_width.sum()],
            precision * deviations - np.concatenate([np.bincount(league, g, k) for g in (by_u, by_width)]),
        ]
    )
    total = w.sum()
    return float((loss + precision / 2 * deviations @ deviations) / total), gradient / total
