"""One match, one season, one day: what the sources say of a date or a season does not make a second match."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.matches.laws import broken_laws
from soccer_assets.matches.resolution import Matches

INPUTS = Path(__file__).parent / "inputs"
CLUBS = ("Arsenal", "Fulham", "Leeds", "Burnley", "Everton", "Wolves", "Chelsea", "Watford")
Game = tuple[dt.date, str, str, int, int]


def season(first: dt.date, clubs: Sequence[str] = CLUBS, every: int = 7, pause: int = 0) -> list[Game]:
    """A double round robin, a round every so many days, with a pause of days before its last four rounds."""
    order, rounds = list(clubs), []
    for _ in clubs[1:]:
        half = len(order) // 2
        rounds.append(list(zip(order[:half], reversed(order[half:]), strict=True)))
        order = [order[0], order[-1], *order[1:-1]]
    rounds += [[(away, home) for home, away in games] for games in rounds]
    played = []
    for number, games in enumerate(rounds):
        day = first + dt.timedelta(every * number + (pause if number >= len(rounds) - 4 else 0))
        played += [(day, *game, (number + place) % 4, place % 3) for place, game in enumerate(games)]
    return played


def archive(games: Iterable[Game], league: str = "E0") -> str:
    lines = ["Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR"]
    for day, home, away, scored, conceded in games:
        result = "H" if scored > conceded else "A" if scored < conceded else "D"
        lines.append(f"{league},{day:%d/%m/%Y},15:00,{home},{away},{scored},{conceded},{result}")
    return "\n".join(lines) + "\n"


def football_json(games: Iterable[Game], name: str = "English Premier League 2019/20", suffix: str = " FC") -> str:
    matches = [
        {"round": "Matchday 1", "date": f"{day}", "team1": home + suffix, "team2": away + suffix,
         "score": {"ft": [scored, conceded]}}
        for day, home, away, scored, conceded in games
    ]  # fmt: skip
    return json.dumps({"name": name, "matches": matches})


def count(matches: Matches, *by: str) -> dict[tuple[object, ...], int]:
    return dict((tuple(key), n) for *key, n in matches.rows.group_by(by).len().sort(by).rows())


LATE = season(dt.date(2019, 8, 10), every=14, pause=171)  # its last rounds in July 2020
assert {day.month for day, *_ in LATE[-16:]} == {6, 7}


def test_a_season_that_ran_into_its_second_summer_is_one_season_in_every_source(mirror):
    following = season(dt.date(2020, 9, 12), every=14)
    world = mirror("2019-07-01", "2021-06-30")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(LATE))
    world.publish("football_data", "mmz4281/2021/E0.csv", archive(following))
    world.publish("openfootball", "2019-20/en.1.json", football_json(LATE))
    world.publish("openfootball", "2020-21/en.1.json", football_json(following, "English Premier League 2020/21"))
    world.acquire()
    matches = world.matches()
    assert count(matches, "season", "leg", "status") == {
        ("2019/20", 1, "finished"): 56, ("2020/21", 1, "finished"): 56,
    }  # fmt: skip
    assert len(matches.links) == 112
    assert matches.conflicts.is_empty() and matches.quarantined.is_empty()


def test_results_a_year_early_are_the_matches_of_their_score_with_a_conflict_of_date(mirror):
    """The file dates the matches of July 2020 in July 2019."""
    early = [(game[0].replace(year=2019) if f"{game[0]:%Y-%m}" == "2020-07" else game[0], *game[1:]) for game in LATE]
    moved = sum(a[0] != b[0] for a, b in zip(LATE, early, strict=True))
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(LATE))
    world.publish("openfootball", "2019-20/en.1.json", football_json(early))
    world.acquire()
    matches = world.matches()
    assert moved > 0
    assert sorted(matches.rows["match_date"]) == sorted(day for day, *_ in LATE)
    assert matches.conflicts["field"].to_list() == ["match_date"] * moved
    assert broken_laws(matches.rows.lazy()) == {}


@pytest.mark.parametrize(
    ("date", "score", "becomes"),
    [
        ("2019-07-01", (3, 2), "quarantined"),  # before the season, another score
        ("2020-08-30", (3, 2), "quarantined"),  # after it
        ("2019-07-01", None, "the match"),  # the score of the match
        ("2020-08-30", None, "the match"),
        ("2019-08-01", None, "the match"),  # in the four weeks before the first match
    ],
)
def test_a_date_outside_the_season_is_a_case_and_no_match(mirror, date, score, becomes):
    games = season(dt.date(2019, 8, 10))
    _, home, away, scored, conceded = games[20]
    record = (dt.date.fromisoformat(date), home, away, *(score or (scored, conceded)))
    side = [*games[:20], *games[21:], record]
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(games))
    world.publish("openfootball", "2019-20/en.1.json", football_json(side))
    world.acquire()
    matches = world.matches()
    assert len(matches.rows) == 56
    if becomes == "the match":
        assert matches.conflicts.select("field", "value").rows() == [("match_date", date)]
        assert matches.quarantined.is_empty()
    else:
        [reason] = matches.quarantined["reason"]
        assert reason == f"expected a date of season 2019/20, from 2019-07-13 to 2019-12-07, found {date}"


def test_a_source_that_goes_on_where_the_archive_stopped_keeps_its_results(mirror):
    games = season(dt.date(2019, 8, 10))
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(games[:28]))
    world.publish("openfootball", "2019-20/en.1.json", football_json(games))
    world.acquire()
    assert count(world.matches(), "source") == {("football-data",): 28, ("openfootball",): 28}


@pytest.mark.parametrize("played", [True, False])
def test_a_fixture_of_july_is_of_the_season_that_its_archive_plays(mirror, played):
    """The fixtures file has 26 July 2020; the archive of 2019/20 has its result, or the round before alone."""
    *before, last = LATE
    day, home, away, *_ = last
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(LATE if played else before))
    world.publish(
        "football_data", "fixtures.csv", f"Div,Date,Time,HomeTeam,AwayTeam\nE0,{day:%d/%m/%Y},16:00,{home},{away}\n"
    )
    world.acquire()
    matches = world.matches().rows
    assert day.month == 7 and matches["season"].unique().to_list() == ["2019/20"]
    of_pair = matches.filter(pl.col("home") == home, pl.col("away") == away)
    assert of_pair["status"].to_list() == ["finished" if played else "scheduled"]


def test_a_fixture_after_the_summer_is_of_the_new_season(mirror):
    world = mirror("2019-07-01", "2020-10-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(season(dt.date(2019, 8, 10))))
    following = season(dt.date(2020, 9, 12))
    day, home, away, *_ = following[4]
    world.publish("football_data", "mmz4281/2021/E0.csv", archive(following[:4]))
    world.publish(
        "football_data", "fixtures.csv", f"Div,Date,Time,HomeTeam,AwayTeam\nE0,{day:%d/%m/%Y},16:00,{home},{away}\n"
    )
    world.acquire()
    fixture = world.matches().rows.filter(pl.col("status") == "scheduled")
    assert fixture["season"].to_list() == ["2020/21"]


def test_two_seasons_that_share_a_year_are_two(mirror):
    world = mirror("2016-01-01", "2017-12-31", "ARG")
    world.publish("football_data", "new/ARG.csv", INPUTS / "arg_2016" / "ARG.csv")
    world.acquire()
    matches = world.matches()
    assert count(matches, "season", "leg") == {("2016", 1): 28, ("2016/17", 1): 28}
    assert matches.rows["match_id"].n_unique() == len(matches.rows)
    assert {match_id.split(".")[1] for match_id in matches.rows["match_id"]} == {"2016", "201617"}


@pytest.mark.parametrize("days", [1, 4, 7])
def test_one_result_on_two_days_within_a_week_is_one_match(mirror, days):
    games = season(dt.date(2019, 8, 10))
    day = games[9][0]
    again = (day + dt.timedelta(days), *games[9][1:])
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive([*games, again]))
    world.acquire()
    matches = world.matches()
    assert count(matches, "leg") == {(1,): 56}
    assert matches.quarantined["reason"].to_list() == [
        f"expected the match once, found it again on {again[0]}; first on {day}"
    ]


def test_a_second_name_of_a_club_within_a_season_is_the_club(mirror):
    games = season(dt.date(2019, 8, 10))
    renamed = [
        (day, new.get(home, home), new.get(away, away), scored, conceded)
        for number, (day, home, away, scored, conceded) in enumerate(games)
        for new in ({"Fulham": "Cottagers Utd"} if number >= 28 else {},)
    ]
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(games))
    world.publish("openfootball", "2019-20/en.1.json", football_json(renamed))
    world.acquire()
    matches = world.matches()
    assert len(matches.rows) == 56 and len(matches.links) == 56
    clubs = matches.links.filter(pl.col("home") == "Cottagers Utd FC")["home_id"].unique().to_list()
    assert clubs == ["england.fulham"]


def test_no_club_is_born_beside_a_league_whose_clubs_are_all_known(mirror):
    games = season(dt.date(2019, 8, 10))
    stranger = (dt.date(2019, 10, 2), "Quarrington Rovers", "Leeds", 1, 0)
    world = mirror("2019-07-01", "2020-08-31")
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(games))
    world.publish("openfootball", "2019-20/en.1.json", football_json([*games, stranger]))
    world.acquire()
    matches = world.matches()
    assert len(matches.rows) == 56
    why = "expected the name of one club, found Quarrington Rovers FC, which may be several clubs' or a new one's"
    assert set(matches.quarantined["reason"]) == {why}


BRAZIL = ("Flamengo", "Palmeiras", "Santos", "Gremio", "Internacional", "Cruzeiro", "Bahia", "Fortaleza")
LONG = dict(zip(BRAZIL, ("CR Flamengo", "SE Palmeiras", "Santos FC", "Grêmio FBPA", "SC Internacional", "Cruzeiro EC",
                         "EC Bahia", "Fortaleza EC"), strict=True))  # fmt: skip


def test_where_no_trusted_source_has_the_league_a_club_has_one_id_over_all_spellings(mirror):
    games = season(dt.date(2020, 1, 11), BRAZIL)
    world = mirror("2020-01-01", "2020-06-30", "BRA")
    long = [(game[0], LONG[game[1]], LONG[game[2]], *game[3:]) for game in games]
    world.publish("openfootball", "2020/br.1.json", football_json(long, "Brasileiro Série A 2020", suffix=""))
    feed = {
        "tournaments": [
            {"tournamentId": 95, "tournamentName": "Brasileirão", "regionCode": "br", "regionName": "Brazil",
             "seasonName": "2020", "seasonId": 1, "stageId": 1, "stageName": "Brasileirão", "sex": 1,
             "matches": [
                 {"id": n, "status": 6, "elapsed": "FT", "startTimeUtc": f"{day}T18:00:00Z", "homeName": home,
                  "awayName": away, "homeId": BRAZIL.index(home), "awayId": BRAZIL.index(away), "homeScore": x,
                  "awayScore": y}
                 for n, (day, home, away, x, y) in enumerate(games)
             ]},
        ]
    }  # fmt: skip
    world.publish("whoscored", "livescores/data", json.dumps(feed))  # a file has no query: every day is this one
    world.acquire()
    matches = world.matches()
    assert len(matches.rows) == 56
    assert set(matches.rows["source"]) == {"whoscored"}
    assert sorted(matches.links["source"].value_counts().rows()) == [("openfootball", 56), ("whoscored", 56)]
    assert len({*matches.rows["home_id"], *matches.rows["away_id"]}) == 8
    assert matches.quarantined.is_empty()


@pytest.mark.parametrize("archived", [True, False])
def test_a_feed_that_goes_on_with_the_label_of_the_season_before_is_of_the_season_played(mirror, archived):
    games = season(dt.date(2019, 8, 10), every=14)
    tournament = {
        "tournamentId": 2, "tournamentName": "Premier League", "regionCode": "gb-eng", "seasonName": "2018/2019",
        "seasonId": 7361, "sex": 1,
        "matches": [
            {"id": n, "status": 6, "elapsed": "FT", "startTimeUtc": f"{day}T14:00:00Z", "homeName": home,
             "awayName": away, "homeScore": scored, "awayScore": conceded}
            for n, (day, home, away, scored, conceded) in enumerate(games, start=1)
        ],
    }  # fmt: skip
    world = mirror("2019-07-01", "2020-08-31")
    if archived:
        world.publish("football_data", "mmz4281/1920/E0.csv", archive(games))
    world.publish("whoscored", "livescores/data", json.dumps({"tournaments": [tournament]}))
    world.acquire("football_data_results", "whoscored_matches")
    matches = world.matches()
    assert count(matches, "season", "leg") == {("2019/20", 1): 56}
    assert len(matches.links) == 56 and matches.quarantined.is_empty()
