"""An immutable view of the lake in memory, keyed by the editions of its tables.

A snapshot is never changed: `Snapshot.renewed` makes the next one from it, reading only tables that changed
and rebuilding only the books that rest on them. Requests take the newest snapshot once and see one state of
every table.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from serving.api.responses import Tag
from serving.snapshot.forecasts import ForecastBook
from serving.snapshot.matches import MatchBook
from serving.snapshot.reports import ReportBook
from serving.snapshot.tables import COLUMNS, Edition, edition, read
from serving.snapshot.teams import TeamBook
from soccer_assets.storage.lake import Lake

Editions = Mapping[str, Edition | None]

_MATCHES = ("matches",)
_FORECASTS = ("predictions", "value_bets", "matches")
_REPORTS = ("quality_report", "drift_report", "selected_model", "promotions")


@dataclass(frozen=True)
class Snapshot:
    """The lake at one moment."""

    editions: Editions
    tables: Mapping[str, pl.DataFrame]
    matches: MatchBook
    forecasts: ForecastBook
    reports: ReportBook
    teams: TeamBook
    horizon_days: int

    @classmethod
    def empty(cls, horizon_days: int) -> "Snapshot":
        """What is known before the lake was read."""
        tables = {name: pl.DataFrame(schema=schema) for name, schema in COLUMNS.items()}
        return cls(
            dict.fromkeys(COLUMNS),
            tables,
            MatchBook(tables["matches"], horizon_days),
            ForecastBook(*(tables[name] for name in _FORECASTS)),
            ReportBook(*(tables[name] for name in _REPORTS)),
            TeamBook(tables["teams"]),
            horizon_days,
        )

    @cached_property
    def tag(self) -> Tag:
        """The version of each table in order, and a digest that tells tables made anew from the old ones."""
        found = list(self.editions.values())
        versions = ".".join("-" if state is None else str(state.version) for state in found)
        ids = "".join("-" if state is None else state.id for state in found)
        return Tag(f"{versions}-{hashlib.sha256(ids.encode()).hexdigest()[:8]}")

    def renewed(self, lake: Lake) -> "Snapshot":
        """The lake as it is now; this very snapshot when nothing changed."""
        # editions first: a table that changes while it is read is read again at the next look
        editions = {name: edition(lake, name) for name in COLUMNS}
        changed = {name for name, state in editions.items() if state != self.editions[name]}
        if not changed:
            return self
        tables = {**self.tables, **{name: read(lake, name) for name in changed}}

        def frames(names: tuple[str, ...]) -> list[pl.DataFrame]:
            return [tables[name] for name in names]

        return Snapshot(
            editions,
            tables,
            self.matches if changed.isdisjoint(_MATCHES) else MatchBook(tables["matches"], self.horizon_days),
            self.forecasts if changed.isdisjoint(_FORECASTS) else ForecastBook(*frames(_FORECASTS)),
            self.reports if changed.isdisjoint(_REPORTS) else ReportBook(*frames(_REPORTS)),
            self.teams if "teams" not in changed else TeamBook(tables["teams"]),
            self.horizon_days,
        )
