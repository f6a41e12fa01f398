import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.errors import FetchError, ShapeError, SourcesFailedError
from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.site import (
    ERROR_PAGE,
    HALF_BODY,
    HALF_ROWS,
    HTML,
    Changed,
    Stall,
    Status,
    Truncated,
)
from soccer_assets.sources.acquisition import Acquired

pytestmark = pytest.mark.enable_socket

#: An extra league: its file holds every season and is asked for again and again, whatever today is.
NORWAY, USA = "new/NOR.csv", "new/USA.csv"
FIRST, LAST = dt.date(2023, 1, 1), dt.date(2023, 12, 31)
TODAY = Clock.from_settings(Settings.read()).today()
DAY = dt.timedelta(days=1)


def row(day: int, home: str = "Brann", score: str = "2,1,H") -> str:
    return f"Norway,Eliteserien,2023,{day:02d}/04/2023,18:00,{home},Molde,{score},1.9"


def file(*rows: str) -> bytes:
    return "".join(f"{line}\n" for line in ("Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH", *rows)).encode()


GOOD = file(*(row(day) for day in range(1, 8)))
BETTER = file(*(row(day) for day in range(1, 9)))


@pytest.fixture
def results(acquisition) -> Callable[..., Acquired]:
    def acquire(codes: str = "NOR", first: dt.date = FIRST, last: dt.date = LAST, **settings: Any) -> Acquired:
        return acquisition("football_data_results", codes, **settings).acquire(first, last)

    return acquire


@pytest.fixture
def fixtures(acquisition) -> Callable[..., Acquired]:
    """Those of English leagues of the coming two weeks."""

    def acquire(
        codes: str = "E0", first: dt.date = TODAY, last: dt.date = TODAY + 13 * DAY, **settings: Any
    ) -> Acquired:
        return acquisition("football_data_fixtures", codes, **settings).acquire(first, last)

    return acquire


@pytest.fixture
def materialize(results, store) -> Callable[..., Acquired]:
    """What the asset does: ask, then replace the dates in the lake."""

    def made(codes: str = "NOR", **settings: Any) -> Acquired:
        return store("football_data_results", results(codes, **settings), FIRST, LAST)

    return made


@pytest.fixture
def state(lake, payloads, tmp_path) -> Callable[[], Any]:
    """Everything that must not change when a source gives nothing good, as it is now."""

    def now() -> Any:
        tables = ("football_data_results", "football_data_results_quarantine")
        good = payloads.last_good()
        return (
            [lake.read(table).rows() for table in tables],
            {address: (fetch, payloads.get(fetch.payload_id)) for address, fetch in good.items()},
        )

    return now


# Bad answers, between good ones


BAD_ANSWERS = {
    "a timeout": (Stall(30), FetchError, "expected an answer within 0.3 s, found none; tried 1 times"),
    "a broken transfer": (
        Truncated(),
        FetchError,
        "expected a whole answer, found a broken transfer (peer closed connection",
    ),
    "500": (Status(500), FetchError, "expected 200 OK, found 500 Internal Server Error; tried 1 times"),
    "404": (Status(404), FetchError, f"expected the file that was there on {TODAY:%Y}"),
    "a page": (HTML, ShapeError, f"expected CSV, found an HTML page that starts {ERROR_PAGE[:60]!r}"),
    "half a line": (HALF_BODY, ShapeError, "expected a whole file, found line 5 cut short: 'Norway,Eliteserien,2023,0"),
    "half the rows": (HALF_ROWS, ShapeError, "expected at least 50% of the 7 rows of the last good file, found 3"),
    "another header": (
        Changed(lambda body: body.replace(b"Home", b"Heim")),
        ShapeError,
        "expected a column for home (HomeTeam or Home or HT), found ['Country', 'League', 'Season', ",
    ),
}


@pytest.mark.parametrize(("fault", "kind", "message"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_is_told_and_leaves_the_last_good_data(site, materialize, state, payloads, fault, kind, message):
    site.files[NORWAY] = GOOD
    first = materialize()
    assert first.problem == ""
    before = state()
    site.fault(NORWAY, fault)
    if kind is ShapeError:  # the file is refused, the run goes on with the last good one
        acquired = materialize()
        assert_frame_equal(acquired.rows, first.rows)
        problem = acquired.problem
    else:  # nothing answered at all
        with pytest.raises(SourcesFailedError) as raised:
            materialize(http_timeout_seconds=0.3 if isinstance(fault, Stall) else 30.0)
        assert type(raised.value.failures[0]) is kind
        problem = str(raised.value)
    assert problem.startswith(
        f"1 of 1 addresses failed; the last good data stay as they are.\n  {site.url}/{NORWAY}: {message}"
    )
    assert state() == before
    last = payloads.fetches().row(-1, named=True)
    answered = kind is ShapeError or fault == Status(404)
    assert last["outcome"] == ("rejected" if answered else "failed")
    assert last["reason"] in problem

    site.files[NORWAY] = BETTER  # and the next good answer is taken
    assert materialize().rows["match_date"].to_list() == [dt.date(2023, 4, day) for day in range(1, 9)]
    assert payloads.fetches()["outcome"].to_list() == ["accepted", last["outcome"], "accepted"]


@pytest.mark.parametrize("bad", [ERROR_PAGE, Status(500)], ids=["refused", "failed"])
def test_a_bad_file_of_one_league_loses_neither_the_others_nor_its_last_good_one(site, results, payloads, bad):
    american = file(*(row(day).replace("Norway", "USA").replace("18:00", "23:00") for day in range(1, 4)))
    site.files |= {NORWAY: GOOD, USA: american}
    assert len(results("NOR,USA").rows) == 10
    site.files[NORWAY] = BETTER
    if isinstance(bad, bytes):
        site.files[USA] = bad
    else:
        site.fault(USA, bad)
    for _ in range(2):  # as long as the file is bad
        acquired = results("NOR,USA")
        assert acquired.rows["_league"].value_counts().sort("_league").rows() == [("NOR", 8), ("USA", 3)]
        assert acquired.problem.startswith("1 of 2 addresses failed; the last good data stay as they are.\n"
                                           f"  {site.url}/{USA}: expected ")  # fmt: skip
        assert (acquired.missing, acquired.files, acquired.lines, acquired.records) == ((), 2, 11, 11)
        if not isinstance(bad, bytes):
            site.fault(USA, bad)
    assert payloads.fetches(f"{site.url}/{USA}")["outcome"].to_list()[0] == "accepted"


def test_a_file_that_never_was_good_is_missing(site, results):
    site.files |= {NORWAY: GOOD, USA: ERROR_PAGE}
    acquired = results("NOR,USA")
    assert (len(acquired.rows), acquired.missing) == (7, (f"{site.url}/{USA}",))
    assert f"{site.url}/{USA}: expected CSV, found an HTML page" in acquired.problem


def test_no_connection_at_all_fails_as_a_whole(site, results):
    """What is final is in store already, and no answer."""
    path = "mmz4281/1920/E0.csv"
    site.files |= {path: b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,26/07/2020,Arsenal,Watford,3,2\n", NORWAY: GOOD}
    days = (dt.date(2020, 7, 1), dt.date(2020, 7, 1))
    assert len(results("E0,NOR", *days).rows) == 0
    site.stop()
    with pytest.raises(SourcesFailedError, match="of 3 addresses failed"):
        results("E0,NOR", *days, http_retries=0)


def test_a_fault_that_passes_is_overcome_within_the_fetch(site, materialize):
    site.files[NORWAY] = GOOD
    site.fault(NORWAY, Status(429, {"Retry-After": "0"}))
    assert len(materialize(http_retries=2).rows) == 7
    assert site.requests == [(NORWAY, 429), (NORWAY, 200)]


def test_a_file_that_does_not_exist_yet_is_named_as_missing(site, results, payloads):
    site.files[NORWAY] = GOOD
    acquired = results("NOR,USA")
    assert acquired.missing == (f"{site.url}/{USA}",)
    assert (acquired.files, acquired.lines, acquired.records, len(acquired.rows)) == (1, 7, 7, 7)
    assert payloads.fetches(f"{site.url}/{USA}")["outcome"].to_list() == ["missing"]


def test_without_any_file_there_are_no_rows(results):
    acquired = results("NOR,USA")
    assert (acquired.files, acquired.lines, acquired.records, acquired.quarantined) == (0, 0, 0, 0)
    assert acquired.rows.is_empty()
    assert acquired.unread is None


# Records


def test_records_of_the_range_are_given_with_both_its_ends_and_counts_of_the_whole_files(site, results):
    site.files[NORWAY] = GOOD
    acquired = results("NOR", dt.date(2023, 4, 3), dt.date(2023, 4, 5))
    assert acquired.rows["match_date"].to_list() == [dt.date(2023, 4, day) for day in (3, 4, 5)]
    assert acquired.rows["_line"].to_list() == [4, 5, 6]
    assert (acquired.lines, acquired.records) == (7, 7)


def test_the_range_is_that_of_the_league_s_own_dates(site, results):
    body = file("USA,MLS,2023,11/06/2023,00:30,LA Galaxy,Austin,1,0,H,2", "USA,MLS,2023,11/06/2023,23:30,A,B,1,0,H,2")
    site.files[USA] = body
    rows = results("USA", dt.date(2023, 6, 10), dt.date(2023, 6, 10)).rows
    assert rows.select("Home", "Date", "match_date").rows() == [("LA Galaxy", "11/06/2023", dt.date(2023, 6, 10))]


def test_an_unchanged_file_gives_the_same_rows_and_is_logged_as_unchanged(site, results, payloads):
    site.files[NORWAY] = GOOD
    first, second = (results() for _ in range(2))
    assert_frame_equal(first.rows, second.rows)
    assert site.requests == [(NORWAY, 200), (NORWAY, 304)]
    assert payloads.fetches()["outcome"].to_list() == ["accepted", "unchanged"]


def test_replay_gives_the_same_rows_without_a_network(site, results, fixtures):
    site.files |= {NORWAY: GOOD, "fixtures.csv": fixture_file(0, "Arsenal,Fulham")}
    asked = [results("NOR,E0").rows, fixtures("NOR,E0").rows]
    site.stop()
    assert_frame_equal(results("NOR,E0", replay=True).rows, asked[0])
    assert_frame_equal(fixtures("NOR,E0", replay=True).rows, asked[1])
    assert [len(rows) for rows in asked] == [7, 1]


def test_the_archive_of_a_season_long_past_is_asked_once(site, results):
    path = "mmz4281/1920/E0.csv"
    site.files[path] = b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,26/07/2020,Arsenal,Watford,3,2\n"
    for _ in range(2):
        assert len(results("E0", dt.date(2020, 7, 26), dt.date(2020, 7, 26)).rows) == 1
    assert site.requests == [(path, 200), ("mmz4281/2021/E0.csv", 404), ("mmz4281/2021/E0.csv", 404)]


# Quarantine


BAD = (
    ("Norway,Eliteserien,2023,31/02/2023,18:00,Brann,Viking,1,0,H,2", "expected a date dd/mm/yy or dd/mm/yyyy"),
    ("Norway,Eliteserien,2023,09/04/2013,18:00,Brann,Odd,1,0,H,2", "expected a date within season 2023"),
    ("Norway,Eliteserien,2023,10/04/2023,18:00,,Odd,1,0,H,2", "expected two teams"),
    ("Norway,see below", "expected 11 cells"),
)


def test_bad_lines_go_to_quarantine_with_their_place_and_reason(site, materialize, lake):
    site.files[NORWAY] = file(row(1), *(line for line, _ in BAD), row(2))
    acquired = materialize()
    assert acquired.rows["_line"].to_list() == [2, 7]
    assert (acquired.lines, acquired.records, acquired.quarantined) == (6, 2, 4)
    kept = lake.read("football_data_results_quarantine").sort("line")
    assert kept["line"].to_list() == [3, 4, 5, 6]
    assert kept["origin"].unique().to_list() == [f"{site.url}/{NORWAY}"]
    assert kept["payload_id"].unique().to_list() == acquired.rows["_payload_id"].unique().to_list()
    assert kept["match_date"].to_list() == [None, dt.date(2013, 4, 9), dt.date(2023, 4, 10), None]
    assert all(found.startswith(reason) for found, (_, reason) in zip(kept["reason"], BAD, strict=True))
    assert json.loads(kept["record"][0])["Date"] == "31/02/2023"
    assert kept["record"][3] == "Norway,see below"


def test_a_mended_file_leaves_the_quarantine_and_others_stay_there(site, materialize, lake):
    american = row(1).replace("Norway", "USA")
    site.files |= {NORWAY: file(row(1), BAD[0][0]), USA: file(american, BAD[3][0])}
    materialize("NOR,USA")
    site.files[NORWAY] = file(row(1), row(3))
    materialize("NOR")
    kept = lake.read("football_data_results_quarantine")
    assert kept["origin"].to_list() == [f"{site.url}/{USA}"]


def test_the_same_bad_file_twice_is_in_quarantine_once(site, materialize, lake):
    site.files[NORWAY] = file(row(1), BAD[0][0])
    for _ in range(2):
        materialize()
    assert len(lake.read("football_data_results_quarantine")) == 1


# Fixtures


def fixture_file(days: int, *pairs: str, division: str = "E0") -> bytes:
    """Matches some days from today."""
    date = f"{TODAY + days * DAY:%d/%m/%Y}"
    rows = (f"{division},{date},15:00,{pair},2.0" for pair in pairs)
    return "".join(f"{line}\n" for line in ("Div,Date,Time,HomeTeam,AwayTeam,B365H", *rows)).encode()


def quoted(acquired: Acquired) -> list[tuple[Any, ...]]:
    rows = acquired.rows.sort("match_date", "HomeTeam")
    return rows.select(pl.col("match_date").sub(TODAY).dt.total_days(), "HomeTeam", "B365H", "_listed").rows()


def test_fixtures_are_those_of_the_range_and_of_the_chosen_leagues(site, fixtures):
    site.files["fixtures.csv"] = (
        fixture_file(3, "Arsenal,Fulham")
        + fixture_file(4, "Leeds,Hull", division="E1").split(b"\n", 1)[1]
        + fixture_file(20, "Everton,Brentford").split(b"\n", 1)[1]
    )
    acquired = fixtures()
    assert quoted(acquired) == [(3, "Arsenal", "2.0", True)]
    assert acquired.missing == (f"{site.url}/new_league_fixtures.csv",)
    assert (acquired.lines, acquired.records, acquired.quarantined) == (3, 3, 0)
    assert acquired.rows.select("_league", "_address").row(0) == ("E0", f"{site.url}/fixtures.csv")


def test_a_list_of_years_ago_has_no_fixtures_and_says_so(site, fixtures):
    site.files["fixtures.csv"] = b"Div,Date,HomeTeam,AwayTeam\nE0,17/08/2019,Arsenal,Everton\n"
    acquired = fixtures()
    assert acquired.rows.is_empty() and not acquired.problem
    assert acquired.warning == f"expected a match from {TODAY} to {TODAY + 13 * DAY} among the 1 listed, found none"
    site.files["fixtures.csv"] = fixture_file(0, "Arsenal,Fulham")
    assert fixtures().warning == ""


def test_no_fixtures_files_give_no_fixtures(fixtures):
    acquired = fixtures("E0")
    assert (len(acquired.rows), acquired.files, len(acquired.missing)) == (0, 0, 2)


def test_an_unknown_division_among_the_fixtures_is_in_quarantine(site, fixtures):
    site.files["fixtures.csv"] = (
        fixture_file(3, "Arsenal,Fulham") + fixture_file(3, "X,Y", division="Z9").split(b"\n", 1)[1]
    )
    acquired = fixtures()
    assert quoted(acquired) == [(3, "Arsenal", "2.0", True)]
    kept = acquired.unread.row(0, named=True)
    assert (kept["line"], kept["reason"]) == (3, "expected a known division code, found Z9")


def test_a_fixture_is_remembered_when_the_file_has_it_no_longer(site, fixtures, payloads):
    site.files["fixtures.csv"] = fixture_file(3, "Arsenal,Fulham", "Chelsea,Everton")
    fixtures()
    site.files["fixtures.csv"] = fixture_file(3, "Chelsea,Everton").replace(b"2.0", b"2.2")
    acquired = fixtures()
    assert quoted(acquired) == [(3, "Arsenal", "2.0", False), (3, "Chelsea", "2.2", True)]
    old, new = payloads.fetches(f"{site.url}/fixtures.csv")["fetched_at"]
    rows = acquired.rows.sort("HomeTeam")
    assert rows.select("_first_seen_at", "_last_seen_at").rows() == [(old, old), (old, new)]


def test_a_fixture_that_was_moved_is_there_on_both_dates(site, fixtures):
    site.files["fixtures.csv"] = fixture_file(3, "Arsenal,Fulham")
    fixtures()
    site.files["fixtures.csv"] = fixture_file(9, "Arsenal,Fulham")
    acquired = fixtures()
    assert quoted(acquired) == [(3, "Arsenal", "2.0", False), (9, "Arsenal", "2.0", True)]


def test_an_unchanged_fixtures_file_was_last_seen_just_now(site, fixtures, payloads):
    site.files["fixtures.csv"] = fixture_file(3, "Arsenal,Fulham")
    for _ in range(2):
        acquired = fixtures()
    log = payloads.fetches(f"{site.url}/fixtures.csv")
    assert log["outcome"].to_list() == ["accepted", "unchanged"]
    assert acquired.rows.select("_first_seen_at", "_last_seen_at").rows() == [tuple(log["fetched_at"])]


def test_files_seen_long_before_the_range_are_not_read(site, fixtures):
    site.files["fixtures.csv"] = fixture_file(70, "Arsenal,Fulham")
    assert fixtures("E0", TODAY + 60 * DAY, TODAY + 80 * DAY).files == 1
    assert fixtures("E0", TODAY + 62 * DAY, TODAY + 80 * DAY).files == 0


@pytest.mark.parametrize("fault", [HTML, Status(500), Truncated()], ids=lambda fault: type(fault).__name__)
def test_a_bad_fixtures_file_leaves_the_last_good_one(site, fixtures, payloads, fault):
    site.files["fixtures.csv"] = fixture_file(3, "Arsenal,Fulham")
    before = fixtures()
    good = payloads.last_good()
    site.fault("fixtures.csv", fault)
    kept = fixtures()
    assert kept.problem.startswith("1 of 2 addresses failed") and f"{site.url}/fixtures.csv: expected" in kept.problem
    assert quoted(kept) == quoted(before)
    assert payloads.last_good() == good
    after = fixtures()
    assert quoted(after) == quoted(before) == [(3, "Arsenal", "2.0", True)]
