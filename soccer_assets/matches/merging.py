"""The records of the other sources are merged into the matches of football-data.co.uk, by these rules.

- A record belongs to the match of the same two clubs, at the same ground in the same season, whose date is nearest;
  a record of a meeting that no source before it has is a new match.
- Date and score are those of the first source in the order of trust that has them; gaps are filled by the next ones.
- A later status replaces an earlier one: a scheduled match may be in play or finished. A decision, awarded or void,
  replaces the result on the field. A postponement counts when it was seen after the fixture was.
- A match lies within its season, by the archive or else the calendar: a record outside is of the match of the same
  score, or is refused.
- Every difference is a conflict.
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
    bounds = season_bounds(base, records)
    links, conflicts, refused = [], [], [records.clear()]
    for source in OTHERS:
        rows = records.filter(pl.col("source") == source).sort("seen_at", "payload_id", "line")
        rows = _refuse_twice(rows)
        refused.append(rows.filter(pl.col("reason").is_not_null()))
        rows = rows.filter(pl.col("reason").is_null())
        newest = rows.unique([*PAIR, "match_date"], keep="last", maintain_order=True)
        refused.append(_outdated(rows, newest))
        rows = newest.with_row_index("_record")
        base = base.with_row_index("_row")
        candidates = _candidates(base, rows, bounds)
        pairs = _nearest(candidates)
        updated = _updated(base, rows.join(pairs, on="_record"))
        off = base.filter(pl.col("status").is_in(ON)).join(
            updated.filter(~pl.col("status").is_in(ON)), on="_row", how="semi"
        )
        if len(off):  # the record that calls a match off is about it, and the one of another date about its replay
            gone = off.select("_row").join(pairs, on="_row")
            candidates = candidates.join(gone, on="_row", how="anti", maintain_order="left")
            candidates = pl.concat([gone.select(candidates.columns), candidates])
            pairs = _nearest(candidates)
            updated = _updated(base, rows.join(pairs, on="_record"))
        paired = rows.join(pairs, on="_record").drop("_record")
        refused.append(_second_results(rows, candidates, pairs).select(records.columns))
        new = _with_reason(rows.join(candidates, on="_record", how="anti").drop("_record"), updated, bounds)
        refused.append(new.filter(pl.col("reason").is_not_null()).select(records.columns))
        new = new.filter(pl.col("reason").is_null())
        matches = base.select("_row", match_payload_id="payload_id", match_line="line")
        links.append(paired.join(matches, on="_row").select(LINK))
        links.append(new.with_columns(match_payload_id="payload_id", match_line="line").select(LINK))
        conflicts.append(_conflicts(base, paired))
        base = pl.concat([updated.drop("_row"), new.select(set(new.columns) & set(base.columns))], how="diagonal")
    return Merged(base, pl.concat(links), pl.concat(conflicts), pl.concat(refused))


def _nearest(candidates: pl.DataFrame) -> pl.DataFrame:
    """The match of each record; where two records of a source are about one, the nearer one counts."""
    return candidates.unique("_record", keep="first", maintain_order=True).unique("_row", keep="first")


def _refuse_twice(records: pl.DataFrame) -> pl.DataFrame:
    """The records of a source, with the reason where one answer gives a match of one date two scores."""
    day, scored = [*PAIR, "match_date", "payload_id"], pl.col("status").is_in(SCORED)
    score = pl.format("{}-{}", *GOALS)
    two = scored & (score.filter(scored).n_unique().over(day) > 1)
    reason = pl.format("expected one score of the match on this date, found {} beside another", score)
    return records.with_columns(reason=pl.when(two).then(reason))


def _outdated(records: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """The results for which an answer of the same source that was seen later has another score, with the reason."""
    scored, score = pl.col("status").is_in(SCORED), pl.format("{}-{}", *GOALS)
    day = [*PAIR, "match_date"]
    counts = newest.filter(scored).select(*day, _counts=score)
    outdated = records.filter(scored).join(counts, on=day, maintain_order="left").filter(score != pl.col("_counts"))
    reason = pl.format("expected {} as in a later answer of the source, found {}", "_counts", score)
    return outdated.with_columns(reason=reason).drop("_counts")


def _second_results(rows: pl.DataFrame, candidates: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The results that are about a match of which the same source has a nearer one, with the reason."""
    unpaired = rows.filter(pl.col("status").is_in(SCORED)).join(candidates, on="_record", how="semi")
    reason = pl.format("expected one result of the match, found a second one: {}-{} on {}", *GOALS, "match_date")
    return unpaired.join(pairs, on="_record", how="anti").with_columns(reason=reason)


def _with_reason(own: pl.DataFrame, base: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """The records that are about no match of `base`, with the reason where they can be no new match either."""
    rows = own.join(bounds, on=["league", "season"], how="left", maintain_order="left")
    outside = pl.col("status").is_in(ON) & ~pl.col("match_date").is_between("begins", "ends").fill_null(True)
    early = pl.col("status").is_in(SCORED) & (pl.col("match_date") < pl.col("first")).fill_null(False)
    bounded = "expected a date of season {}, from {} to {}, found {}"
    unbegun = "expected no result of season {} before its first one on {}, found one of {}"
    rows = rows.with_columns(
        reason=pl.when(outside)
        .then(pl.format(bounded, "season", "begins", "ends", "match_date"))
        .when(early)
        .then(pl.format(unbegun, "season", "first", "match_date"))
    )
    return refuse_repeated(rows, base).select(own.columns)


def refuse_repeated(rows: pl.DataFrame, base: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add the reason to a match that is on and cannot be, beside those of `base` and those before it.

    A club plays one match a day, and a pair meets once at a ground where the league has single meetings; of two the
    one with a result counts, then the one of the earlier date.

    Args:
        rows: matches with clubs, status, score and `reason`, null where there is none yet.
        base: matches that stand (default: none).
    """
    base = rows.clear() if base is None else base
    on = pl.col("status").is_in(ON)
    rows = _refuse_second_match(
        rows.sort(~pl.col("status").is_in(SCORED), "match_date", "payload_id", "line").with_row_index("_own"), base
    )
    single = on & pl.col("league").is_in(SINGLE_MEETINGS)
    score = pl.format("{} on {}", pl.format("{}-{}", *GOALS).fill_null("without a score"), "match_date")
    had = base.filter(single).group_by(PAIR).agg(had=score.sort_by("match_date").first())
    good = single & pl.col("reason").is_null()
    rows = rows.join(had, on=PAIR, how="left", maintain_order="left")
    meeting = pl.col("had").fill_null(score.filter(good).first().over(PAIR))
    again = good & (meeting != score)
    once = pl.format("expected one meeting of the season at this ground, {}, found another: {}", meeting, score)
    return rows.with_columns(reason=pl.when(again).then(once).otherwise("reason")).drop("_own", "had")


def _refuse_second_match(rows: pl.DataFrame, base: pl.DataFrame) -> pl.DataFrame:
    """Add the reason to a match whose club plays another one on its day: one of `base`, or of a row before it."""
    on = pl.col("status").is_in(ON)
    plays, sides, number = pl.col("reason").is_null() & on, ("home_id", "away_id"), pl.col("_own").cast(pl.Int64)
    parts = [base.filter(on).select("match_date", club=side, number=pl.lit(-1, pl.Int64)) for side in sides]
    parts += [rows.filter(plays).select("match_date", club=side, number=number) for side in sides]
    first = pl.concat(parts).group_by("match_date", "club").agg(first=pl.col("number").min())
    reason, why = pl.col("reason"), "expected one match of a club on a day, found another of {} on {}"
    for side in reversed(sides):  # the home club's reason counts
        of_club = first.rename({"club": side, "first": f"{side}_first"})
        rows = rows.join(of_club, on=["match_date", side], how="left", maintain_order="left")
        is_second = plays & (pl.col(f"{side}_first") < number).fill_null(False)
        reason = pl.when(is_second).then(pl.format(why, side.removesuffix("_id"), "match_date")).otherwise(reason)
    return rows.with_columns(reason=reason).drop(f"{side}_first" for side in sides)


def _candidates(base: pl.DataFrame, records: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """Rows of `base` that records may be about, the nearest first: `_record`, `_row`.

    A result that lies outside its season, or is the second one of a single meeting, is about the match with its score.
    """
    on = pl.col("status").is_in(ON)
    days = (pl.col("match_date") - pl.col("date")).dt.total_days().abs()
    scored = pl.col("status").is_in(SCORED)
    score = pl.when(scored).then(pl.format("{}-{}", *GOALS))
    matches = base.select(*PAIR, "_row", date="match_date", is_on=on, score=score)
    outside = ~pl.col("match_date").is_between("begins", "ends").fill_null(True)
    pairs = (
        records.select(*PAIR, "_record", "match_date", record_on=on, record_score=score)
        .join(bounds, on=["league", "season"], how="left")
        .with_columns(record_meetings=pl.col("record_on").sum().over(PAIR), outside=outside)
        .join(matches.with_columns(meetings=pl.col("is_on").sum().over(PAIR)), on=PAIR)
        .with_columns(days=days)
    )
    both_on = pl.col("record_on") & pl.col("is_on")
    only = (pl.col("meetings") == 1) & (pl.col("record_meetings") == 1) & (pl.col("days") <= MOVED_DAYS)
    same_meeting = both_on & ((pl.col("days") <= SAME_MEETING_DAYS) | only)
    anywhere = pl.col("outside") | pl.col("league").is_in(SINGLE_MEETINGS)
    same_score = anywhere & (pl.col("score") == pl.col("record_score")).fill_null(False)
    another = pl.col("outside") & (pl.col("score") != pl.col("record_score")).fill_null(False)
    same_day = ~both_on & (pl.col("days") <= 1)
    distance = pl.when("outside").then((pl.col("days") - YEAR_DAYS).abs()).otherwise("days")
    chosen = pairs.filter((same_meeting & ~another) | same_day | same_score)
    return chosen.sort(distance, "_row", "_record").select("_record", "_row")


def _updated(base: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`base` with status, score and missing cells from the record of each match."""
    names = ["status", "seen_at", "match_date", *FILLED]
    rows = base.join(records.select("_row", pl.col(names).name.suffix("_new")), on="_row", how="left")
    # a kick-off on another day is none of this match's
    same_day = (pl.col("match_date") == pl.col("match_date_new")).fill_null(False)
    rows = rows.with_columns(kick_off_at_new=pl.when(same_day).then("kick_off_at_new"))
    old, new = pl.col("status"), pl.col("status_new")
    later = (pl.col("seen_at_new") > pl.col("seen_at")).fill_null(False)
    replaces = (
        new.is_in(DECIDED)
        | (old.is_in(["scheduled", "in_play", "abandoned"]) & (new == "finished"))
        | ((old == "scheduled") & (new == "in_play"))
        | (old.is_in(["scheduled", "in_play"]) & new.is_in(["postponed", "abandoned"]) & later)
    )
    has_score = pl.all_horizontal(pl.col(name).is_not_null() for name in GOALS)
    scored = new.is_in(SCORED) & ~has_score
    return rows.with_columns(
        status=pl.when(replaces).then(new).otherwise(old),
        **{name: pl.when(scored).then(f"{name}_new").otherwise(name) for name in GOALS},
        **{name: pl.coalesce(name, f"{name}_new") for name in FILLED if name not in GOALS},
    ).select(base.columns)


def _conflicts(base: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """One row per field in which a record differs from the match as the sources before it have it."""
    claims = records.select(
        "_row", "source", "match_date", "kick_off_at", "status", *GOALS,
        value_payload_id="payload_id", value_line="line",
    )  # fmt: skip
    both = base.rename({"source": "kept_source"}).join(claims, on="_row", suffix="_other")

    def fields(suffix: str) -> dict[str, pl.Expr]:
        cells = {name: pl.col(name + suffix) for name in ("match_date", "kick_off_at", "status")}
        return cells | {"score": pl.format("{}-{}", *(goals + suffix for goals in GOALS))}

    kept, other = fields(""), fields("_other")
    minutes = (kept["kick_off_at"] - other["kick_off_at"]).dt.total_minutes().abs()
    is_scored, other_scored = kept["status"].is_in(SCORED), other["status"].is_in(SCORED)
    differs = {
        "match_date": kept["match_date"] != other["match_date"],
        "kick_off_at": minutes >= SAME_KICK_OFF_MINUTES,
        "score": is_scored & other_scored & (kept["score"] != other["score"]),
        "status": is_scored & ~other["status"].is_in([*SCORED, *ON]),
    }
    columns = ("match_date", "payload_id", "line", "kept_source", "source", "value_payload_id", "value_line")
    parts = [
        both.filter(differ.fill_null(False)).select(
            *columns, field=pl.lit(field), kept=kept[field].cast(pl.String), value=other[field].cast(pl.String)
        )
        for field, differ in differs.items()
    ]
    return pl.concat(parts).select("payload_id", "line", *(n for n in MATCH_CONFLICTS.schema if n != "match_id"))
