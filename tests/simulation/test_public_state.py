import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.simulation.football_data import files
from soccer_assets.simulation.public_state import WITHOUT_A_DATE, timetable

DAY = dt.timedelta(days=1)


def at(day: dt.date, hour: int = 5) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def one(frame: pl.DataFrame, key: str) -> dict[str, Any]:
    (row,) = frame.filter(key=key).iter_rows(named=True)
    return row


@pytest.fixture(scope="module")
def postponed(whole) -> dict[str, Any]:
    """The change and the match as played."""
    row = whole.disruptions.filter(kind="postponed").row(0, named=True)
    return row | one(whole.matches, row["key"])


@pytest.fixture(scope="module")
def awarded(whole) -> dict[str, Any]:
    row = whole.disruptions.filter(kind="awarded").row(0, named=True)
    return row | one(whole.matches, row["key"])


def test_every_kind_of_disruption_happens_and_only_the_moved_match_is_still_to_come(whole):
    kinds = dict(whole.disruptions["kind"].value_counts().rows())
    assert kinds["moved"] == 1
    assert kinds["postponed"] >= 10
    assert kinds["awarded"] >= 2
    past = whole.disruptions.filter(pl.col("kind") != "moved")
    assert past["known_on"].max() < whole.today
    assert whole.disruptions["key"].n_unique() == len(whole.disruptions)


def test_a_postponed_match_is_played_at_least_ten_days_later(whole):
    changes = whole.disruptions.filter(kind="postponed").join(whole.matches.select("key", "match_date"), on="key")
    assert ((changes["match_date"] - changes["from_date"]).dt.total_days() >= 10).all()


def test_a_postponed_match_is_scheduled_then_postponed_then_scheduled_again_then_finished(whole, postponed):
    key, called_off, played = postponed["key"], postponed["from_date"], postponed["match_date"]
    stages = {
        called_off - DAY: ("scheduled", called_off),
        called_off: ("postponed", called_off),
        called_off + WITHOUT_A_DATE: ("scheduled", played),
        played + DAY: ("finished", played),
    }
    found = {day: one(timetable(whole, at(day)), key) for day in stages}
    assert {day: (row["status"], row["match_date"]) for day, row in found.items()} == stages
    assert [row["FTHG"] for row in found.values()] == [None, None, None, postponed["FTHG"]]


def test_an_awarded_match_is_abandoned_until_it_is_decided(whole, awarded):
    key, day, decided = awarded["key"], awarded["match_date"], awarded["known_on"]
    before, after = (one(timetable(whole, at(moment)), key) for moment in (day + DAY, decided))
    assert (before["status"], before["FTHG"], before["FTAG"]) == ("abandoned", None, None)
    assert (after["status"], {after["FTHG"], after["FTAG"]}) == ("awarded", {0, 3})


def test_football_data_has_no_score_of_an_abandoned_match_until_it_is_awarded(whole, awarded):
    code, start = awarded["league"], awarded["season_start"]
    file = f"new/{code}.csv" if code == "NOR" else f"mmz4281/{start % 100:02d}{(start + 1) % 100:02d}/{code}.csv"
    goals, home, away = ("HG,AG", "Home", "Away") if code == "NOR" else ("FTHG,FTAG", "HomeTeam", "AwayTeam")
    for day, expected in (
        (awarded["match_date"] + DAY, (None, None)),
        (awarded["known_on"], (awarded["FTHG"], awarded["FTAG"])),
    ):
        rows = pl.read_csv(files(whole, day)[file], truncate_ragged_lines=True, infer_schema_length=None)
        row = rows.filter(pl.col(home) == awarded["home"], pl.col(away) == awarded["away"]).row(-1, named=True)
        assert tuple(row[name] for name in goals.split(",")) == expected


def test_a_match_is_in_play_for_two_hours_and_its_score_is_a_secret_until_the_end(whole):
    match = timetable(whole, at(whole.today)).filter(status="scheduled").row(0, named=True)
    start = match["kick_off_at"]
    minutes = {-1: "scheduled", 0: "in_play", 114: "in_play", 115: "finished"}
    found = {m: one(timetable(whole, start + dt.timedelta(minutes=m)), match["key"]) for m in minutes}
    assert {m: row["status"] for m, row in found.items()} == minutes
    assert [row["FTHG"] is None for row in found.values()] == [True, True, True, False]


def test_a_cup_match_is_unknown_until_its_round_is_drawn(whole):
    final = whole.cups.filter(round="Final").row(0, named=True)
    known = [final["key"] in timetable(whole, at(day))["key"] for day in (final["drawn_on"] - DAY, final["drawn_on"])]
    assert known == [False, True]


def test_the_moved_match_stands_on_its_old_date_until_today(whole):
    key = whole.disruptions.filter(kind="moved")["key"].item()
    dates = [one(timetable(whole, at(day)), key)["match_date"] for day in (whole.today - DAY, whole.today)]
    assert dates == [whole.moved.from_date, whole.moved.to_date]
