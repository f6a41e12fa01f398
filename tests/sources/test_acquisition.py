"""Acquisition over a real loopback site that misbehaves: what was good stays."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.faults import (
    BLOCKED,
    EMPTY,
    HALF_BODY,
    HTML,
    Changed,
    Slow,
    Stall,
    Status,
    Truncated,
    renamed,
    too_large,
)
from soccer_assets.sources.acquisition import Acquired
from soccer_assets.sources.schema import OPENFOOTBALL_MATCHES

pytestmark = pytest.mark.enable_socket

TODAY = Clock.from_settings(Settings.read()).today()
DAY = dt.timedelta(days=1)
YEAR = TODAY.year
FILE = f"{YEAR}/jp.1.json"
NOW = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)


def season(*days: int, away: str = "Gale Town", goals: Any = (2, 1)) -> bytes:
    """A file of football.json with a match on each of some days from today."""
    matches = [
        {
            "round": "1",
            "date": str(TODAY + n * DAY),
            "time": "15:00",
            "team1": f"Ember {n}",
            "team2": away,
            "score": {"ft": list(goals)},
        }
        for n in days
    ]
    return json.dumps({"name": f"J1 {YEAR}", "matches": matches}).encode()


GOOD, BETTER = season(-3, -2, -1, 0), season(-3, -2, -1, 0, 1)
FIRST, LAST = TODAY - 7 * DAY, TODAY + 7 * DAY


def told(acquired: Acquired) -> list[int]:
    return [(day - TODAY).days for day in acquired.rows["match_date"].to_list()]


# Whatever is answered between two good answers

FAULTS = {
    "429": (
        Status(429, {"Retry-After": "7200"}),
        "expected 200 OK, found 429 Too Many Requests; it asks to be left alone until",
    ),
    "500": (Status(500), "expected 200 OK, found 500 Internal Server Error"),
    "a time-out": (Stall(30), "expected an answer within 0.3 s, found none"),
    "a slow body": (Slow(10), "expected the whole answer within 0.3 s, found"),
    "a broken transfer": (Truncated(), "expected a whole answer, found a broken transfer"),
    "a block page": (BLOCKED, "expected data, found the page of a bot wall ('_Incapsula_Resource')"),
    "an error page": (HTML, "expected JSON, found an HTML page"),
    "half a body": (HALF_BODY, "expected JSON with name and matches"),
    "too large": (too_large(20_000), "expected at most 10,000 bytes, found more"),
    "a renamed list": (renamed("matches", "games"), "expected JSON with name and matches"),
    "a renamed field": (renamed("team1", "home"), "expected a match with date, team1 and team2"),
    "an emptied file": (EMPTY, "expected at least 50% of the 4 matches of the last good file, found 0"),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_leaves_the_last_good_data_says_what_broke_and_passes_by_itself(
    site, acquisition, lake, payloads, fault, message
):
    limits = {
        "http_timeout_seconds": 0.3 if isinstance(fault, Stall) else 30.0,
        "http_answer_seconds": 0.3 if isinstance(fault, Slow) else 30.0,
        "http_max_bytes": 10_000,
    }
    site.files[FILE] = GOOD
    good = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert (told(good), good.problem) == ([-3, -2, -1, 0], "")
    site.files[FILE] = BETTER
    site.fault(FILE, fault)
    broken = acquisition("openfootball_matches", **limits).acquire(FIRST, LAST)
    assert_frame_equal(broken.rows, good.rows)
    assert f"{site.url}/{FILE}: {message}" in broken.problem
    assert payloads.last_good()[f"{site.url}/{FILE}"].payload_id == good.rows["_payload_id"][0]
    mended = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert (told(mended), mended.problem) == ([-3, -2, -1, 0, 1], "")


@pytest.mark.parametrize("fault", [BLOCKED, Status(500), EMPTY], ids=["blocked", "500", "emptied"])
def test_a_source_that_never_answered_well_has_no_rows_and_says_so(site, acquisition, fault):
    site.files[FILE] = GOOD
    site.fault(FILE, fault if fault is not EMPTY else renamed("matches", "games"))
    acquired = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert acquired.rows.is_empty()
    assert FILE in acquired.problem


@pytest.mark.parametrize("name", ["openfootball_matches", "football_data_results"])
def test_a_source_that_has_none_of_its_files_says_so_until_it_has_one(site, acquisition, name):
    acquired = acquisition(name).acquire(FIRST, LAST)
    assert acquired.rows.is_empty() and acquired.missing
    assert "found 404 Not Found at each, now and before: look at SOCCER_" in acquired.problem
    if name == "openfootball_matches":
        site.files[FILE] = GOOD
        assert acquisition(name).acquire(FIRST, LAST).problem == ""
        assert acquisition(name).acquire(FIRST + 400 * DAY, LAST + 400 * DAY).problem == ""  # a season that is to come


def test_a_host_that_is_not_there_fails_nothing_and_costs_no_time(site, acquisition):
    site.stop()
    began = dt.datetime.now()
    for name in ("openfootball_matches", "understat_matches", "whoscored_matches", "fonbet_events", "fonbet_results"):
        acquired = acquisition(name, http_retries=3).acquire(TODAY - 7300 * DAY, TODAY + 14 * DAY)
        assert acquired.rows.is_empty()
        assert "expected a connection, found none" in acquired.problem
        assert len(acquired.problem.splitlines()) <= 13
    assert (dt.datetime.now() - began).total_seconds() < 20


# What counts


def test_rows_are_those_of_the_range_and_counts_those_of_the_payloads(site, acquisition):
    site.files[FILE] = GOOD
    acquired = acquisition("openfootball_matches").acquire(TODAY - 2 * DAY, TODAY - DAY)
    assert told(acquired) == [-2, -1]
    assert (acquired.files, acquired.lines, acquired.records, acquired.quarantined) == (1, 4, 4, 0)
    assert f"{site.url}/{YEAR}-{(YEAR + 1) % 100:02d}/jp.1.json" in acquired.missing


def test_the_newest_good_answer_of_an_address_counts_alone(site, acquisition, lake):
    site.files[FILE] = season(-1, 0, away="Bad Town", goals=(2, "x"))[:-2] + b',{"date":"never"}]}'
    first = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert first.rows.is_empty() and "expected two whole numbers" in first.problem
    site.files[FILE] = season(-2, -1, 0)[:-2] + b',{"date":"never"}]}'
    second = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert (second.records, second.quarantined, second.lines) == (3, 1, 4)
    assert second.unread["reason"].item().startswith("expected a match with date, team1 and team2, found ")
    assert second.unread["line"].to_list() == [4]
    site.files[FILE] = season(-2, -1, 0)
    third = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert (third.records, third.quarantined) == (3, 0)
    assert third.unread.is_empty() and third.replaces == f"origin IN ('{site.url}/{FILE}')"


def test_a_match_that_left_its_date_is_postponed_there_and_comes_on_the_new_one(site, acquisition):
    def coming(**dates: int) -> bytes:
        days = [{"date": str(TODAY + n * DAY), "team1": home, "team2": "Gale"} for home, n in dates.items()]
        return json.dumps({"name": f"J1 {YEAR}", "matches": days}).encode()

    def lives() -> list[tuple[str, int, str]]:
        rows = acquisition("openfootball_matches").acquire(FIRST, LAST).rows.sort("home", "match_date")
        return [
            (home, (day - TODAY).days, status)
            for home, day, status in rows.select("home", "match_date", "status").rows()
        ]

    site.files[FILE] = coming(Ember=1, Hale=2)
    assert lives() == [("Ember", 1, "scheduled"), ("Hale", 2, "scheduled")]
    site.files[FILE] = coming(Ember=1, Hale=5)
    moved = [("Ember", 1, "scheduled"), ("Hale", 2, "postponed"), ("Hale", 5, "scheduled")]
    assert lives() == moved
    assert lives() == moved  # and so it stays
    site.files[FILE] = coming(Ember=1, Hale=2)  # back again
    assert lives() == [("Ember", 1, "scheduled"), ("Hale", 2, "scheduled"), ("Hale", 5, "postponed")]


def test_a_source_that_is_left_out_is_not_asked_and_has_no_rows(site, acquisition):
    site.files[FILE] = GOOD
    acquired = acquisition("openfootball_matches", sources="understat").acquire(FIRST, LAST)
    assert acquired.rows.is_empty()
    assert acquired.rows.columns == OPENFOOTBALL_MATCHES.schema.names()
    assert site.requests == []


def test_replay_needs_no_network(site, acquisition):
    site.files[FILE] = GOOD
    fetched = acquisition("openfootball_matches").acquire(FIRST, LAST)
    site.stop()
    again = acquisition("openfootball_matches", replay=True)
    assert_frame_equal(again.acquire(FIRST, LAST).rows, fetched.rows)


# Days and snapshots


def feed(day: dt.date, *homes: str) -> bytes:
    """A day's feed of WhoScored, of matches that are over unless the day is to come."""
    state = {"status": 6, "elapsed": "FT", "homeScore": 1, "awayScore": 0}
    if day > TODAY:
        state = {"status": 1, "elapsed": ""}
    matches = [
        {
            "id": 1000 * day.toordinal() + n,
            "startTimeUtc": f"{day}T15:00:00Z",
            **state,
            "homeName": home,
            "awayName": "Gale Town",
        }
        for n, home in enumerate(homes)
    ]
    stage = {"tournamentId": 2, "tournamentName": "Premier League", "regionCode": "gb-eng", "sex": 1}
    return json.dumps({"tournaments": [{**stage, "matches": matches}] if matches else []}).encode()


def feed_of(day: dt.date) -> str:
    return f"livescores/data?d={day:%Y%m%d}&isSummary=false"


def test_old_days_are_not_asked_for_and_keep_what_they_had(site, acquisition):
    days = [TODAY + n * DAY for n in (-20, -14, 14, 16)]
    site.files |= {feed_of(day): feed(day, "Ember", "Hale") for day in days}
    acquired = acquisition("whoscored_matches").acquire(TODAY - 40 * DAY, TODAY + 40 * DAY)
    assert sorted(set(told(acquired))) == [-14, 14]
    assert len(site.requests) == 31  # and a day of UTC at either end
    wider = acquisition("whoscored_matches", whoscored_days=20).acquire(TODAY - 40 * DAY, TODAY)
    assert sorted(set(told(wider))) == [-20, -14]
    # days later the day is too old to be asked for: its rows are those of the answer in store
    site.requests.clear()
    later = acquisition("whoscored_matches").acquire(TODAY - 20 * DAY, TODAY - 20 * DAY)
    assert told(later) == [-20, -20]
    assert site.requests == []


def test_an_empty_day_between_two_full_ones_does_not_replace_them(site, acquisition):
    saturday = feed_of(TODAY - 3 * DAY)
    site.files[saturday] = feed(TODAY - 3 * DAY, "Ember", "Hale", "Isle")
    good = acquisition("whoscored_matches").acquire(FIRST, LAST)
    site.fault(saturday, Changed(lambda body: feed(TODAY)))
    broken = acquisition("whoscored_matches").acquire(FIRST, LAST)
    assert_frame_equal(broken.rows, good.rows)
    assert "expected at least 50% of the 3 matches of the last good answer, found 0" in broken.problem
    site.fault(saturday, BLOCKED)
    blocked = acquisition("whoscored_matches").acquire(FIRST, LAST)
    assert_frame_equal(blocked.rows, good.rows)
    assert "the page of a bot wall" in blocked.problem


def packet(version: int, *hours: int, price: float = 2.0) -> bytes:
    """A full packet of Fonbet's line with a match some hours from now each."""
    kick_offs = [int((NOW + dt.timedelta(hours=n)).timestamp()) for n in hours]
    return json.dumps(
        {
            "packetVersion": version,
            "fromVersion": 0,
            "sports": [
                {"id": 1, "kind": "sport", "name": "Футбол", "sortOrder": "1"},
                {"id": 11, "parentId": 1, "kind": "segment", "name": "Англия. Премьер-Лига", "sortOrder": "2"},
            ],
            "events": [
                {
                    "id": 100 + n,
                    "level": 1,
                    "sportId": 11,
                    "team1Id": 1,
                    "team2Id": 2,
                    "team1": f"Эмбер {n}",
                    "team2": "Гейл",
                    "name": "",
                    "startTime": at,
                    "place": "line",
                }
                for n, at in zip(hours, kick_offs, strict=True)
            ],
            "customFactors": [
                {"e": 100 + n, "countAll": 3, "factors": [{"f": f, "v": price} for f in (921, 922, 923)]} for n in hours
            ],
            "eventMiscs": [],
            "eventBlocks": [],
        }
    ).encode()


LINE = "events/list?lang=ru&version=0&scopeMarket=1600"


def test_every_snapshot_of_the_line_counts(site, acquisition, payloads):
    site.files[LINE] = packet(1, 6, 30, price=2.0)
    acquisition("fonbet_events").acquire(TODAY, TODAY + 14 * DAY)
    site.files[LINE] = packet(2, 6, 30, price=2.1)
    acquired = acquisition("fonbet_events").acquire(TODAY, TODAY + 14 * DAY)
    rows = acquired.rows.with_columns(price=pl.col("factors").str.json_path_match("$[0][1]"))
    assert sorted(rows.select("event_id", "price").rows()) == [
        ("106", "2.0"), ("106", "2.1"), ("130", "2.0"), ("130", "2.1"),
    ]  # fmt: skip
    assert rows["quoted_at"].n_unique() <= 2
    assert acquired.files == 2
    past = acquisition("fonbet_events").acquire(TODAY - 30 * DAY, TODAY - DAY)  # nobody quotes what was played
    assert (past.problem, past.files, len(past.rows)) == ("", 2, 0)
    assert len(site.requests) == 2
    assert acquisition("fonbet_events").acquire(TODAY - 30 * DAY, TODAY - 20 * DAY).files == 0


def test_half_a_packet_is_refused_and_the_snapshots_stay(site, acquisition):
    site.files[LINE] = packet(1, *range(6, 16))
    good = acquisition("fonbet_events").acquire(TODAY, TODAY + 14 * DAY)
    site.files[LINE] = packet(2, 6, 7, 8)
    broken = acquisition("fonbet_events").acquire(TODAY, TODAY + 14 * DAY)
    assert_frame_equal(broken.rows, good.rows)
    assert "expected at least 50% of the 10 football matches of the last full packet, found 3" in broken.problem


def test_the_hosts_of_the_line_take_turns(site, acquisition):
    from soccer_assets.simulation.site import Site

    with Site({LINE: packet(1, 6)}) as other:
        site.fault(LINE, Status(503))
        acquired = acquisition("fonbet_events", source_urls={"fonbet": f"{site.url}, {other.url}/"}).acquire(
            TODAY, TODAY + DAY
        )
    assert (len(acquired.rows), acquired.problem) == (1, "")
    assert acquired.rows["_address"][0] == f"{site.url}/{LINE}"
