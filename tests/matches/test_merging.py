"""The records of other sources meet the matches there are."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.matches.merging import merge
from soccer_assets.matches.records import FORM, OTHERS

SEASON = {"league": "E0", "season": "2023/24"}
RECORD = pl.Schema({**FORM, "home_id": pl.String(), "away_id": pl.String()})
SATURDAY = dt.date(2024, 3, 2)
NOON = dt.datetime(2024, 3, 2, 12, tzinfo=dt.UTC)


def row(
    source: str, line: int, days: int = 0, status: str = "finished", score: str = "", **more: Any
) -> dict[str, Any]:
    goals = score.split("-") if score else (None, None)
    return SEASON | {
        "source": source, "payload_id": source, "line": line, "status": status, "home": "Ash", "away": "Birch",
        "home_id": "england.ash", "away_id": "england.birch", "match_date": SATURDAY + dt.timedelta(days),
        "seen_at": NOON, "home_goals": goals[0] and int(goals[0]), "away_goals": goals[1] and int(goals[1]),
    } | more  # fmt: skip


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{name: given_row.get(name) for name in RECORD} for given_row in rows], schema=RECORD)


def base(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame(*rows).drop("reason")


def shown(merged: pl.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return merged.sort("match_date", "line").select(names).rows()


def test_a_record_fills_the_gaps_of_its_match_and_changes_nothing_else():
    known = base(row("football-data", 2, score="2-1", home_shots=9))
    told = frame(
        row("whoscored", 1, score="2-1", home_shots=11, away_shots=4, venue="Ash Lane", kick_off_at=NOON),
        row("understat", 1, score="2-1", home_xg=1.4, away_xg=0.6),
    )
    merged = merge(known, told)
    names = (
        "source",
        "home_goals",
        "away_goals",
        "home_shots",
        "away_shots",
        "venue",
        "kick_off_at",
        "home_xg",
        "away_xg",
    )
    assert shown(merged.rows, *names) == [("football-data", 2, 1, 9, 4, "Ash Lane", NOON, 1.4, 0.6)]
    assert merged.conflicts.is_empty()
    assert merged.links.sort("source").rows() == [
        ("understat", "understat", 1, "football-data", 2),
        ("whoscored", "whoscored", 1, "football-data", 2),
    ]


def test_a_fixture_that_no_other_source_has_is_a_match_of_its_own():
    merged = merge(base(), frame(row("openfootball", 7, status="scheduled")))
    assert shown(merged.rows, "match_date", "source", "status", "line") == [(SATURDAY, "openfootball", "scheduled", 7)]
    assert merged.links.rows() == [("openfootball", "openfootball", 7, "openfootball", 7)]


def test_a_source_trusted_less_adds_to_the_match_of_one_trusted_more():
    merged = merge(
        base(), frame(row("openfootball", 7, days=1), row("whoscored", 3, status="scheduled", venue="Ash Lane"))
    )
    assert shown(merged.rows, "match_date", "source", "venue") == [(SATURDAY, "whoscored", "Ash Lane")]


@pytest.mark.parametrize(
    ("now", "told", "then"),
    [
        ("scheduled", row("whoscored", 1, status="finished", score="3-0"), ("finished", 3, 0)),
        ("scheduled", row("whoscored", 1, status="in_play"), ("in_play", None, None)),
        ("scheduled", row("whoscored", 1, status="awarded", score="3-0"), ("awarded", 3, 0)),
        ("abandoned", row("whoscored", 1, status="awarded", score="0-3"), ("awarded", 0, 3)),
        ("scheduled", row("whoscored", 1, status="void"), ("void", None, None)),
        ("scheduled", row("whoscored", 1, status="postponed", seen_at=NOON + dt.timedelta(hours=1)), ("postponed", None, None)),
        # an older postponement than the fixture list: the match is on again
        ("scheduled", row("whoscored", 1, status="postponed", seen_at=NOON - dt.timedelta(hours=1)), ("scheduled", None, None)),
    ],
)  # fmt: skip
def test_a_later_stage_of_a_match_wins_and_a_decision_wins_over_the_field(now, told, then):
    merged = merge(base(row("football-data", 2, status=now)), frame(told))
    assert shown(merged.rows, "status", "home_goals", "away_goals") == [then]


def test_a_result_stays_when_another_source_still_lists_the_fixture():
    merged = merge(base(row("football-data", 2, score="1-1")), frame(row("openfootball", 1, status="scheduled")))
    assert shown(merged.rows, "status", "home_goals", "away_goals") == [("finished", 1, 1)]
    assert merged.conflicts.is_empty()


def test_an_awarded_result_keeps_the_score_of_the_source_trusted_more():
    merged = merge(
        base(row("football-data", 2, score="3-0")), frame(row("whoscored", 1, status="awarded", score="0-2"))
    )
    assert shown(merged.rows, "status", "home_goals", "away_goals") == [("awarded", 3, 0)]
    assert merged.conflicts.select("field", "kept", "value").rows() == [("score", "3-0", "0-2")]


def test_sources_that_differ_leave_a_conflict_per_field_and_the_first_one_counts():
    known = base(row("football-data", 2, score="2-1", kick_off_at=NOON))
    other = row("whoscored", 1, days=1, score="2-2", kick_off_at=NOON + dt.timedelta(hours=26))
    merged = merge(known, frame(other))
    assert shown(merged.rows, "match_date", "home_goals", "away_goals") == [(SATURDAY, 2, 1)]
    assert merged.conflicts.sort("field").select("field", "kept_source", "kept", "source", "value").rows() == [
        ("kick_off_at", "football-data", "2024-03-02 12:00:00.000000+00:00", "whoscored", "2024-03-03 14:00:00.000000+00:00"),
        ("match_date", "football-data", "2024-03-02", "whoscored", "2024-03-03"),
        ("score", "football-data", "2-1", "whoscored", "2-2"),
    ]  # fmt: skip


def test_kick_offs_that_differ_by_minutes_are_no_conflict():
    known = base(row("football-data", 2, score="2-1", kick_off_at=NOON))
    merged = merge(known, frame(row("whoscored", 1, score="2-1", kick_off_at=NOON + dt.timedelta(minutes=15))))
    assert merged.conflicts.is_empty()


def test_a_match_postponed_by_one_source_and_played_later_by_another_is_off_on_its_old_date():
    known = base(row("football-data", 2, days=40, score="2-0"))
    merged = merge(known, frame(row("whoscored", 1, status="postponed")))
    assert shown(merged.rows, "match_date", "status", "source") == [
        (SATURDAY, "postponed", "whoscored"),
        (SATURDAY + dt.timedelta(40), "finished", "football-data"),
    ]


def test_the_one_meeting_of_a_season_is_the_same_match_though_it_was_moved_by_months():
    known = base(row("football-data", 2, days=90, score="2-0"))
    merged = merge(known, frame(row("openfootball", 1, status="scheduled")))
    assert shown(merged.rows, "match_date", "status") == [(SATURDAY + dt.timedelta(90), "finished")]
    assert merged.conflicts["field"].to_list() == ["match_date"]


def test_a_meeting_of_the_season_and_one_of_its_play_offs_are_two_matches():
    known = base(row("football-data", 2, days=98, status="scheduled", league="SC0"))
    merged = merge(known, frame(row("openfootball", 1, status="scheduled", league="SC0")))
    assert shown(merged.rows, "match_date", "source") == [
        (SATURDAY, "openfootball"),
        (SATURDAY + dt.timedelta(98), "football-data"),
    ]


def test_clubs_that_meet_twice_at_one_ground_are_told_apart_by_date():
    known = base(row("football-data", 2, score="2-0"), row("football-data", 3, days=120, score="1-1"))
    told = frame(row("understat", 1, days=121, home_xg=0.5, score="1-1"), row("understat", 2, home_xg=2.5, score="2-0"))
    merged = merge(known, told)
    assert shown(merged.rows, "line", "home_xg") == [(2, 2.5), (3, 0.5)]


def test_a_second_meeting_that_only_one_source_knows_is_a_match_of_its_own():
    known = base(row("football-data", 2, score="2-0", league="SC0"))
    told = frame(
        row("whoscored", 1, score="2-0", league="SC0"), row("whoscored", 2, days=120, status="scheduled", league="SC0")
    )
    merged = merge(known, told)
    assert shown(merged.rows, "match_date", "source", "status") == [
        (SATURDAY, "football-data", "finished"),
        (SATURDAY + dt.timedelta(120), "whoscored", "scheduled"),
    ]


def test_of_two_records_of_one_source_about_one_match_the_nearer_one_counts():
    told = frame(
        row("whoscored", 1, days=7, venue="Elsewhere", score="1-0"), row("whoscored", 2, venue="Ash Lane", score="1-0")
    )
    merged = merge(base(row("football-data", 2, score="1-0")), told)
    assert shown(merged.rows, "match_date", "venue") == [(SATURDAY, "Ash Lane")]


meetings = st.lists(
    st.tuples(
        st.sampled_from(OTHERS),
        st.integers(0, 3),
        st.integers(0, 200),
        st.sampled_from(["scheduled", "finished", "postponed", "awarded"]),
    ),
    unique_by=lambda drawn: drawn[:3],
    max_size=12,
)


@given(meetings, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), unique=True, max_size=4), st.randoms())
def test_every_record_is_about_one_match_at_most_no_match_is_lost_and_order_does_not_matter(drawn, known, chance):
    def between(pair: int) -> dict[str, str]:
        return {"home_id": f"england.{pair}", "away_id": f"england.{pair + 1}"}

    there = base(*(row("football-data", n, days, score="1-0", **between(pair)) for n, (pair, days) in enumerate(known)))
    rows = [
        row(source, n, days, status, "" if status in ("scheduled", "postponed") else "2-2", **between(pair))
        for n, (source, pair, days, status) in enumerate(drawn)
    ]
    merged = merge(there, frame(*rows))
    origin = ["source", "payload_id", "line"]
    assert_frame_equal(
        merged.rows.filter(pl.col("source") == "football-data")
        .select(*origin, "match_date", "home_goals")
        .sort("line"),
        there.select(*origin, "match_date", "home_goals").sort("line"),
    )
    assert merged.links.select(origin).is_unique().all()
    assert merged.rows.select(origin).is_unique().all()
    shuffled = chance.sample(rows, len(rows))
    again = merge(there, frame(*shuffled))
    assert_frame_equal(again.rows.sort(origin), merged.rows.sort(origin))
