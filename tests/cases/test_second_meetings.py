"""A match that is listed on one day and played on another, or stands twice: one match, and nothing else stops."""

import datetime as dt
import json
from collections.abc import Mapping

import polars as pl
import pytest

from soccer_assets.matches.laws import broken_laws
from tests.cases.test_one_match_one_day import archive, football_json, season

GAMES = season(dt.date(2019, 8, 10))
DAY, HOME, AWAY, SCORED, CONCEDED = GAMES[52]
HEADER = "Div,Date,Time,HomeTeam,AwayTeam\n"
ARCHIVE = "mmz4281/1920/E0.csv"
OWN = ("football_data_results", "football_data_fixtures")


def fixture(day: dt.date, home: str, away: str) -> str:
    return f"E0,{day:%d/%m/%Y},15:00,{home},{away}\n"


@pytest.mark.parametrize("days", [1, -1])
def test_a_match_that_is_played_a_day_off_its_listed_date_is_that_match(mirror, days):
    world = mirror("2019-07-01", "2020-08-31")
    played = (DAY + dt.timedelta(days), HOME, AWAY, SCORED, CONCEDED)
    world.publish("football_data", ARCHIVE, archive([*GAMES[:52], played]))
    world.publish("football_data", "fixtures.csv", HEADER + fixture(DAY, HOME, AWAY))
    world.acquire(*OWN)
    matches = world.matches()
    of_pair = matches.rows.filter(home=HOME, away=AWAY).sort("match_date")
    assert dict(of_pair.select("match_date", "status").rows()) == {DAY: "postponed", played[0]: "finished"}
    assert of_pair["match_id"].unique().to_list() == [f"E0.201920.{HOME.lower()}.{AWAY.lower()}"]
    assert broken_laws(matches.rows.lazy()) == {} and matches.quarantined.is_empty()


ONE_A_DAY = "expected one match of a club on a day"
ONCE = "expected one meeting of the season at this ground"


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (fixture(DAY, AWAY, HOME), ONE_A_DAY),
        (fixture(DAY, f"{AWAY} FC", HOME), ONE_A_DAY),
        (fixture(DAY + dt.timedelta(28), *GAMES[9][1:3]), ONCE),
        (fixture(DAY + dt.timedelta(28), *GAMES[53][1:3]) + fixture(DAY + dt.timedelta(29), *GAMES[53][1:3]), ONCE),
    ],
    ids=["exchanged", "exchanged and spelled anew", "played", "on two days"],
)
def test_an_odd_fixture_is_quarantined_alone(mirror, listed, reason):
    games = [game for game in GAMES if game[1:3] != GAMES[53][1:3]]
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", ARCHIVE, archive(games))
    world.publish("football_data", "fixtures.csv", HEADER + listed)
    world.acquire(*OWN)
    matches = world.matches()
    assert [text.split(",")[0] for text in matches.quarantined["reason"]] == [reason]
    assert matches.rows.filter(status="finished").height == 55 and broken_laws(matches.rows.lazy()) == {}


DAY_9, HOME_9, AWAY_9, SCORED_9, CONCEDED_9 = GAMES[9]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((DAY_9 + dt.timedelta(20), HOME_9, AWAY_9, SCORED_9, CONCEDED_9), ONCE),
        ((DAY_9 + dt.timedelta(1), HOME_9, AWAY_9, SCORED_9 + 1, CONCEDED_9), "expected the match once"),
        ((dt.date(2020, 5, 20), HOME_9, AWAY_9, 2, 2), ONCE),
        ((DAY_9, AWAY_9, HOME_9, CONCEDED_9, SCORED_9), ONE_A_DAY),
        ((DAY_9, f"{HOME_9} FC", AWAY_9, SCORED_9, CONCEDED_9), ONE_A_DAY),
        ((DAY_9 + dt.timedelta(3), HOME_9, HOME_9.upper(), 1, 0), "expected two clubs"),
    ],
    ids=["later", "the next day", "a play-off", "mirrored", "another spelling", "itself"],
)
def test_a_second_result_of_an_archive_is_quarantined_and_the_first_one_stays(mirror, row, reason):
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", ARCHIVE, archive([*GAMES, row]))
    world.acquire(*OWN)
    matches = world.matches()
    assert [text.split(",")[0] for text in matches.quarantined["reason"]] == [reason]
    played = matches.rows.select("match_date", "home", "away", "home_goals", "away_goals").sort("match_date", "home")
    assert played.rows() == sorted(GAMES) and broken_laws(matches.rows.lazy()) == {}


def test_no_two_clubs_meet_twice_in_two_days_also_where_they_meet_again_and_no_figures_are_published(mirror):
    world = mirror("2019-07-01", "2020-08-31", "SC0")
    again = (DAY_9 + dt.timedelta(1), *GAMES[9][1:])
    world.publish("football_data", "mmz4281/1920/SC0.csv", archive([*GAMES, again], "SC0"))
    world.acquire(*OWN)
    matches = world.matches()
    assert len(matches.rows) == 56 and matches.rows["leg"].unique().to_list() == [1]
    assert matches.quarantined["reason"].to_list() == [
        f"expected the match once, found it again on {again[0]}; first on {DAY_9}"
    ]


def test_a_line_without_a_score_costs_no_result_and_one_to_come_is_scheduled(mirror):
    coming = (dt.date(2020, 6, 6), *GAMES[55][1:3])
    blank = [f"E0,{day:%d/%m/%Y},15:00,{home},{away},,,\n" for day, home, away in ((DAY_9, HOME_9, AWAY_9), coming)]
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", ARCHIVE, archive(GAMES[:55]) + "".join(blank))
    world.publish("football_data", "fixtures.csv", HEADER + fixture(*coming))
    world.acquire(*OWN)
    rows = world.matches().rows
    assert rows.filter(home=HOME_9, away=AWAY_9).select("status", "home_goals").rows() == [("finished", SCORED_9)]
    assert rows.filter(match_date=coming[0]).select("status", "home").rows() == [("scheduled", coming[1])]


def test_a_side_source_that_knows_more_days_than_the_archive_stops_nothing(mirror):
    """The opener that the archive lacks is a case; a newer round is kept."""
    world = mirror("2019-07-01", "2020-08-31")
    opener = (GAMES[0][0] - dt.timedelta(1), *GAMES[0][1:])
    world.publish("football_data", ARCHIVE, archive(GAMES[1:40]))
    world.publish("openfootball", "2019-20/en.1.json", football_json([opener, *GAMES[1:44]]))
    world.acquire("football_data_results", "openfootball_matches")
    matches = world.matches()
    assert broken_laws(matches.rows.lazy()) == {}
    assert matches.rows.group_by("source").len().sort("source").rows() == [("football-data", 39), ("openfootball", 4)]
    assert matches.quarantined["reason"].to_list() == [
        f"expected no result of season 2019/20 before its first one on {GAMES[1][0]}, found one of {opener[0]}"
    ]


def test_two_scores_of_one_answer_and_a_second_result_are_told(mirror):
    day, home, away, scored, conceded = GAMES[9]
    two, later = (day, home, away, scored + 1, conceded), (GAMES[8][0] + dt.timedelta(10), *GAMES[8][1:3], 7, 7)
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", ARCHIVE, archive(GAMES))
    world.publish("openfootball", "2019-20/en.1.json", football_json([*GAMES, two, later]))
    world.acquire("football_data_results", "openfootball_matches")
    matches = world.matches()
    assert sorted(matches.quarantined["reason"].to_list()) == sorted([
        f"expected one result of the match, found a second one: 7-7 on {later[0]}",
        f"expected one score of the match on this date, found {scored}-{conceded} beside another",
        f"expected one score of the match on this date, found {scored + 1}-{conceded} beside another",
    ])  # fmt: skip
    assert len(matches.rows) == 56 and len(matches.links) == 55
    assert matches.rows.filter(pl.col("home_goals") == 7).is_empty()


def records(first: Mapping[str, object], second: Mapping[str, object]) -> str:
    """The season at a side source, which has the match of `DAY_9` on two days."""
    file = json.loads(football_json(GAMES))
    file["matches"].append(file["matches"][9] | second)
    file["matches"][9] |= first
    return json.dumps(file)


@pytest.mark.parametrize("archived", [[], [(DAY_9 + dt.timedelta(30), HOME_9, AWAY_9, 2, 2)]], ids=["not yet", "too"])
def test_the_replay_of_an_annulled_match_is_the_match(mirror, archived):
    world = mirror("2019-07-01", "2020-08-31")
    replay = DAY_9 + dt.timedelta(30)
    world.publish("football_data", ARCHIVE, archive([*GAMES, *archived]))
    second = {"date": str(replay), "score": {"ft": [2, 2]}}
    world.publish("openfootball", "2019-20/en.1.json", records({"status": "annulled"}, second))
    world.acquire("football_data_results", "openfootball_matches")
    matches = world.matches()
    of_pair = matches.rows.filter(pl.col("home").str.starts_with(HOME_9), pl.col("away").str.starts_with(AWAY_9))
    assert of_pair.sort("match_date").select("match_date", "status", "home_goals", "away_goals", "leg").rows() == [
        (DAY_9, "void", SCORED_9, CONCEDED_9, 1),
        (replay, "finished", 2, 2, 1),
    ]
    assert len(matches.links) == 57 and broken_laws(matches.rows.lazy()) == {}
    assert [text.split(",")[0] for text in matches.quarantined["reason"]] == [ONCE] * len(archived)


def test_a_new_date_of_a_postponed_fixture_is_kept(mirror):
    world = mirror("2019-07-01", "2020-08-31")
    new = DAY_9 + dt.timedelta(30)
    world.publish("football_data", ARCHIVE, archive([game for game in GAMES[:20] if game != GAMES[9]]))
    world.publish("football_data", "fixtures.csv", HEADER + fixture(DAY_9, HOME_9, AWAY_9))
    first, second = {"status": "postponed", "score": None}, {"date": str(new), "score": None}
    world.publish("openfootball", "2019-20/en.1.json", records(first, second))
    world.acquire(*OWN, "openfootball_matches")
    matches = world.matches().rows
    of_pair = matches.filter(pl.col("home").str.starts_with(HOME_9), pl.col("away").str.starts_with(AWAY_9))
    assert of_pair.sort("match_date")["match_date"].to_list() == [DAY_9, new]
    assert of_pair["match_id"].n_unique() == 1


BELOW = ("Norwich", "Preston", "Derby", "Hull", "Millwall", "Reading", "Stoke", "Bristol City")


@pytest.mark.parametrize("played", [True, False])
@pytest.mark.parametrize("sides", [("Norwich", "Arsenal"), ("Arsenal", "Norwich")])
def test_a_club_of_another_division_is_none_of_the_league(mirror, sides, played):
    """A row, or a fixture, of a club that has all its other matches of the season in the league below."""
    world = mirror("2019-07-01", "2020-08-31", "E0,E1")
    day = GAMES[-1][0] + dt.timedelta(2)
    stray = [(day, *sides, 1, 0)]
    world.publish("football_data", ARCHIVE, archive([*GAMES, *(stray if played else [])]))
    world.publish("football_data", ARCHIVE.replace("E0", "E1"), archive(season(dt.date(2019, 8, 10), BELOW), "E1"))
    world.publish("football_data", "fixtures.csv", HEADER + ("" if played else fixture(day, *sides)))
    world.acquire(*OWN)
    matches = world.matches()
    assert matches.quarantined["reason"].to_list() == ["expected clubs of E0, found Norwich, which plays in E1"]
    assert matches.rows.group_by("league", "status").len().sort("league").rows() == [
        ("E0", "finished", 56),
        ("E1", "finished", 56),
    ]
