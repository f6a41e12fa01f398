"""Two plain tables linked: what `uv run soccer link` does, so that anyone can measure it on data of their own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from soccer_assets.errors import SoccerError, first_line
from soccer_assets.linking.candidates import NEEDED, SOFT
from soccer_assets.linking.link import ALIASES, link
from soccer_assets.storage.tables import MOST_EXAMPLES, UTC
from soccer_assets.storage.user_tables import dates, refuse, require_filled, table_of, texts

OPTIONAL: Final = tuple(SOFT)
KICK_OFF: Final = ("kick_off_at", "kick_off")


def link_files(events: Path, matches: Path, out: Path) -> dict[str, int]:
    """Link the events of one file to the matches of another and write a row per event; how many of each outcome.

    Both are .csv or .parquet with the columns date, home, away; where known competition, country, kick_off (a time of
    day or an instant), event_id or match_id (default: the number of the row, from 0), home_id and away_id of matches.

    Raises:
        SoccerError: a file is of another kind, lacks a column, or holds a date or time that cannot be read.
    """
    for file in (events, matches, out):
        if file.suffix not in (".csv", ".parquet"):
            raise SoccerError(f"expected a file that ends in .csv or .parquet, found {file.name}")
    table = link_tables(_read(events), _read(matches), str(events), str(matches))
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        table.write_csv(out)
    else:
        table.write_parquet(out)
    counts = dict(table["outcome"].value_counts().iter_rows())
    return {outcome: counts.get(outcome, 0) for outcome in ("linked", "review", "none")}


def link_tables(events: Any, matches: Any, events_name: str = "events", matches_name: str = "matches") -> pl.DataFrame:
    """Return the events with their outcome, and the match where they are linked; the columns are those of `link_files`.

    Raises:
        SoccerError: a table, by its name, lacks a column, or holds a date or time that cannot be read.
    """
    left, right = _in_types(events, "event_id", events_name), _in_types(matches, "match_id", matches_name)
    rows = link(left, right, ALIASES.to_frame())
    theirs = [name for name in (*NEEDED, *OPTIONAL) if name in right.columns]
    of_match = right.select("match_id", *(pl.col(name).alias(f"match_{name}") for name in theirs))
    joined = left.join(rows, on="event_id", maintain_order="left").join(
        of_match, on="match_id", how="left", maintain_order="left"
    )
    first = [*left.columns, *of_match.columns]
    return joined.select(*first, *(name for name in rows.columns if name not in first))


def _read(file: Path) -> pl.DataFrame:
    if not file.is_file():
        raise SoccerError(f"expected a table of events or matches, found no file {file}")
    try:
        return pl.read_csv(file, infer_schema=False) if file.suffix == ".csv" else pl.read_parquet(file)
    except pl.exceptions.PolarsError as error:
        raise SoccerError(f"{file}: expected a table of events or matches, found {first_line(error)}") from None


def _in_types(published: Any, id_name: str, table: str) -> pl.DataFrame:
    """Return the columns that are used, in their types."""
    rows = table_of(published, table, NEEDED)
    if id_name not in rows.columns:
        rows = rows.with_row_index(id_name).with_columns(pl.col(id_name).cast(pl.Int64))
    require_filled(table, rows, id_name)
    repeated = rows.filter(pl.col(id_name).is_duplicated())[id_name].unique(maintain_order=True)
    if len(repeated):
        raise SoccerError(
            f"{table}: expected every {id_name} once, found {len(repeated)} repeated, such as "
            f"{repeated.head(MOST_EXAMPLES).to_list()}; leave the column out to number the rows"
        )
    labels = [name for name in ("home", "away", "competition", "country", "league") if name in rows.columns]
    rows = rows.with_columns(dates(table, rows["date"]), *(texts(table, rows[name]) for name in labels))
    kick_off = next((name for name in KICK_OFF if name in rows.columns), None)
    if kick_off is not None:
        rows = rows.with_columns(_instants(table, rows["date"], rows[kick_off]))
    ids = [id_name]
    if id_name == "match_id":
        clubs = ["home_id", "away_id"]
        country = pl.col("country").fill_null("") if "country" in rows.columns else pl.lit("")
        by_name = [pl.format("{}|{}", country, name.removesuffix("_id")).alias(name) for name in clubs]
        if set(clubs) <= set(rows.columns):
            by_name = [pl.coalesce(texts(table, rows[name]), other) for name, other in zip(clubs, by_name, strict=True)]
        rows, ids = rows.with_columns(by_name), [id_name, *clubs]
    return rows.select(*ids, *NEEDED, *(name for name in OPTIONAL if name in rows.columns))


def _instants(table: str, days: pl.Series, times: pl.Series) -> pl.Series:
    """Kick-offs as instants; a time without a zone is taken as UTC, its true zone is found by the linker."""
    if times.dtype == pl.Time:
        return _at(days, times).dt.replace_time_zone("UTC").alias(KICK_OFF[0])
    if isinstance(times.dtype, pl.Datetime):
        zoned = times.dt.replace_time_zone("UTC") if times.dtype.time_zone is None else times
        return zoned.cast(UTC).alias(KICK_OFF[0])
    text = texts(table, times).str.strip_chars().replace("", None)
    of_day = text.str.to_time("%H:%M", strict=False)
    of_day = of_day.zip_with(of_day.is_not_null(), text.str.to_time("%H:%M:%S", strict=False))
    at = _at(days, of_day)
    zoned = text.str.to_datetime("%+", time_zone="UTC", strict=False).cast(UTC).dt.replace_time_zone(None)
    for other in (zoned, *(text.str.to_datetime(layout, strict=False) for layout in _LAYOUTS)):
        at = at.zip_with(at.is_not_null(), other.cast(pl.Datetime("us")))
    if at.null_count() > text.null_count():
        refuse(table, "kick-offs like 19:30 or 2024-05-01T18:30:00Z", text.filter(at.is_null() & text.is_not_null()))
    return at.dt.replace_time_zone("UTC").alias(KICK_OFF[0])


_LAYOUTS: Sequence[str] = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


def _at(days: pl.Series, times: pl.Series) -> pl.Series:
    both = pl.DataFrame({"date": days, "time": times})
    return both.select(pl.col("date").dt.combine(pl.col("time"))).to_series()
