"""What each source gave against what it usually gives, and how it answered lately."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.football_data import source as football_data
from soccer_assets.sources.health import red_days, source_health, troubled
from soccer_assets.storage.payloads import FETCH_LOG

SATURDAY = dt.date(2026, 3, 14)
NOW = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
HABITS = {source.name: source.habit for source in SOURCES}
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)


def records(counts: dict[dt.date, int], payload: str = "p", league: str | None = "E0") -> pl.LazyFrame:
    rows = [(day, payload, league, f"Ember {n}", "Gale") for day, count in counts.items() for n in range(count)]
    schema = {"match_date": pl.Date} | dict.fromkeys(("_payload_id", "_league", "home", "away"), pl.String)
    return pl.LazyFrame(rows, schema=schema, orient="row")


def saturdays(count: int, weeks: Sequence[int] = range(1, 12)) -> dict[dt.date, int]:
    return {SATURDAY - n * WEEK: count for n in weeks}


def log(*rows: tuple[str, str, dt.datetime], source: str = "openfootball", reason: str = "it broke") -> pl.DataFrame:
    given = [
        {"source": source, "address": address, "outcome": outcome, "fetched_at": at, "reason": reason}
        for address, outcome, at in rows
    ]
    empty = FETCH_LOG.empty()
    return pl.concat([empty, pl.DataFrame(given, schema=empty.select("source", "address", "outcome", "fetched_at", "reason").schema)], how="diagonal")  # fmt: skip


ANSWERED = log(("a", "accepted", NOW - dt.timedelta(hours=4)))


def health(
    counts: dict[dt.date, int],
    fetches: pl.DataFrame = ANSWERED,
    first: dt.date = SATURDAY,
    last: dt.date = SATURDAY,
    source: str = "openfootball",
    **more: Any,
) -> pl.DataFrame:
    return source_health(
        {source: [records(counts)]}, more.pop("unread", {source: []}), fetches, HABITS, first, last, NOW
    )


def one(*arguments: Any, **changes: Any) -> dict[str, Any]:
    rows = health(*arguments, **changes)
    assert len(rows) == 1
    return rows.row(0, named=True)


# What it gave


def test_a_usual_saturday_is_ok():
    row = one(saturdays(10) | {SATURDAY: 9})
    assert (row["fetched"], row["parsed"], row["matches"], row["usual"], row["share"]) == (1, 9, 9, 10.0, 0.9)
    assert (row["state"], row["what"]) == ("ok", None)


def test_an_empty_saturday_is_red():
    rows = health(saturdays(10))
    row = rows.row(0, named=True)
    assert (row["state"], row["share"]) == ("empty", 0.0)
    assert row["what"] == "expected about 10.0 matches as on this weekday before, found none"
    assert red_days(rows, SATURDAY)["match_date"].to_list() == [SATURDAY]
    assert troubled(rows).is_empty()


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (saturdays(4), "few matches are usual"),
        (saturdays(10, weeks=[1, 2]), "it is not known for long enough"),
        (saturdays(10, weeks=[3, 4, 5, 6, 7, 8, 9]), "two of the weeks before were empty as well"),
        ({}, "nothing was ever there"),
        (saturdays(10) | {SATURDAY - 58 * WEEK: 10}, "at the time of year it was empty last year"),
        (
            saturdays(10) | {SATURDAY - 58 * WEEK: 1, SATURDAY - 51 * WEEK: 8, SATURDAY - 52 * WEEK: 8},
            "near it as well",
        ),
    ],
)
def test_a_saturday_without_a_match_is_no_surprise_when(counts, why):
    assert one(counts)["state"] == "ok", why


def test_a_saturday_that_was_full_last_year_as_well_is_red():
    last_year = {SATURDAY - n * WEEK: 8 for n in (51, 52, 53)}
    assert one(saturdays(10) | last_year)["state"] == "empty"


@pytest.mark.parametrize(
    ("elsewhere", "league", "state", "why"),
    [
        (saturdays(3), "E0", "ok", "another source has none of its leagues' matches either"),
        (saturdays(3) | {SATURDAY: 1}, "E0", "empty", "another source has one"),
        (saturdays(3), "SP1", "empty", "the other source holds other leagues"),
        (saturdays(3), None, "empty", "nobody knows the leagues of the other source"),
        (saturdays(3, weeks=[1, 2]), "E0", "empty", "the other source has not held them for long"),
    ],
)
def test_other_sources_tell_a_break_from_a_feed_that_lost_its_matches(elsewhere, league, state, why):
    tables = {"openfootball": [records(saturdays(10))], "whoscored": [records(elsewhere, "q", league)]}
    rows = source_health(tables, {}, ANSWERED, HABITS, SATURDAY, SATURDAY, NOW)
    assert rows.filter(pl.col("source") == "openfootball")["state"].item() == state, why


@pytest.mark.parametrize(
    ("source", "days", "state"),
    [
        ("openfootball", 2, "empty"),
        ("openfootball", 3, "ok"),
        ("football_data", 0, "empty"),
        ("football_data", 1, "ok"),
    ],
)
def test_a_coming_date_is_red_when_the_source_should_have_it(source, days, state):
    day = SATURDAY + days * DAY
    counts = {day - n * WEEK: 10 for n in range(1, 9)}
    fetches = ANSWERED.with_columns(source=pl.lit(source))
    assert one(counts, fetches, day, day, source=source)["state"] == state


def test_what_is_long_past_is_told_and_not_red():
    rows = source_health(
        {"openfootball": [records(saturdays(10))]},
        {"openfootball": []},
        ANSWERED,
        HABITS,
        SATURDAY,
        SATURDAY,
        NOW + 40 * DAY,
    )
    assert rows["state"].to_list() == ["empty"]
    assert red_days(rows, SATURDAY + 40 * DAY).is_empty()


def test_a_match_in_two_payloads_is_one_match_and_two_records():
    tables = [records({SATURDAY: 3}, "p"), records({SATURDAY: 4}, "q")]
    row = source_health({"fonbet": tables}, {"fonbet": []}, ANSWERED, HABITS, SATURDAY, SATURDAY, NOW).row(
        0, named=True
    )
    assert (row["fetched"], row["parsed"], row["matches"]) == (2, 7, 4)


def test_football_data_names_its_sides_as_it_likes():
    main = records({SATURDAY: 2}).rename({"home": "HomeTeam", "away": "AwayTeam"})
    extra = records({SATURDAY: 1}).rename({"home": "Home", "away": "Away"})
    tables = [
        football_data.in_form(rows.with_columns(_season=pl.lit("2026/27"), _line=pl.lit(2))) for rows in (main, extra)
    ]
    row = source_health({"football_data": tables}, {}, ANSWERED, HABITS, SATURDAY, SATURDAY, NOW).row(0, named=True)
    assert (row["parsed"], row["matches"]) == (3, 2)


def test_records_in_quarantine_are_counted_on_their_date():
    unread = pl.LazyFrame({"match_date": [SATURDAY, SATURDAY, None, SATURDAY - DAY]}, schema={"match_date": pl.Date})
    row = one({SATURDAY: 8}, unread={"openfootball": [unread]})
    assert (row["parsed"], row["quarantined"]) == (8, 2)


# How it answered


def test_a_source_whose_newest_answer_is_bad_is_broken():
    fetches = log(
        ("a", "accepted", NOW - 2 * DAY), ("a", "accepted", NOW - DAY * 0.2), ("b", "blocked", NOW - DAY * 0.1)
    )
    rows = health({SATURDAY: 8}, fetches)
    row = rows.row(0, named=True)
    assert (row["state"], row["what"]) == ("broken", "1 of 2 addresses failed, such as it broke")
    assert row["last_success_at"] == NOW - DAY * 0.2
    assert [row[outcome] for outcome in ("accepted", "blocked", "failed")] == [2, 1, 0]
    assert troubled(rows)["source"].to_list() == ["openfootball"]


def test_a_failure_that_was_followed_by_a_good_answer_is_forgotten():
    fetches = log(("a", "failed", NOW - DAY * 0.2), ("a", "unchanged", NOW - DAY * 0.1))
    assert one({SATURDAY: 8}, fetches)["state"] == "ok"


def test_a_source_nobody_got_an_answer_of_for_long_is_stale():
    row = one({SATURDAY: 8}, log(("a", "accepted", NOW - 2 * DAY)))
    assert (row["state"], row["what"]) == (
        "stale",
        "expected a good answer within 36 h, found the last one at 2026-03-12 09:00 UTC",
    )
    assert one({SATURDAY: 8}, log())["what"] == "no good answer so far"


def test_an_empty_day_of_a_broken_source_says_both():
    row = one(saturdays(10), log(("a", "accepted", NOW - DAY * 0.2), ("a", "rejected", NOW - DAY * 0.1)))
    assert row["state"] == "broken"
    assert row["what"] == (
        "expected about 10.0 matches as on this weekday before, found none; 1 of 1 addresses failed, such as it broke"
    )


def test_how_a_source_answers_today_says_nothing_of_dates_long_past():
    rows = health({SATURDAY: 8}, log(), SATURDAY - 15 * DAY, SATURDAY)
    states = dict(rows.select("match_date", "state").rows())
    assert (states[SATURDAY - 15 * DAY], states[SATURDAY - 14 * DAY], states[SATURDAY]) == ("ok", "stale", "stale")


def test_every_source_has_a_row_on_every_date():
    sources = {"openfootball": [records(saturdays(3))], "fonbet": [records({})]}
    rows = source_health(sources, {}, ANSWERED, HABITS, SATURDAY - 3 * DAY, SATURDAY + 2 * DAY, NOW)
    assert rows.select("match_date", "source").is_unique().all()
    assert len(rows) == 12
