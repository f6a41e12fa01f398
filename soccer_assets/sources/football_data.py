"""football-data.co.uk: season archives, extra leagues and fixtures, read by column name and never by position.

The site's column key is its notes.txt. Thirty years of files differ in encoding, date style, columns and tidiness;
whatever cannot be read goes to quarantine with its line and the reason.
"""

import codecs
import csv
import datetime as dt
import re
from collections.abc import Sequence
from urllib.parse import quote

import polars as pl

from soccer_assets.errors import ShapeError
from soccer_assets.file_urls import path_of
from soccer_assets.leagues import (
    EXTRA_BY_COUNTRY,
    LEAGUES,
    League,
    season_label,
    seasons_between,
)
from soccer_assets.sources.client import Answer, Request
from soccer_assets.sources.refusals import refuse_html
from soccer_assets.sources.schema import Parsed
from soccer_assets.tables import quarantine

#: Published names of the columns every record needs, in the order they are looked for.
KEY_COLUMNS = {
    "date": ("Date",),
    "home": ("HomeTeam", "Home", "HT"),
    "away": ("AwayTeam", "Away", "AT"),
}
FIXTURE_FILES = ("fixtures.csv", "new_league_fixtures.csv")
#: A season's archive is final this long after its last possible day.
FINAL_AFTER = dt.timedelta(days=120)
LEAST_SHARE_OF_ROWS = 0.5
LEAST_CELLS = 4  # league, date and two teams
SITE_ZONE = "Europe/London"  # the site writes dates and times as in the United Kingdom
_LINE_END = re.compile(r"\r\n|\n|\r")


def archives(base: str, leagues: Sequence[League], first: dt.date, last: dt.date, today: dt.date) -> list[Request]:
    """The files that may hold matches played from `first` to `last`, both inclusive."""
    requests = []
    for league in leagues:
        if league.extra:
            requests.append(Request(f"{base}/new/{league.code}.csv"))
            continue
        for start in seasons_between(league, first, min(last, today)):
            code = f"{start % 100:02d}{(start + 1) % 100:02d}"
            final = today > dt.date(start + 1, 8, 31) + FINAL_AFTER
            requests.append(Request(f"{base}/mmz4281/{code}/{league.code}.csv", final))
    return requests


def fixture_files(base: str) -> list[Request]:
    """The site's fixtures files; a file:// mirror may keep more of them in a folder `fixtures`."""
    names = list(FIXTURE_FILES)
    if base.startswith("file://"):
        folder = path_of(base) / "fixtures"
        names += [f"fixtures/{quote(path.name)}" for path in sorted(folder.glob("*.csv"))]
    return [Request(f"{base}/{name}") for name in names]


def accept_archive(address: str, body: bytes, before: bytes | None) -> None:
    """Raise ShapeError for anything that should not replace the last good file of a season."""
    rows = _rows_of_whole_file(address, body)
    rows_before = count_rows(before) if before is not None else 0
    if rows < LEAST_SHARE_OF_ROWS * rows_before:
        raise ShapeError(
            address,
            f"expected at least {LEAST_SHARE_OF_ROWS:.0%} of the {rows_before} rows of the last good file, "
            f"found {rows}",
        )


def accept_fixtures(address: str, body: bytes, before: bytes | None) -> None:
    """Raise ShapeError for anything but a whole CSV file with the key columns; any number of rows will do."""
    _rows_of_whole_file(address, body)


def count_rows(body: bytes) -> int:
    """Lines with content below the header."""
    return max(len(_lines(body)) - 1, 0)


def _rows_of_whole_file(address: str, body: bytes) -> int:
    refuse_html(address, body)
    lines = _lines(body)
    header = _header(lines[0]) if lines else []
    for role, names in KEY_COLUMNS.items():
        if not set(names) & set(header):
            raise ShapeError(address, f"expected a column for {role} ({' or '.join(names)}), found {header[:20]}")
    cells = min(len(header), len(_split(lines[-2]))) if len(lines) > 1 else 0
    if not body.endswith((b"\n", b"\r")) and len(_split(lines[-1])) < cells:
        raise ShapeError(address, f"expected a whole file, found line {len(lines)} cut short: {lines[-1][-60:]!r}")
    return len(lines) - 1


def parse(answers: Sequence[Answer]) -> Parsed:
    """Records with provenance; columns keep their published names and text, blank rows are dropped."""
    frames, bad = [], []
    for answer in answers:
        frame, problems = _read(answer)
        frames.append(frame)
        bad += problems
    table = quarantine("football_data")
    unread = pl.DataFrame(bad, schema=table.schema, orient="row")
    if not frames:
        return Parsed(pl.DataFrame(), unread)
    cells = pl.concat(frames, how="diagonal").with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    records = _dated(cells)
    reason = _reason(records)
    wrong = records.filter(reason.is_not_null())
    published = [name for name in records.columns if not name.startswith("_") and name != "match_date"]
    quarantined = wrong.select(
        origin="_address",
        payload_id="_payload_id",
        line="_line",
        match_date="match_date",
        reason=reason.drop_nulls(),
        record=pl.struct(published).struct.json_encode(),
    )
    good = records.filter(reason.is_null()).drop("_start", "_home", "_away")
    return Parsed(good, pl.concat([unread, quarantined]))


def _lines(body: bytes) -> list[str]:
    """Lines with content; a trailing run of commas counts as none."""
    return [line for line in _text_lines(body) if line.strip(", \t")]


def _text_lines(body: bytes) -> list[str]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.removeprefix(codecs.BOM_UTF8).decode("cp1252", errors="replace")
    return _LINE_END.split(text)


def _header(line: str) -> list[str]:
    return [name.strip() for name in _split(line)]


def _split(line: str) -> list[str]:
    """The cells of one line; a stray quotation mark is a character like any other."""
    return line.split(",") if line.count('"') % 2 else next(csv.reader([line]))


def _read(answer: Answer) -> tuple[pl.DataFrame, list[tuple[object, ...]]]:
    """One file's cells by published name, with provenance, and the lines too short to be a record."""
    numbered = [(n, line) for n, line in enumerate(_text_lines(answer.body), start=1) if line.strip(", \t")]
    header = _header(numbered[0][1])
    width = len(header)
    kept: list[tuple[int, str]] = []
    problems: list[tuple[object, ...]] = []
    for number, line in numbered[1:]:
        count = line.count(",") + 1
        if count >= LEAST_CELLS:
            kept.append((number, line))
        else:
            reason = f"expected {width} cells, found {count}"
            problems.append((answer.address, answer.payload_id, number, None, reason, line))
    cells = _cells([line for _, line in kept], width)
    # a column published twice keeps its first appearance
    named = {name: i for i, name in reversed(list(enumerate(header))) if name}
    frame = cells.select(cells.to_series(i).alias(name) for name, i in sorted(named.items(), key=lambda x: x[1]))
    last = max(i for i, name in enumerate(header) if name)
    gaps = not all(header[:last])
    extras = [_beyond(line, header) if gaps or line.rstrip(", \t").count(",") > last else None for _, line in kept]
    numbers = [number for number, _ in kept]
    league, start = _of_address(answer.address)
    return frame.with_columns(
        _league=_league_column(frame, league),
        _start=_start_column(frame, start),
        _home=pl.coalesce(*(n for n in KEY_COLUMNS["home"] if n in frame.columns)),
        _away=pl.coalesce(*(n for n in KEY_COLUMNS["away"] if n in frame.columns)),
        _address=pl.lit(answer.address),
        _payload_id=pl.lit(answer.payload_id),
        _line=pl.Series(numbers, dtype=pl.Int64),
        _extra=pl.Series(extras, dtype=pl.String),
    ), problems


def _cells(lines: Sequence[str], width: int) -> pl.DataFrame:
    """The cells of CSV lines as strings, null where empty; short lines are filled up, long ones cut."""
    schema = {str(i): pl.String for i in range(width)}
    text = "\n".join([",".join(schema), *lines])  # the reader takes the number of cells from the first line
    if '"' in text:  # a stray quotation mark would swallow the lines after it
        rows = [(_split(line) + [""] * width)[:width] for line in lines]
        return pl.DataFrame(rows, schema=schema, orient="row")
    return pl.read_csv(text.encode(), schema=schema, truncate_ragged_lines=True, quote_char=None)


def _beyond(line: str, header: Sequence[str]) -> str | None:
    """The cells under no name: past the end of the header or below an empty name."""
    return ",".join(c for i, c in enumerate(_split(line)) if c and (i >= len(header) or not header[i])) or None


def _of_address(address: str) -> tuple[str | None, int | None]:
    """Division code and first year of the season, where the address tells them."""
    archive = re.search(r"/mmz4281/(\d\d)\d\d/(\w+)\.csv$", address)
    if archive:
        year = int(archive[1])
        return archive[2], year + (1900 if year > 80 else 2000)
    extra = re.search(r"/new/(\w+)\.csv$", address)
    return (extra[1] if extra else None), None


def _league_column(frame: pl.DataFrame, league: str | None) -> pl.Expr:
    if league is not None:
        return pl.lit(league)
    if "Div" in frame.columns:
        return pl.col("Div")
    if "Country" not in frame.columns:
        return pl.lit(None, dtype=pl.String)
    codes = {country: extra.code for country, extra in EXTRA_BY_COUNTRY.items()}
    return pl.col("Country").replace_strict(codes, default=None, return_dtype=pl.String)


def _start_column(frame: pl.DataFrame, start: int | None) -> pl.Expr:
    if start is None and "Season" in frame.columns:
        return pl.col("Season").str.slice(0, 4).cast(pl.Int32, strict=False)
    return pl.lit(start, dtype=pl.Int32)


def _dated(records: pl.DataFrame) -> pl.DataFrame:
    """Add `match_date` (the league's own date) and `_season`."""
    time = pl.col("Time") if "Time" in records.columns else pl.lit(None, dtype=pl.String)
    records = records.with_columns(match_date=published_date(pl.col("Date"))).with_columns(
        _kick_off=kick_off_at(pl.col("match_date"), time)
    )
    zones = {code: league.time_zone for code, league in LEAGUES.items() if league.extra}
    local = pl.col("match_date")
    for code, zone in zones.items():
        here = pl.col("_kick_off").dt.convert_time_zone(zone).dt.date()
        local = pl.when((pl.col("_league") == code) & pl.col("_kick_off").is_not_null()).then(here).otherwise(local)
    records = records.with_columns(match_date=local).drop("_kick_off")
    calendar = [code for code, league in LEAGUES.items() if league.calendar_year]
    derived = (
        pl.when(pl.col("_league").is_in(calendar) | (pl.col("match_date").dt.month() >= 7))
        .then(pl.col("match_date").dt.year())
        .otherwise(pl.col("match_date").dt.year() - 1)
    )
    pairs = records.select("_league", _start=pl.coalesce("_start", derived)).unique().drop_nulls()
    labels = pairs.with_columns(
        _season=pl.Series(
            [season_label(LEAGUES[c], s) if c in LEAGUES else str(s) for c, s in pairs.rows()], dtype=pl.String
        )
    )
    return records.with_columns(_start=pl.coalesce("_start", derived)).join(
        labels, on=["_league", "_start"], how="left", maintain_order="left"
    )


def published_date(text: pl.Expr) -> pl.Expr:
    """The site's dd/mm/yy or dd/mm/yyyy; null where there is no such day."""
    short = text.str.contains(r"^\d{1,2}/\d{1,2}/\d\d$")  # %Y would read 24 as the year 24, %y 1930 as 2030
    return (
        pl.when(short)
        .then(text.str.to_date("%d/%m/%y", strict=False))
        .otherwise(text.str.to_date("%d/%m/%Y", strict=False))
    )


def kick_off_at(date: pl.Expr, time: pl.Expr) -> pl.Expr:
    """UTC kick-off from the site's date and `HH:MM` or `HH:MM:SS` time; null where no time was published."""
    stamp = date.cast(pl.String) + " " + time.str.slice(0, 5).str.zfill(5)
    naive = stamp.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us")
    return naive.dt.replace_time_zone(SITE_ZONE, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def _reason(records: pl.DataFrame) -> pl.Series:
    """Why a record cannot be used; null where it can."""
    known = list(LEAGUES)
    date, start = pl.col("match_date"), pl.col("_start")
    off = (date < pl.date(start, 1, 1)) | (date > pl.date(start + 1, 12, 31))
    return records.select(
        pl.when(pl.col("_league").is_null() | ~pl.col("_league").is_in(known))
        .then(pl.format("expected a known division code, found {}", pl.col("_league").fill_null("none")))
        .when(pl.col("_home").is_null() | pl.col("_away").is_null())
        .then(pl.lit("expected two teams, found an empty name"))
        .when(pl.col("_home") == pl.col("_away"))
        .then(pl.lit("expected two teams, found one against itself"))
        .when(date.is_null())
        .then(pl.format("expected a date dd/mm/yy or dd/mm/yyyy, found {}", pl.col("Date").fill_null("none")))
        .when(off)
        .then(pl.format("expected a date within season {}, found {}", "_season", "Date"))
        .alias("reason")
    ).to_series()
