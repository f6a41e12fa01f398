"""What a family is: a search space, a fit, and an estimator that predicts and encodes itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import msgspec
import numpy as np
import polars as pl

from soccer_assets.models.conditional_logit import log_odds
from soccer_assets.models.contributions import Contributions
from soccer_assets.models.training_data import Params
from soccer_assets.scoring import Floats

if TYPE_CHECKING:
    from optuna import Trial


class Range(NamedTuple):
    """Bounds of a parameter, both inclusive, and the value of the first trial, which did well on real seasons.

    `log` draws it on a logarithmic scale; `whole` draws whole numbers.
    """

    low: float
    high: float
    default: float
    log: bool = False
    whole: bool = False


Space = Mapping[str, Range]


class Estimator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a family learned. A subclass declares its fields and its `tag`, which is the name of the family."""

    @abstractmethod
    def predict(self, frame: pl.DataFrame) -> Floats:
        """Return probabilities of home, draw and away `(n, 3)` from the features and `league` of n matches."""

    def contributions(self, frame: pl.DataFrame) -> Contributions:
        """Return what each column adds to the log-odds of `predict`; here the whole forecast is the estimator's own."""
        return Contributions((), log_odds(self.predict(frame)), np.zeros((len(frame), 0, 2)))

    def encode(self) -> str:
        """Return the JSON text that `estimators.decode` reads."""
        return msgspec.json.encode(self).decode()


class Family(ABC):
    """A kind of classifier. It holds no state: what is learned is in the estimator.

    A family is one module here and one line in `FAMILIES`. It declares `estimator`, `space`, `max_trials` (trials after
    which the space holds nothing new) and `fit`. `name` and `defaults` follow. These laws hold for each, and
    `tests/models/families/test_families.py` checks them for every entry of `FAMILIES`:

    - Probabilities are `(n, 3)`, inside (0, 1), and sum to 1; no match gives `(0, 3)`.
    - A forecast has the same bytes alone and in any batch: sums have a fixed order, without BLAS products.
    - The same examples, parameters and seed give the same bytes of `encode`; `decode` gives them back.
    - A decoded estimator predicts with numpy and polars alone, without the library that fitted it.
    - A league's own matches move its forecasts; a league never seen is forecast between those known.
    - The contributions of the columns and their base sum to the log-odds of the forecast, within 1e-9.
    - A match whose features are all unknown (null) has a forecast.
    - A column that is constant or null among the examples changes nothing.
    - A short half-life makes recent matches count more.
    - Fewer than `MIN_EXAMPLES` examples, an outcome that never occurs, or a missing column raise `ModelError`.
    """

    name: ClassVar[str]
    defaults: ClassVar[Params]
    estimator: ClassVar[type[Estimator]]
    space: ClassVar[Space]
    max_trials: ClassVar[int]

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "estimator"):
            cls.name = str(cls.estimator.__struct_config__.tag)
            cls.defaults = {name: bounds.default for name, bounds in cls.space.items()}

    def suggest(self, trial: "Trial") -> dict[str, float]:
        """Draw the parameters of a trial from `space`."""
        return {
            name: trial.suggest_int(name, int(low), int(high), log=log)
            if whole
            else trial.suggest_float(name, low, high, log=log)
            for name, (low, high, _, log, whole) in self.space.items()
        }

    @abstractmethod
    def fit(self, examples: pl.DataFrame, columns: Sequence[str], params: Params, seed: int) -> Estimator:
        """Learn from examples.

        Args:
            examples: rows of `training.examples`.
            columns: names of the features to use.
            params: a value for each key of `space`.
            seed: of everything that is drawn at random.

        Raises:
            ModelError: too few examples, an outcome that never occurs, or a column that is missing or unusable.
        """
