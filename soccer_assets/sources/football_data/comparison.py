"""What a file of football-data.co.uk must share with the last good one to replace it: results, days, clubs, columns."""

import datetime as dt

import polars as pl

from soccer_assets.leagues import EXTRA_LEAGUES
from soccer_assets.sources.fetching.response_checks import refuse_shrunken
from soccer_assets.sources.football_data.checks import GOALS, MOST_EXAMPLES, File, as_number, refuse, too_many
from soccer_assets.sources.football_data.dates import published_date, published_time, swapped

LEAST_SHARE_OF_COLUMNS = 0.9
LEAST_SHARE_OF_TEAMS = 0.5
LEAST_SHARE_OF_TIMES = 0.9
#: Results of a season that a correction may take away or move together, in rows and as a share.
MOST_CORRECTED, MOST_LOST = 3, 0.05
#: A fixtures file lists matches from so long before its day, when it is a few days old, to so long after it.
COMING = (dt.timedelta(days=-7), dt.timedelta(days=120))
MATCH = ["_league", "_season", "_home", "_away"]
_EXTRA = [league.code for league in EXTRA_LEAGUES.values()]


def refuse_archive(new: File, old: File) -> None:
    """Raise ShapeError for an archive that cannot replace the last good one."""
    refuse_shrunken(new.address, new.rows, old.rows, "rows of the last good file")
    if new.rows and new.filled() < LEAST_SHARE_OF_COLUMNS * old.filled():
        gone = [name for name in old.records.columns if name not in new.records.columns]
        refuse(
            new,
            f"at least {LEAST_SHARE_OF_COLUMNS:.0%} of the {old.filled()} columns with values of the last good file",
            f"{new.filled()}; gone are {', '.join(gone[:20]) or 'their values'}",
        )
    if new.good.is_empty() or old.good.is_empty():
        return
    _refuse_swapped(new, old)
    _refuse_shifted(new, old)
    teams, before = _teams(new), _teams(old)
    if len(teams & before) < LEAST_SHARE_OF_TEAMS * min(len(teams), len(before)):
        refuse(
            new,
            f"the teams of the last good file, such as {sorted(before)[:MOST_EXAMPLES]}",
            f"{len(teams & before)} of them among {len(teams)}, such as {sorted(teams)[:MOST_EXAMPLES]}",
        )
    _refuse_without_times(new, old)
    _refuse_changed_scores(new, old)
    _refuse_lost_results(new, old)


def refuse_fixtures(new: File, old: File, today: dt.date | None) -> None:
    """Raise ShapeError for a fixtures file that cannot replace the last good one: other days, or none to come."""
    if old.good.is_empty():
        return
    if new.good.is_empty():
        to_come = old.good.filter(pl.col("match_date") > (today or dt.date.max))["Date"]
        if len(to_come):
            refuse(new, "the matches to come of the last good file", f"none of {len(to_come)}, such as on {to_come[0]}")
        return
    _refuse_swapped(new, old)
    if today is None:
        return
    first, last = (today + days for days in COMING)
    is_coming = pl.col("match_date").is_between(first, last)
    others = new.good.filter(~is_coming)["Date"]
    if 2 * len(others) > len(new.good) and not old.good.filter(is_coming).is_empty():
        refuse(
            new,
            f"matches from {first} to {last}, as in the last good file",
            f"{len(others)} others of {len(new.good)}, such as on {others.head(MOST_EXAMPLES).to_list()}",
        )


def _refuse_swapped(new: File, old: File) -> None:
    """A file in which matches moved to the day that has day and month the other way round."""
    days = _days(new, old)
    dates = days.filter(pl.col("match_date") != pl.col("before")).select("match_date", "before", "Date").rows()
    wrong = [text for date, before, text in dates if swapped(before) == date]
    if too_many(len(wrong), len(days)):
        refuse(
            new,
            "matches on the days of the last good file",
            f"{len(wrong)} of {len(days)} with day and month the other way round, such as on {wrong[:MOST_EXAMPLES]}",
        )


def _refuse_shifted(new: File, old: File) -> None:
    """A file in which many matches of a season moved by the same number of days, as published."""
    days = _days(new, old).with_columns(
        _days=(pl.col("published") - pl.col("published_before")).dt.total_days(), _rows=pl.len().over("_season")
    )
    shifts = days.filter(pl.col("_days") != 0).group_by("_season", "_days", "_rows", maintain_order=True)
    for season, shift, rows, moved, dates in shifts.agg(pl.len(), pl.col("Date").head(MOST_EXAMPLES)).rows():
        if moved > MOST_CORRECTED and too_many(moved, rows):
            refuse(
                new,
                "matches on the days of the last good file",
                f"{moved} of {rows} of season {season} moved by {shift:+d} days, such as to {dates}",
            )


def _refuse_without_times(new: File, old: File) -> None:
    """A file of an extra league without the times of the last good one, which say on which day a match is played."""
    before, now = (_times(file) for file in (old, new))
    shrunken = min(1, len(new.good) / len(old.good))  # rows that went have no times either
    if now < LEAST_SHARE_OF_TIMES * before * shrunken:
        refuse(new, f"at least {LEAST_SHARE_OF_TIMES:.0%} of the {before} times of the last good file", f"{now}")


def _refuse_changed_scores(new: File, old: File) -> None:
    """A file in which many matches of a season have another score than in the last good one."""
    now, then = (
        file.good.select(
            *MATCH, "match_date", **{side: as_number(file.column(*names)) for side, names in GOALS.items()}
        ).drop_nulls(list(GOALS))
        for file in (new, old)
    )
    match = [*MATCH, "match_date"]
    both = now.join(then, on=match, suffix=" before", nulls_equal=True, maintain_order="left").unique(
        match, keep="none", maintain_order=True
    )
    differs = pl.any_horizontal(pl.col(side) != pl.col(f"{side} before") for side in GOALS)
    examples = pl.format("{} {} - {}", "match_date", "_home", "_away").filter(differs).head(MOST_EXAMPLES)
    counts = both.group_by("_season", maintain_order=True).agg(rows=pl.len(), wrong=differs.sum(), such=examples)
    for season, rows, wrong, such in counts.rows():
        if wrong > MOST_CORRECTED and too_many(wrong, rows):
            refuse(
                new,
                f"the scores of season {season} of the last good file",
                f"{wrong} of {rows} changed, such as {such}",
            )


def _refuse_lost_results(new: File, old: File) -> None:
    """A file without results that the last good one has: an older one, or a part of it.

    A result is still there when its date is corrected, or the name of one of its clubs.
    """
    before, after = _meetings(old.good.filter(old.column(*GOALS["home goals"]).is_not_null())), _meetings(new.records)
    lost = before.join(after, on=[*MATCH, "_meeting"], how="anti", nulls_equal=True)
    for side in ("_home", "_away"):
        lost = lost.join(after, on=["_league", "_season", "match_date", side], how="anti", nulls_equal=True)
    rows = dict(before.group_by("_season").len().rows())
    examples = pl.format("{} {} - {}", "match_date", "_home", "_away").head(MOST_EXAMPLES)
    for season, missing, such in lost.group_by("_season", maintain_order=True).agg(pl.len(), examples).rows():
        if missing > MOST_CORRECTED and too_many(missing, rows[season], MOST_LOST):
            refuse(
                new,
                f"the {rows[season]} results of season {season} of the last good file",
                f"{missing} of them missing, such as {such}",
            )


def _days(new: File, old: File) -> pl.DataFrame:
    """The matches of both files that stand once in each, with their days in either."""
    published = published_date(pl.col("Date"))
    now = new.good.select(*MATCH, "match_date", "Date", published=published)
    then = old.good.select(*MATCH, before="match_date", published_before=published)
    return now.join(then, on=MATCH, maintain_order="left").unique(MATCH, keep="none", maintain_order=True)


def _meetings(records: pl.DataFrame) -> pl.DataFrame:
    """Matches, with which of those between both sides at the ground in the season each is."""
    return records.sort("match_date").select(*MATCH, "match_date", _meeting=pl.int_range(pl.len()).over(MATCH))


def _times(file: File) -> int:
    """How many matches of extra leagues have a time that can be read."""
    if "Time" not in file.good.columns:
        return 0
    return len(file.good.filter(pl.col("_league").is_in(_EXTRA), published_time(pl.col("Time")).is_not_null()))


def _teams(file: File) -> set[str]:
    return {*file.good["_home"], *file.good["_away"]}
