"""Whatever bytes a file of football-data.co.uk has: nothing but a SourceError, no record lost, no value out of law."""

import datetime as dt
import gzip
import os
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soccer_assets.errors import SourceError
from soccer_assets.leagues import LEAGUES
from soccer_assets.odds.prices import long_form
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.football_data.files import accept_archive, accept_fixtures, parse
from soccer_assets.sources.schema import FOOTBALL_DATA_FIXTURES, FOOTBALL_DATA_RESULTS
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import quarantine
from tests.matches.resolving import resolve
from tests.season_files import HEADER, csv, extra, season

EXAMPLES = int(os.environ.get("SOCCER_FUZZ_EXAMPLES", "200"))
BASE = "https://site"
ADDRESSES = [f"{BASE}/mmz4281/2324/E0.csv", f"{BASE}/new/NOR.csv", f"{BASE}/new/POL.csv", f"{BASE}/fixtures.csv"]
NOW = dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
ROWS = season(matches=8)
FILES = [
    csv(ROWS, [*HEADER[:24], "B365H", "B365D", "B365A", "AHh", "B365AHH", "B365AHA"]),
    csv(extra(ROWS)),
    csv(extra(ROWS, "Poland", lambda day: f"{day.year}/{day.year + 1}")),
]
CELLS = st.sampled_from(
    ["", " ", "0", "-1", "1e400", "-1e308", "NaN", "inf", "99999999999999999999", "2.5", "1,5", "null", "None", "#REF!", "E0", "H",
     "01/01/0001", "31/12/9999", "29/02/2023", "11/08/2023", "8/13/2023", "2023-08-11", "9999-12-31", "45149", "1/1/1", "20:00", "08:00PM",
     '"', '""', '"a', 'a"b', "a\nb", '"a\nb"', "\0", "\ufeff", "\u202eb", "\u2028", "\x85", "é" * 300, "Norway", "Poland", "2023", "2023/2024",
     "-999", "0000", "9999", "99999", "Date", "HomeTeam", "home", "_season", "match_date", "_League", "DATE", "date", "AHCh", "b365h",
     "1-0", "１", "²", "٣", "-0", "1e1", "+3", "24:00", "25:61", "13/13/2023", "00/00/0000", "11/08/10000", "31/12/0000", "=1+1", "#VALUE!", "*", "^H.*$",
     "Al\u202eba", "\u2066Alba\u2069", "Al\u200bba", "x" * 100, "x" * 101, "x" * 20_000, "a\0b", "\x1f\x8b", "Ash Town;Birch Town", "\ud800",
     "150", "-150", "+150", "1/2", "-1 1/4", "9" * 400, "\r", "a\rb", "\\", "'", "Home", "Away", "HT", "FTHG", "hg", "FTHG ", "\xa0"]
) | st.text(max_size=6)  # fmt: skip
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-7"])
PLACE = st.integers(0, 60)
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A file with some of its cells, lines, columns and bytes otherwise."""
    table = [line.split(",") for line in draw(st.sampled_from(FILES)).splitlines()]
    for _ in range(draw(st.integers(0, 6))):
        what, x, y, cell = draw(st.integers(0, 17)), draw(PLACE), draw(PLACE), draw(CELLS)
        row = table[y % len(table)] if table else []
        match what:
            case 0 | 1 if row:
                row[x % len(row)] = cell
            case 2 if table:
                table[0][x % max(len(table[0]), 1) :] = [cell, *table[0][x % max(len(table[0]), 1) + 1 :]]
            case 3:
                table = [[c for i, c in enumerate(r) if i != x % max(len(r), 1)] for r in table]
            case 4:
                table = [[*r[:x], cell if n else cell + "2", *r[x:]] for n, r in enumerate(table)]
            case 5 if row:
                table.insert(x % len(table), row if y % 2 else table[0])
            case 6 if row:
                table.remove(row)
            case 7 if row:
                row.insert(x % (len(row) + 1), cell)
            case 8:
                table = [r[::-1] for r in table] if y % 2 else [*table[:1], *table[:0:-1]]
            case 9:
                table = [
                    [cell if n and i == x % max(len(r), 1) else c for i, c in enumerate(r)] for n, r in enumerate(table)
                ]
            case 10 if table:
                table[0] = [c.swapcase() if i % 7 == x % 7 else c for i, c in enumerate(table[0])]
            case 11:
                table = table[: x % (len(table) + 1)]
            case 12 if row:  # a column again under its name in other letters
                place = x % len(row)
                table = [
                    [*r, r[place].swapcase() if n == 0 else r[place]] for n, r in enumerate(table) if place < len(r)
                ]
            case 13 if table:  # columns in another order, cells with them or not
                turn = x % max(len(table[0]), 1)
                table = [r[turn:] + r[:turn] if y % 3 or not n else r for n, r in enumerate(table)]
            case 14 if table and x % 4 == 0:
                wide = [f"C{n}" for n in range((500, 10_000)[y % 2])]
                table = [*([[*table[0], *wide]]), *table[1:4]]
            case 15 if table:
                table = table[:1]
            case 16 if table:  # the header among the rows, its columns otherwise
                table.insert(x % (len(table) + 1), table[0][::-1] if y % 2 else [*table[0], cell])
            case 17 if row:  # a quotation mark that nothing closes, or around it all
                place = x % len(row)
                row[place] = f'"{row[place]}' if y % 2 else f'"{row[place]}"'
    separator = draw(st.sampled_from([",", ",", ",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\r", "\r\r\n", "\x85", "\u2028"]))
    text = "".join(separator.join(row) + end for row in table)
    body = text.encode(draw(ENCODINGS), errors="replace")
    cut = draw(st.integers(0, len(body)) | st.just(len(body)))
    spot = draw(st.integers(0, len(body)))
    return draw(
        st.sampled_from(
            [
                body,
                body,
                body,
                body,
                body[:cut],
                body[:spot] + draw(st.binary(max_size=4)) + body[spot:],
                b"\x1f\x8b" + body,
                gzip.compress(body),
                body + body,
                body[:spot] + b"\0" + body[spot:],
                b"sep=;\n" + body,
                b"",
                b"\n\n",
                b" " * 50,
                b"\xff\xfe",
                b"\xef\xbb\xbf",
            ]
        )
    )


FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


BEFORE = st.none() | st.none() | bodies() | st.sampled_from([file.encode() for file in FILES])


@FUZZ
@given(address=st.sampled_from(ADDRESSES[:3]), body=bodies(), before=BEFORE)
def test_no_archive_raises_anything_else_loses_a_record_or_breaks_a_law(address, body, before):
    hold_laws(address, body, before)


@FUZZ
@given(body=bodies(), before=BEFORE)
def test_no_fixtures_raise_anything_else_lose_a_record_or_break_a_law(body, before):
    hold_laws(ADDRESSES[3], body, before)


def hold_laws(address, body, before):
    """Accept and parse a file; hold the laws of what comes of it."""
    fixtures = address.endswith("fixtures.csv")
    try:
        (accept_fixtures if fixtures else accept_archive)(address, body, before, NOW.date())
    except SourceError as error:
        assert error.address == address
        assert ": expected " in str(error) and ", found " in str(error)
    parsed = parse([Answer(address, "f" * 64, NOW, body)])
    read = parsed.records["_line"].to_list() if len(parsed.records) else []
    assert len(set(read)) == len(read)
    assert len({*read, *parsed.quarantined["line"]}) == parsed.positions  # a record that lost cells is in both
    quarantine("football_data_results").conform(parsed.quarantined)
    if len(parsed.records):
        table = FOOTBALL_DATA_RESULTS
        records = table.conform(parsed.records)
        assert records["_league"].is_in(list(LEAGUES)).all()
        assert records["match_date"].dt.year().is_between(1870, 2101).all()
        for name in {
            *records.get_column("HomeTeam", default=pl.Series([], dtype=pl.String)).drop_nulls(),
            *records.get_column("AwayTeam", default=pl.Series([], dtype=pl.String)).drop_nulls(),
        }:
            assert 0 < len(name) <= 100 and not UNSEEN.search(name), name
        assert len({name.lower() for name in records.columns}) == len(records.columns)
        published = [name for name in records.columns if name not in table.schema]
        assert set(records.select(published).dtypes) <= {pl.String}


@settings(FUZZ, max_examples=max(EXAMPLES // 10, 10))
@given(first=bodies(), second=bodies())
def test_what_is_read_of_any_file_enters_the_lake_and_becomes_matches_and_prices(tmp_path_factory, first, second):
    lake = Lake(str(tmp_path_factory.mktemp("lake") / "lake"))
    days = dt.date(1800, 1, 1), dt.date(2200, 1, 1)
    for n, body in enumerate((first, second)):
        answers = [Answer(address, f"{n}{place}" + "f" * 62, NOW, body) for place, address in enumerate(ADDRESSES[:3])]
        records = parse(answers).records
        if len(records):
            lake.replace_dates(FOOTBALL_DATA_RESULTS.name, FOOTBALL_DATA_RESULTS.conform(records), *days)
            results = lake.scan(FOOTBALL_DATA_RESULTS.name)
            matches = resolve(results, FOOTBALL_DATA_FIXTURES.empty().lazy())
            prices = long_form(results, matches.rows.lazy())
            assert prices.rows["price"].is_between(1, 500, closed="right").all()
            handicaps = prices.rows.filter(pl.col("market") == "asian_handicap")["line"] * 4
            assert (handicaps.is_between(-20, 20) & (handicaps == handicaps.round())).all()


CORPUS = Path(__file__).parents[2] / "cases" / "inputs"


@pytest.mark.parametrize("file", sorted(CORPUS.rglob("*.*")), ids=lambda file: file.name)
@pytest.mark.parametrize("address", ADDRESSES[:3])
def test_another_source_s_answer_is_refused_by_name(file, address):
    with pytest.raises(SourceError, match=f"(?s){address}: expected .*, found "):
        accept_archive(address, file.read_bytes(), None)
