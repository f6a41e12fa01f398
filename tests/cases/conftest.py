"""Small inputs that once went wrong, through the real path: acquired, stored, parsed, resolved, linked, priced."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl
import pytest

from soccer_assets import resources
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches.records import in_one_form
from soccer_assets.matches.resolution import Matches, resolve
from soccer_assets.odds.links import odds_links
from soccer_assets.odds.prices import Prices, long_form
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.settings import Settings
from soccer_assets.sources.acquisition import Acquired
from soccer_assets.sources.catalog import SOURCES, TRUSTED
from soccer_assets.sources.spec import DAYS_AHEAD
from soccer_assets.storage.lake import Lake

INPUTS = Path(__file__).parent / "inputs"


@dataclass
class Mirror:
    """A mirror of the sources in a folder, and what the platform makes of it on a day for a range of match dates."""

    folder: Path
    first: dt.date
    last: dt.date
    leagues: str
    today: dt.date | None = Settings.read().today
    acquired: dict[str, Acquired] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        return Settings(
            var=str(self.folder / "var"),
            leagues=self.leagues,
            today=self.today,
            whoscored_days=10_000,
            source_urls={source.name: (self.folder / source.name).as_uri() for source in SOURCES},
        )

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake)

    def publish(self, source: str, path: str, content: Path | bytes | str) -> None:
        """Put a file, or a folder of them, where the source has it."""
        place = self.folder / source / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path) and content.is_dir():
            shutil.copytree(content, place, dirs_exist_ok=True)
        else:
            data = content.read_bytes() if isinstance(content, Path) else content
            place.write_bytes(data.encode() if isinstance(data, str) else data)

    def acquire(self, *tables: str) -> dict[str, Acquired]:
        """Ask the sources for the tables (default: all of them) and store their rows."""
        acquisitions = resources.build(self.settings)["acquisitions"]
        for table in tables or acquisitions:
            acquired = self.acquired[table] = acquisitions[table].acquire(self.first, self.last)
            if acquired.unread is not None:
                self.lake.replace(f"{table}_quarantine", acquired.unread, acquired.replaces)
            for moved in acquired.beyond(self.lake.scan(table)) if acquired.beyond and self.lake.exists(table) else ():
                self.lake.replace(table, moved.rows, moved.predicate)
            self.lake.replace_dates(table, acquired.rows, self.first, self.last)
        return self.acquired

    def night(self, today: dt.date, back: int = 7) -> "Mirror":
        """The mirror on a day, after the run of its night: so many days back, to the end of the known fixtures."""
        ahead = dt.timedelta(days=DAYS_AHEAD)
        world = Mirror(self.folder, max(self.first, today - dt.timedelta(back)), today + ahead, self.leagues, today)
        world.acquire()
        return world

    def table(self, name: str) -> pl.DataFrame:
        return self.lake.read(name) if self.lake.exists(name) else pl.DataFrame()

    def matches(self) -> Matches:
        """What the stored records of all sources come to."""
        tables = [spec.table.name for source in TRUSTED for spec in source.tables]
        return resolve(in_one_form({name: self.lake.scan(name) for name in tables if self.lake.exists(name)}))

    def prices(self, matches: Matches) -> Prices:
        """The prices of the archives."""
        return long_form(self.lake.scan("football_data_results"), matches.rows.lazy())

    def links(self, matches: Matches) -> pl.DataFrame:
        """The bookmaker's events, and the match each is."""
        return odds_links(self.table("fonbet_events"), matches.rows, ODDS_LINKS.empty(), LINK_DECISIONS.empty())


@pytest.fixture
def mirror(tmp_path: Path) -> Callable[..., Mirror]:
    """An empty mirror of every source for a range of match dates; leagues are division codes, comma-separated."""

    def make(first: str, last: str, leagues: str = "E0") -> Mirror:
        return Mirror(tmp_path, dt.date.fromisoformat(first), dt.date.fromisoformat(last), leagues)

    return make
