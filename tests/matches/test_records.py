"""The records of other sources in one form."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.matches.records import FORM, in_one_form

SEEN = dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC)
DAY = dt.date(2024, 3, 2)
TYPED: dict[str, pl.DataType] = {"match_date": pl.Date(), "_seen_at": pl.Datetime("us", "UTC"), "_record": pl.Int64()}


def published(*rows: dict[str, Any]) -> pl.LazyFrame:
    common = {"match_date": DAY, "_league": "E0", "_payload_id": "a" * 64, "_seen_at": SEEN}
    filled = [common | {"_record": n, "home": "Ash", "away": "Birch", "status": "scheduled"} | given
              for n, given in enumerate(rows, start=1)]  # fmt: skip
    names = dict.fromkeys(name for row in filled for name in row)
    return pl.DataFrame(filled, schema={name: TYPED.get(name, pl.String()) for name in names}).lazy()


def only(*rows: dict[str, Any]) -> pl.DataFrame:
    """In one form, as records of WhoScored; the other sources have nothing."""
    return in_one_form({"whoscored_matches": published(*rows)})


def test_what_a_record_tells_is_typed_and_what_it_does_not_is_null():
    told = only({"status": "finished", "home_goals": "2", "away_goals": "1", "kick_off_at": "2024-03-02T12:30:00Z",
                 "home_shots": "14", "venue": "Ash Lane", "season": "2023/2024", "season_id": "9155"})  # fmt: skip
    assert told.schema == FORM
    row = told.row(0, named=True)
    assert {name: row[name] for name in row if row[name] is not None} == {
        "source": "whoscored", "league": "E0", "season": "2023/24", "season_id": "9155", "match_date": DAY, "status": "finished",
        "kick_off_at": dt.datetime(2024, 3, 2, 12, 30, tzinfo=dt.UTC), "home": "Ash", "away": "Birch", "home_goals": 2,
        "away_goals": 1, "home_shots": 14, "venue": "Ash Lane", "seen_at": SEEN, "payload_id": "a" * 64, "line": 1, "score_text": "2-1",
    }  # fmt: skip


def test_the_date_is_that_of_the_league_s_own_clock():
    told = only({"_league": "MEX", "kick_off_at": "2024-07-01T02:00:00Z", "match_date": dt.date(2024, 7, 1)})
    assert told["match_date"].item() == dt.date(2024, 6, 30)


@pytest.mark.parametrize(
    ("league", "stated", "season"),
    [("NOR", "2016", "2016"), ("E0", "2016/2017", "2016/17"), ("E0", "2016/17", "2016/17"), ("E0", "1999/2000", "1999/00"),
     ("ARG", "2016/17", "2016/17"), ("E0", "2016", None), ("E0", "2016/2018", None), ("E0", "9999/00", None),
     ("E0", "summer", None), ("E0", None, None)],
)  # fmt: skip
def test_the_season_is_the_one_the_source_states(league, stated, season):
    assert only({"_league": league, "season": stated, "match_date": dt.date(2016, 7, 2)})["season"].item() == season


@pytest.mark.parametrize("outside", [{"_league": None}, {"sex": "women"}, {"kind": "youth"}, {"kind": "reserve"}])
def test_competitions_that_are_not_followed_are_left_to_their_source(outside):
    assert only(outside).is_empty()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"home": None}, "expected two teams, found an empty name"),
        ({"home": "Birch"}, "expected two teams, found one against itself"),
        ({"status": "finished"}, "expected the goals of a finished match, found none"),
        ({"status": "finished", "home_goals": "1", "away_goals": "x"}, "expected the goals of a finished match, found none"),
        ({"status": "finished", "home_goals": "41", "away_goals": "0"}, "expected 0 to 40 goals, found 41-0"),
        ({"status": "delayed"}, "expected one of scheduled, postponed, in_play, finished, abandoned, awarded, void, found delayed"),
    ],
)  # fmt: skip
def test_a_record_of_no_use_says_why(wrong, reason):
    assert only(wrong)["reason"].to_list() == [reason]
