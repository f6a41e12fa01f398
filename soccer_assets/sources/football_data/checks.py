"""What a file of football-data.co.uk must be to be taken, whatever was there before: whole, dated and scored.

Single rows that cannot be used go to quarantine; a file of which more than a tenth cannot be used is refused as a
whole, and the last good one counts.
"""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import LEAGUES
from soccer_assets.sources.fetching.response_checks import refuse_html
from soccer_assets.sources.football_data.dates import problem_of_dates
from soccer_assets.sources.football_data.text import Section, decode, split

#: A single row is too few to judge a file by, unless it is the only one.
MOST_UNUSABLE = 0.1
#: A fixtures file may list leagues that this platform does not have.
MOST_OF_OTHERS = 0.5
GOALS = {"home goals": ("FTHG", "HG"), "away goals": ("FTAG", "AG")}
RESULTS = ("FTR", "Res")
COUNTS = ("HTHG", "HTAG", "HS", "AS", "HST", "AST", "HF", "AF", "HC", "AC", "HY", "AY", "HR", "AR")
HANDICAPS = ("AHh", "AHCh", "BbAHh")
MOST_COUNTED, WIDEST_HANDICAP = 999, 5
MOST_EXAMPLES = 5
COUNTRIES = {league.country for league in LEAGUES.values()}
#: Fixtures are published days before they are played; a mirror may be older.
FIXTURE_DAYS = (dt.timedelta(days=-60), dt.timedelta(days=120))


#: What is a letter of Turkey in cp1254 is one of Iceland in cp1252, which has no league here.
OF_NO_CLUB = frozenset("þÞðÐ")
LEAST_LETTERS = 4


@dataclass(frozen=True)
class File:
    """A file's records with their `_reason` not to be used, and the reasons of the lines that cannot be records."""

    address: str
    body: bytes
    sections: list[Section]
    records: pl.DataFrame
    unread: list[str]
    start: int | None  # first year of the season, where the address tells it

    @property
    def rows(self) -> int:
        return len(self.records) + len(self.unread)

    @cached_property
    def good(self) -> pl.DataFrame:
        if self.records.is_empty() or not self.records["_reason"].count():
            return self.records
        return self.records.filter(pl.col("_reason").is_null())

    def column(self, *names: str) -> pl.Expr:
        """The first of the columns that is there and filled in a row."""
        present = [pl.col(name) for name in names if name in self.records.columns]
        return pl.coalesce(present) if present else pl.lit(None, dtype=pl.String)

    def filled(self) -> int:
        """How many published columns hold anything."""
        if self.records.is_empty():
            return 0
        published = self.records.select(name for name in self.records.columns if not name.startswith("_"))
        return sum(column.null_count() < len(column) for column in published)


def refuse_archive(new: File, today: dt.date | None) -> None:
    """Raise ShapeError for a file that cannot be right; no day is judged by `today` where that is None."""
    _refuse_text(new)
    _refuse_names(new)
    for role, names in GOALS.items():
        if not any(name in section.columns for section in new.sections for name in names):
            refuse(new, f"a column for {role} ({' or '.join(names)})", f"{new.sections[0].header[:20]}")
    _refuse_unusable(new)
    first = dt.date.min if new.start is None else dt.date(new.start, 6, 15)
    _refuse_dates(new, first, dt.date.max if today is None else today + dt.timedelta(days=1))
    _refuse_cells(new)
    if today is not None and not new.records.is_empty():
        _refuse_coming(new, today)


def refuse_fixtures(new: File, today: dt.date | None) -> None:
    """Raise ShapeError for a file whose days are in doubt, or that does not say whose fixtures it lists."""
    _refuse_text(new)
    _refuse_names(new)
    _refuse_unusable(new, "expected a date")
    _refuse_unusable(new, "expected a known division", MOST_OF_OTHERS)
    first, last = (dt.date.min, dt.date.max) if today is None else (today + days for days in FIXTURE_DAYS)
    _refuse_dates(new, first, last)


def refuse(file: File, expected: str, actual: str) -> None:
    """Raise ShapeError with what was expected of a file and what it has."""
    raise ShapeError(file.address, f"expected {expected}, found {actual}")


def _refuse_text(file: File) -> None:
    """What is no whole CSV file with the columns every record needs."""
    refuse_html(file.address, file.body)
    text = decode(file.body)
    if "\0" in text:
        refuse(file, "text", f"{text.count(chr(0))} bytes of zero, the first at {text.index(chr(0))}")
    for section in file.sections or [Section([], [])]:
        if problem := section.problem():
            raise ShapeError(file.address, problem)
    lines = [line for section in file.sections for line in section.lines]
    width = len(file.sections[-1].header)
    if not lines or text.endswith(("\n", "\r")):
        return
    cells = min(width, len(split(lines[-2][1])) if len(lines) > 1 else width)
    number, last = lines[-1]
    if len(split(last)) < cells and _may_be_a_row(last, lines[:-1], file.sections[-1].columns[0]):
        refuse(file, "a whole file", f"line {number} cut short: {last[-60:]!r}")


def _refuse_names(file: File) -> None:
    """A file in another encoding than it is read in: names of several clubs hold what is no letter of any league's."""
    if file.records.is_empty():
        return
    names = pl.concat([file.records["_home"], file.records["_away"]]).drop_nulls().unique().sort()
    foreign = [name for name in names if "?" in name or (not name.isascii() and _is_foreign(name))]
    if len(foreign) > 1:  # one may be damaged in a good file
        examples = foreign[:MOST_EXAMPLES]
        refuse(file, "names of clubs in UTF-8 or cp1252", f"signs of another encoding in {len(foreign)}: {examples}")


def _is_foreign(name: str) -> bool:
    """Whether a name has a sign, or an Icelandic letter, that stands for a letter of another encoding, or only such."""
    signs = [sign for sign in name if not sign.isascii()]
    kinds = [unicodedata.category(sign) for sign in signs]
    letters = [sign for sign in name if sign.isalpha()]
    is_shifted = len(letters) >= LEAST_LETTERS and all("À" <= letter <= "ÿ" for letter in letters)
    is_sign = any(kind[0] in "SN" or kind in ("Po", "Ps", "Cc") for kind in kinds)
    return is_shifted or is_sign or not OF_NO_CLUB.isdisjoint(name)


def _may_be_a_row(last: str, others: Sequence[tuple[int, str]], first_column: str) -> bool:
    """Whether a line begins as a row does; another is a note below the table."""
    if first_column not in ("Div", "Country"):
        return True
    begins = {line.split(",")[0].strip(' "') for _, line in others} | {*LEAGUES, *COUNTRIES}
    return any(begin.startswith(last.split(",")[0].strip(' "')) for begin in begins)


def _refuse_unusable(file: File, kind: str = "expected", most: float = MOST_UNUSABLE) -> None:
    """A file of which too many rows go to quarantine for one reason, or too many of one season's."""
    wrong, rows = [("", reason) for reason in file.unread], {"": file.rows}
    if len(file.good) < len(file.records):
        labelled = pl.col("_season") if "Season" in file.records.columns else pl.lit(None, pl.String)
        season = labelled.fill_null("").alias("season")
        wrong += file.records.filter(pl.col("_reason").is_not_null()).select(season, "_reason").rows()
        rows = dict(file.records.group_by(season).len().rows()) | rows
    grouped: dict[tuple[str, str], list[str]] = {}
    for row_season, reason in wrong:
        expected, _, example = reason.partition(", found ")
        if expected.startswith(kind):
            for group in {row_season, ""}:
                grouped.setdefault((group, expected), []).append(example)
    for (group, expected), examples in sorted(grouped.items(), key=lambda item: not item[0][0]):  # seasons first
        if too_many(len(examples), rows[group], most):
            raise ShapeError(
                file.address,
                f"{expected} in at least {1 - most:.0%} of the {rows[group]} rows"
                f"{' of season ' + group if group else ''}, found {len(examples)} others, such as "
                f"{list(dict.fromkeys(examples))[:MOST_EXAMPLES]}",
            )


def too_many(wrong: int, rows: int, most: float = MOST_UNUSABLE) -> bool:
    """Whether so many wrong ones of some rows are more than the share `most` of them, and more than an odd one."""
    return wrong > most * rows and (wrong > 1 or wrong == rows)


def _refuse_dates(file: File, first: dt.date, last: dt.date) -> None:
    """A file whose dates may mean other days, where matches are played from `first` to `last`, both inclusive."""
    if len(file.records):
        texts = file.records.filter(pl.col("match_date").is_not_null())["Date"].to_list()
        if problem := problem_of_dates(texts, lambda date: first <= date <= last):
            raise ShapeError(file.address, problem)


def _refuse_coming(file: File, today: dt.date) -> None:
    """A file with many results of days to come; the few of another are quarantined."""
    last = today + dt.timedelta(days=1)
    coming = file.records.filter(pl.col("match_date") > last, file.column(*GOALS["home goals"]).is_not_null())
    if too_many(len(coming), file.rows):
        examples = coming["Date"].head(MOST_EXAMPLES).to_list()
        refuse(file, f"results by {last}", f"{len(coming)} of later days, such as {examples}")


def _refuse_cells(file: File) -> None:
    """A file whose cells stand under other names than their own: results and counts tell."""
    good = file.good
    if good.is_empty():
        return
    scored = good.with_columns(
        _home_goals=as_number(file.column(*GOALS["home goals"])),
        _away_goals=as_number(file.column(*GOALS["away goals"])),
        _result=file.column(*RESULTS).str.to_uppercase(),
        _group=file.column("Season").fill_null(""),
    )
    without = ~(_is_count(pl.col("_home_goals")) & _is_count(pl.col("_away_goals"))).fill_null(False)
    for group, rows, wrong in scored.group_by("_group").agg(pl.len(), without.sum()).rows():
        if too_many(wrong, rows):
            examples = scored.filter(without).select(pl.format("{} - {}", "_home", "_away")).to_series()
            refuse(
                file,
                f"goals in at least {1 - MOST_UNUSABLE:.0%} of {rows} rows{' of season ' + group if group else ''}",
                f"{wrong} without, such as {examples.head(MOST_EXAMPLES).to_list()}",
            )
    difference = (pl.col("_home_goals") - pl.col("_away_goals")).sign()
    result = difference.replace_strict({1.0: "H", 0.0: "D", -1.0: "A"}, default=None, return_dtype=pl.String)
    laws = {"_result": ("a result that follows from the score", pl.col("_result") == result)} | _laws(
        scored.columns, COUNTS
    )
    breaks = {name: pl.col(name).is_not_null() & ~holds.fill_null(False) for name, (_, holds) in laws.items()}
    filled = scored.select(pl.col(name).count() for name in laws).row(0)
    broken = scored.select(wrong.sum().alias(name) for name, wrong in breaks.items()).row(0)
    for name, cells, count in zip(laws, filled, broken, strict=True):
        if too_many(count, cells):
            values = scored.filter(breaks[name])[name].head(MOST_EXAMPLES).to_list()
            expected = f"{laws[name][0]}, where no cell stands under another name"
            refuse(file, expected, f"{count} others, such as {values}")


def is_misaligned(records: pl.DataFrame) -> pl.Series:
    """Whether a row has more or fewer cells than the header, and one that stands under another name, by its laws."""
    laws = _laws(records.columns, COUNTS + HANDICAPS)
    if not laws or not records["_odd"].any():
        return pl.Series([False]).new_from_index(0, len(records))
    breaks = [~holds.fill_null(False) & pl.col(name).is_not_null() for name, (_, holds) in laws.items()]
    odd = records.with_row_index("_row").filter("_odd").filter(pl.any_horizontal(breaks))
    return pl.int_range(len(records), dtype=pl.UInt32, eager=True).is_in(odd["_row"].implode())


def _laws(columns: Sequence[str], judged: Sequence[str]) -> dict[str, tuple[str, pl.Expr]]:
    """What the cells of the judged columns are, and whether one is."""
    return {name: LAWS[name] for name in judged if name in columns}


def as_number(cell: pl.Expr) -> pl.Expr:
    """A cell as a number; null where it is none."""
    return cell.cast(pl.Float64, strict=False)


def _is_count(number: pl.Expr) -> pl.Expr:
    return number.is_between(0, MOST_COUNTED) & (number == number.floor())


def _is_handicap(number: pl.Expr) -> pl.Expr:
    return (number.abs() <= WIDEST_HANDICAP) & (number * 4 == (number * 4).floor())


LAWS = {name: (f"whole numbers in {name}", _is_count(as_number(pl.col(name)))) for name in COUNTS}
LAWS |= {name: (f"quarter goals in {name}", _is_handicap(as_number(pl.col(name)))) for name in HANDICAPS}
