"""Matches as every source publishes them, in one form.

Sources differ in what they know, not in what a match is: each record is brought to the columns of `FORM`, null where
its source is silent; `season` is the one it states. Records of competitions the platform does not follow, and of
women's, reserve and youth sides, stay in the tables of their sources.
"""

import html
import unicodedata
from collections.abc import Mapping

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import FOOTBALL_DATA, STATISTICS, STATUSES
from soccer_assets.sources import side_kinds
from soccer_assets.sources.catalog import TRUSTED
from soccer_assets.sources.football_data.dates import stated_season
from soccer_assets.sources.spec import TableSpec
from soccer_assets.storage.tables import UTC

#: Leagues of which a season may be of one year; elsewhere such a label could be either of two.
MAY_BE_OF_ONE_YEAR = [code for code, league in LEAGUES.items() if league.extra]
#: The sources that are merged into the matches of the first one, in the order of trust.
OTHERS = [source.name for source in TRUSTED[1:]]
GOALS = ("home_goals", "away_goals")
COUNTS = (*GOALS, *(f"{name}_half_time" for name in GOALS), *(f"{s}_{n}" for n in STATISTICS for s in ("home", "away")))
EXPECTED_GOALS = ("home_xg", "away_xg")
WORDS = ("referee", "venue")
TEXTS = ("season_id", "status", "home", "away", "listed", "unlisted_at", "result", "date_text", *WORDS)
MOST_GOALS = 40
MOST_COUNTED = 99
NO_SCORE = "none"
#: The sources' parsers reject figures beyond; a lake that an earlier version wrote holds some.
MOST_EXPECTED = 20

_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("source", "league", "season", "season_id"), pl.String),
    "match_date": pl.Date,
    "kick_off_at": UTC,
    **dict.fromkeys(("status", "home", "away"), pl.String),
    **dict.fromkeys(COUNTS, pl.Int16),
    **dict.fromkeys(EXPECTED_GOALS, pl.Float64),
    **dict.fromkeys(WORDS, pl.String),
    "seen_at": UTC,
    "payload_id": pl.String,
    "line": pl.Int64,
    # of football-data.co.uk alone: whether the newest list has the fixture, when a list first had it no longer, the
    # result as a letter, published texts
    "listed": pl.Boolean,
    "unlisted_at": UTC,
    **dict.fromkeys(("result", "score_text", "date_text"), pl.String),
    "reason": pl.String,
}
FORM = pl.Schema(_TYPES)


def in_one_form(published: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Records of every source in `FORM`, the most trusted first, those that cannot be used with their reason.

    Args:
        published: the records of each table that becomes matches, by its name.
    """
    rows = [
        _of_table(FOOTBALL_DATA if source is TRUSTED[0] else source.name, spec, published[spec.table.name])
        for source in TRUSTED
        for spec in source.tables
        if spec.table.name in published
    ]
    return _in_one_spelling(pl.concat([pl.DataFrame(schema=FORM), *rows]))


def _in_one_spelling(records: pl.DataFrame) -> pl.DataFrame:
    """The records with the commonest spelling of names of a source that differ in case, spaces and entities alone."""
    sides = ("home", "away")
    names = pl.concat([records.select("source", name=side) for side in sides]).drop_nulls()
    names = names.group_by("source", "name").len().sort("len", "name", descending=[True, False])
    plain = pl.Series([_plain(name) for name in names["name"]], dtype=pl.String)
    names = names.with_columns(_plain=plain).with_columns(
        spelling=pl.col("name").first().over("source", "_plain"), spellings=pl.len().over("source", "_plain")
    )
    others = names.filter(pl.col("spellings") > 1, pl.col("source") != FOOTBALL_DATA)
    if others.is_empty():
        return records
    for side in sides:
        spelled = others.select("source", pl.col("name").alias(side), _spelling="spelling")
        records = records.join(spelled, on=["source", side], how="left", maintain_order="left")
        records = records.with_columns(pl.coalesce("_spelling", side).alias(side)).drop("_spelling")
    return records


def _plain(name: str) -> str:
    """`Fulham&nbsp;FC` and `FULHAM  FC` are `fulham fc`."""
    return " ".join(unicodedata.normalize("NFKC", html.unescape(name)).casefold().split())


def _of_table(source: str, spec: TableSpec, published: pl.LazyFrame) -> pl.DataFrame:
    published = spec.in_form(published)
    types = published.collect_schema()

    def text(name: str) -> pl.Expr:
        return pl.col(name) if name in types else pl.lit(None, dtype=FORM.get(name, pl.String))

    def count(name: str) -> pl.Expr:
        number = text(name).cast(pl.String).cast(pl.Float64, strict=False)
        return pl.when(number == number.floor()).then(number).cast(pl.Int16, strict=False)

    def expected(name: str) -> pl.Expr:
        number = text(name).cast(pl.Float64, strict=False)
        return pl.when(number.is_between(0, MOST_EXPECTED)).then(number)

    kick_off = text("kick_off_at")
    if types.get("kick_off_at") == pl.String:
        kick_off = kick_off.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False)
        kick_off = kick_off.dt.replace_time_zone("UTC")
    season = stated_season(text("season"))
    is_label = pl.col("_league").is_in(MAY_BE_OF_ONE_YEAR) | season.str.contains("/")
    followed = pl.col("_league").is_not_null() & (text("sex").fill_null("men") == "men")
    records = published.filter(followed & (text("kind").fill_null("first") == "first")).select(
        source=pl.lit(source),
        league="_league",
        season=pl.when(is_label).then(season),
        match_date="match_date",
        kick_off_at=kick_off,
        **{name: text(name) for name in TEXTS},
        **{name: count(name) for name in COUNTS},
        **{name: expected(name) for name in EXPECTED_GOALS},
        score_text=pl.concat_str([text(name).cast(pl.String).fill_null(NO_SCORE) for name in GOALS], separator="-"),
        seen_at="_seen_at",
        payload_id="_payload_id",
        line="_record",
    )  # fmt: skip
    rows = records.collect()
    return _with_reason(rows if spec.dates_are_local else _dated(rows)).select(FORM.names())


def _dated(records: pl.DataFrame) -> pl.DataFrame:
    """The date of kick-off in the league's own zone."""
    parts = []
    for (code,), rows in records.group_by("league", maintain_order=True):
        league = LEAGUES[str(code)]
        local_date = pl.col("kick_off_at").dt.convert_time_zone(league.time_zone).dt.date()
        parts.append(rows.with_columns(match_date=pl.coalesce(local_date, "match_date")))
    return pl.concat(parts) if parts else records


def _with_reason(records: pl.DataFrame) -> pl.DataFrame:
    """Why a record cannot be used; null where it can. A finished match without a score is one of unknown status."""
    home, away = (pl.col(name) for name in GOALS)
    scored = home.is_not_null() & away.is_not_null()
    names = {*records["home"], *records["away"]} - {None}
    marked = [
        name
        for name in names
        if side_kinds.sex("", name) != "men" or side_kinds.kind("", name, of_first_teams=True) != "first"
    ]
    reason = (
        pl.when(pl.col("home").is_null() | pl.col("away").is_null())
        .then(pl.lit("expected two teams, found an empty name"))
        .when(pl.col("home") == pl.col("away"))
        .then(pl.lit("expected two teams, found one against itself"))
        .when(pl.col("home").is_in(marked) | pl.col("away").is_in(marked))
        .then(pl.format("expected first teams of men, found {} and {}", "home", "away"))
        .when(~pl.col("status").is_in(STATUSES))
        .then(pl.format("expected one of " + ", ".join(STATUSES) + ", found {}", pl.col("status").fill_null("none")))
        .when((pl.col("status") == "finished") & ~scored)
        .then(pl.lit("expected the goals of a finished match, found none"))
        .when((home > MOST_GOALS) | (away > MOST_GOALS))
        .then(pl.format("expected 0 to {} goals, found {}-{}", pl.lit(MOST_GOALS), *GOALS))
    )
    return records.with_columns(reason=reason)
