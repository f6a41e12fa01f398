import datetime as dt

import polars as pl

from soccer_assets.matches.clubs import clubs_of
from soccer_assets.matches.schema import MATCH_LINKS, MATCHES, TEAMS
from tests.matches.resolving import resolve

SATURDAY, SUNDAY = dt.date(2023, 8, 12), dt.date(2023, 8, 13)
ALONE = MATCH_LINKS.empty()
COLUMNS = ["match_date", "team_id", "name", "country", "league", "source"]


def test_a_club_stands_once_on_each_date_it_plays(played, listed):
    results = played(
        ("2023-08-12", "Arsenal", "Nott'm Forest", "2-1"),
        ("2023-08-12", "Leeds", "Hull", "0-0"),
        ("2023-08-13", "Hull", "Arsenal", "1-1"),
    )
    assert clubs_of(resolve(results, listed()).rows, ALONE).select(COLUMNS).rows() == [
        (SATURDAY, "england.arsenal", "Arsenal", "England", "E0", "football-data"),
        (SATURDAY, "england.hull", "Hull", "England", "E0", "football-data"),
        (SATURDAY, "england.leeds", "Leeds", "England", "E0", "football-data"),
        (SATURDAY, "england.nottm-forest", "Nott'm Forest", "England", "E0", "football-data"),
        (SUNDAY, "england.arsenal", "Arsenal", "England", "E0", "football-data"),
        (SUNDAY, "england.hull", "Hull", "England", "E0", "football-data"),
    ]


def test_clubs_of_two_countries_may_share_a_name(played, listed):
    rows = resolve(played(("2023-08-12", "Rangers", "Hearts", "1-0"), league="SC0"), listed()).rows
    other = resolve(played(("2023-08-12", "Rangers", "Hearts", "1-0")), listed()).rows
    assert clubs_of(rows, ALONE)["team_id"].to_list() == ["scotland.hearts", "scotland.rangers"]
    assert clubs_of(other, ALONE)["team_id"].to_list() == ["england.hearts", "england.rangers"]


def test_no_matches_have_no_clubs():
    clubs = clubs_of(MATCHES.empty(), ALONE)
    assert clubs.schema == TEAMS.schema
    assert clubs.is_empty()


def test_a_club_stands_once_for_each_name_with_what_the_name_says_of_it(played, listed):
    rows = resolve(played(("2023-08-12", "Arsenal", "Hull", "2-1")), listed()).rows
    told = {"match_date": SATURDAY, "match_id": "E0.202324.arsenal.hull", "league": "E0", "source": "whoscored",
            "payload_id": "w" * 64, "line": 1, "home": "Arsenal FC", "away": "Hull City", "home_id": "england.arsenal",
            "away_id": "england.hull", "home_by": "fixture", "away_by": "fixture"}  # fmt: skip
    links = MATCH_LINKS.conform(pl.DataFrame([told], schema=MATCH_LINKS.schema))
    names = clubs_of(rows, links).select("team_id", "source", "name", "script", "sex", "kind").rows()
    assert names == [
        ("england.arsenal", "football-data", "Arsenal", "latin", "men", "first"),
        ("england.arsenal", "whoscored", "Arsenal FC", "latin", "men", "first"),
        ("england.hull", "football-data", "Hull", "latin", "men", "first"),
        ("england.hull", "whoscored", "Hull City", "latin", "men", "first"),
    ]
