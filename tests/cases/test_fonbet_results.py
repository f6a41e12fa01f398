"""Fonbet's results fill scores that no other source has, and check those that others have."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches.fonbet_results import Checked, check_results
from soccer_assets.matches.schema import MATCHES
from soccer_assets.sources.schema import FONBET_RESULTS

DAY = dt.date(2024, 3, 9)
SEEN = dt.datetime(2024, 3, 10, 6, tzinfo=dt.UTC)


def match(home: str, away: str, score: str | None, status: str = "finished", days: int = 0) -> dict[str, Any]:
    goals = score.split("-") if score else (None, None)
    return {
        "match_date": DAY + dt.timedelta(days=days), "match_id": f"E0 {home} {away}", "league": "E0",
        "season": "2023/24", "status": status, "home": home, "away": away, "home_id": f"england.{home.lower()}",
        "away_id": f"england.{away.lower()}", "leg": 1, "source": "openfootball", "payload_id": "f", "line": 2,
        "home_goals": goals[0] and int(goals[0]), "away_goals": goals[1] and int(goals[1]),
    }  # fmt: skip


def result(home: str, away: str, score: str, days: int = 0, **further: Any) -> dict[str, Any]:
    goals = score.split("-")
    return {
        "match_date": DAY + dt.timedelta(days=days), "_payload_id": "p", "_address": "x", "_seen_at": SEEN,
        "status": "finished", "home": home, "away": away, "sex": "men", "kind": "first", "home_goals": goals[0],
        "away_goals": goals[1], **further,
    }  # fmt: skip


def checked(matches: list[dict[str, Any]], *results: dict[str, Any]) -> Checked:
    rows = [row | {"_record": n} for n, row in enumerate(results, 1)]
    table = MATCHES.conform(pl.DataFrame(matches, schema=MATCHES.schema))
    return check_results(table, pl.DataFrame(rows, schema=FONBET_RESULTS.schema).lazy(), LINK_DECISIONS.empty())


def test_a_result_that_no_other_source_has_fills_the_match():
    done = checked([match("Chelsea", "Arsenal", None, "scheduled")], result("Челси", "Арсенал", "2-1"))
    assert done.rows.select("status", "home_goals", "away_goals").rows() == [("finished", 2, 1)]
    assert done.counts == {"agree": 0, "differ": 0, "filled": 1}
    assert done.conflicts.is_empty()


def test_an_awarded_result_fills_the_match_as_awarded():
    done = checked(
        [match("Chelsea", "Arsenal", None, "scheduled")], result("Челси", "Арсенал", "3-0", status="awarded")
    )
    assert done.rows.select("status", "home_goals", "away_goals").rows() == [("awarded", 3, 0)]


def test_a_score_that_differs_is_a_conflict_and_changes_nothing():
    done = checked([match("Chelsea", "Arsenal", "2-0")], result("Челси", "Арсенал", "2-1"))
    assert done.rows.select("home_goals", "away_goals").rows() == [(2, 0)]
    rows = done.conflicts.select("field", "kept_source", "kept", "source", "value", "value_payload_id", "value_line")
    assert rows.rows() == [("score", "openfootball", "2-0", "fonbet", "2-1", "p", 1)]


def test_a_score_that_agrees_is_counted():
    done = checked([match("Chelsea", "Arsenal", "2-1")], result("Челси", "Арсенал", "2-1"))
    assert (done.counts, len(done.conflicts)) == ({"agree": 1, "differ": 0, "filled": 0}, 0)


@pytest.mark.parametrize(
    "other",
    [
        result("Арсенал", "Челси", "2-1"),
        result("Челси", "Арсенал", "2-1", kind="youth"),
        result("Челси", "Арсенал", "2-1", sex="women"),
        result("Челси", "Арсенал", "2-1", days=-1),
        result("Челси", "Арсенал", "2-1", days=3),
        result("Челси", "Астон Вилла", "2-1"),
        result("Челси", "Арсенал", "x-1"),
        result("Челси (Дэн)", "Арсенал (Крис)", "5-4"),
    ],
    ids=["swapped", "youth", "women", "the day before", "three days later", "another opponent", "no number", "gamers"],
)
def test_a_result_that_is_not_surely_the_match_changes_nothing(other):
    match_ = match("Chelsea", "Arsenal", None, "scheduled")
    done = checked([match_, match("Everton", "Fulham", "0-0")], other)
    assert done.rows["status"].to_list() == ["scheduled", "finished"]
    assert done.counts == {"agree": 0, "differ": 0, "filled": 0}


def test_results_that_contradict_each_other_say_nothing():
    results = result("Челси", "Арсенал", "2-1"), result("Челси", "Арсенал", "2-2")
    done = checked([match("Chelsea", "Arsenal", None, "scheduled")], *results)
    assert done.rows["status"].to_list() == ["scheduled"]


@pytest.mark.parametrize("status", ["postponed", "abandoned", "void", "awarded"])
def test_what_was_decided_otherwise_stays(status):
    done = checked([match("Chelsea", "Arsenal", None, status)], result("Челси", "Арсенал", "2-1"))
    assert done.rows.select("status", "home_goals").rows() == [(status, None)]


def test_without_results_the_matches_are_as_they_were():
    done = checked([match("Chelsea", "Arsenal", "2-1")])
    assert done.rows["home_goals"].to_list() == [2]
