"""An immutable view of the lake in memory, keyed by the versions of its tables.

A snapshot is never changed: `Snapshot.renewed` makes the next one from it, reading only tables that changed and
rebuilding only the views that rest on them. A request takes the newest snapshot once and sees one state of every table.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from serving.api.responses import ETag
from serving.contracts import Drift, ModelInfo
from serving.snapshot.forecasts import ForecastView
from serving.snapshot.matches import MatchView
from serving.snapshot.reports import QualityView, champion, newest_drift, newest_is_refused
from serving.snapshot.tables import COLUMNS, TableVersion, read, table_version
from serving.snapshot.teams import TeamView
from soccer_assets.storage.lake import Lake

Tables = Mapping[str, pl.DataFrame]

#: Each view of a snapshot: what makes it, and the tables it is made of.
VIEWS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "matches": (MatchView, ("matches",)),
    "teams": (TeamView, ("teams",)),
    "forecasts": (ForecastView, ("predictions", "value_bets", "matches")),
    "quality": (QualityView, ("quality_report",)),
    "drift": (newest_drift, ("drift_report",)),
    "champion": (champion, ("selected_model", "promotions")),
    "newest_is_refused": (newest_is_refused, ("promotions",)),
}


@dataclass(frozen=True)
class Snapshot:
    """The lake at one moment."""

    versions: Mapping[str, TableVersion | None]
    tables: Tables
    matches: MatchView
    teams: TeamView
    forecasts: ForecastView
    quality: QualityView
    drift: Drift | None
    champion: ModelInfo | None
    newest_is_refused: bool

    @classmethod
    def empty(cls) -> "Snapshot":
        """The snapshot before the lake was read."""
        tables = {name: pl.DataFrame(schema=schema) for name, schema in COLUMNS.items()}
        return cls(dict.fromkeys(COLUMNS), tables, **{name: _view(name, tables) for name in VIEWS})

    @cached_property
    def etag(self) -> ETag:
        """The version of each table in order, and a digest that tells tables made anew from the old ones."""
        versions = ".".join("-" if found is None else str(found.version) for found in self.versions.values())
        ids = "".join("-" if found is None else found.id for found in self.versions.values())
        return ETag(f"{versions}-{hashlib.sha256(ids.encode()).hexdigest()[:8]}")

    def renewed(self, lake: Lake) -> "Snapshot":
        """The lake as it is now; this very snapshot when nothing changed."""
        # versions first: a table that changes while it is read is read again at the next look
        versions = {name: table_version(lake, name) for name in COLUMNS}
        changed = {name for name, version in versions.items() if version != self.versions[name]}
        if not changed:
            return self
        tables = {**self.tables, **{name: read(lake, name) for name in changed}}
        views = {
            name: getattr(self, name) if changed.isdisjoint(needed) else _view(name, tables)
            for name, (_, needed) in VIEWS.items()
        }
        return Snapshot(versions, tables, **views)


def _view(name: str, tables: Tables) -> Any:
    make, needed = VIEWS[name]
    return make(*(tables[table] for table in needed))
