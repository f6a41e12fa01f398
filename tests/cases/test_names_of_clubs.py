"""A club that football-data.co.uk spells in two ways within a season is one club; two clubs that are alike stay two."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
import pytest

from soccer_assets.club_ids import team_id
from tests.cases.test_one_match_one_day import CLUBS, Game, archive, football_json, season

OPENING = dt.date(2025, 8, 9)
GAMES = season(OPENING)


def renamed(games: list[Game], names: Mapping[str, str], rounds: range) -> list[Game]:
    """The games, with other names for some clubs on the days of some rounds."""
    days = {OPENING + dt.timedelta(7 * number) for number in rounds}
    return [
        (day, names.get(home, home), names.get(away, away), scored, conceded)
        if day in days
        else (day, home, away, scored, conceded)
        for day, home, away, scored, conceded in games
    ]


def clubs(world) -> set[str]:
    world.acquire()
    rows = world.matches().rows
    assert len(rows) == len(GAMES) and rows["leg"].unique().to_list() == [1]
    return {*rows["home_id"], *rows["away_id"]}


def test_a_fixture_under_a_second_name_is_of_the_club(mirror):
    games = season(OPENING, ["Man United", *CLUBS[:7]])
    world = mirror("2025-07-01", "2026-06-30")
    *played, last = [game for game in games if game[0] <= games[47][0]]
    world.publish("football_data", "mmz4281/2526/E0.csv", archive([*played, last]))
    day, home, away, *_ = next(game for game in games[48:] if "Man United" in game)
    home, away = (name.replace("Man United", "Manchester United") for name in (home, away))
    world.publish(
        "football_data", "fixtures.csv", f"Div,Date,Time,HomeTeam,AwayTeam\nE0,{day:%d/%m/%Y},15:00,{home},{away}\n"
    )
    world.acquire()
    fixture = world.matches().rows.filter(pl.col("status") == "scheduled")
    assert "england.man-united" in {*fixture["home_id"], *fixture["away_id"]}


@pytest.mark.parametrize("rounds", [1, 3, 5, 14])
def test_two_clubs_of_like_names_stay_two_however_short_the_season_is(mirror, rounds):
    """Dundee plays on Saturdays, Dundee United on Sundays, and they meet in the last round of a half."""
    names = ["Dundee", "Celtic", "Hearts", "Hibernian", "Aberdeen", "Rangers", "Motherwell", "Dundee United"]
    games = season(OPENING, [names[0], *names[2:], names[1]])
    games = [
        (day + dt.timedelta(days="Dundee United" in (home, away)), home, away, scored, conceded)
        for day, home, away, scored, conceded in games
        if day < OPENING + dt.timedelta(7 * rounds)
    ]
    world = mirror("2025-07-01", "2026-06-30", "SC0")
    world.publish("football_data", "mmz4281/2526/SC0.csv", archive(games, "SC0"))
    world.acquire()
    rows = world.matches().rows
    assert {"scotland.dundee", "scotland.dundee-united"} < {*rows["home_id"], *rows["away_id"]}


@pytest.mark.parametrize("other", ["Fulham\u00a0FC", "FULHAM FC", "Fulham  FC", "Fulham&nbsp;FC", "Ｆｕｌｈａｍ FC"])
def test_names_of_a_file_that_look_alike_are_one_club(mirror, other):
    """A third of a file has another spelling, and the archive is of the first rounds alone."""
    world = mirror("2025-07-01", "2026-06-30")
    world.publish("football_data", "mmz4281/2526/E0.csv", archive(GAMES[:8]))
    text = football_json([*GAMES[:20], *renamed(GAMES[20:28], {"Fulham": "?"}, range(14)), *GAMES[28:]])
    world.publish("openfootball", "2025-26/en.1.json", text.replace("? FC", other))
    ids = clubs(world)
    assert ids == {team_id("England", club) for club in CLUBS}


@pytest.mark.parametrize(("full", "usual"), [("Wrexham AFC", "Wrexham"), ("AFC Sunderland", "Sunderland")])
def test_a_promoted_club_keeps_its_ids_when_the_archive_has_it_too(mirror, full, usual):
    games = season(OPENING, [usual, *CLUBS[1:]])
    before = mirror("2024-07-01", "2026-06-30")
    before.publish("football_data", "mmz4281/2425/E0.csv", archive(season(dt.date(2024, 8, 10), every=14)))
    before.publish("openfootball", "2025-26/en.1.json", football_json(games).replace(f"{usual} FC", full))
    before.acquire()
    first = before.matches().rows.filter(season="2025/26")
    assert len(first) == 56 and f"england.{usual.lower()}" in {*first["home_id"]}
    after = mirror("2024-07-01", "2026-06-30")
    after.publish("football_data", "mmz4281/2526/E0.csv", archive(games[:20]))
    after.acquire()
    second = after.matches().rows.filter(season="2025/26")
    assert set(second["match_id"]) == set(first["match_id"])


def test_two_new_clubs_of_one_name_but_for_their_form_keep_it(mirror):
    games = season(OPENING, ["Craiova", *CLUBS[1:]])
    world = mirror("2025-07-01", "2026-06-30")
    text = football_json(games).replace("Craiova FC", "CS Craiova").replace("Fulham FC", "FC Craiova")
    world.publish("openfootball", "2025-26/en.1.json", text)
    assert {"england.cs-craiova", "england.fc-craiova"} < clubs(world)


def test_a_new_club_never_takes_the_id_of_one_that_plays(mirror):
    """Paris FC comes up into the league of Paris, a name that the archive of the season before has."""
    before = season(dt.date(2024, 8, 10), ["Paris", *CLUBS[1:]], every=14)
    world = mirror("2024-07-01", "2026-06-30")
    world.publish("football_data", "mmz4281/2425/E0.csv", archive(before))
    world.publish("openfootball", "2024-25/en.1.json", football_json(before).replace("Paris FC", "Paris"))
    text = football_json(season(OPENING, ["Paris", "Paree", *CLUBS[2:]])).replace("Paris FC", "Paris")
    world.publish("openfootball", "2025-26/en.1.json", text.replace("Paree FC", "AFC Paris"))
    world.acquire()
    rows = world.matches().rows.filter(season="2025/26")
    ids = {name: set(rows.filter(pl.col("home") == name)["home_id"]) for name in rows["home"].unique()}
    assert ids["Paris"] == {"england.paris"}
    assert ids["AFC Paris"] == {"england.afc-paris"}


@pytest.mark.parametrize("mark", [" Women", " U21", " Reserves"])
@pytest.mark.parametrize("archived", [True, False])
def test_another_competition_in_the_file_of_a_league_is_none_of_it(mirror, mark, archived):
    """Sides of women, youths and reserves, whether or not a trusted source has the league."""
    world = mirror("2025-07-01", "2026-06-30")
    if archived:
        world.publish("football_data", "mmz4281/2526/E0.csv", archive(GAMES))
    world.publish("openfootball", "2025-26/en.1.json", football_json(GAMES, suffix=mark))
    world.acquire()
    matches = world.matches()
    assert len(matches.rows) == (len(GAMES) if archived else 0) and matches.links.is_empty()
    assert {reason.split(",")[0] for reason in matches.quarantined["reason"]} == {"expected first teams of men"}


@pytest.mark.parametrize("suffix", [" (ENG)", " FC (ENG)", " › ENG", " FC"])
def test_a_code_of_the_country_is_no_part_of_a_club_s_id(mirror, suffix):
    world = mirror("2025-07-01", "2026-06-30")
    world.publish("openfootball", "2025-26/en.1.json", football_json(GAMES, suffix=suffix))
    assert clubs(world) == {team_id("England", name) for name in CLUBS}
