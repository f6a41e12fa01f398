"""From records as published to matches: identity, status, score and statistics.

A match is identified by league, season, home, away and leg, never by its date. A fixture whose date the source gave
up, because the match is listed or was played on another one, is postponed on the old date and keeps its id. The records
of football-data.co.uk come first; those of the other sources are merged into them.
"""

import datetime as dt
from dataclasses import dataclass
from functools import partial

import polars as pl

from soccer_assets.club_ids import team_id
from soccer_assets.leagues import country_of_league
from soccer_assets.linking import decisions
from soccer_assets.linking.names import Scorer
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches import clubs
from soccer_assets.matches.contradictions import LISTED_TWICE, contradiction
from soccer_assets.matches.merging import merge, refuse_repeated
from soccer_assets.matches.records import COUNTS, FORM, GOALS, MOST_COUNTED
from soccer_assets.matches.respelled import with_one_id
from soccer_assets.matches.schema import FOOTBALL_DATA, MATCH_CONFLICTS, MATCH_LINKS, MATCHES, ON, PAIR
from soccer_assets.matches.seasons import SINGLE_MEETINGS, complete_seasons, seasons_by_archives
from soccer_assets.storage.tables import refused

#: A misprint in one of these does not cost the match.
DETAILS = [name for name in COUNTS if name not in GOALS]
#: What the quarantine shows of a record of football-data.co.uk, and of another.
OWN_SHOWN: list[str | pl.Expr] = [
    "league", pl.col("date_text").alias("Date"), "home", "away", *GOALS, "home_goals_half_time", "away_goals_half_time",
    pl.col("result").alias("_result"),
]  # fmt: skip
QUARANTINED = ["league", "home", "away", "kick_off_at", "status", *GOALS]
#: What a match is made of.
KEPT = [
    name
    for name in FORM
    if name not in ("season_id", "reason", "listed", "unlisted_at", "result", "score_text", "date_text")
]
#: A fixture without a result is given up when its league has results of dates this much later.
RESULT_DUE = dt.timedelta(days=7)
#: A result so near to the date of a fixture is of that fixture, also where clubs meet again and again.
MOVED_A_LITTLE = dt.timedelta(days=2)
#: A match that was brought forward was due at most this long after the day it was played.
BROUGHT_FORWARD = dt.timedelta(days=60)


_UNSCORED = pl.col("home_goals").is_null()


@dataclass(frozen=True)
class Matches:
    """Matches, which record of another source became which, where sources differ, and the records of no use."""

    rows: pl.DataFrame
    links: pl.DataFrame
    conflicts: pl.DataFrame
    quarantined: pl.DataFrame


def resolve(records: pl.DataFrame, ledger: pl.DataFrame | None = None) -> Matches:
    """Matches of the records given; whole seasons are needed to tell legs and moved matches.

    Args:
        records: rows in `records.FORM`.
        ledger: the decisions on names and links.
    """
    ledger = LINK_DECISIONS.empty() if ledger is None else ledger
    quarantined = []
    for name in DETAILS:
        absurd = (pl.col(name) < 0) | (pl.col(name) > MOST_COUNTED)
        why = pl.format("expected 0 to {} {}, found {}", pl.lit(MOST_COUNTED), pl.lit(name), name)
        quarantined.append(_refused(records.filter(absurd).with_columns(reason=why)))
        records = records.with_columns(pl.when(~absurd).then(pl.col(name)).alias(name))
    scored_early = pl.col("listed").is_not_null() & pl.any_horizontal(pl.col(name).is_not_null() for name in GOALS)
    why = pl.format("expected no goals in a list of fixtures, found {}", "score_text")
    quarantined.append(_refused(records.filter(scored_early).with_columns(reason=why)))
    records = records.with_columns(pl.when(~scored_early).then(pl.col(name)).alias(name) for name in COUNTS)
    is_own, played = pl.col("source") == FOOTBALL_DATA, pl.col("listed").is_null()
    own = records.filter(is_own).with_columns(_played=played)
    own = _with_ids_of_names(own).with_columns(pl.col("home_id", "away_id").replace(decisions.merged(ledger)))
    own = with_one_id(_with_seasons(own), Scorer.shipped())
    own = own.with_columns(reason=pl.coalesce("reason", contradiction(own)))
    quarantined.append(_refused(own))
    good = _with_newest_result(own.filter(pl.col("reason").is_null()))
    # a result comes after the fixture it settles, and a fixture after a line of the archive that waits for its result
    day, waits = [*PAIR, "match_date"], pl.col("match_date") > pl.col("_newest_result")
    good = good.sort(*day, pl.col("_played") & ~(_UNSCORED & waits.fill_null(False)), "seen_at", "line")
    base = refuse_repeated(_with_status(good.unique(day, keep="last", maintain_order=True)))
    quarantined.append(_refused(base))
    base = base.filter(pl.col("reason").is_null()).select(*KEPT, "home_id", "away_id")
    others, links, conflicts = records.filter(~is_own), MATCH_LINKS.empty(), MATCH_CONFLICTS.empty()
    if others.is_empty():
        rows = _with_ids(base)
    else:
        identified = clubs.identify(complete_seasons(others, base), base, ledger, Scorer.shipped())
        usable = identified.filter(pl.col("reason").is_null())
        merged = merge(base, usable)
        quarantined += [_refused(identified), _refused(merged.refused)]
        rows = _with_ids(_overdue(merged.rows))
        ids = rows.select("match_date", "match_id", match_payload_id="payload_id", match_line="line")
        linked = merged.links.join(ids, on=["match_payload_id", "match_line"])
        links = MATCH_LINKS.conform(usable.drop("match_date").join(linked, on=["source", "payload_id", "line"]))
        match_ids = ids.select("match_id", payload_id="match_payload_id", line="match_line")
        conflicts = MATCH_CONFLICTS.conform(merged.conflicts.join(match_ids, on=["payload_id", "line"]))
    return Matches(MATCHES.conform(rows), links, conflicts, pl.concat(quarantined))


def _refused(records: pl.DataFrame) -> pl.DataFrame:
    """The records that have a reason, in the form of the quarantine."""
    own = pl.col("source") == FOOTBALL_DATA
    bad = records.filter(pl.col("reason").is_not_null())
    return pl.concat(
        [
            refused(bad.filter(own), origin=pl.lit("football_data_results"), reason="reason", record=OWN_SHOWN),
            refused(bad.filter(~own), origin="source", reason="reason", record=QUARANTINED),
        ]
    )


def _with_ids_of_names(records: pl.DataFrame) -> pl.DataFrame:
    """Add `home_id` and `away_id` by the names."""
    country = country_of_league()
    names = pl.concat([records.select(country.alias("country"), name=side) for side in ("home", "away")])
    names = names.unique().drop_nulls()
    clubs = names.with_columns(id=pl.Series([team_id(*name) for name in names.rows()], dtype=pl.String))
    records = records.with_columns(country=country)
    for side in ("home", "away"):
        named = clubs.rename({"name": side, "id": f"{side}_id"})
        records = records.join(named, on=["country", side], how="left", maintain_order="left")
    return records


def _with_seasons(records: pl.DataFrame) -> pl.DataFrame:
    """The fixtures, whose files state no season, with that of the archives around them."""
    season = seasons_by_archives(records, records.filter("_played"))
    return records.with_columns(season=pl.when("_played").then("season").otherwise(season))


def _with_newest_result(records: pl.DataFrame) -> pl.DataFrame:
    """Add the newest date of a result of each league and season."""
    results = pl.col("match_date").filter("_played", ~_UNSCORED)
    return records.with_columns(_newest_result=results.max().over("league", "season"))


def _with_status(records: pl.DataFrame) -> pl.DataFrame:
    """The records of football-data.co.uk with the status that the archives and the lists of fixtures give them."""
    scored = pl.col("_played") & ~_UNSCORED
    due = (pl.col("_newest_result") - pl.col("match_date") > RESULT_DUE).fill_null(False)
    given_up = (pl.col("match_date") > pl.col("unlisted_at").dt.date()).fill_null(False)
    relisted = ~pl.col("listed").fill_null(True) & (pl.col("match_date").max().over(PAIR) > pl.col("match_date"))
    results = records.filter(scored).select(*PAIR, "match_date", _result="match_date").sort("match_date")
    nearest = records.join_asof(results, on="match_date", by=PAIR, strategy="nearest", check_sortedness=False)
    after = pl.col("match_date") - pl.col("_result")
    single = pl.col("league").is_in(SINGLE_MEETINGS) & (after <= LISTED_TWICE)
    settled = (single | after.abs().le(MOVED_A_LITTLE)).fill_null(False)
    return nearest.with_columns(
        status=pl.when(scored)
        .then(pl.lit("finished"))
        .when(pl.col("_played") & ~(pl.col("match_date") > pl.col("_newest_result")).fill_null(False))
        .then(pl.lit("abandoned"))
        .when(due | given_up | relisted | settled)
        .then(pl.lit("postponed"))
        .otherwise(pl.lit("scheduled"))
    )


def _overdue(rows: pl.DataFrame) -> pl.DataFrame:
    """A fixture of another source that got no result though its league went on is postponed as well."""
    newest_result = pl.col("match_date").filter(pl.col("status") == "finished").max().over("league", "season")
    due = (pl.col("source") != FOOTBALL_DATA) & (newest_result - pl.col("match_date") > RESULT_DUE)
    given_up = due.fill_null(False) & pl.col("status").is_in(["scheduled", "in_play"])
    return rows.with_columns(status=pl.when(given_up).then(pl.lit("postponed")).otherwise("status"))


def _with_ids(records: pl.DataFrame) -> pl.DataFrame:
    """Number the legs of those that are on; the others take the leg of the match they became."""
    live = pl.col("status").is_in(ON)
    leg = pl.col("match_date").cum_count().over(PAIR).cast(pl.Int16)
    on, off = (records.filter(rows).sort("match_date") for rows in (live, ~live))
    on = on.with_columns(leg=leg)
    join = partial(off.join_asof, on.select(*PAIR, "match_date", "leg"), on="match_date", by=PAIR)
    later = join(strategy="forward", check_sortedness=False)["leg"]
    earlier = join(strategy="backward", tolerance=BROUGHT_FORWARD, check_sortedness=False)["leg"]
    off = off.with_columns(leg=later.zip_with(later.is_not_null(), earlier).fill_null(1).cast(pl.Int16))
    slugs = [pl.col(side).str.split(".").list.last() for side in ("home_id", "away_id")]
    plain = pl.concat_str(pl.col("league"), pl.col("season").str.replace("/", ""), *slugs, separator=".")
    match_id = pl.when(pl.col("leg") == 1).then(plain).otherwise(pl.format("{}.{}", plain, "leg"))
    return pl.concat([on, off.select(on.columns)]).with_columns(match_id=match_id)
