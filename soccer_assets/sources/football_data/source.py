"""football-data.co.uk: season archives, the files of extra leagues, and lists of fixtures."""

import datetime as dt
from dataclasses import replace
from urllib.parse import quote

import polars as pl
from polars._typing import PolarsDataType

from soccer_assets.leagues import LATEST_END, seasons_between
from soccer_assets.settings import path_of
from soccer_assets.sources.fetching.client import Request
from soccer_assets.sources.football_data.dates import kick_off_at, published_date
from soccer_assets.sources.football_data.files import KEPT_LISTS, accept_archive, accept_fixtures, parse
from soccer_assets.sources.football_data.text import KEY_COLUMNS
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES, FOOTBALL_DATA_RESULTS
from soccer_assets.sources.spec import Habit, Query, SourceSpec, TableSpec
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import UTC, Replacement

STATISTICS = {"shots": "HS AS", "shots_on_target": "HST AST", "corners": "HC AC", "fouls": "HF AF",
              "yellow_cards": "HY AY", "red_cards": "HR AR"}  # fmt: skip
#: Common name -> the published ones.
PUBLISHED = {
    "home": KEY_COLUMNS["home"],
    "away": KEY_COLUMNS["away"],
    "home_goals": ("FTHG", "HG"),
    "away_goals": ("FTAG", "AG"),
    "home_goals_half_time": ("HTHG",),
    "away_goals_half_time": ("HTAG",),
    "result": ("FTR", "Res"),
    "referee": ("Referee",),
    "date_text": ("Date",),
} | {
    f"{side}_{name}": (published,)
    for name, pair in STATISTICS.items()
    for side, published in zip(("home", "away"), pair.split(), strict=True)
}
FIXTURE_FILES = ("fixtures.csv", "new_league_fixtures.csv")
#: A season's archive is final this long after its last possible day.
FINAL_AFTER = dt.timedelta(days=120)


def archives(query: Query) -> list[Request]:
    """The files that may hold matches that were played on the dates of the query."""
    requests = []
    for league in query.leagues:
        if league.extra:
            requests.append(Request(f"{query.base}/new/{league.code}.csv"))
            continue
        for start in seasons_between(league, query.first, min(query.last, query.today)):
            code = f"{start % 100:02d}{(start + 1) % 100:02d}"
            final = query.today > dt.date(start + 1, *LATEST_END) + FINAL_AFTER
            requests.append(Request(f"{query.base}/mmz4281/{code}/{league.code}.csv", final))
    return requests


def fixture_files(query: Query) -> list[Request]:
    """The site's fixtures files; a file:// mirror may keep more of them in the folder `KEPT_LISTS`."""
    names = list(FIXTURE_FILES)
    if query.base.startswith("file://"):
        folder = path_of(query.base) / KEPT_LISTS
        names += [f"{KEPT_LISTS}/{quote(path.name)}" for path in sorted(folder.glob("*.csv"))]
    return [Request(f"{query.base}/{name}") for name in names]


def replace_moved_matches(records: pl.DataFrame, query: Query, stored: pl.LazyFrame) -> list[Replacement]:
    """The replacement of rows beyond the query's dates for matches that the archives have moved into or out of them.

    The old row of a match that moved into these dates is deleted; the record of one that left them is added. Other
    changes beyond them, such as a name, wait for a run of their dates.

    Args:
        records: all records of the archives read.
        query: the match dates that are written.
        stored: rows of `football_data_results`.
    """
    if records.is_empty():
        return []
    beyond, pair = ~pl.col(DATE).is_between(query.first, query.last), ["_address", "_season", "_home", "_away"]
    archived = stored.filter(pl.col("_address").is_in(records["_address"].unique().implode())).collect()
    before, after = _with_teams(archived), _with_teams(records)
    removed = before.join(after, on=[*pair, DATE], how="anti")
    added = after.join(before, on=[*pair, DATE], how="anti")
    stale = removed.filter(beyond).join(added.filter(~beyond), on=pair, how="semi")
    moved = added.filter(beyond).join(removed.filter(~beyond), on=pair, how="semi").drop("_home", "_away")
    key = list(FOOTBALL_DATA_RESULTS.key)
    keys = pl.concat([stale.select(key), moved.select(key)]).unique().sort(key).rows()
    rows = " OR ".join(f"(_payload_id = '{payload_id}' AND _line = {line})" for payload_id, line in keys)
    return [Replacement(FOOTBALL_DATA_RESULTS.conform(moved), rows)] if keys else []


def as_last_listed(records: pl.DataFrame, lists: pl.DataFrame, query: Query) -> pl.DataFrame:
    """One record per match of the leagues followed and date, the one listed last, with the first and last time it was.

    Args:
        records: records of fixtures files.
        lists: the files, as `TableSpec.as_listed` has them.
        query: names the leagues.
    """
    if records.is_empty():
        return FOOTBALL_DATA_FIXTURES.empty()
    first_at, last_at = (pl.col(name).shift(-1).over("asked", order_by="last_at") for name in ("fetched_at", "last_at"))
    times = lists.select(
        "is_newest",
        _address="address",
        _payload_id="payload_id",
        _first_at="fetched_at",
        _last_at="last_at",
        # of the next file; one that was there before comes back when it is seen again
        _unlisted_at=pl.when(first_at > pl.col("last_at")).then(first_at).otherwise(last_at),
    )
    match = ["_league", DATE, "_home", "_away"]
    return (
        _with_teams(records)
        .filter(pl.col("_league").is_in([league.code for league in query.leagues]))
        .join(times, on=["_address", "_payload_id"])
        .sort("_last_at", "_address", "_line")
        .with_columns(
            _first_seen_at=pl.col("_first_at").min().over(match), _last_seen_at="_last_at", _listed="is_newest"
        )
        .unique(match, keep="last", maintain_order=True)
        .drop("_first_at", "_last_at", "is_newest", "_home", "_away")
    )


def in_form(published: pl.LazyFrame) -> pl.LazyFrame:
    """The records under common names; only a fixture says whether it is `listed`, and until when."""
    names = published.collect_schema().names()

    def column(*choices: str, dtype: PolarsDataType = pl.String) -> pl.Expr:
        present = [pl.col(name) for name in choices if name in names]
        return pl.coalesce(present) if present else pl.lit(None, dtype)

    columns = {name: column(*choices) for name, choices in PUBLISHED.items()}
    return published.with_columns(
        **columns | {"result": columns["result"].str.to_uppercase()},
        kick_off_at=kick_off_at(published_date(column("Date")), column("Time")),
        season="_season",
        listed=column("_listed", dtype=pl.Boolean),
        unlisted_at=column("_unlisted_at", dtype=UTC),
        status=pl.lit("scheduled"),
        _record="_line",
        _seen_at=column("_last_seen_at", dtype=UTC),
    )


def _with_teams(records: pl.DataFrame) -> pl.DataFrame:
    """Add `_home` and `_away`, from whichever of their columns is published."""
    return records.with_columns(
        pl.coalesce(name for name in KEY_COLUMNS[side] if name in records.columns).alias(f"_{side}")
        for side in ("home", "away")
    )


SOURCE = SourceSpec(
    name="football_data",
    address="https://www.football-data.co.uk",
    tables=(
        TableSpec(
            FOOTBALL_DATA_RESULTS, archives, accept_archive, parse,
            kind="csv", judged_by_day=True, corrected_late=True, beyond=replace_moved_matches,
            in_form=in_form, dates_are_local=True,
        ),
        TableSpec(
            FOOTBALL_DATA_FIXTURES, fixture_files, accept_fixtures, parse,
            kind="csv", judged_by_day=True, as_listed=as_last_listed, in_form=in_form, dates_are_local=True,
            parsed_as=replace(
                FOOTBALL_DATA_RESULTS, name=FOOTBALL_DATA_FIXTURES.name, key=("_address", "_payload_id", "_line")
            ),
        ),
    ),
    habit=Habit(days_ahead=0),  # fixtures are published a day or two ahead
    trust=0,
    required=True,
)  # fmt: skip
