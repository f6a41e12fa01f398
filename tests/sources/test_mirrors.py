"""The proof: every match of a whole mirror is read as it was published, to the last odds.

The mirror of the real site lies beside the repository; a synthetic world is served wherever that is.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.resources import build
from soccer_assets.settings import Settings
from soccer_assets.simulation.football_data import files
from soccer_assets.simulation.site import Site
from soccer_assets.simulation.world import make_world
from soccer_assets.sources.acquisition import Acquired

pytestmark = pytest.mark.enable_socket

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PUBLISHED = DATA / "raw" / "football-data"
MIRRORS = ["synthetic", *(["published"] if PUBLISHED.is_dir() else [])]
FIRST, LAST = dt.date(1993, 7, 1), dt.date(2024, 6, 30)
TODAY = dt.date(2024, 2, 29)
KEY = ("league", "match_date", "home", "away")

#: Lines of the real files that lose cells, and say so: prices under the columns beside their own, a card and a half.
LOST_CELLS = {(f"{PUBLISHED.as_uri()}/mmz4281/{path}.csv", line) for path, line in (("0304/P1", 181), ("0607/I1", 303))}


@dataclass(frozen=True)
class Mirror:
    """What was read, and the truth: league, season, match_date, home, away, then columns as published."""

    acquired: Acquired
    truth: pl.DataFrame
    matches: int
    matches_of_extra_leagues: int
    quotes: int


@pytest.fixture(params=MIRRORS, scope="module")
def mirror(request, tmp_path_factory) -> Mirror:
    folder = tmp_path_factory.mktemp(request.param)

    def read(base: str) -> Acquired:
        settings = Settings(http_pause_seconds=0.0, var=str(folder), source_urls={"football_data": base})
        return build(settings)["acquisitions"]["football_data_results"].acquire(FIRST, LAST)

    return _published(read) if request.param == "published" else _synthetic(read)


def _published(read: Callable[[str], Acquired]) -> Mirror:
    truth = pl.read_parquet(DATA / "tables" / "football_data_matches.parquet")
    return Mirror(
        read(PUBLISHED.as_uri()), truth.rename({"div": "league", "date": "match_date"}), 220_331, 32_809, 8_405_079
    )


def _synthetic(read: Callable[[str], Acquired]) -> Mirror:
    world = make_world(TODAY, seed=5, clubs=8)
    with Site(files(world, TODAY)) as site:
        acquired = read(site.url)
    played = world.matches.filter(pl.col("match_date") < TODAY)
    start = pl.col("season_start")
    truth = played.filter(pl.col("league") != "NOR").with_columns(
        season=pl.format("{}/{}", start, (start + 1).mod(100)), Time=pl.col("kick_off").dt.to_string("%H:%M")
    )
    unpublished = ("key", "country", "season_start", "kick_off", "Referee", "^p_.*$", "^.*_rate$", "^(early|late)_.*$")
    truth = truth.select(pl.exclude(unpublished))
    return Mirror(acquired, truth, 420, len(played) - len(truth), 70 * len(truth))


def as_published(rows: pl.DataFrame, column: str, dtype: pl.DataType) -> pl.Series:
    """A column of the records in the type of the truth's, which has no seconds, and 1 where the site printed 1.2."""
    cells = rows[column]
    if column == "Time":
        cells = cells.str.slice(0, 5)
    return cells.cast(pl.Float64, strict=False).cast(dtype) if dtype.is_integer() else cells.cast(dtype, strict=False)


def test_every_match_is_read_with_its_date_teams_score_and_odds(mirror):
    rows = mirror.acquired.rows.with_columns(
        home=pl.coalesce(name for name in ("HomeTeam", "HT") if name in mirror.acquired.rows.columns),
        away=pl.coalesce(name for name in ("AwayTeam", "AT") if name in mirror.acquired.rows.columns),
    )
    main = rows.filter(~pl.col("_address").str.contains("/new/"))
    main = main.rename({"_league": "league", "_season": "season"}).sort(KEY)
    truth = mirror.truth.sort(KEY)
    assert len(main) == len(truth) == mirror.matches
    assert len(rows) == len(truth) + mirror.matches_of_extra_leagues
    unread = mirror.acquired.unread
    lost = main.select("_address", "_line").map_rows(lambda row: row in LOST_CELLS).to_series()
    assert (0 if unread is None else len(unread)) == lost.sum()
    different = [
        name
        for name, dtype in truth.schema.items()
        if not (truth[name].eq_missing(as_published(main, name, dtype) if name not in KEY else main[name]) | lost).all()
    ]
    assert different == []
    odds = [name for name, dtype in truth.schema.items() if dtype.is_float()]
    assert truth.select(pl.sum_horizontal(pl.col(odds).is_not_null().sum())).item() == mirror.quotes


def test_no_line_is_lost_and_none_is_in_quarantine(mirror):
    acquired = mirror.acquired
    assert acquired.quarantined == 0
    assert acquired.lines == acquired.records == len(mirror.truth) + mirror.matches_of_extra_leagues
    assert len(acquired.rows) == acquired.records
