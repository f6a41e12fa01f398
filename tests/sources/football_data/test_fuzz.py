"""Whatever bytes a file of football-data.co.uk has: nothing but a SourceError, no record lost, no value out of law."""

import datetime as dt
import os
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
ROWS = season(matches=12)
FILES = [csv(ROWS, HEADER[:40]), csv(extra(ROWS)), csv(extra(ROWS, "Poland", lambda day: f"{day.year}/{day.year + 1}"))]
CELLS = st.sampled_from(
    ["", " ", "0", "-1", "1e400", "-1e308", "NaN", "inf", "99999999999999999999", "2.5", "1,5", "null", "None", "#REF!", "E0", "H",
     "01/01/0001", "31/12/9999", "29/02/2023", "11/08/2023", "8/13/2023", "2023-08-11", "9999-12-31", "45149", "1/1/1", "20:00", "08:00PM",
     '"', '""', '"a', 'a"b', "a\nb", '"a\nb"', "\0", "\ufeff", "\u202eb", "\u2028", "\x85", "é" * 300, "Norway", "Poland", "2023", "2023/2024",
     "-999", "0000", "9999", "99999", "Date", "HomeTeam", "home", "_season", "match_date", "_League", "DATE", "date", "AHCh", "b365h"]
) | st.text(max_size=6)  # fmt: skip
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-7"])
PLACE = st.integers(0, 60)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A file with some of its cells, lines, columns and bytes otherwise."""
    table = [line.split(",") for line in draw(st.sampled_from(FILES)).splitlines()]
    for _ in range(draw(st.integers(0, 6))):
        what, x, y, cell = draw(st.integers(0, 11)), draw(PLACE), draw(PLACE), draw(CELLS)
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
    separator, end = draw(st.sampled_from([",", ",", ",", ";", "\t", "|"])), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = "".join(separator.join(row) + end for row in table)
    body = text.encode(draw(ENCODINGS), errors="replace")
    cut = draw(st.integers(0, len(body)) | st.just(len(body)))
    spot = draw(st.integers(0, len(body)))
    return draw(
        st.sampled_from([body, body, body, body[:cut], body[:spot] + draw(st.binary(max_size=4)) + body[spot:]])
    )


FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("address", ADDRESSES)
@FUZZ
@given(body=bodies(), before=st.none() | bodies() | st.sampled_from([file.encode() for file in FILES]))
def test_no_file_raises_anything_else_loses_a_record_or_breaks_a_law(address, body, before):
    fixtures = address.endswith("fixtures.csv")
    try:
        (accept_fixtures if fixtures else accept_archive)(address, body, before, NOW.date())
    except SourceError as error:
        assert error.address == address
        assert ": expected " in str(error) and ", found " in str(error)
    parsed = parse([Answer(address, "f" * 64, NOW, body)])
    assert len(parsed.records) + len(parsed.quarantined) == parsed.positions
    quarantine("football_data_results").conform(parsed.quarantined)
    if len(parsed.records):
        table = FOOTBALL_DATA_RESULTS
        records = table.conform(parsed.records)
        assert records["_league"].is_in(list(LEAGUES)).all()
        assert records["match_date"].dt.year().is_between(1870, 2101).all()
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
            assert prices.rows["price"].is_between(1, float("inf"), closed="none").all()


CORPUS = Path(__file__).parents[2] / "cases" / "inputs"


@pytest.mark.parametrize("file", sorted(CORPUS.rglob("*.*")), ids=lambda file: file.name)
@pytest.mark.parametrize("address", ADDRESSES[:3])
def test_another_source_s_answer_is_refused_by_name(file, address):
    with pytest.raises(SourceError, match=f"(?s){address}: expected .*, found "):
        accept_archive(address, file.read_bytes(), None)
