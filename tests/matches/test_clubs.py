import datetime as dt

from soccer_assets.matches.clubs import clubs_of
from soccer_assets.matches.life import resolve
from soccer_assets.matches.schema import MATCHES, TEAMS

SATURDAY, SUNDAY = dt.date(2023, 8, 12), dt.date(2023, 8, 13)


def test_a_club_stands_once_on_each_date_it_plays(played, listed):
    results = played(
        ("2023-08-12", "Arsenal", "Nott'm Forest", "2-1"),
        ("2023-08-12", "Leeds", "Hull", "0-0"),
        ("2023-08-13", "Hull", "Arsenal", "1-1"),
    )
    assert clubs_of(resolve(results, listed()).rows).rows() == [
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
    assert clubs_of(rows)["team_id"].to_list() == ["scotland.hearts", "scotland.rangers"]
    assert clubs_of(other)["team_id"].to_list() == ["england.hearts", "england.rangers"]


def test_no_matches_have_no_clubs():
    clubs = clubs_of(MATCHES.empty())
    assert clubs.schema == TEAMS.schema
    assert clubs.is_empty()
