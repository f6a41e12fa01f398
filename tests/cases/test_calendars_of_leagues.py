"""A league that changes its calendar: the archive, or else the league's own change, says of which season a date is."""

import datetime as dt

import polars as pl
import pytest

from tests.cases.conftest import Mirror
from tests.cases.test_seasons import Result, round_robin

CLUBS = ("Kashima Antlers", "Kobe", "Urawa Reds", "Gamba Osaka")


def extra(country: str, league: str, results: list[tuple[str, Result]]) -> str:
    """An extra league's file of results, each with its season."""
    lines = ["Country,League,Season,Date,Time,Home,Away,HG,AG,Res"]
    for season, (day, home, away, h, a) in results:
        letter = "H" if h > a else "A" if h < a else "D"
        lines.append(f"{country},{league},{season},{day:%d/%m/%Y},10:00,{home},{away},{h},{a},{letter}")
    return "\n".join(lines) + "\n"


def coming(country: str, league: str, day: dt.date, home: str, away: str) -> str:
    return f"Country,League,Date,Time,Home,Away\n{country},{league},{day:%d/%m/%Y},10:00,{home},{away}\n"


def season_of_fixture(world: Mirror) -> str:
    world.acquire()
    (season,) = world.matches().rows.filter(pl.col("status") == "scheduled")["season"]
    return str(season)


#: The short season before the change.
SPRING = round_robin(dt.date(2026, 2, 7), (0, 20, 40, 60, 80, 100), CLUBS)
#: The last two rounds are yet to come.
AUTUMN = round_robin(dt.date(2026, 8, 8), (0, 20, 40, 60, 140, 200), CLUBS)
PLAYED = AUTUMN[:8]


@pytest.mark.parametrize("label", ["2026/27", "2026-2027", "2026/2027"])
@pytest.mark.parametrize(
    ("day", "season"),
    [("2026-12-26", "2026/27"), ("2027-02-24", "2026/27"), ("2027-06-05", "2026/27"), ("2027-08-07", "2027/28")],
)
def test_a_fixture_after_the_winter_break_is_of_the_season_that_began_before_it(mirror, label, day, season):
    world = mirror("2026-01-01", "2027-12-31", "JPN")
    played = [("2026", game) for game in SPRING] + [(label, game) for game in PLAYED]
    world.publish("football_data", "new/JPN.csv", extra("Japan", "J1 League", played))
    fixture = coming("Japan", "J1 League", dt.date.fromisoformat(day), *AUTUMN[-1][1:3])
    world.publish("football_data", "new_league_fixtures.csv", fixture)
    assert season_of_fixture(world) == season


@pytest.mark.parametrize(("day", "season"), [("2026-05-30", "2026"), ("2026-08-08", "2026/27")])
def test_the_first_fixtures_of_a_new_calendar_are_of_its_season(mirror, day, season):
    world = mirror("2026-01-01", "2027-12-31", "JPN")
    spring = [("2026", game) for game in SPRING[:-2]]
    world.publish("football_data", "new/JPN.csv", extra("Japan", "J1 League", spring))
    fixture = coming("Japan", "J1 League", dt.date.fromisoformat(day), *SPRING[-1][1:3])
    world.publish("football_data", "new_league_fixtures.csv", fixture)
    assert season_of_fixture(world) == season


def test_a_league_whose_change_nobody_announced_has_the_calendar_of_its_newest_archive(mirror):
    """Norway's seasons are of one year, its archive says otherwise, and the fixture is months after a result."""
    world = mirror("2026-01-01", "2027-12-31", "NOR")
    clubs = ("Brann", "Molde", "Rosenborg", "Viking")
    games = round_robin(dt.date(2026, 8, 8), (0, 20, 40, 60, 140, 200), clubs)
    played = [("2026/2027", game) for game in games[:8]]
    world.publish("football_data", "new/NOR.csv", extra("Norway", "Eliteserien", played))
    fixture = coming("Norway", "Eliteserien", *games[-1][:3])
    world.publish("football_data", "new_league_fixtures.csv", fixture)
    assert season_of_fixture(world) == "2026/27"
