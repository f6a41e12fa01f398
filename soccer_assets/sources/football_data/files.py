"""The files of football-data.co.uk: archives and fixtures, read by column name and never by position.

The site's column key is its notes.txt. Thirty years of files differ in encoding, date style, columns and tidiness;
whatever cannot be read goes to quarantine with its line and the reason.
"""

import datetime as dt
import re
from collections.abc import Sequence

import polars as pl

from soccer_assets.leagues import EXTRA_LEAGUES, LATEST_END, LEAGUES
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.football_data import checks, comparison, row_checks
from soccer_assets.sources.football_data.cells import is_shifted, sound_cells
from soccer_assets.sources.football_data.dates import kick_off_at, published_date, published_time, stated_season
from soccer_assets.sources.football_data.labels import neighbouring_seasons
from soccer_assets.sources.football_data.text import BLANKS, NO_NAME, Section, fold, sections, split
from soccer_assets.sources.records import problem_of_name
from soccer_assets.sources.schema import FOOTBALL_DATA_RESULTS, Parsed
from soccer_assets.storage.tables import quarantine, refused

#: A season from autumn to spring begins in July and ends in June, or so long before and after (Romania's of 2012/13
#: ended on 13 July 2013); the pandemic's summer lasted to LATEST_END.
SEASON_MARGIN = dt.timedelta(days=14)
#: A season of a calendar year ended so long after it: China's of 2021 on 12 January, Brazil's of 2020 on 25 February.
LATE_END = dt.timedelta(days=75)
CALENDAR_LEAGUES = [code for code, league in LEAGUES.items() if league.calendar_year]
AUTUMN_LEAGUES = [code for code in LEAGUES if code not in CALENDAR_LEAGUES]
_COUNTRIES = {league.code: league.country for league in EXTRA_LEAGUES.values()}
_CODES = {code.lower(): code for code in LEAGUES}
#: The folder of a mirror with fixtures files of earlier days.
KEPT_LISTS = "fixtures"
LEAST_CELLS = 4  # league, date and two teams


def accept_archive(address: str, body: bytes, before: bytes | None, today: dt.date | None = None) -> None:
    """Raise ShapeError for anything that should not replace the last good file of a season, or of all seasons."""
    new = _judge(address, body)
    checks.refuse_archive(new, today)
    if before is not None:
        comparison.refuse_archive(new, _judge(address, before))


def accept_fixtures(address: str, body: bytes, before: bytes | None, today: dt.date | None = None) -> None:
    """Raise ShapeError for anything but a whole CSV file of known leagues and days; any number of rows will do.

    A list that a mirror keeps in its folder is of any day.
    """
    if address.split("/")[-2:-1] == [KEPT_LISTS]:
        today = None
    new = _judge(address, body)
    checks.refuse_fixtures(new, today)
    if before is not None:
        comparison.refuse_fixtures(new, _judge(address, before), today)


def parse(answers: Sequence[Answer]) -> Parsed:
    """Records with provenance; columns keep their published names and text, blank rows are dropped."""
    frames, bad, lines = [], [], 0
    for answer in answers:
        parts = sections(answer.body)
        read, problems = _read(answer, parts)
        frames += read
        bad += problems
        lines += sum(len(part.lines) for part in parts)
    table = quarantine("football_data")
    unread = pl.DataFrame(bad, schema=table.schema, orient="row")
    if not frames:
        return Parsed(FOOTBALL_DATA_RESULTS.empty(), unread, lines)
    records = _records(frames)
    reason = _reason(records)
    wrong = records.filter(reason.is_not_null())
    published = [name for name in records.columns if not NO_NAME.fullmatch(name)]
    provenance = {"origin": "_address", "payload_id": "_payload_id", "line": "_line"}
    quarantined = refused(wrong, reason=pl.lit(reason.drop_nulls()), record=published, **provenance)
    usable = records.filter(reason.is_null())
    good, lost = sound_cells(usable)
    partly = usable.filter(lost.is_not_null())
    partly = refused(partly, reason=pl.lit(lost.drop_nulls()), record=published, **provenance)
    good = good.drop("_start", "_home", "_away", "_odd", "_shifted")
    return Parsed(good, pl.concat([unread, quarantined, partly]), lines, _unread_times(good))


def _unread_times(records: pl.DataFrame) -> dict[str, str]:
    """How many kick-offs of each address cannot be read, and the first of them."""
    if "Time" not in records.columns:
        return {}
    unread = records.filter(pl.col("Time").is_not_null() & published_time(pl.col("Time")).is_null())
    counts = unread.group_by("_address", maintain_order=True).agg(pl.len(), pl.col("Time").first())
    return {address: f"{count}, such as {text!r}" for address, count, text in counts.rows()}


def _judge(address: str, body: bytes) -> checks.File:
    """A file's records with why each of them cannot be used, and the reasons of the lines that are none."""
    parts = sections(body)
    frames, problems = _read(Answer(address, "", dt.datetime(1970, 1, 1, tzinfo=dt.UTC), body), parts)
    records = _records(frames) if frames else pl.DataFrame()
    if frames:
        records = records.with_columns(_reason=_reason(records))
    unread = [str(reason) for *_, reason, _ in problems]
    return checks.File(address, body, parts, records, unread, _league_and_start(address)[1])


def _records(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The cells of all files, dated; names that differ in case alone are one column."""
    spelling = fold(list(dict.fromkeys(name for frame in frames for name in frame.columns)))
    if any(name != first for name, first in spelling.items()):
        frames = [frame.rename({name: spelling[name] for name in frame.columns}) for frame in frames]
    cells = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")
    return _dated(cells.with_columns(pl.col(pl.String).str.strip_chars().replace("", None)))


def _read(answer: Answer, parts: Sequence[Section]) -> tuple[list[pl.DataFrame], list[tuple[object, ...]]]:
    """A file's cells by published name, with provenance, for each header; and the lines that cannot be a record."""
    is_archive = _league_and_start(answer.address)[0] is not None
    frames: list[pl.DataFrame] = []
    problems: list[tuple[object, ...]] = []
    for part in parts:
        problem = part.problem()
        # a row of an archive that ends before its goals was cut; one that waits for them has their cells
        goals = [
            part.columns.index(name) + 1 for names in checks.GOALS.values() for name in names if name in part.columns
        ]
        least = max(LEAST_CELLS, *goals) if is_archive and goals else LEAST_CELLS
        kept: list[tuple[int, str, int]] = []
        for number, line in part.lines:
            count = line.count(",") + 1
            if count >= least and not problem:
                kept.append((number, line, count))
            else:
                reason = problem or f"expected {len(part.header)} cells, found {count}"
                problems.append((answer.address, answer.payload_id, number, None, reason, line))
        if not problem:
            frames.append(_frame(answer, part, kept))
    return frames, problems


def _frame(answer: Answer, part: Section, kept: Sequence[tuple[int, str, int]]) -> pl.DataFrame:
    """The cells of lines below one header, by published name, with provenance; a line comes with its commas and one."""
    columns = part.columns
    cells = _cells([line for _, line, _ in kept], len(columns))
    # a column published twice keeps its first appearance, and one without a name its number
    cells.columns = [name if name and columns.index(name) == i else f"_{i}" for i, name in enumerate(columns)]
    frame = cells.select(list(dict.fromkeys(filter(None, columns))))
    last = max(i for i, name in enumerate(columns) if name)
    gaps = not all(columns[:last])
    extras = [
        _beyond(line, columns) if gaps or (count > last + 1 and line.rstrip(BLANKS).count(",") > last) else None
        for _, line, count in kept
    ]
    odd = [count < len(columns) or extra is not None for (_, _, count), extra in zip(kept, extras, strict=True)]
    shifted = [may and is_shifted(line, columns, last) for may, (_, line, _) in zip(odd, kept, strict=True)]
    league, start = _league_and_start(answer.address)
    start_column: pl.Expr = pl.lit(start, dtype=pl.Int32)
    if start is None and "Season" in frame.columns:
        start_column = stated_season(pl.col("Season").str.strip_chars()).str.head(4).cast(pl.Int32)
    return frame.with_columns(
        _league=_league_column(frame, league),
        _start=start_column,
        _home=pl.col(part.column("home") or ""),
        _away=pl.col(part.column("away") or ""),
        _address=pl.lit(answer.address),
        _payload_id=pl.lit(answer.payload_id),
        _line=pl.Series([number for number, _, _ in kept], dtype=pl.Int64),
        _extra=pl.Series(extras, dtype=pl.String),
        _odd=pl.Series(odd, dtype=pl.Boolean),
        _shifted=pl.Series(shifted, dtype=pl.Boolean),
    )


def _cells(lines: Sequence[str], width: int) -> pl.DataFrame:
    """The cells of CSV lines as strings, null where empty; short lines are filled up, long ones cut."""
    schema = {str(i): pl.String for i in range(width)}
    text = "\n".join([",".join(schema), *lines])  # the reader takes the number of cells from the first line
    if '"' in text:  # a stray quotation mark would swallow the lines after it
        rows = [(split(line) + [""] * width)[:width] for line in lines]
        return pl.DataFrame(rows, schema=schema, orient="row")
    return pl.read_csv(text.encode(), schema=schema, truncate_ragged_lines=True, quote_char=None)


def _beyond(line: str, columns: Sequence[str]) -> str | None:
    """The cells under no name: past the end of the header or below an empty name."""
    return ",".join(c for i, c in enumerate(split(line)) if c and (i >= len(columns) or not columns[i])) or None


def _league_and_start(address: str) -> tuple[str | None, int | None]:
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
        return pl.col("Div").str.strip_chars().str.to_lowercase().replace_strict(_CODES, default=pl.col("Div"))
    if "Country" not in frame.columns:
        return pl.lit(None, dtype=pl.String)
    if "League" not in frame.columns:
        return pl.col("Country")
    codes = {", ".join(name): extra.code for name, extra in EXTRA_LEAGUES.items()}
    named = pl.format("{}, {}", pl.col("Country").str.strip_chars(), pl.col("League").str.strip_chars())
    return pl.coalesce(named.str.to_lowercase().replace_strict(codes, default=None, return_dtype=pl.String), named)


def _dated(records: pl.DataFrame) -> pl.DataFrame:
    """Add `match_date` (the league's own date) and `_season`."""
    read = [name for name in ("_league", "_start", "Date", "Time", "Season") if name in records.columns]
    dated = records.select(read).with_columns(match_date=published_date(pl.col("Date")))
    abroad = [code for code in records["_league"].unique() if code in _COUNTRIES]
    if abroad and "Time" in records.columns:  # elsewhere the date of the site is the league's own
        dated = dated.with_columns(_kick_off=kick_off_at(pl.col("match_date"), pl.col("Time")))
        local = pl.col("match_date")
        for code in abroad:
            date = pl.col("_kick_off").dt.convert_time_zone(LEAGUES[code].time_zone).dt.date()
            local = pl.when((pl.col("_league") == code) & date.is_not_null()).then(date).otherwise(local)
        dated = dated.with_columns(match_date=local)
    date, start = pl.col("match_date"), pl.col("_start")
    in_first_year = pl.col("_league").is_in(CALENDAR_LEAGUES) | (date.dt.month() >= 7)
    derived = pl.when(in_first_year).then(date.dt.year()).otherwise(date.dt.year() - 1)
    label = pl.format("{}/{}", start, ((start + 1) % 100).cast(pl.String).str.zfill(2))
    label = pl.when(pl.col("_league").is_in(AUTUMN_LEAGUES)).then(label).otherwise(start.cast(pl.String))
    stated = pl.lit(None, dtype=pl.String)
    if "Season" in records.columns:
        stated = stated_season(pl.col("Season"))
        begins_in_summer = date.min().over("_league", "Season") >= pl.date(start, 7, 1) - SEASON_MARGIN
        is_autumn = pl.col("_league").is_in(AUTUMN_LEAGUES) & begins_in_summer  # `2023` is 2023/24 then
        stated = pl.when(is_autumn).then(label).otherwise(stated)
    dated = dated.with_columns(_start=pl.coalesce("_start", derived))
    dated = records.with_columns(dated.select("match_date", "_start", _season=pl.coalesce(stated, label)))
    if "Season" not in records.columns:
        return dated
    others = neighbouring_seasons(dated).rename({"other": "_season"})
    others = others.with_columns(_start=pl.col("_season").str.head(4).cast(dated.schema["_start"]))
    return dated.with_row_index("_row").update(others, on="_row").drop("_row")


def _reason(records: pl.DataFrame) -> pl.Series:
    """Why a record cannot be used; null where it can."""
    date, extra = pl.col("match_date"), pl.col("_extra").fill_null("none")
    first, last = _season_days(records)
    country = pl.col("_league").replace_strict(_COUNTRIES, default=None, return_dtype=pl.String)
    stray = pl.lit(None, dtype=pl.String)
    league = pl.col("League") if "League" in records.columns else stray
    for name, expected in (("Div", pl.col("_league")), ("Country", country)):
        if name in records.columns:
            other = pl.col(name).str.to_lowercase() != expected.str.to_lowercase()
            stray = pl.when(other).then(pl.format("expected rows of {}, found {}", expected, name)).otherwise(stray)
    season = pl.col("Season") if "Season" in records.columns else pl.lit(None, pl.String)
    names = {*records["_home"], *records["_away"]} - {None}
    problems = {name: problem for name in names if (problem := problem_of_name(name))}
    sides = [pl.col(name).replace_strict(problems, default=None, return_dtype=pl.String) for name in ("_home", "_away")]
    odd_name = pl.coalesce(sides) if problems else pl.lit(None, dtype=pl.String)
    return records.select(
        pl.when(pl.col("_league").is_null() | ~pl.col("_league").is_in(list(LEAGUES)))
        .then(pl.format("expected a known division code, found {}", pl.col("_league").fill_null("none")))
        .when(stray.is_not_null())
        .then(stray)
        .when(pl.col("_home").is_null() | pl.col("_away").is_null())
        .then(pl.lit("expected two teams, found an empty name"))
        .when(odd_name.is_not_null())
        .then(odd_name)
        .when(pl.col("_home") == pl.col("_away"))
        .then(pl.lit("expected two teams, found one against itself"))
        .when(row_checks.is_of_another_competition(records))
        .then(pl.format("expected rows of the league of most, found {} and clubs of no other row", league))
        .when(season.is_not_null() & stated_season(season).is_null())
        .then(pl.format("expected a season such as 2016 or 2016/2017, found {}", season))
        .when(checks.is_misaligned(records))
        .then(pl.format("expected cells under their own names, found a row of other length, beyond it {}", extra))
        .when(date.is_null())
        .then(pl.format("expected a date dd/mm/yy or dd/mm/yyyy, found {}", pl.col("Date").fill_null("none")))
        .when(row_checks.is_swapped(records))
        .then(pl.format("expected a date among those of the rows around it, found day and month swapped: {}", "Date"))
        .when((date < first) | (date > last))
        .then(pl.format("expected a date within season {}, found {}", "_season", "Date"))
        .alias("reason")
    ).to_series()


def _season_days(records: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """The first and the last day on which a match of the record's season can have been played."""
    start = pl.col("_start")
    year = pl.col("_league").is_in(CALENDAR_LEAGUES)
    if "Season" in records.columns:  # a league of calendar years has had seasons from autumn to spring
        year = pl.coalesce(~pl.col("_season").str.contains("/"), year)
    first = pl.when(year).then(pl.date(start, 1, 1)).otherwise(pl.date(start, 7, 1) - SEASON_MARGIN)
    last = (
        pl.when(year).then(pl.date(start, 12, 31) + LATE_END)
        .when(start == 2019).then(pl.date(2020, *LATEST_END))
        .otherwise(pl.date(start + 1, 6, 30) + SEASON_MARGIN)
    )  # fmt: skip
    return first, last
