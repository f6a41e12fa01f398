"""The matches of football-data.co.uk meet the records of the other sources; where they differ, a stated rule decides.

- A record belongs to the match of the same two clubs, at the same ground in the same season, whose date is nearest;
  a record of a meeting that no source before it knows makes a match of its own.
- Date and score are those of the first source in the order of trust that has them; gaps are filled by the next ones.
- A later stage of a match's life wins over an earlier one: what is scheduled may be in play or finished. A decision,
  awarded or void, wins over the field. A postponement counts when it was seen after the fixture was.
- A match lies within its season: what lies outside is about the match of the same score, or is refused.
- Every difference is kept as a conflict beside the match.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from soccer_assets.matches.records import COUNTS, EXPECTED_GOALS, GOALS, OTHERS, WORDS
from soccer_assets.matches.schema import MATCH_CONFLICTS, ON, PAIR, SCORED
from soccer_assets.matches.seasons import SINGLE_MEETINGS, season_bounds

#: Clubs that meet more than once at one ground in a season do so further apart than this.
SAME_MEETING_DAYS: Final = 45
#: The only meeting that either source has may have been moved so far; further apart it is one of the play-offs.
MOVED_DAYS: Final = 90
#: Kick-offs that differ by less are the same one, rounded.
SAME_KICK_OFF_MINUTES: Final = 30
#: A file that dates the summer of a season that ran late by its first year is so many days off.
YEAR_DAYS: Final = 366
DECIDED = ("awarded", "void")
LINK = ("source", "payload_id", "line", "match_payload_id", "match_line")
FILLED = ("kick_off_at", *COUNTS, *EXPECTED_GOALS, *WORDS)


@dataclass(frozen=True)
class Merged:
    """Matches, which record became which of them, and where sources differ."""

    rows: pl.DataFrame
    links: pl.DataFrame
    conflicts: pl.DataFrame
    refused: pl.DataFrame


def merge(base: pl.DataFrame, records: pl.DataFrame) -> Merged:
    """One row per match and date.

    Args:
        base: matches of football-data.co.uk with status, clubs, goals and `seen_at`, without ids of matches.
        records: rows in `records.FORM` with home_id and away_id.

    Returns:
        `rows` is `base` with gaps filled and matches added; `links` has source, payload_id, line of each record and
        payload_id, line of its match as `match_payload_id`, `match_line`; `conflicts` has the columns of the table,
        payload_id and line of the match in place of its id; `refused` are the records that can be no match.
    """
    bounds = season_bounds(base)
    links, conflicts, refused = [], [], [records.clear()]
    for source in OTHERS:
        mine = records.filter(pl.col("source") == source).sort("seen_at", "payload_id", "line")
        mine = mine.unique([*PAIR, "match_date"], keep="last", maintain_order=True).with_row_index("_record")
        base = base.with_row_index("_row")
        near = _near(base, mine, bounds)
        # where two records of a source are about one match, the nearer one counts
        met = near.unique("_record", keep="first", maintain_order=True).unique("_row", keep="first")
        told = mine.join(met, on="_record").drop("_record")
        own = _with_reason(mine.join(near, on="_record", how="anti").drop("_record"), base, bounds)
        refused.append(own.filter(pl.col("reason").is_not_null()).select(records.columns))
        own = own.filter(pl.col("reason").is_null())
        matches = base.select("_row", match_payload_id="payload_id", match_line="line")
        links.append(told.join(matches, on="_row").select(LINK))
        links.append(own.with_columns(match_payload_id="payload_id", match_line="line").select(LINK))
        conflicts.append(_conflicts(base, told))
        base = pl.concat(
            [_told(base, told).drop("_row"), own.select(set(own.columns) & set(base.columns))], how="diagonal"
        )
    return Merged(base, pl.concat(links), pl.concat(conflicts), pl.concat(refused))


def _with_reason(own: pl.DataFrame, base: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """The records that are about no match of `base`, with the reason where they can be none of their own.

    A match lies within its season, a pair meets once at a ground in a league of single meetings, and a club plays once
    a day.
    """
    on = pl.col("status").is_in(ON)
    single = on & pl.col("league").is_in(SINGLE_MEETINGS)
    score = pl.format("{} on {}", pl.format("{}-{}", *GOALS).fill_null("without a score"), "match_date")
    had = base.filter(single).group_by(PAIR).agg(had=score.sort_by("match_date").first())
    rows = (
        own.sort(~pl.col("status").is_in(SCORED), "match_date", "payload_id", "line")
        .with_row_index("_own")
        .join(bounds, on=["league", "season"], how="left", maintain_order="left")
        .join(had, on=PAIR, how="left", maintain_order="left")
    )
    outside = on & ~pl.col("match_date").is_between("begins", "ends").fill_null(True)
    meeting = pl.col("had").fill_null(score.filter(on).first().over(PAIR))
    again = single & (meeting != score)
    bounded = "expected a date of season {}, from {} to {}, found {}"
    once = "expected one meeting of the season at this ground, {}, found another: {}"
    rows = rows.with_columns(
        reason=pl.when(outside)
        .then(pl.format(bounded, "season", "begins", "ends", "match_date"))
        .when(again)
        .then(pl.format(once, meeting, score))
    )
    return _refuse_second_of_day(rows, base).select(*own.columns)


def _refuse_second_of_day(rows: pl.DataFrame, base: pl.DataFrame) -> pl.DataFrame:
    """Add the reason to a match whose club plays another one on its day."""
    on = pl.col("status").is_in(ON)
    sides = ("home_id", "away_id")
    plays = pl.col("reason").is_null() & on
    busy = pl.concat([base.filter(on).select("match_date", club=side, place=pl.lit(-1, pl.Int64)) for side in sides])
    mine = pl.concat(
        [rows.filter(plays).select("match_date", club=side, place=pl.col("_own").cast(pl.Int64)) for side in sides]
    )
    first = pl.concat([busy, mine]).group_by("match_date", "club").agg(first=pl.col("place").min())
    for side in sides:
        rows = rows.join(
            first.rename({"club": side, "first": f"{side}_first"}),
            on=["match_date", side],
            how="left",
            maintain_order="left",
        )
    place = pl.col("_own").cast(pl.Int64)
    second = {side: plays & (pl.col(f"{side}_first") < place).fill_null(False) for side in sides}
    why = "expected one match of a club on a day, found another of {} on {}"
    return rows.with_columns(
        reason=pl.when(second["home_id"])
        .then(pl.format(why, "home", "match_date"))
        .when(second["away_id"])
        .then(pl.format(why, "away", "match_date"))
        .otherwise("reason")
    )


def _near(base: pl.DataFrame, mine: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """Rows of `base` that records may be about, the nearest first: `_record`, `_row`.

    A result that lies outside its season, or is the second one of a single meeting, is about the match with its score.
    """
    on = pl.col("status").is_in(ON)
    days = (pl.col("match_date") - pl.col("date")).dt.total_days().abs()
    scored = pl.col("status").is_in(SCORED)
    score = pl.when(scored).then(pl.format("{}-{}", *GOALS))
    theirs = base.select(*PAIR, "_row", date="match_date", is_on=on, score=score)
    outside = ~pl.col("match_date").is_between("begins", "ends").fill_null(True)
    pairs = (
        mine.select(*PAIR, "_record", "match_date", mine_on=on, mine_score=score)
        .join(bounds, on=["league", "season"], how="left")
        .with_columns(mine_meetings=pl.col("mine_on").sum().over(PAIR), outside=outside)
        .join(theirs.with_columns(meetings=pl.col("is_on").sum().over(PAIR)), on=PAIR)
        .with_columns(days=days)
    )
    only = (pl.col("meetings") == 1) & (pl.col("mine_meetings") == 1) & (pl.col("days") <= MOVED_DAYS)
    same_meeting = pl.col("mine_on") & pl.col("is_on") & ((pl.col("days") <= SAME_MEETING_DAYS) | only)
    anywhere = pl.col("outside") | pl.col("league").is_in(SINGLE_MEETINGS)
    same_score = anywhere & (pl.col("score") == pl.col("mine_score")).fill_null(False)
    another = pl.col("outside") & (pl.col("score") != pl.col("mine_score")).fill_null(False)
    same_day = ~(pl.col("mine_on") & pl.col("is_on")) & (pl.col("days") <= 1)
    apart = pl.when("outside").then((pl.col("days") - YEAR_DAYS).abs()).otherwise("days")
    chosen = pairs.filter((same_meeting & ~another) | same_day | same_score)
    return chosen.sort(apart, "_row", "_record").select("_record", "_row")


def _told(base: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """`base` with what the records tell of it."""
    names = ["status", "seen_at", "match_date", *FILLED]
    rows = base.join(told.select("_row", pl.col(names).name.suffix("_told")), on="_row", how="left")
    # a kick-off on another day is none of this match's
    same_day = (pl.col("match_date") == pl.col("match_date_told")).fill_null(False)
    rows = rows.with_columns(kick_off_at_told=pl.when(same_day).then("kick_off_at_told"))
    now, then = pl.col("status"), pl.col("status_told")
    later = (pl.col("seen_at_told") > pl.col("seen_at")).fill_null(False)
    status = (
        pl.when(then.is_in(DECIDED))
        .then(then)
        .when(now.is_in(["scheduled", "in_play", "abandoned"]) & then.is_in(["finished"]))
        .then(then)
        .when((now == "scheduled") & (then == "in_play"))
        .then(then)
        .when(now.is_in(["scheduled", "in_play"]) & then.is_in(["postponed", "abandoned"]) & later)
        .then(then)
        .otherwise(now)
    )
    has_score = pl.all_horizontal(pl.col(name).is_not_null() for name in GOALS)
    settled = then.is_in(SCORED) & ~has_score
    return rows.with_columns(
        status=status,
        **{name: pl.when(settled).then(f"{name}_told").otherwise(name) for name in GOALS},
        **{name: pl.coalesce(name, f"{name}_told") for name in FILLED if name not in GOALS},
    ).select(base.columns)


def _conflicts(base: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """One row per field in which a record differs from the match as the sources before it have it."""
    other = told.select(
        "_row", "source", "match_date", "kick_off_at", "status", *GOALS, told_payload_id="payload_id", told_line="line"
    )
    both = base.rename({"source": "kept_source"}).join(other, on="_row", suffix="_told")
    score = pl.format("{}-{}", *GOALS)
    told_score = pl.format("{}-{}", *(f"{name}_told" for name in GOALS))
    minutes = (pl.col("kick_off_at") - pl.col("kick_off_at_told")).dt.total_minutes().abs()
    status, status_told = pl.col("status"), pl.col("status_told")
    date, date_told = pl.col("match_date"), pl.col("match_date_told")
    differs = {
        "match_date": (date != date_told, date, date_told),
        "kick_off_at": (minutes >= SAME_KICK_OFF_MINUTES, pl.col("kick_off_at"), pl.col("kick_off_at_told")),
        "score": (status.is_in(SCORED) & status_told.is_in(SCORED) & (score != told_score), score, told_score),
        "status": (status.is_in(SCORED) & ~status_told.is_in([*SCORED, *ON]), status, status_told),
    }
    parts = [
        both.filter(differ.fill_null(False)).select(
            "match_date",
            "payload_id",
            "line",
            "kept_source",
            "source",
            "told_payload_id",
            "told_line",
            field=pl.lit(field),
            kept=kept.cast(pl.String),
            told=said.cast(pl.String),
        )
        for field, (differ, kept, said) in differs.items()
    ]
    return pl.concat(parts).select("payload_id", "line", *(n for n in MATCH_CONFLICTS.schema if n != "match_id"))
