"""Climatology: how often each outcome happens in the league, the forecast every other family must beat."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np
import polars as pl

from soccer_assets.models.training_data import Params, league_codes, outcomes_of, recency_weights
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial


class ClimatologyEstimator(msgspec.Struct, frozen=True, tag="climatology", forbid_unknown_fields=True):
    """Frequencies of home, draw and away; a league never seen gets those of all leagues together."""

    leagues: tuple[str, ...]
    frequencies: tuple[tuple[float, float, float], ...]
    overall: tuple[float, float, float]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """The frequencies of each row's league, `(n, 3)`."""
        table = np.array([*self.frequencies, self.overall])  # code -1, an unknown league, reads the last row
        return np.asarray(table[league_codes(frame, self.leagues)])

    def encode(self) -> str:
        """Text that `families.decode` reads."""
        return msgspec.json.encode(self).decode()


class Climatology:
    """Class frequencies per league, shrunk to those of all leagues."""

    name = "climatology"
    complexity = 0
    max_trials = 8
    defaults: ClassVar[Params] = {"half_life_days": 1000.0, "shrinkage": 500.0}

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """`half_life_days` of the decay; `shrinkage`, how many matches the overall frequencies count for."""
        return {
            "half_life_days": trial.suggest_float("half_life_days", 365.0, 7300.0, log=True),
            "shrinkage": trial.suggest_float("shrinkage", 10.0, 2000.0, log=True),
        }

    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> ClimatologyEstimator:
        """Count outcomes; `columns` and `seed` have nothing to act on."""
        y = outcomes_of(examples)
        w = recency_weights(examples, params["half_life_days"])
        leagues = sorted(examples["league"].unique().to_list())
        counts = np.zeros((len(leagues), 3))
        np.add.at(counts, (league_codes(examples, leagues), y), w)
        totals = counts.sum(axis=0) + 1.0  # one match more of each outcome: a frequency is never zero
        overall = totals / totals.sum()
        shrunk = counts + params["shrinkage"] * overall
        frequencies = shrunk / shrunk.sum(axis=1, keepdims=True)
        return msgspec.convert(
            {
                "type": self.name,
                "leagues": leagues,
                "frequencies": frequencies.tolist(),
                "overall": overall.tolist(),
            },
            ClimatologyEstimator,
        )
