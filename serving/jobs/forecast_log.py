"""The forecasts on demand of champion and challenger, kept in a table so that they can be scored apart.

A forecast is noted when it is made and written with the worker's next look at the lake: what a killed worker had noted
since is lost.
"""

import datetime as dt
from collections.abc import Iterable
from threading import Lock

import polars as pl

from serving.jobs.contracts import Failure, OnDemandForecast
from soccer_assets.predictions.schema import ON_DEMAND_FORECASTS
from soccer_assets.settings import Clock
from soccer_assets.storage.lake import Lake

Row = tuple[object, ...]


class ForecastLog:
    """Notes each forecast of a model on what it knows once, whoever asks for it and how often."""

    def __init__(self, lake: Lake, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._as_of: dt.date | None = None
        self._keys: set[Row] = set()
        self._noted: list[Row] = []
        self._writing = Lock()

    def note(self, answers: Iterable[OnDemandForecast | Failure]) -> None:
        """Note the forecasts that champion and challenger made of matches with a club at home.

        A model that a client named is no part of the trial, and a neutral ground is mostly a question of what if.
        """
        for answer in answers:
            if isinstance(answer, Failure) or answer.variant == "named" or answer.ground == "neutral":
                continue
            if answer.as_of != self._as_of:
                self._as_of, self._keys = answer.as_of, set()
            key = (answer.date, answer.league, answer.home, answer.away, answer.variant, answer.model_version)
            if key not in self._keys:
                self._keys.add(key)
                p = answer.model
                self._noted.append((*key, answer.as_of, p.home, p.draw, p.away, self._clock.now()))

    def write(self) -> None:
        """Add what was noted to the table; what cannot be written now is written later.

        Raises:
            Exception: the lake cannot be written.
        """
        with self._writing:  # the last write, as the worker ends, waits for one that is under way
            noted, self._noted = self._noted, []
            if not noted:
                return
            try:
                rows = pl.DataFrame(noted, ON_DEMAND_FORECASTS.schema, orient="row")
                self._lake.append(ON_DEMAND_FORECASTS.name, rows)
            except Exception:
                self._noted[:0] = noted  # in one step: more may be noted meanwhile
                raise
