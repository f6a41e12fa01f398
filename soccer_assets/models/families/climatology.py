"""Climatology: how often each outcome happens in the league, the forecast every other family must beat."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.families.family import Estimator, Family, Range, Space
from soccer_assets.models.training_data import LEAGUE, Params, league_codes, outcomes_of, recency_weights
from soccer_assets.scoring import Floats


class ClimatologyEstimator(Estimator, frozen=True, tag="climatology"):
    """Frequencies of home, draw and away; a league never seen gets those of all leagues together."""

    leagues: tuple[str, ...]
    frequencies: tuple[tuple[float, float, float], ...]
    overall: tuple[float, float, float]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return the frequencies of each row's league, `(n, 3)`."""
        table = np.array([*self.frequencies, self.overall])  # code -1, an unknown league, reads the last row
        return np.asarray(table[league_codes(frame, self.leagues)])

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return what the league adds to the log-odds of all leagues together."""
        base = np.broadcast_to(log_odds(np.array([self.overall])), (len(frame), 2))
        return Contributions((LEAGUE,), base, (log_odds(self.predict(frame)) - base)[:, None])


class Climatology(Family):
    """Class frequencies per league, shrunk to those of all leagues, which count for `shrinkage` matches."""

    estimator = ClimatologyEstimator
    max_trials = 8
    space: ClassVar[Space] = {
        "half_life_days": Range(365.0, 7300.0, 1000.0, log=True),
        "shrinkage": Range(10.0, 2000.0, 500.0, log=True),
    }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> ClimatologyEstimator:
        """Count outcomes; `columns` and `seed` are not used."""
        y = outcomes_of(examples)
        w = recency_weights(examples, params["half_life_days"])
        leagues = sorted(examples["league"].unique().to_list())
        counts = np.zeros((len(leagues), 3))
        np.add.at(counts, (league_codes(examples, leagues), y), w)
        totals = counts.sum(axis=0) + 1.0  # one match more of each outcome: a frequency is never zero
        overall = totals / totals.sum()
        shrunk = counts + params["shrinkage"] * overall
        frequencies = shrunk / shrunk.sum(axis=1, keepdims=True)
        return ClimatologyEstimator(tuple(leagues), tuple(map(tuple, frequencies.tolist())), tuple(overall.tolist()))
