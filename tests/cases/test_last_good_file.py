"""A file that lost or moved what the last good one had does not replace it; what a season corrects does."""

import datetime as dt
import re
from collections.abc import Callable, Sequence

import polars as pl
import pytest

from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.acquisition import Acquired
from tests.cases.conftest import Mirror
from tests.cases.test_one_match_one_day import CLUBS, Game, archive, football_json, season

TODAY = Clock.from_settings(Settings.read()).today()
DAY = dt.timedelta(days=1)
#: The season of an archive that is not final yet, all of it played.
START = (TODAY + 5 * DAY).year - 1
GAMES = season(dt.date(START, 8, 16), every=14)
ARCHIVE = f"mmz4281/{START % 100:02d}{(START + 1) % 100:02d}/E0.csv"
LABEL = f"{START}/{(START + 1) % 100:02d}"
Ask = Callable[..., tuple[Mirror, Acquired]]
RESULTS, FIXTURES = "football_data_results", "football_data_fixtures"


def moved(games: Sequence[Game], change: Callable[[int, dt.date], dt.date]) -> list[Game]:
    return [(change(number, game[0]), *game[1:]) for number, game in enumerate(games)]


def renamed(games: Sequence[Game], names: dict[str, str]) -> list[Game]:
    return [(game[0], names.get(game[1], game[1]), names.get(game[2], game[2]), *game[3:]) for game in games]


def extra(games: Sequence[Game], league: str = "Allsvenskan", time: str = "20:00") -> str:
    rows = [
        f"Sweden,{league},{START},{day:%d/%m/%Y},{time},{home},{away},{scored},{conceded},2.1"
        for day, home, away, scored, conceded in games
    ]
    return "\n".join(["Country,League,Season,Date,Time,Home,Away,HG,AG,PSCH", *rows]) + "\n"


@pytest.fixture
def ask(mirror: Callable[..., Mirror]) -> Ask:
    """Publish files at one address, one after the other, and ask for the table after each."""

    def acquire(path: str, table: str, *files: str | bytes, leagues: str = "E0") -> tuple[Mirror, Acquired]:
        world = mirror(f"{START}-01-01", f"{START + 2}-06-30", leagues)
        for content in files:
            world.publish("football_data", path, content)
            world.acquire(table)
        return world, world.acquired[table]

    return acquire


# A fixtures file


def coming(day: dt.date, style: str | Callable[[dt.date], str] = "%d/%m/%Y", league: str = "E0") -> str:
    text = style(day) if callable(style) else day.strftime(style)
    rows = [f"{league},{text},15:00,{home},{away}" for home, away in zip(CLUBS[:4], CLUBS[4:], strict=True)]
    return "\n".join(["Div,Date,Time,HomeTeam,AwayTeam", *rows]) + "\n"


LISTED = TODAY + 6 * DAY
WINDOW = (
    f"expected matches from {TODAY - 7 * DAY} to {TODAY + 120 * DAY}, as in the last good file, found 4 others of 4"
)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (coming(LISTED, league="X9"), "expected a known division code in at least 50% of the 4 rows, found 4"),
        (coming(LISTED, lambda day: str((day - dt.date(1904, 1, 1)).days)), WINDOW),
        (coming(LISTED - 365 * DAY), WINDOW),
        (coming(TODAY - 8 * DAY), WINDOW),
        (coming(TODAY + 121 * DAY), WINDOW),
    ],
    ids=["an unknown league", "serials of 1904", "a year early", "played", "too far ahead"],
)
def test_fixtures_that_list_nothing_to_come_postpone_no_match(ask, new, message):
    world, acquired = ask("fixtures.csv", FIXTURES, coming(LISTED), new)
    assert f"fixtures.csv: {message}" in acquired.problem
    assert world.matches().rows.select("match_date", "status").rows() == [(LISTED, "scheduled")] * 4


def test_dates_that_begin_with_two_digits_of_the_year_are_refused(ask):
    day = next(day for day in (LISTED, LISTED + DAY) if day.day != day.year % 100)
    world, acquired = ask("fixtures.csv", FIXTURES, coming(day), coming(day, "%y-%m-%d"))
    assert f"fixtures.csv: {WINDOW}" in acquired.problem
    assert world.matches().rows.select("match_date", "status").rows() == [(day, "scheduled")] * 4


def test_a_division_may_be_in_lower_case(ask):
    world, acquired = ask("fixtures.csv", FIXTURES, coming(LISTED), coming(LISTED, league="e0"))
    assert (acquired.problem, acquired.quarantined) == ("", 0)
    assert world.matches().rows.select("match_date", "league", "status").rows() == [(LISTED, "E0", "scheduled")] * 4


def test_a_list_that_says_another_day_to_come_is_taken(ask):
    world, acquired = ask("fixtures.csv", FIXTURES, coming(LISTED), coming(LISTED + DAY))
    assert acquired.problem == ""
    assert world.matches().rows.filter(status="scheduled")["match_date"].to_list() == [LISTED + DAY] * 4


# An archive


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (archive(GAMES[:52]), f"the 56 results of season {LABEL} of the last good file, found 4 of them missing, such as"),
        (archive(GAMES[:30]), f"the 56 results of season {LABEL} of the last good file, found 26 of them missing"),
        (archive(GAMES[4:]), f"the 56 results .* missing, such as .'{GAMES[0][0]} Arsenal - Watford'"),
        (archive(moved(GAMES, lambda n, day: day + DAY)), f"found 56 of 56 of season {LABEL} moved by .1 days"),
        (archive(moved(GAMES, lambda n, day: day - DAY * (n < 8))), f"found 8 of 56 of season {LABEL} moved by -1 days"),
        (archive([(*game[:3], *game[:2:-1]) for game in GAMES]), f"the scores of season {LABEL} .* found .. of 56 changed"),
        (archive([(*game[:3], 0, 0) for game in GAMES]), f"the scores of season {LABEL} .* found .* of 56 changed"),
    ],
    ids=["a round lost", "half a season", "the first round lost", "a day late", "two rounds a day early", "goals exchanged",
         "no goals"],
)  # fmt: skip
def test_an_archive_that_lost_or_moved_results_is_refused(ask, new, message):
    world, acquired = ask(ARCHIVE, RESULTS, archive(GAMES), new)
    assert re.search(f"E0.csv: expected .*{message}", acquired.problem), acquired.problem
    rows = world.matches().rows.sort("line")
    assert rows.select("match_date", "home", "away", "home_goals", "away_goals").rows() == GAMES


def test_a_person_may_accept_what_was_refused_and_nothing_that_is_wrong_by_itself(ask, soccer):
    later = moved(GAMES, lambda n, day: day + DAY)
    world, acquired = ask(ARCHIVE, RESULTS, archive(GAMES), archive(later))
    assert "moved by +1 days" in acquired.problem
    address = (world.folder / "football_data" / ARCHIVE).as_uri()
    command, environment = ("accept", "football_data", address), {"SOCCER_VAR": world.settings.var}
    done = soccer(*command, **environment)
    assert (done.exit_code, done.stdout) == (0, f"{address} counts from the next run on, with 56 records\n")
    assert world.acquire(RESULTS)[RESULTS].problem == ""
    assert world.matches().rows.sort("line").select("match_date", "home").rows() == [game[:2] for game in later]
    again = soccer(*command, **environment)
    assert again.exit_code == 1
    assert again.stderr.startswith(f"error: expected {address} to have been refused at its newest answer, found it ")

    world.publish("football_data", ARCHIVE, "<html>down</html>")
    assert "expected" in world.acquire(RESULTS)[RESULTS].problem
    wrong = soccer(*command, **environment)
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith(f"error: {address}: expected")
    missing = soccer("accept", "football_data", f"{address}x", **environment)
    assert missing.stderr == f"error: expected an address that was asked, found '{address}x'\n"


@pytest.mark.parametrize(
    "new",
    [
        GAMES[:53],
        moved(GAMES, lambda n, day: day + DAY * (n < 3)),
        renamed(GAMES, {"Leeds": "Leeds United"}),
        [*GAMES[8:], *moved(GAMES[:8], lambda n, day: day + n * DAY)],
        [(*game[:3], game[3] + (n < 3), game[4]) for n, game in enumerate(GAMES)],
    ],
    ids=["three rows less", "three dates corrected", "a club renamed", "a round corrected", "three scores corrected"],
)  # fmt: skip
def test_an_archive_that_corrects_a_few_results_is_taken(ask, new):
    world, acquired = ask(ARCHIVE, RESULTS, archive(GAMES), archive(new))
    assert acquired.problem == ""
    assert world.matches().rows.sort("line").select("match_date", "home").rows() == [game[:2] for game in new]


def test_the_second_match_of_a_pair_at_a_ground_is_missed(ask):
    twice = [*GAMES, *moved(GAMES[:8], lambda n, day: day + 250 * DAY)]
    twice = moved(twice, lambda n, day: min(day, dt.date(START + 1, 5, 30)))
    path = ARCHIVE.replace("E0", "SC0")
    _, acquired = ask(path, RESULTS, archive(twice, "SC0"), archive(GAMES, "SC0"), leagues="SC0")
    assert (
        f"expected the 64 results of season {LABEL} of the last good file, found 8 of them missing" in acquired.problem
    )


@pytest.mark.parametrize(
    "change", [lambda text: text.replace(",Time,", ",KickOff,"), lambda text: text.replace(",20:00,", ",,")]
)
def test_an_extra_league_s_file_without_its_times_is_refused(ask, change):
    games = [game for game in GAMES if game[0].year == START]
    world, acquired = ask("new/SWE.csv", RESULTS, extra(games), change(extra(games)), leagues="SWE")
    assert (
        f"SWE.csv: expected at least 90% of the {len(games)} times of the last good file, found 0" in acquired.problem
    )
    assert world.matches().rows["kick_off_at"].null_count() == 0


def test_an_extra_league_s_file_may_gain_times(ask):
    games = [game for game in GAMES if game[0].year == START]
    world, acquired = ask("new/SWE.csv", RESULTS, extra(games, time=""), extra(games), leagues="SWE")
    assert acquired.problem == ""
    assert world.matches().rows.filter(pl.col("kick_off_at").is_not_null()).height == len(games)


# Rows that the others contradict


def swapped(number: int, day: dt.date) -> dt.date:
    return day.replace(day=day.month, month=day.day) if number in (9, 12) else day


def test_a_few_days_and_months_swapped_cost_their_rows_alone(ask):
    games = season(dt.date(START, 8, 5), every=14)
    assert [game[0] for game in (games[9], games[12])] == [dt.date(START, 9, 2), dt.date(START, 9, 16)]
    games[12] = (dt.date(START, 9, 10), *games[12][1:])
    new = moved(games, swapped)
    assert [game[0] for game in (new[9], new[12])] == [dt.date(START, 2, 9), dt.date(START, 10, 9)]
    for files in ([new], [games, new], [games, new, [*new]]):
        world, acquired = ask(ARCHIVE, RESULTS, *map(archive, files))
        assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 54, 2)
        assert world.table("football_data_results_quarantine").sort("line")["reason"].to_list() == [
            f"expected a date among those of the rows around it, found day and month swapped: {day:%d/%m/%Y}"
            for day in (dt.date(START, 2, 9), dt.date(START, 10, 9))
        ]
        kept = [game[:2] for number, game in enumerate(games) if number not in (9, 12)]
        assert world.matches().rows.sort("line").select("match_date", "home").rows() == kept


def test_a_match_that_stands_where_it_was_planned_is_no_swapped_one(ask):
    games = [(dt.date(START, 12, 9), *game[1:]) if n == 9 else game for n, game in enumerate(GAMES)]
    world, acquired = ask(ARCHIVE, RESULTS, archive(games))
    assert (acquired.problem, acquired.quarantined) == ("", 0)
    assert world.matches().rows.sort("line")["match_date"].to_list() == [game[0] for game in games]


def test_a_match_of_another_competition_of_the_country_is_none_of_the_league(ask):
    games = [game for game in GAMES if game[0].year == START]
    below = "Sweden,Superettan,{0},02/05/{0},15:00,{1},{2},1,0,2.1\n"
    other, play_off = below.format(START, "Brage", "Gais"), below.format(START, "Brage", "Leeds")
    world, acquired = ask("new/SWE.csv", RESULTS, extra(games) + other + play_off, leagues="SWE")
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", len(games) + 1, 1)
    assert world.table("football_data_results_quarantine")["reason"].to_list() == [
        "expected rows of the league of most, found Superettan and clubs of no other row"
    ]
    assert world.matches().rows.filter(home="Brage")["away"].to_list() == ["Leeds"]


def test_a_league_that_is_renamed_in_mid_season_keeps_all_its_rows(ask):
    games = [game for game in GAMES if game[0].year == START]
    named = extra(games[:12], "Copa") + extra(games[12:], "Liga").split("\n", 1)[1]
    world, acquired = ask("new/SWE.csv", RESULTS, named, leagues="SWE")
    assert (acquired.problem, acquired.quarantined) == ("", 0)
    assert len(world.matches().rows) == len(games)


# Results of days that have not come


LATER = TODAY + 6 * DAY
SEASON = LATER.year - (LATER.month < 7)
UNDERWAY = f"{SEASON % 100:02d}{(SEASON + 1) % 100:02d}"
PLAYED = [(TODAY - 3 * DAY, home, away, 1, 0) for home, away in zip(CLUBS[:4], CLUBS[4:], strict=True)]
PLAYED += [(game[0] - 7 * DAY, game[2], game[1], *game[3:]) for game in PLAYED]
EARLY: list[Game] = [*PLAYED, (TODAY + DAY, "Arsenal", "Leeds", 2, 2), (LATER, "Fulham", "Burnley", 2, 1)]


@pytest.mark.parametrize(
    ("source", "path", "table", "content"),
    [
        ("football_data", f"mmz4281/{UNDERWAY}/E0.csv", RESULTS, archive(EARLY)),
        ("openfootball", f"{SEASON}-{UNDERWAY[2:]}/en.1.json", "openfootball_matches", football_json(EARLY, suffix="")),
    ],
)
def test_a_result_of_a_day_to_come_is_no_result_yet(mirror, source, path, table, content):
    world = mirror(f"{TODAY - 20 * DAY}", f"{TODAY + 20 * DAY}")
    world.publish(source, path, content)
    acquired = world.acquire(table)[table]
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 9, 1)
    assert world.table(f"{table}_quarantine").select("match_date", "reason").rows() == [
        (LATER, f"expected a result by {TODAY + DAY}, found one of {LATER}")
    ]
    finished = world.matches().rows.sort("match_date", "home")
    assert finished.select("match_date", "home", "status").rows() == sorted(
        (*game[:2], "finished") for game in EARLY[:9]
    )


def test_an_archive_of_many_results_to_come_is_refused(ask):
    world, acquired = ask(
        f"mmz4281/{UNDERWAY}/E0.csv",
        RESULTS,
        archive(PLAYED),
        archive([*PLAYED, *moved(EARLY[-2:], lambda n, day: LATER)]),
    )
    assert (
        f"E0.csv: expected results by {TODAY + DAY}, found 2 of later days, such as ['{LATER:%d/%m/%Y}'"
        in acquired.problem
    )
    assert len(world.matches().rows) == len(PLAYED)


def test_a_date_corrected_in_one_season_stores_no_match_of_another(mirror):
    games = [game for game in GAMES if game[0].year == START]
    earlier = extra(moved(games, lambda n, day: day - 364 * DAY)).replace(f",{START},", f",{START - 1},")
    world = mirror(f"{START}-01-01", f"{START}-12-31", "SWE")
    for season_games in (games, [(games[0][0] + 2 * DAY, *games[0][1:]), *games[1:]]):
        world.publish("football_data", "new/SWE.csv", earlier + extra(season_games).split("\n", 1)[1])
        acquired = world.acquire(RESULTS)[RESULTS]
        assert (acquired.problem, acquired.records) == ("", 2 * len(games))
        stored = world.table(RESULTS).sort("_line")
        assert stored.select("match_date", "Home").rows() == [game[:2] for game in season_games]
