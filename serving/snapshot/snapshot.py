"""The lake at one moment: a version of each table, and views made of them.

A request takes the newest snapshot once and sees one state of every table. Views are made on first use and kept; a
later snapshot takes over those whose tables did not change. The refresher makes the views of `WARM` before it puts a
snapshot to use, so that no request waits for them.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import RLock
from typing import Any

import polars as pl

from serving.contracts import Drift, FailedCheck, ModelInfo
from serving.snapshot.cards import cards
from serving.snapshot.cusum import model_cusum
from serving.snapshot.forecasts import ForecastView
from serving.snapshot.matches import MatchView
from serving.snapshot.reports import (
    QualityView,
    champion,
    failed_checks,
    forecast_drift,
    newest_drift,
    newest_is_refused,
)
from serving.snapshot.tables import TableVersion, scan, table_version
from serving.snapshot.teams import TeamView
from soccer_assets.matches.schema import MATCHES, TEAMS
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import (
    CHECK_RESULTS,
    DRIFT_REPORT,
    FORECAST_DRIFT,
    QUALITY_REPORT,
    SETTLED_PREDICTIONS,
)
from soccer_assets.predictions.schema import PREDICTIONS, VALUE_BETS
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

Marks = Mapping[str, tuple[str, int] | None]

#: Each view: what makes it, and of what: the scans of tables, and other views by their names.
VIEWS: dict[str, tuple[Callable[..., Any], tuple[Table | str, ...]]] = {
    "matches": (MatchView, (MATCHES,)),
    "teams": (TeamView, (TEAMS,)),
    "forecasts": (ForecastView, (PREDICTIONS, VALUE_BETS, MATCHES)),
    "cards": (cards, ("forecasts", VALUE_BETS, MATCHES, SETTLED_PREDICTIONS)),
    "quality": (QualityView, (QUALITY_REPORT,)),
    "drift": (newest_drift, (DRIFT_REPORT,)),
    "forecast_drift": (forecast_drift, (FORECAST_DRIFT,)),
    "champion": (champion, (SELECTED_MODEL, PROMOTIONS)),
    "newest_is_refused": (newest_is_refused, (PROMOTIONS,)),
    "failed_checks": (failed_checks, (CHECK_RESULTS,)),
    "model_cusum": (model_cusum, (SETTLED_PREDICTIONS,)),
}
WARM = tuple(VIEWS)


class Snapshot:
    """A state of the lake.

    Args:
        lake: the tables; None before any was read.
        versions: the state of each table by name.
        views: views of an earlier snapshot whose tables are as they were.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        versions: Mapping[str, TableVersion | None] | None = None,
        views: Mapping[str, Any] | None = None,
        marks: Marks | None = None,
    ) -> None:
        self._lake = lake
        self._marks = marks or {}
        self._views = dict(views or {})
        self._digests: dict[tuple[str, ...], str] = {}
        self._lock = RLock()
        self.versions = dict(versions or {})

    def scan(self, table: Table) -> pl.LazyFrame:
        """The rows of a table in this state."""
        if self._lake is None:
            return table.empty().lazy()
        return scan(self._lake, table, self.versions.get(table.name))

    def view(self, name: str) -> Any:
        """One of the `VIEWS`, made on first use."""
        with self._lock:
            if name not in self._views:
                make, parts = VIEWS[name]
                self._views[name] = make(*(self.view(p) if isinstance(p, str) else self.scan(p) for p in parts))
            return self._views[name]

    @property
    def matches(self) -> MatchView:
        """All matches, and the clubs in them."""
        return self.view("matches")  # type: ignore[no-any-return]

    @property
    def teams(self) -> TeamView:
        """The registry of clubs."""
        return self.view("teams")  # type: ignore[no-any-return]

    @property
    def forecasts(self) -> ForecastView:
        """A stored forecast per match."""
        return self.view("forecasts")  # type: ignore[no-any-return]

    @property
    def quality(self) -> QualityView:
        """The quality of the lines."""
        return self.view("quality")  # type: ignore[no-any-return]

    @property
    def drift(self) -> Drift | None:
        """The newest drift report."""
        return self.view("drift")  # type: ignore[no-any-return]

    @property
    def forecast_drift(self) -> dict[str, float]:
        """Of each line, the share of its forecasts' columns that drifted."""
        return self.view("forecast_drift")  # type: ignore[no-any-return]

    @property
    def champion(self) -> ModelInfo | None:
        """The model that forecasts."""
        return self.view("champion")  # type: ignore[no-any-return]

    @property
    def newest_is_refused(self) -> bool:
        """Whether the gate refused the newest model."""
        return self.view("newest_is_refused")  # type: ignore[no-any-return]

    @property
    def failed_checks(self) -> list[FailedCheck] | None:
        """The checks that failed when they were evaluated last; None where none was evaluated yet."""
        return self.view("failed_checks")  # type: ignore[no-any-return]

    @property
    def model_cusum(self) -> dict[str, float]:
        """Of each line, how far it has lost more to the closing price than it used to."""
        return self.view("model_cusum")  # type: ignore[no-any-return]

    def digest(self, tables: tuple[str, ...]) -> str:
        """Names the state of some tables: another one whenever one of them changes or is made anew."""
        digest = self._digests.get(tables)
        if digest is None:
            states = [(name, self.versions.get(name)) for name in tables]
            digest = self._digests[tables] = hashlib.sha256(repr(states).encode()).hexdigest()[:16]
        return digest

    def written(self) -> list[tuple[str, int | None, dt.datetime | None]]:
        """Each table with its version and when that was written."""
        times = {name: mark and dt.datetime.fromtimestamp(mark[1] / 1e9, dt.UTC) for name, mark in self._marks.items()}
        return [
            (name, None if state is None else state.version, times.get(name)) for name, state in self.versions.items()
        ]

    def renewed(self, lake: Lake, tables: Iterable[str]) -> "Snapshot":
        """The lake as it is now; this very snapshot when none of the tables changed."""
        # marks first: a table that changes while it is read is read again at the next look
        marks = {name: lake.newest_commit(name) for name in tables}
        if marks == self._marks:
            return self
        versions = {
            name: self.versions[name] if name in self.versions and marks[name] == self._marks.get(name)
            else table_version(lake, name, self.versions.get(name))
            for name in marks
        }  # fmt: skip
        kept = {
            name: view
            for name, view in list(self._views.items())
            if self._lake is not None and all(versions[t.name] == self.versions[t.name] for t in _tables(name))
        }
        renewed = Snapshot(lake, versions, kept, marks)
        for name in WARM:
            renewed.view(name)
        return renewed

    def at(self, instant: dt.datetime, tables: Iterable[str]) -> "Snapshot":
        """The tables as they were at an instant.

        Raises:
            HistoryExpiredError: a table is not kept so far back.
        """
        if self._lake is None:
            return self
        versions: dict[str, TableVersion | None] = {}
        for name in tables:
            version, now = self._lake.version_at(name, instant), self.versions.get(name)
            versions[name] = None if version is None or now is None else TableVersion(now.id, version)
        views = {
            name: view
            for name, view in list(self._views.items())
            if all(t.name in versions and versions[t.name] == self.versions[t.name] for t in _tables(name))
        }
        return Snapshot(self._lake, versions, views)


def _tables(view: str) -> Iterator[Table]:
    """The tables that a view is made of, by way of others too."""
    for part in VIEWS[view][1]:
        yield from _tables(part) if isinstance(part, str) else (part,)
