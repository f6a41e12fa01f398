"""Rows of an extra league's file that are labelled with the season beside their own."""

import datetime as dt
from typing import Final

import polars as pl

#: Rows so far from all others of their label, and so near to one of another season beside them, are of the latter.
APART: Final = dt.timedelta(days=28)
#: A season has more rows than this share under its own label.
MOST_MISLABELLED: Final = 0.1
FILE: Final = ["_address", "_league"]
SEASON: Final = [*FILE, "_season"]
SIDES: Final = ["_home", "_away"]


def neighbouring_seasons(records: pl.DataFrame) -> pl.DataFrame:
    """The rows that are of the season before or after their label: `_row`, their number, and `other`, its label.

    A file labels the first week of a season with the last one, or the last week with the next one. Such rows are few,
    stand together, lie more than four weeks from the others of their label, and border on rows of the other season, in
    which their clubs play as well.

    Args:
        records: with `_address`, `_league`, `_season`, `match_date`, `_home` and `_away`.
    """
    rows = records.select(*SEASON, "match_date", *SIDES).with_row_index("_row")
    breaks = (pl.col("match_date").diff() > APART).fill_null(False).cum_sum().over(SEASON)
    dated = rows.drop_nulls().sort("match_date", "_row").with_columns(_group=breaks, _of=pl.len().over(SEASON))
    groups = dated.group_by(*SEASON, "_group").agg(
        before=pl.col("_row").min().cast(pl.Int64) - 1,
        after=pl.col("_row").max().cast(pl.Int64) + 1,
        first=pl.col("match_date").min(),
        last=pl.col("match_date").max(),
        rows=pl.len(),
        of=pl.col("_of").first(),
    )
    together = pl.col("after") - pl.col("before") - 1 == pl.col("rows")
    few = groups.filter(together, pl.col("rows") <= MOST_MISLABELLED * pl.col("of"))
    bordering = rows.select(*FILE, pl.col("_row").cast(pl.Int64), other="_season", day="match_date").drop_nulls()
    sides = {"before": pl.col("first") - pl.col("day"), "after": pl.col("day") - pl.col("last")}
    moved = [
        few.join(bordering.rename({"_row": side}), on=[*FILE, side])
        .filter(pl.col("other") != pl.col("_season"), gap.is_between(dt.timedelta(), APART))
        .select(*SEASON, "_group", "other")
        for side, gap in sides.items()
    ]
    once = pl.concat(moved).unique([*SEASON, "_group"], keep="none")
    labels = dated.join(once, on=[*SEASON, "_group"])
    clubs = pl.concat([rows.select(*FILE, other="_season", club=side) for side in SIDES]).unique()
    strange = [labels.join(clubs.rename({"club": side}), on=[*FILE, "other", side], how="anti") for side in SIDES]
    # Romania's play-off of July 2013 was lost by a club that was relegated by it
    return labels.join(pl.concat(strange), on=[*SEASON, "_group"], how="anti").select("_row", "other")
