"""A league that changes its calendar: the archive, or else the league's own change, says of which season a date is."""

import datetime as dt

import polars as pl
import pytest

from tests.cases.conftest import Mirror
from tests.cases.test_one_match_one_day import CLUBS as OF_2024
from tests.cases.test_one_match_one_day import archive, football_json, season
from tests.cases.test_seasons import Result, round_robin

CLUBS = ("Kashima Antlers", "Kobe", "Urawa Reds", "Gamba Osaka")


def extra(country: str, league: str, results: list[tuple[str, Result]]) -> str:
    """An extra league's file of results, each with its season."""
    lines = ["Country,League,Season,Date,Time,Home,Away,HG,AG,Res"]
    for label, (day, home, away, h, a) in results:
        letter = "H" if h > a else "A" if h < a else "D"
        lines.append(f"{country},{league},{label},{day:%d/%m/%Y},10:00,{home},{away},{h},{a},{letter}")
    return "\n".join(lines) + "\n"


def coming(country: str, league: str, day: dt.date, home: str, away: str) -> str:
    return f"Country,League,Date,Time,Home,Away\n{country},{league},{day:%d/%m/%Y},10:00,{home},{away}\n"


def season_of_fixture(world: Mirror) -> str:
    world.acquire()
    (label,) = world.matches().rows.filter(pl.col("status") == "scheduled")["season"]
    return str(label)


#: The short season before the change.
SPRING = round_robin(dt.date(2026, 2, 7), (0, 20, 40, 60, 80, 100), CLUBS)
#: The last two rounds are yet to come.
AUTUMN = round_robin(dt.date(2026, 8, 8), (0, 20, 40, 60, 140, 200), CLUBS)
PLAYED = AUTUMN[:8]


@pytest.mark.parametrize("label", ["2026/27", "2026-2027", "2026/2027", "26/27"])
@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-12-26", "2026/27"), ("2027-02-24", "2026/27"), ("2027-06-05", "2026/27"), ("2027-08-07", "2027/28")],
)
def test_a_fixture_after_the_winter_break_is_of_the_season_that_began_before_it(mirror, label, day, expected):
    world = mirror("2026-01-01", "2027-12-31", "JPN")
    played = [("2026", game) for game in SPRING] + [(label, game) for game in PLAYED]
    world.publish("football_data", "new/JPN.csv", extra("Japan", "J1 League", played))
    fixture = coming("Japan", "J1 League", dt.date.fromisoformat(day), *AUTUMN[-1][1:3])
    world.publish("football_data", "new_league_fixtures.csv", fixture)
    assert season_of_fixture(world) == expected


@pytest.mark.parametrize(("day", "label"), [("2026-05-30", "2026"), ("2026-08-08", "2026/27")])
def test_the_first_fixtures_of_a_new_calendar_are_of_its_season(mirror, day, label):
    world = mirror("2026-01-01", "2027-12-31", "JPN")
    spring = [("2026", game) for game in SPRING[:-2]]
    world.publish("football_data", "new/JPN.csv", extra("Japan", "J1 League", spring))
    fixture = coming("Japan", "J1 League", dt.date.fromisoformat(day), *SPRING[-1][1:3])
    world.publish("football_data", "new_league_fixtures.csv", fixture)
    assert season_of_fixture(world) == label


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


NORWAY = ("Brann", "Molde", "Rosenborg", "Viking", "Odd", "Tromso", "Sandefjord", "Start")
Y2024, Y2025 = season(dt.date(2024, 3, 30), NORWAY, every=14), season(dt.date(2025, 3, 29), NORWAY, every=14)
POLAND = ("Legia", "Lech", "Wisla", "Cracovia", "Pogon", "Slask", "Piast", "Korona")
A2024, A2025 = season(dt.date(2024, 7, 20), POLAND, every=20), season(dt.date(2025, 7, 19), POLAND, every=20)


@pytest.mark.parametrize(
    ("file", "names", "before", "after", "labels"),
    [
        ("NOR", ("Norway", "Eliteserien"), [("2024", Y2024)], [("2024", Y2025[:4]), ("2025", Y2025[4:])], "2024 2025"),
        ("NOR", ("Norway", "Eliteserien"), [("2024", Y2024[:-4]), ("2025", Y2024[-4:])], [("2025", Y2025)], "2024 2025"),
        (
            "POL", ("Poland", "Ekstraklasa"), [("2024/2025", A2024)],
            [("2024/2025", A2025[:2]), ("2025/2026", A2025[2:])], "2024/25 2025/26",
        ),
    ],
)  # fmt: skip
def test_a_week_labelled_with_the_season_beside_its_own_is_of_its_own(mirror, file, names, before, after, labels):
    world = mirror("2024-01-01", "2026-08-31", file)
    played = [(label, game) for label, games in [*before, *after] for game in games]
    world.publish("football_data", f"new/{file}.csv", extra(names[0], names[1], played))
    world.acquire()
    matches = world.matches()
    assert matches.quarantined.is_empty() and world.acquired["football_data_results"].unread.is_empty()
    counts = matches.rows.filter(pl.col("leg") == 1).group_by("season").len().sort("season").rows()
    assert counts == [(label, 56) for label in labels.split()]


def test_a_year_misprinted_among_the_rows_of_its_season_is_no_label(mirror):
    world = mirror("2024-01-01", "2026-08-31", "NOR")
    day, home, away, scored, conceded = Y2024[20]
    misprint = (day.replace(year=2025), home, away, scored, conceded)
    played = [("2024", one) for one in [*Y2024[:20], misprint, *Y2024[21:]]]
    text = extra("Norway", "Eliteserien", [*played, *(("2025", one) for one in Y2025)])
    world.publish("football_data", "new/NOR.csv", text)
    world.acquire()
    (reason,) = world.acquired["football_data_results"].unread["reason"]
    assert reason == f"expected a date within season 2024, found {day.replace(year=2025):%d/%m/%Y}"
    assert len(world.matches().rows) == 111


CLUBS_OF_2025 = ("Sunderland", *OF_2024[1:])
E2024, E2025 = season(dt.date(2024, 8, 10), OF_2024, every=14), season(dt.date(2025, 8, 9), CLUBS_OF_2025, every=14)


@pytest.mark.parametrize("archived", [True, False])
@pytest.mark.parametrize(
    ("first", "second"), [(E2024 + E2025[:4], E2025[4:]), (E2024[:-4], E2024[-4:] + E2025)], ids=["first", "last"]
)
def test_a_week_in_the_file_of_the_season_beside_its_own_is_of_its_own(mirror, archived, first, second):
    world = mirror("2024-07-01", "2026-08-31")
    world.publish("football_data", "mmz4281/2425/E0.csv", archive(E2024))
    if archived:
        world.publish("football_data", "mmz4281/2526/E0.csv", archive(E2025))
    world.publish("openfootball", "2024-25/en.1.json", football_json(first))
    world.publish("openfootball", "2025-26/en.1.json", football_json(second))
    world.acquire()
    matches = world.matches()
    assert matches.quarantined.is_empty() and matches.conflicts.is_empty()
    assert matches.rows.group_by("season", "leg").len().sort("season").rows() == [
        ("2024/25", 1, 56),
        ("2025/26", 1, 56),
    ]
    assert len(matches.links) == 112


def test_a_date_of_the_next_season_is_a_case_where_the_meeting_is_missing_in_its_own(mirror):
    world = mirror("2024-07-01", "2026-08-31")
    day, home, away, *_ = E2024[9]
    off = [*E2024[:9], (day + dt.timedelta(days=390), home, away, 9, 0), *E2024[10:]]
    world.publish("football_data", "mmz4281/2425/E0.csv", archive(E2024))
    world.publish("openfootball", "2024-25/en.1.json", football_json(off))
    world.acquire()
    matches = world.matches()
    assert len(matches.rows) == 56
    (reason,) = matches.quarantined["reason"]
    assert reason.startswith("expected a date of season 2024/25, from 2024-07-13 to ")


@pytest.mark.parametrize("label", ["2016 Apertura", "2016/2018", "16/18", "Season 1", "216"])
def test_a_label_that_is_no_season_is_told_and_no_season_is_guessed(mirror, label):
    world = mirror("2016-01-01", "2017-12-31", "NOR")
    games = season(dt.date(2016, 3, 26), NORWAY, every=14)
    played = [(label if number == 7 else "2016", game) for number, game in enumerate(games)]
    world.publish("football_data", "new/NOR.csv", extra("Norway", "Eliteserien", played))
    world.acquire()
    (reason,) = world.acquired["football_data_results"].unread["reason"]
    assert reason == f"expected a season such as 2016 or 2016/2017, found {label}"
    assert world.matches().rows["season"].to_list() == ["2016"] * 55
    world.publish("football_data", "new/NOR.csv", extra("Norway", "Eliteserien", [(label, game) for game in games]))
    world.acquire()
    assert "expected a season such as 2016 or 2016/2017 in at least 90% of the 56 rows" in (
        world.acquired["football_data_results"].problem
    )
