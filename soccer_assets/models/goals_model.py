"""The goals model: how many goals each side is expected to score, and how low scores depend on each other.

Two Poisson regressions with a log link and a ridge penalty, on features that were known before the match, with an
offset for each league (Maher 1982); the correlation `rho` of the scores 0-0, 1-0, 0-1 and 1-1 after Dixon and Coles
(1997). The strengths of the clubs are in the features, which go on with every match: the regression does not go stale.
"""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions, along_line
from soccer_assets.models.training_data import Scaling, informative, outcomes_of, recency_weights, require
from soccer_assets.optimise import minimise
from soccer_assets.score_matrices import dixon_coles, result_probabilities
from soccer_assets.scoring import Floats, Ints

LEAST, MOST = 0.1, 6.0  # expected goals of a side, whatever the features say
LARGEST_RHO = 0.15
#: Matrices of more matches would only take more memory.
MATCHES_AT_ONCE = 4000
HALF_LIFE_DAYS, PENALTY = 2500.0, 300.0


class GoalsModel(msgspec.Struct, frozen=True, tag="goals", forbid_unknown_fields=True):
    """Coefficients of the logarithm of each side's expected goals; a league never seen has no offset."""

    scaling: Scaling
    coefficients: tuple[tuple[float, ...], tuple[float, ...]]
    intercepts: tuple[float, float]
    rho: float

    def rates(self, frame: pl.DataFrame) -> Floats:
        """Return expected goals `(n, 2)` of home and away from the features and `league`."""
        inputs = self.scaling.apply(frame)
        # a plain sum, not a BLAS product: a forecast has the same bytes alone and among others
        return rates_of(np.einsum("nk,sk->ns", inputs, np.array(self.coefficients)) + np.array(self.intercepts))

    def contributions(self, frame: pl.DataFrame, probabilities: Callable[[Floats], Floats]) -> Contributions:
        """Return what each column adds to the log-odds of the outcomes that `probabilities` makes of the rates."""
        parts = np.einsum("nk,sk->nks", self.scaling.apply(frame), np.array(self.coefficients))

        def odds(logs: Floats) -> Floats:
            return log_odds(probabilities(rates_of(logs)))

        return along_line(self.scaling.names, odds, np.array(self.intercepts), parts)


def rates_of(logs: Floats) -> Floats:
    """Return expected goals of their logarithms, within the bounds that a side's have."""
    return np.asarray(np.exp(np.clip(logs, np.log(LEAST), np.log(MOST))))


def fit_goals(
    examples: pl.DataFrame,
    columns: Sequence[str],
    half_life_days: float = HALF_LIFE_DAYS,
    penalty: float = PENALTY,
) -> GoalsModel:
    """Return the model of highest penalised likelihood.

    Args:
        examples: finished matches with home_goals and away_goals.
        columns: feature columns.
        half_life_days: after how long a match counts half.
        penalty: L2 penalty of standardised coefficients and leagues, in units of the likelihood.

    Raises:
        ModelError: too few examples, a column is missing, or the goals of a match are unknown.
    """
    from threadpoolctl import threadpool_limits

    outcomes_of(examples)
    goals = goals_of(examples)
    w = recency_weights(examples, half_life_days)
    scaling = Scaling.from_frame(examples, informative(examples, columns))
    inputs = np.column_stack([scaling.apply(examples), np.ones(len(examples))])
    with threadpool_limits(limits=1, user_api="blas"):  # the last bits of a sum depend on the number of threads
        home, away = (_poisson(inputs, goals[:, side], w, penalty).tolist() for side in (0, 1))
    model = GoalsModel(scaling, (tuple(home[:-1]), tuple(away[:-1])), (home[-1], away[-1]), 0.0)
    return msgspec.structs.replace(model, rho=_rho(model.rates(examples), goals, w))


def goals_of(examples: pl.DataFrame) -> Ints:
    """Return goals `(n, 2)` of home and away.

    Raises:
        ModelError: the goals of a match are unknown or negative.
    """
    require(examples, ("home_goals", "away_goals"))
    has_goals = (pl.col("home_goals") >= 0) & (pl.col("away_goals") >= 0)
    unknown = examples.filter(~has_goals.fill_null(False))
    if len(unknown):
        raise ModelError(
            f"Expected the goals of every finished match, found {len(unknown)} of {len(examples)} without, such as "
            f"{unknown['match_id'].to_list()[:5]}. Materialize matches of these dates again."
        )
    return examples.select(pl.col("home_goals", "away_goals").cast(pl.Int64)).to_numpy()


def outcome_probabilities(rates: Floats, rho: float = 0.0) -> Floats:
    """Return probabilities `(n, 3)` of home, draw and away for expected goals `(n, 2)` with correlated low scores."""
    if not len(rates):
        return np.empty((0, 3))
    parts = (rates[first : first + MATCHES_AT_ONCE] for first in range(0, len(rates), MATCHES_AT_ONCE))
    return np.concatenate([result_probabilities(dixon_coles(part, np.full(len(part), rho))) for part in parts])


def _poisson(inputs: Floats, goals: Ints, w: Floats, penalty: float) -> Floats:
    """Return the coefficients of a Poisson regression; the last input is the intercept."""
    precision = np.full(inputs.shape[1], penalty)
    precision[-1] = 1e-6

    def objective(theta: Floats) -> tuple[float, Floats]:
        log_mean = np.minimum(inputs @ theta, 10.0)  # a step too far is seen as such, not as an overflow
        mean = np.exp(log_mean)
        return float(precision @ theta**2 / 2 - w @ (goals * log_mean - mean)), mean

    def direction(theta: Floats, mean: Floats) -> tuple[Floats, Floats]:
        gradient = precision * theta - inputs.T @ (w * (goals - mean))
        curvature = inputs.T @ (inputs * (w * mean)[:, None]) + np.diag(precision)
        return gradient, np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)

    start = np.zeros(inputs.shape[1])
    start[-1] = np.log(max(w @ goals / w.sum(), LEAST))
    return minimise(objective, direction, start)


def _rho(rates: Floats, goals: Ints, w: Floats) -> float:
    """Return the correlation of highest likelihood; its slope falls with rho, so it is found by halving."""
    (a, b), (home, away) = rates.T, goals.T
    low = (home <= 1) & (away <= 1)
    # a low score is `1 + slope * rho` times as likely as without correlation
    slope = np.select(
        [(home == 0) & (away == 0), (home == 0) & (away == 1), (home == 1) & (away == 0)], [-a * b, a, b], -1.0
    )[low]
    weight = w[low]
    below = -LARGEST_RHO
    above = min(LARGEST_RHO, 0.99 / float((a * b).max()))
    for _ in range(60):
        rho = (below + above) / 2
        if (weight * slope / np.maximum(1 + slope * rho, 1e-3)).sum() > 0:
            below = rho
        else:
            above = rho
    return (below + above) / 2
