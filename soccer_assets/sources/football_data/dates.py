"""Dates and kick-offs as football-data.co.uk publishes them, and as spreadsheets write them anew.

A text means one date whatever stands around it: numbers are day, month, year, unless the year comes first.
"""

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import polars as pl

SITE_ZONE = "Europe/London"  # the site writes dates and times as in the United Kingdom
EARLIEST, LATEST = 1870, 2100
#: Two digits from here on are years of the last century.
LAST_CENTURY = 69
DAY_FIRST, YEAR_FIRST, NAMED, SERIAL = "day/month/year", "year-month-day", "day and month in words", "serial number"
#: Day 0 of a spreadsheet's serial numbers, and the numbers that are taken for dates (1982 to 2064).
SERIAL_ZERO, SERIALS = dt.date(1899, 12, 30), range(30_000, 60_000)
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_TIME_OF_DAY = r"(?:[T ]\s*\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:[ap]m)?(?:z|[+-]\d\d:?\d\d)?)?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?"
_FORMS = [
    (style, re.compile(form + _TIME_OF_DAY, re.IGNORECASE | re.ASCII))
    for style, form in (
        (DAY_FIRST, r"(?P<day>\d{1,2})(?P<by>[/.\- ])(?P<month>\d{1,2})(?P=by)(?P<year>\d{4}|\d\d)"),
        (YEAR_FIRST, r"(?P<year>\d{4})(?P<by>[/.\- ]?)(?P<month>\d\d?)(?P=by)(?P<day>\d\d?)"),
        (NAMED, _WEEKDAY + r"(?P<day>\d{1,2})[ .\-/]*(?P<month>[a-z]{3,9})\.?,?[ \-/]*(?P<year>\d{4}|\d\d)"),
        (NAMED, _WEEKDAY + r"(?P<month>[a-z]{3,9})\.?[ \-/]*(?P<day>\d{1,2}),?[ \-/]+(?P<year>\d{4}|\d\d)"),
        (SERIAL, r"(?P<serial>\d{5})(?:\.\d*)?"),
    )
]
_CLOCK = re.compile(
    r"(?:\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}[T ]\s*)?"  # a spreadsheet's day 0
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:\.\d+)?)?)?"
    r"\s*(?:(?P<half>[ap])\.?m\.?)?",
    re.IGNORECASE | re.ASCII,
)
_FRACTION = re.compile(r"(?:0|\d{5})?\.\d+", re.ASCII)
MINUTES = 24 * 60


@lru_cache(maxsize=50_000)  # days of a match come again in every file
def read_date(text: str) -> tuple[str, dt.date] | None:
    """The style of a text and the date it means; None where it means none."""
    matches = ((style, match) for style, form in _FORMS if (match := form.fullmatch(text)))
    style, match = next(matches, ("", None))
    if match is None:
        return None
    parts = match.groupdict()
    if style == SERIAL:
        days = int(parts["serial"])
        return (style, SERIAL_ZERO + dt.timedelta(days)) if days in SERIALS else None
    if not parts.get("by", "x") and len(text) < 8:  # digits alone have two for the month and two for the day
        return None
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= LAST_CENTURY else 2000
    month = _month(parts["month"]) if style == NAMED else int(parts["month"])
    try:
        date = dt.date(year, month, int(parts["day"]))
    except ValueError:
        return None
    return (style, date) if EARLIEST <= year <= LATEST else None


def _month(text: str) -> int:
    """The number of a month by its name or the start of it; 0 where there is none."""
    start = "sep" if text.lower() == "sept" else text.lower()
    return next((number for number, name in enumerate(MONTHS, start=1) if name.startswith(start)), 0)


def read_time(text: str) -> int | None:
    """Minutes after midnight of a time of day, of twelve or 24 hours, or of a fraction of a day."""
    if _FRACTION.fullmatch(text):
        minutes = round(float(text) % 1 * MINUTES)
        return minutes if minutes < MINUTES else None
    match = _CLOCK.fullmatch(text)
    if not match or not (match["minute"] or match["half"]):
        return None
    hour, minute, second = int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0)
    if match["half"]:
        later = match["half"] in "pP"
        if 1 <= hour <= 12:
            hour = hour % 12 + 12 * later
        elif later != (hour > 12):  # 20:00 PM and 0:15 AM say it twice, 20:00 AM contradicts itself
            return None
    return hour * 60 + minute if hour < 24 and minute < 60 and second < 60 else None


def published_date(text: pl.Expr) -> pl.Expr:
    """The date a text means; null where it means none."""
    return _read(text, lambda cell: (read := read_date(cell)) and read[1], pl.Date())


def published_time(text: pl.Expr) -> pl.Expr:
    """Minutes after midnight; null where the text is no time of day."""
    return _read(text, read_time, pl.Int32())


def kick_off_at(date: pl.Expr, time: pl.Expr) -> pl.Expr:
    """UTC kick-off from the site's date and time; null where no time was published or none that can be read.

    A time in the hour that British clocks skip in March was not put forward: it is UTC.
    """
    naive = date.cast(pl.Datetime("us")) + pl.duration(minutes=published_time(time))
    local = naive.dt.replace_time_zone(SITE_ZONE, ambiguous="earliest", non_existent="null")
    return pl.coalesce(local.dt.convert_time_zone("UTC"), naive.dt.replace_time_zone("UTC"))


def stated_season(text: pl.Expr) -> pl.Expr:
    """The label of a season as a source writes it: `2016/2017`, `2016-17` and `16/17` are `2016/17`, `2016` stays.

    Null where it is none. A spreadsheet makes `2016.0` of `2016`. Two years follow one another.
    """
    century = pl.when(text.str.head(2) >= str(LAST_CENTURY)).then(pl.lit("19")).otherwise(pl.lit("20"))
    text = pl.when(text.str.contains(r"^\d\d[/-]\d\d$")).then(century + text).otherwise(text)
    start = text.str.extract(r"^((?:19|20)\d\d)(?:\.0|[/-]\d{2,4})?$")
    end = text.str.extract(r"^\d{4}[/-](?:\d\d)?(\d\d)$")
    follows = (start.cast(pl.Int32) + 1) % 100 == end.cast(pl.Int32)
    return pl.when(end.is_null()).then(start).when(follows).then(start + "/" + end)


def swapped(date: dt.date) -> dt.date:
    """The date with day and month the other way round; itself where there is no such date."""
    return date.replace(month=date.day, day=date.month) if date.day <= 12 else date


def problem_of_dates(texts: Sequence[str | None], is_possible: Callable[[dt.date], bool]) -> str:
    """Why the dates of a file, in its order, may mean other days than they seem to; empty where they are sure.

    Args:
        texts: the dates as published.
        is_possible: whether a match can have been played on a date; where most cannot, but all could with day and month
            the other way round, these are the other way round.
    """
    read = [(text, *reading) for text in texts if text and (reading := read_date(text))]
    styles = Counter(style for _, style, _ in read)
    if len(styles) > 1:
        examples = {style: text for text, style, _ in read}
        counts = ", ".join(f"{count} as {style} such as {examples[style]!r}" for style, count in styles.most_common())
        return f"expected dates of one style, found {counts}"
    if NAMED in styles:
        return ""
    days = [date for _, _, date in read]
    others = [swapped(date) for date in days]
    breaks, other_breaks = (sum(b < a for a, b in itertools.pairwise(dates)) for dates in (days, others))
    first = next((text for text, _, date in read if swapped(date) != date), "")
    if breaks > 1 and breaks > 3 * other_breaks:
        return (
            f"expected dates that run on from row to row, found {breaks} that lie before the row above, and "
            f"{other_breaks} with day and month the other way round, such as of {first!r}"
        )
    impossible = sum(not is_possible(date) for date in days)
    if 2 * impossible > len(days) and all(is_possible(date) for date in others):
        return (
            f"expected days on which a match can have been played, found {impossible} of {len(days)} on which none "
            f"can, and none with day and month the other way round, such as of {first!r}"
        )
    return ""


def _read(text: pl.Expr, read: Callable[[str], object], dtype: pl.DataType) -> pl.Expr:
    """What each text means; texts come again and again, so each is read once."""

    def read_all(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique()
        if distinct.is_empty():
            return pl.repeat(None, len(texts), dtype=dtype, eager=True)
        means = pl.Series([read(cell.strip()) for cell in distinct], dtype=dtype)
        return texts.replace_strict(distinct, means, default=None, return_dtype=dtype)

    return text.cast(pl.String).map_batches(read_all, return_dtype=dtype, is_elementwise=True)
