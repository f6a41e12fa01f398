"""A club whose name football-data.co.uk spells anew in the middle of a season is one club."""

import datetime as dt
from collections.abc import Callable, Sequence

import polars as pl
import pytest

from soccer_assets.linking.names import Scorer
from soccer_assets.matches.respelled import renamed_clubs
from tests.cases.conftest import Mirror
from tests.cases.test_one_match_one_day import CLUBS, Game, archive, season

LAST, THIS = season(dt.date(2018, 8, 11), every=20), season(dt.date(2019, 8, 10))
ROUNDS = sorted({day for day, *_ in THIS})
Rename = Callable[[int], bool]


def renamed(games: Sequence[Game], name: str, other: str, when: Rename) -> list[Game]:
    """The games of some rounds with another name of a club."""
    changed = []
    for day, home, away, scored, conceded in games:
        is_other = when(ROUNDS.index(day))
        home, away = (other if side == name and is_other else side for side in (home, away))
        changed.append((day, home, away, scored, conceded))
    return changed


def resolved(mirror: Callable[..., Mirror], games: Sequence[Game], before: Sequence[Game] = LAST) -> pl.DataFrame:
    world: Mirror = mirror("2018-07-01", "2020-06-30")
    if before:
        world.publish("football_data", "mmz4281/1819/E0.csv", archive(before))
    world.publish("football_data", "mmz4281/1920/E0.csv", archive(games))
    world.acquire("football_data_results")
    matches = world.matches()
    assert matches.quarantined.is_empty()
    assert len(matches.rows) == len(games) + len(before)
    return matches.rows


@pytest.mark.parametrize(
    ("name", "other", "when"),
    [
        ("Leeds", "Leeds United", lambda number: number >= 6),
        ("Leeds", "Leeds United", lambda number: number == 9),
        ("Leeds", "Leeds Utd", lambda number: number in (5, 6, 11)),
        ("Leeds", "Leeds United", lambda number: number < 4),
        ("Wolves", "Wolverhampton", lambda number: number >= 12),
        ("Watford", "Wattford", lambda number: number == 13),
        ("Watford", "Watford FC", lambda number: number == 0),
    ],
    ids=["from a round on", "once", "three times", "at first", "near the end", "on the last day", "on the first day"],
)
def test_a_name_spelled_anew_is_the_club_that_pauses_meanwhile(mirror, name, other, when):
    rows = resolved(mirror, renamed(THIS, name, other, when)).filter(season="2019/20")
    clubs = {f"england.{club.lower()}" for club in CLUBS}
    assert {*rows["home_id"], *rows["away_id"]} == clubs
    assert set(rows["home_id"].value_counts()["count"]) == {7}
    assert other in {*rows["home"], *rows["away"]}  # as published
    assert rows["match_id"].is_unique().all() and rows["leg"].unique().to_list() == [1]


@pytest.mark.parametrize(("since", "team_id"), [(3, "england.leeds-united"), (9, "england.leeds")])
def test_a_club_without_an_earlier_season_has_the_id_of_the_name_that_is_more_often(mirror, since, team_id):
    rows = resolved(mirror, renamed(THIS, "Leeds", "Leeds United", lambda number: number >= since), before=[])
    assert {club for club in rows["home_id"] if "leeds" in club} == {team_id}


def test_clubs_of_like_names_stay_two(mirror):
    """The second club begins late, for its first matches were postponed."""
    games = renamed(THIS, "Leeds", "Sheffield United", lambda _: True)
    games = renamed(games, "Burnley", "Sheffield Weds", lambda _: True)
    postponed = [
        (day + dt.timedelta(40 * ("Sheffield Weds" in (home, away) and day < ROUNDS[5])), home, away, scored, conceded)
        for day, home, away, scored, conceded in games
    ]
    rows = resolved(mirror, postponed, before=[])
    assert {"england.sheffield-united", "england.sheffield-weds"} <= set(rows["home_id"])


def test_a_club_that_comes_for_the_play_offs_is_none_of_the_league_s(mirror):
    norway: Mirror = mirror("2022-01-01", "2022-12-31", "NOR")
    games = [*season(dt.date(2022, 4, 2), every=14), (dt.date(2022, 11, 10), "Leeds Two", "Watford", 1, 0)]
    lines = ["Country,League,Season,Date,Time,Home,Away,HG,AG,Res"]
    for day, home, away, scored, conceded in games:
        result = "H" if scored > conceded else "A" if scored < conceded else "D"
        lines.append(f"Norway,Eliteserien,2022,{day:%d/%m/%Y},18:00,{home},{away},{scored},{conceded},{result}")
    norway.publish("football_data", "new/NOR.csv", "\n".join(lines) + "\n")
    norway.acquire("football_data_results")
    assert "norway.leeds-two" in set(norway.matches().rows["home_id"])


def test_a_club_of_another_name_from_a_season_on_is_one_to_decide_on(mirror):
    games = renamed(THIS, "Leeds", "Leeds United", lambda _: True)
    games = renamed(games, "Burnley", "Sunderland", lambda _: True)
    (club,) = renamed_clubs(resolved(mirror, games), Scorer.shipped()).to_dicts()
    assert club.pop("likeness") > 0.8
    assert club == {
        "team_id": "england.leeds", "name": "Leeds", "last": LAST[-1][0],
        "new_id": "england.leeds-united", "new_name": "Leeds United", "new_first": THIS[0][0], "new_last": THIS[-1][0],
    }  # fmt: skip
