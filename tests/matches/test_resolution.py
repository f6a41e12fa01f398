import datetime as dt
import itertools
import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from soccer_assets.matches.records import COUNTS, FORM
from soccer_assets.matches.resolution import Matches
from soccer_assets.matches.schema import MATCHES
from tests.matches.resolving import resolve

ARSENAL, FULHAM, LEEDS = "Arsenal", "Fulham", "Leeds"
ID = "E0.202324.arsenal.fulham"


def lives(matches: Matches) -> list[tuple[Any, ...]]:
    """Date, id and status of every match; the dates as text."""
    return matches.rows.select(pl.col("match_date").cast(pl.String), "match_id", "status").rows()


def reasons(matches: Matches) -> list[str]:
    return matches.quarantined.sort("line", "reason")["reason"].to_list()


@pytest.fixture(scope="module")
def none(played, listed):
    """No results and no fixtures."""
    return played(), listed()


# What a match is


def test_a_result_becomes_a_finished_match_with_all_that_was_published(played, none):
    statistics = {
        "Time": "16:30", "FTR": "H", "HTHG": "1", "HTAG": "0", "HTR": "H", "HS": "12", "AS": "9", "HST": "5",
        "AST": "4", "HC": "7", "AC": "2", "HF": "10", "AF": "11", "HY": "1", "AY": "3", "HR": "0", "AR": "1",
        "Referee": "A Whistle",
    }  # fmt: skip
    (row,) = resolve(played(("2023-08-12", "Nott'm Forest", FULHAM, "2-1", statistics)), none[1]).rows.to_dicts()
    assert row == {
        "match_date": dt.date(2023, 8, 12),
        "match_id": "E0.202324.nottm-forest.fulham",
        "league": "E0",
        "season": "2023/24",
        "kick_off_at": dt.datetime(2023, 8, 12, 15, 30, tzinfo=dt.UTC),
        "status": "finished",
        "home": "Nott'm Forest",
        "away": FULHAM,
        "home_id": "england.nottm-forest",
        "away_id": "england.fulham",
        "leg": 1,
        "home_goals": 2,
        "away_goals": 1,
        "home_goals_half_time": 1,
        "away_goals_half_time": 0,
        "home_shots": 12,
        "away_shots": 9,
        "home_shots_on_target": 5,
        "away_shots_on_target": 4,
        "home_corners": 7,
        "away_corners": 2,
        "home_fouls": 10,
        "away_fouls": 11,
        "home_yellow_cards": 1,
        "away_yellow_cards": 3,
        "home_red_cards": 0,
        "away_red_cards": 1,
        "home_xg": None,
        "away_xg": None,
        "referee": "A Whistle",
        "venue": None,
        "source": "football-data",
        "payload_id": "a" * 64,
        "line": 2,
    }


def test_a_fixture_becomes_a_scheduled_match_without_a_score(listed, none):
    fixtures = listed(("2024-03-30", ARSENAL, FULHAM, "2024-03-26*", {"Time": "20:00"}))
    (row,) = resolve(none[0], fixtures).rows.to_dicts()
    assert (row["match_id"], row["status"], row["payload_id"]) == (ID, "scheduled", "f" * 64)
    assert row["kick_off_at"] == dt.datetime(2024, 3, 30, 20, tzinfo=dt.UTC)
    assert [row[name] for name in COUNTS] == [None] * len(COUNTS)


def test_a_match_of_an_extra_league_has_its_own_columns_and_its_country_s_date(played, none):
    record = {"Date": "11/06/2023", "Time": "00:30", "FTHG": None, "FTAG": None, "HG": "3", "AG": "3", "Res": "D",
              "HomeTeam": None, "AwayTeam": None, "Home": "LA Galaxy", "Away": "Austin FC"}  # fmt: skip
    (row,) = resolve(played(("2023-06-10", "", "", "", record), league="USA"), none[1]).rows.to_dicts()
    assert (row["match_date"], row["match_id"]) == (dt.date(2023, 6, 10), "USA.2023.la-galaxy.austin-fc")
    assert row["kick_off_at"] == dt.datetime(2023, 6, 10, 23, 30, tzinfo=dt.UTC)
    assert (row["home_goals"], row["away_goals"], row["status"]) == (3, 3, "finished")


def test_old_greek_files_name_the_teams_otherwise(played, none):
    record = {"HomeTeam": None, "AwayTeam": None, "HT": "Aris", "AT": "PAOK"}
    (row,) = resolve(played(("2000-10-01", "", "", "1-0", record), league="G1"), none[1]).rows.to_dicts()
    assert (row["home"], row["away"], row["home_id"]) == ("Aris", "PAOK", "greece.aris")


def test_numbers_may_have_a_decimal_point(played, none):
    (row,) = resolve(played(("2023-08-12", ARSENAL, FULHAM, "2.0-1.0", {"HY": "3.0"})), none[1]).rows.to_dicts()
    assert (row["home_goals"], row["away_goals"], row["home_yellow_cards"]) == (2, 1, 3)


def test_a_damaged_name_is_the_same_club(played, none):
    rows = resolve(
        played(("2020-10-03", "King?s Lynn", LEEDS, "1-0"), ("2020-12-05", LEEDS, "King's Lynn", "1-0"), league="EC"),
        none[1],
    ).rows
    assert rows["home_id"][0] == rows["away_id"][1] == "england.kings-lynn"
    assert rows["home"][0] == "King?s Lynn"


def test_nothing_gives_nothing(none):
    matches = resolve(*none)
    assert_frame_equal(matches.rows, MATCHES.empty())
    assert matches.quarantined.is_empty()


# Legs


def test_clubs_that_meet_four_times_play_two_legs_at_each_ground(played, none):
    meetings = (
        ("2023-09-03", "Rangers", "Celtic"),
        ("2023-12-30", "Celtic", "Rangers"),
        ("2024-04-07", "Rangers", "Celtic"),
        ("2024-05-11", "Celtic", "Rangers"),
    )
    for order in (meetings, meetings[::-1], meetings[2:] + meetings[:2]):
        matches = resolve(played(*((*meeting, "1-0") for meeting in order), league="SC0"), none[1])
        assert lives(matches) == [
            ("2023-09-03", "SC0.202324.rangers.celtic", "finished"),
            ("2023-12-30", "SC0.202324.celtic.rangers", "finished"),
            ("2024-04-07", "SC0.202324.rangers.celtic.2", "finished"),
            ("2024-05-11", "SC0.202324.celtic.rangers.2", "finished"),
        ]
        assert matches.rows["leg"].to_list() == [1, 1, 2, 2]


def test_legs_begin_anew_each_season(played, none):
    rows = (("2023-01-02", "Rangers", "Celtic", "2-2"), ("2023-09-03", "Rangers", "Celtic", "0-1"))
    assert [match_id for _, match_id, _ in lives(resolve(played(*rows, league="SC0"), none[1]))] == [
        "SC0.202223.rangers.celtic",
        "SC0.202324.rangers.celtic",
    ]


def test_a_fixture_after_the_first_leg_is_the_second(played, listed):
    results = played(("2023-09-03", "Rangers", "Celtic", "0-1"), league="SC0")
    fixtures = listed(("2024-04-07", "Rangers", "Celtic", "2024-04-01*"), league="SC0")
    assert lives(resolve(results, fixtures))[1] == ("2024-04-07", "SC0.202324.rangers.celtic.2", "scheduled")


# Moved matches


def test_a_match_listed_for_a_later_date_is_postponed_on_the_old_one_and_keeps_its_id(listed, none):
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-04-30"), ("2024-05-14", ARSENAL, FULHAM, "2024-05-02*"))
    assert lives(resolve(none[0], fixtures)) == [
        ("2024-05-04", ID, "postponed"),
        ("2024-05-14", ID, "scheduled"),
    ]


def test_a_match_that_left_the_list_before_its_day_is_postponed_though_no_new_date_is_known(listed, none):
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-04-30"), ("2024-05-05", LEEDS, "Hull", "2024-05-02*"))
    assert lives(resolve(none[0], fixtures))[0] == ("2024-05-04", ID, "postponed")


def test_a_match_that_left_the_list_after_its_day_waits_for_its_result(listed, none):
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-05-04"), ("2024-05-08", LEEDS, "Hull", "2024-05-05*"))
    assert lives(resolve(none[0], fixtures))[0] == ("2024-05-04", ID, "scheduled")


def test_the_last_match_of_a_season_waits_for_its_result_when_its_league_is_listed_no_more(listed, none):
    fixtures = [
        listed(("2024-05-19", ARSENAL, FULHAM, "2024-05-18/2024-05-20")),
        listed(("2024-05-26", "Ajax", "PSV", "2024-05-20*"), league="N1"),
    ]
    assert lives(resolve(none[0], pl.concat(fixtures)))[0] == ("2024-05-19", ID, "scheduled")


def test_a_match_to_come_whose_league_is_listed_no_more_is_postponed(listed, none):
    fixtures = [
        listed(("2024-05-25", ARSENAL, FULHAM, "2024-05-18/2024-05-20")),
        listed(("2024-05-26", "Ajax", "PSV", "2024-05-20*"), league="N1"),
    ]
    assert lives(resolve(none[0], pl.concat(fixtures)))[0] == ("2024-05-25", ID, "postponed")


@pytest.mark.parametrize(("days", "status"), [(7, "scheduled"), (8, "postponed")])
def test_a_result_is_due_until_the_league_has_results_of_more_than_a_week_later(played, listed, days, status):
    later = dt.date(2024, 5, 4) + dt.timedelta(days)
    results = played((str(later), LEEDS, "Hull", "1-0"))
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-05-04"))
    assert lives(resolve(results, fixtures))[0] == ("2024-05-04", ID, status)


def test_results_of_another_league_do_not_make_a_result_due(played, listed):
    results = played(("2024-05-30", "Ajax", "PSV", "1-0"), league="N1")
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-05-04"))
    assert (lives(resolve(results, fixtures)))[0] == ("2024-05-04", ID, "scheduled")


def test_a_moved_match_that_was_played_has_one_id_on_both_dates(played, listed):
    results = played(("2024-05-14", ARSENAL, FULHAM, "3-0"))
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-04-30"))
    assert lives(resolve(results, fixtures)) == [("2024-05-04", ID, "postponed"), ("2024-05-14", ID, "finished")]


def test_a_match_moved_twice_is_postponed_twice(played, listed):
    fixtures = listed(
        ("2024-03-02", ARSENAL, FULHAM, "2024-02-27"),
        ("2024-04-09", ARSENAL, FULHAM, "2024-04-02"),
        ("2024-04-08", LEEDS, "Hull", "2024-04-05"),
    )
    results = played(("2024-05-14", ARSENAL, FULHAM, "3-0"), ("2024-03-01", LEEDS, "Hull", "0-0"))
    lived = [life for life in lives(resolve(results, fixtures)) if life[1] == ID]
    assert lived == [
        ("2024-03-02", ID, "postponed"),
        ("2024-04-09", ID, "postponed"),
        ("2024-05-14", ID, "finished"),
    ]


@pytest.mark.parametrize(
    ("results", "fixtures"),
    [
        # still to come on the earlier date
        ([], [("2024-04-27", ARSENAL, FULHAM, "2024-04-22*")]),
        # played, the old date still to come
        ([("2024-04-27", ARSENAL, FULHAM, "1-0")], [("2024-05-04", LEEDS, "Hull", "2024-04-29*")]),
        # played, the old date gone by
        (
            [("2024-04-27", ARSENAL, FULHAM, "1-0"), ("2024-05-04", LEEDS, "Hull", "1-0")],
            [("2024-05-04", LEEDS, "Hull", "2024-05-03"), ("2024-05-14", "Hull", LEEDS, "2024-05-12*")],
        ),
        # played, and the season is over
        (
            [("2024-04-27", ARSENAL, FULHAM, "1-0"), ("2024-05-12", LEEDS, "Hull", "1-0")],
            [("2024-05-12", LEEDS, "Hull", "2024-05-09")],
        ),
    ],
)
def test_a_match_brought_forward_keeps_its_id_and_is_postponed_on_the_date_it_left(played, listed, results, fixtures):
    old = ("2024-05-10", ARSENAL, FULHAM, "2024-04-20")
    matches = resolve(played(*results), listed(old, *fixtures))
    status = "finished" if results else "scheduled"
    assert [life for life in lives(matches) if life[1].startswith(ID)] == [
        ("2024-04-27", ID, status),
        ("2024-05-10", ID, "postponed"),
    ]


def test_a_moved_second_leg_keeps_the_id_of_the_second_leg(played, listed):
    results = played(("2023-09-03", "Rangers", "Celtic", "0-1"), league="SC0")
    fixtures = listed(
        ("2024-04-07", "Rangers", "Celtic", "2024-04-01"),
        ("2024-04-17", "Rangers", "Celtic", "2024-04-03*"),
        league="SC0",
    )
    assert lives(resolve(results, fixtures)) == [
        ("2023-09-03", "SC0.202324.rangers.celtic", "finished"),
        ("2024-04-07", "SC0.202324.rangers.celtic.2", "postponed"),
        ("2024-04-17", "SC0.202324.rangers.celtic.2", "scheduled"),
    ]


def test_a_first_leg_moved_behind_nothing_stays_the_first(played, listed):
    results = played(
        ("2023-10-25", "Rangers", "Celtic", "0-1"), ("2024-04-07", "Rangers", "Celtic", "2-1"), league="SC0"
    )
    fixtures = listed(("2023-09-03", "Rangers", "Celtic", "2023-08-29"), league="SC0")
    assert [match_id for _, match_id, _ in lives(resolve(results, fixtures))] == [
        "SC0.202324.rangers.celtic",
        "SC0.202324.rangers.celtic",
        "SC0.202324.rangers.celtic.2",
    ]


def test_a_result_takes_the_place_of_its_fixture(played, listed):
    results = played(("2024-05-04", ARSENAL, FULHAM, "3-0"))
    fixtures = listed(("2024-05-04", ARSENAL, FULHAM, "2024-05-03*"))
    matches = resolve(results, fixtures)
    assert lives(matches) == [("2024-05-04", ID, "finished")]
    assert matches.rows["payload_id"].to_list() == ["a" * 64]


# Abandoned matches


def test_a_record_without_a_score_is_an_abandoned_match(played, none):
    matches = resolve(
        played(("2019-03-17", "Panathinaikos", "Olympiakos", ""), ("2019-03-17", "Aris", "PAOK", "0-0"), league="G1"),
        none[1],
    )
    assert lives(matches) == [
        ("2019-03-17", "G1.201819.aris.paok", "finished"),
        ("2019-03-17", "G1.201819.panathinaikos.olympiakos", "abandoned"),
    ]
    assert matches.rows["home_goals"].to_list() == [0, None]
    assert reasons(matches) == []


def test_an_abandoned_match_that_is_played_again_has_one_id(played, none):
    matches = resolve(played(("2024-02-03", ARSENAL, FULHAM, ""), ("2024-02-20", ARSENAL, FULHAM, "1-1")), none[1])
    assert lives(matches) == [("2024-02-03", ID, "abandoned"), ("2024-02-20", ID, "finished")]


# Contradictions


@pytest.mark.parametrize(
    ("score", "columns", "reason"),
    [
        ("2-1", {"FTR": "A"}, "expected the result to follow from the score, found A beside 2-1"),
        ("4-0", {"FTR": "D"}, "expected the result to follow from the score, found D beside 4-0"),
        ("0-0", {"Res": "H"}, "expected the result to follow from the score, found H beside 0-0"),
        ("", {"FTHG": "2"}, "expected two whole numbers of goals, found 2-none"),
        ("", {"FTAG": "0"}, "expected two whole numbers of goals, found none-0"),
        ("x-1", {}, "expected two whole numbers of goals, found x-1"),
        ("P-P", {}, "expected two whole numbers of goals, found P-P"),
        ("1.5-1", {}, "expected two whole numbers of goals, found 1.5-1"),
        ("70000-1", {}, "expected two whole numbers of goals, found 70000-1"),
        ("", {"FTHG": "-1", "FTAG": "0"}, "expected 0 to 40 goals, found -1-0"),
        ("41-0", {}, "expected 0 to 40 goals, found 41-0"),
    ],
)
def test_a_record_that_contradicts_itself_is_quarantined_and_the_others_are_not(played, none, score, columns, reason):
    rows = (
        ("2023-08-12", LEEDS, "Hull", "1-0"),
        ("2023-08-12", ARSENAL, FULHAM, score, columns),
        ("2023-08-13", FULHAM, LEEDS, "1-0"),
    )
    matches = resolve(played(*rows), none[1])
    assert matches.rows["line"].to_list() == [2, 4]
    (wrong,) = matches.quarantined.to_dicts()
    assert wrong["reason"] == reason
    assert (wrong["origin"], wrong["payload_id"], wrong["line"]) == ("football_data_results", "a" * 64, 3)
    assert wrong["match_date"] == dt.date(2023, 8, 12)
    assert wrong["record"].startswith('{"league":"E0","Date":"12/08/2023","home":"Arsenal","away":"Fulham",')


def test_the_result_need_not_be_published(played, none):
    rows = [("2023-08-12", ARSENAL, FULHAM, "2-1", {"FTR": result}) for result in (None, "", "?")]
    for row in rows:
        assert lives(resolve(played(row), none[1])) == [("2023-08-12", ID, "finished")]


def test_two_scores_of_one_match_are_both_quarantined(played, listed):
    results = played(
        ("2023-08-12", ARSENAL, FULHAM, "2-1"),
        ("2023-08-12", LEEDS, "Hull", "0-0"),
        ("2023-08-12", ARSENAL, FULHAM, "2-2"),
    )
    fixtures = listed(("2023-08-12", ARSENAL, FULHAM, "2023-08-11*"))
    matches = resolve(results, fixtures)
    assert lives(matches) == [
        ("2023-08-12", ID, "scheduled"),  # as far as can be said
        ("2023-08-12", "E0.202324.leeds.hull", "finished"),
    ]
    assert reasons(matches) == [
        "expected one score of the match on this date, found 2-1 beside another",
        "expected one score of the match on this date, found 2-2 beside another",
    ]


def test_the_same_score_twice_is_one_match_and_a_duplicate(played, none):
    rows = [("2023-08-12", ARSENAL, FULHAM, "2-1"), ("2023-08-12", LEEDS, "Hull", "0-0")]
    matches = resolve(played(*rows, rows[0], ("2023-08-12", ARSENAL, FULHAM, "2.0-1")), none[1])
    assert matches.rows["line"].to_list() == [2, 3]
    assert reasons(matches) == ["expected the match once, found it again; first on line 2"] * 2
    assert matches.quarantined["line"].sort().to_list() == [4, 5]


@pytest.mark.parametrize(
    ("column", "name", "value"),
    [
        ("HF", "home_fouls", "145"),  # Bielefeld - Hannover, 22 April 2002
        ("AST", "away_shots_on_target", "-1"),
        ("AC", "away_corners", "100"),
        ("HTHG", "home_goals_half_time", "-1"),
        ("HTAG", "away_goals_half_time", "255"),
    ],
)
def test_an_absurd_statistic_is_quarantined_and_the_match_kept_without_it(played, none, column, name, value):
    matches = resolve(played(("2023-08-12", ARSENAL, FULHAM, "2-1", {column: value, "HS": "9"})), none[1])
    (row,) = matches.rows.to_dicts()
    assert (row[name], row["home_shots"], row["home_goals"], row["status"]) == (None, 9, 2, "finished")
    assert reasons(matches) == [f"expected 0 to 99 {name}, found {value}"]


@pytest.mark.parametrize("value", ["", "?", "n/a", None])
def test_an_unreadable_statistic_is_none(played, none, value):
    matches = resolve(played(("2023-08-12", ARSENAL, FULHAM, "2-1", {"HF": value})), none[1])
    assert matches.rows["home_fouls"].to_list() == [None]
    assert reasons(matches) == []


# Laws

CLUBS = ("Arsenal", "Fulham", "Leeds", "Hull")
DAYS = st.integers(0, 250)
MEETING = st.tuples(st.permutations(CLUBS).map(lambda clubs: tuple(clubs[:2])), DAYS)
SCORES = st.sampled_from(["2-1", "0-0", "", "1-x"])


def on(day: int) -> str:
    return str(dt.date(2023, 8, 12) + dt.timedelta(day))


@st.composite
def records(draw: st.DrawFn) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of results and of fixtures of one season, with duplicates and contradictions among them."""
    results = [(on(day), *pair, draw(SCORES)) for pair, day in draw(st.lists(MEETING, max_size=8))]
    results += draw(st.lists(st.sampled_from(results), max_size=2)) if results else []
    keys = draw(st.lists(MEETING, max_size=8, unique=True))
    fixtures = [(on(day), *pair, on(day - draw(st.integers(0, 9))) + draw(st.sampled_from("* "))) for pair, day in keys]
    return results, [(date, home, away, seen.strip()) for date, home, away, seen in fixtures]


@settings(max_examples=15, deadline=None)
@given(records())
def test_ids_are_unique_among_matches_that_are_on_and_every_result_is_a_match_or_in_quarantine(played, listed, rows):
    results, fixtures = rows
    matches = resolve(played(*results), listed(*fixtures))
    live = matches.rows.filter(pl.col("status").is_in(["scheduled", "finished"]))
    assert live["match_id"].is_unique().all()
    lines = [line for rows in (matches.rows, matches.quarantined) for line in rows.filter(payload_id="a" * 64)["line"]]
    assert sorted(lines) == list(range(2, len(results) + 2))
    assert not matches.rows["match_id"].str.contains(r"\d{4}-|\d{8}").any()


@settings(max_examples=10, deadline=None)
@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(played, listed, rows, chance):
    def shuffled(frame: pl.LazyFrame) -> pl.LazyFrame:
        collected = frame.collect()
        return collected[chance.sample(range(len(collected)), len(collected))].lazy()

    results, fixtures = played(*rows[0]), listed(*rows[1])
    first, second = resolve(results, fixtures), resolve(shuffled(results), shuffled(fixtures))
    assert_frame_equal(first.rows, second.rows)
    order = ["line", "reason"]
    assert_frame_equal(first.quarantined.sort(order), second.quarantined.sort(order))


@settings(max_examples=8, deadline=None)
@given(
    st.lists(MEETING, max_size=8, unique_by=(lambda meeting: meeting[0], lambda meeting: meeting[1])),
    st.lists(DAYS, min_size=8, max_size=8, unique=True),
)
def test_an_id_holds_no_date(played, listed, meetings, days):
    """Where clubs meet once at a ground, playing on any other day changes no id."""
    before = [(on(day), *pair, "1-0") for pair, day in meetings]
    after = [(on(day), *pair, "1-0") for (pair, _), day in zip(meetings, days, strict=False)]
    ids = [sorted(resolve(played(*rows), listed()).rows["match_id"]) for rows in (before, after)]
    assert ids[0] == ids[1] == sorted(f"E0.202324.{home.lower()}.{away.lower()}" for (home, away), _ in meetings)


def test_a_whole_season_resolves_to_itself_however_often(played, listed):
    pairs = list(itertools.permutations(CLUBS, 2))
    rows = [(on(7 * number), *pair, "1-0") for number, pair in enumerate(pairs)]
    random.Random(1).shuffle(rows)
    first, second = (resolve(played(*rows), listed()) for _ in range(2))
    assert_frame_equal(first.rows, second.rows)
    assert first.rows["match_id"].n_unique() == 12
    assert first.rows["match_date"].is_sorted()


# What the other sources know


def told(*rows: tuple[Any, ...], source: str = "openfootball") -> pl.DataFrame:
    """Records of another source: date, home, away, status, score."""
    records = []
    for line, (date, home, away, status, score) in enumerate(rows, start=1):
        goals = dict(zip(("home_goals", "away_goals"), map(int, score.split("-")), strict=True)) if score else {}
        day = dt.date.fromisoformat(date)
        season = "2023/24" if day < dt.date(2024, 7, 1) else "2024/25"
        common = {"source": source, "league": "E0", "season": season, "match_date": day, "home": home, "away": away}
        records.append(common | {"status": status, "payload_id": "o" * 64, "line": line} | goals)
    return pl.DataFrame([{name: record.get(name) for name in FORM} for record in records], schema=FORM)


def test_a_fixture_that_another_source_has_first_keeps_its_id_when_football_data_lists_it(played, listed):
    results = played(("2024-03-02", ARSENAL, LEEDS, "2-0"), ("2024-03-02", FULHAM, "Hull", "1-1"))
    ahead = told(("2024-05-01", "Arsenal FC", "Fulham FC", "scheduled", ""))
    before = resolve(results, listed(), ahead)
    assert ("2024-05-01", ID, "scheduled") in lives(before)
    assert before.rows.filter(pl.col("match_id") == ID)["source"].to_list() == ["openfootball"]
    assert before.links.select("match_id", "home", "home_by").rows() == [(ID, "Arsenal FC", "name")]
    after = resolve(results, listed(("2024-05-01", ARSENAL, FULHAM, "2024-04-26*")), ahead)
    assert lives(after) == lives(before)
    assert after.rows.filter(pl.col("match_id") == ID)["source"].to_list() == ["football-data"]
    assert after.links.select("match_id", "home", "home_by").rows() == [(ID, "Arsenal FC", "fixture")]


def test_a_match_that_was_awarded_or_annulled_says_so_and_keeps_its_id(played, listed):
    results = played(("2024-03-02", ARSENAL, FULHAM, "3-0"), ("2024-03-09", LEEDS, FULHAM, "1-0"))
    decided = told(
        ("2024-03-02", ARSENAL, FULHAM, "awarded", "3-0"), ("2024-03-09", LEEDS, FULHAM, "void", ""), source="whoscored"
    )
    assert lives(resolve(results, listed(), decided)) == [
        ("2024-03-02", ID, "awarded"),
        ("2024-03-09", "E0.202324.leeds.fulham", "void"),
    ]


def test_where_sources_differ_the_match_has_a_conflict_under_its_id(played, listed):
    results = played(("2024-03-02", ARSENAL, FULHAM, "2-1"))
    resolved = resolve(results, listed(), told(("2024-03-03", ARSENAL, FULHAM, "finished", "2-2")))
    assert resolved.conflicts.select("match_id", "field", "kept", "value").rows() == [
        (ID, "match_date", "2024-03-02", "2024-03-03"),
        (ID, "score", "2-1", "2-2"),
    ]
    assert lives(resolved) == [("2024-03-02", ID, "finished")]


def test_a_fixture_without_a_result_is_given_up_when_its_league_has_gone_on(played, listed):
    results = played(("2024-03-02", ARSENAL, LEEDS, "2-0"), ("2024-03-23", LEEDS, FULHAM, "1-1"))
    stale = told(("2024-03-09", ARSENAL, FULHAM, "scheduled", ""), ("2024-03-20", FULHAM, ARSENAL, "scheduled", ""))
    found = {id: status for _, id, status in lives(resolve(results, listed(), stale))}
    assert found[ID] == "postponed"
    assert found["E0.202324.fulham.arsenal"] == "scheduled"


def test_a_record_of_another_source_that_is_of_no_use_is_quarantined_with_its_reason(played, listed):
    strange = told(("2024-03-02", "Manchester", LEEDS, "scheduled", "")).with_columns(reason=pl.lit("expected sense"))
    resolved = resolve(played(("2024-03-02", ARSENAL, LEEDS, "2-0")), listed(), strange)
    refused = resolved.quarantined.select("origin", "line", "reason").rows()
    assert refused == [("openfootball", 1, "expected sense")]
    assert lives(resolved) == [("2024-03-02", "E0.202324.arsenal.leeds", "finished")]
