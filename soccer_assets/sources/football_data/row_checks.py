"""Rows that their neighbours in a file of football-data.co.uk contradict: by its order, or by its clubs."""

import polars as pl

from soccer_assets.sources.football_data.dates import published_date, swapped

FILE = ["_address", "_league"]
#: A file whose dates run on from row to row, but for a few matches that stand where they were planned.
MOST_OUT_OF_ORDER = 0.05


def is_swapped(records: pl.DataFrame) -> pl.Series:
    """Whether a date lies outside those of the rows around it, and within with day and month the other way round.

    Dates that cannot be swapped are the measure. Of 256,000 published rows none is so.
    """
    days = records.select(*FILE, day=published_date(pl.col("Date")))
    dates = days["day"].drop_nulls().unique()
    days = days.with_columns(other=days["day"].replace_strict(dates, [swapped(date) for date in dates.to_list()]))
    days = days.with_columns(sure=pl.when(pl.col("other") == pl.col("day")).then("day"))
    days = days.with_columns(
        first=pl.col("sure").forward_fill().over(FILE),
        last=pl.col("sure").backward_fill().over(FILE),
        is_earlier=pl.col("sure") < pl.col("sure").forward_fill().shift().over(FILE),
    )
    # in the same year: Serie B of 2000/01 lists its last day, 3 June, in the place of another
    is_among = {name: pl.col(name).is_between("first", "last") for name in ("day", "other")}
    is_in_order = pl.col("is_earlier").sum().over(FILE) <= MOST_OUT_OF_ORDER * pl.len().over(FILE)
    return days.select((~is_among["day"] & is_among["other"] & is_in_order).fill_null(False)).to_series()


def is_of_another_competition(records: pl.DataFrame) -> pl.Series:
    """Whether a row names another league than most of its season do, and none of its clubs is among theirs.

    A league that was renamed in mid-season keeps its clubs, and a play-off has one of them.
    """
    if "League" not in records.columns:
        return pl.Series([False]).new_from_index(0, len(records))
    season = [*FILE, "_season"]
    rows = records.select(*season, "_home", "_away", _name=pl.col("League").str.to_lowercase())
    names = rows.drop_nulls("_name").group_by(*season, "_name", maintain_order=True).len()
    main = names.sort("len", descending=True, maintain_order=True).unique(season, keep="first").drop("len")
    theirs = rows.join(main, on=[*season, "_name"], how="semi", nulls_equal=True)
    clubs = pl.concat([theirs.select(*season, club=side) for side in ("_home", "_away")]).unique()
    others = rows.with_row_index("_row").drop_nulls("_name")
    others = others.join(main, on=[*season, "_name"], how="anti", nulls_equal=True)
    for side in ("_home", "_away"):
        others = others.join(clubs.rename({"club": side}), on=[*season, side], how="anti", nulls_equal=True)
    return pl.int_range(len(records), dtype=pl.UInt32, eager=True).is_in(others["_row"].implode())
