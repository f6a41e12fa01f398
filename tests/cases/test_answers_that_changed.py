"""An answer of a side source that lost or moved what the last good one had does not replace it, as no archive does."""

import datetime as dt
import json
from collections.abc import Callable, Sequence

import pytest

from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.acquisition import Acquired
from tests.cases.conftest import Mirror
from tests.cases.test_one_match_one_day import CLUBS, Game, archive, football_json, season

TODAY = Clock.from_settings(Settings.read()).today()
DAY = dt.timedelta(days=1)
START = TODAY.year - (TODAY.month < 8)
GAMES = [game for game in season(dt.date(START, 8, 1), every=6) if game[0] < TODAY - 4 * DAY]
SPAIN = ("Real Madrid", "Barcelona", "Sevilla", "Valencia", "Getafe", "Betis", "Villarreal", "Levante")
NAMES = dict(zip(CLUBS, SPAIN, strict=True))
Ask = Callable[..., tuple[Mirror, Acquired]]


def understat_json(games: Sequence[Game], xg: str | None = "1.5") -> str:
    dates = [
        {
            "id": str(number),
            "isResult": True,
            "h": {"id": "1", "title": home},
            "a": {"id": "2", "title": away},
            "goals": {"h": str(scored), "a": str(conceded)},
            "xG": {"h": xg, "a": xg},
            "datetime": f"{day} 14:00:00",
        }
        for number, (day, home, away, scored, conceded) in enumerate(games)
    ]
    return json.dumps({"dates": dates})


SOURCES: dict[str, tuple[str, Callable[..., str]]] = {
    "understat": (f"getLeagueData/EPL/{START}", understat_json),
    "openfootball": (f"{START}-{(START + 1) % 100:02d}/en.1.json", football_json),
}


@pytest.fixture(params=SOURCES)
def ask(mirror: Callable[..., Mirror], request: pytest.FixtureRequest) -> Ask:
    """Publish answers of a side source at one address, one after the other, and ask for its table after each."""
    source = request.param
    path, form = SOURCES[source]

    def acquire(*answers: Sequence[Game]) -> tuple[Mirror, Acquired]:
        world = mirror(f"{START}-07-01", f"{START + 1}-06-30")
        world.publish("football_data", f"mmz4281/{START % 100:02d}{(START + 1) % 100:02d}/E0.csv", archive(GAMES))
        for games in answers:
            world.publish(source, path, form(games))
            world.acquire("football_data_results", f"{source}_matches")
        return world, world.acquired[f"{source}_matches"]

    return acquire


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ([(game[0], NAMES[game[1]], NAMES[game[2]], *game[3:]) for game in GAMES], "the teams of the last good file"),
        ([(day, away, home, y, x) for day, home, away, x, y in GAMES], "the home sides of the last good file"),
        (
            [(game[0] + DAY, *game[1:]) for game in GAMES],
            f"found {len(GAMES)} of {len(GAMES)} results moved by +1 days",
        ),
        (GAMES[:-8], f"the results of the last good file, found 8 of {len(GAMES)} missing"),
        ([(*game[:3], game[3] + 1, game[4]) for game in GAMES], "the scores of the last good file"),
        (
            [(day.replace(day=day.month, month=day.day) if day.day <= 12 else day, *game) for day, *game in GAMES],
            "of the last good file",
        ),
    ],
    ids=["another league's", "sides exchanged", "a day late", "an earlier one", "other scores", "months for days"],
)
def test_an_answer_that_differs_as_no_correction_does_is_refused(ask, new, message):
    world, acquired = ask(GAMES, new)
    assert acquired.problem.startswith("1 of ") and message in acquired.problem
    matches = world.matches()
    assert len(matches.links) == len(matches.rows) == len(GAMES)
    assert (
        matches.conflicts.filter(field="score").is_empty() and matches.conflicts.filter(field="match_date").is_empty()
    )
    assert matches.quarantined.is_empty()


@pytest.mark.parametrize(
    "new",
    [
        [*GAMES[:-3]],
        [(game[0] + DAY * (number < 3), *game[1:]) for number, game in enumerate(GAMES)],
        [(*game[:3], game[3] + (number < 3), game[4]) for number, game in enumerate(GAMES)],
        [(day, *(f"{name} AFC" for name in sides), x, y) for day, *sides, x, y in GAMES],
        [(day, *(name.replace("Wolves", "Wanderers") for name in sides), x, y) for day, *sides, x, y in GAMES],
        [*GAMES, (GAMES[-1][0] + 3 * DAY, "Real Madrid", "Leeds", 1, 0)],
    ],
    ids=["three less", "three days", "three scores", "names in full", "a club renamed", "one more"],
)
def test_an_answer_that_corrects_a_few_matches_is_taken(ask, new):
    _, acquired = ask(GAMES, new)
    assert (acquired.problem, acquired.records) == ("", len(new))


def test_an_answer_without_the_expected_goals_of_the_last_one_is_refused(mirror):
    world = mirror(f"{START}-07-01", f"{START + 1}-06-30")
    path, form = SOURCES["understat"]
    for xg in ("1.5", None):
        world.publish("understat", path, form(GAMES, xg=xg))
        world.acquire("understat_matches")
    assert f"expected at least 50% of the {len(GAMES)} xg of the last good file, found 0" in (
        world.acquired["understat_matches"].problem
    )
    assert world.matches().rows["home_xg"].to_list() == [1.5] * len(GAMES)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("earlier", [True, False])
def test_one_answer_at_the_addresses_of_two_leagues_is_at_most_one_s(mirror, source, earlier):
    """The league that had it on an earlier day keeps it; else nobody knows whose it is."""
    spain = [(game[0], NAMES[game[1]], NAMES[game[2]], *game[3:]) for game in GAMES]
    path, form = SOURCES[source]
    world = mirror(f"{START}-07-01", f"{START + 1}-06-30", "E0,SP1")
    other = path.replace("EPL", "La_liga").replace("en.1", "es.1")
    world.publish(source, other, form(spain))
    if earlier:
        mirror(f"{START}-07-01", f"{START + 1}-06-30", "E0,SP1").night(TODAY - DAY, back=400)
    world.publish(source, path, form(spain))
    world.acquire(f"{source}_matches")
    problem = world.acquired[f"{source}_matches"].problem
    assert f"{path}: expected matches of its own league and season, found the answer of " in problem
    leagues = world.matches().rows["league"].to_list()
    assert leagues == (["SP1"] * len(GAMES) if earlier else [])


def test_two_files_of_a_header_alone_are_each_their_own(mirror):
    """The archives of a season that is to begin, beside those of the one before, which have other columns."""
    world = mirror(f"{START - 1}-07-01", f"{START + 1}-06-30", "E0,E1")
    for season_folder, league in ((START - 1, "E0"), (START - 1, "E1"), (START, "E0"), (START, "E1")):
        path = f"mmz4281/{season_folder % 100:02d}{(season_folder + 1) % 100:02d}/{league}.csv"
        before = [(game[0] - 364 * DAY, *game[1:]) for game in GAMES]
        text = archive(before if season_folder < START else [], league)
        extra = "".join(f"{line},{'X' if n else league}\n" for n, line in enumerate(text.splitlines()))
        world.publish("football_data", path, extra if season_folder < START else text)
    acquired = world.acquire("football_data_results")["football_data_results"]
    assert (acquired.problem, acquired.records) == ("", 2 * len(GAMES))
