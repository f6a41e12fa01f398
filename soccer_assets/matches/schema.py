"""Tables of the matches stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.tables import UTC, Column, Table

STATUSES = ("scheduled", "postponed", "finished", "abandoned")

TEAMS = Table(
    "teams",
    "One club that plays on the match date, by the name its source gives it.",
    (
        Column("match_date", pl.Date, "a date on which the club plays"),
        Column("team_id", pl.String, "the club's id: country and name"),
        Column("name", pl.String, "the source's own name"),
        Column("country", pl.String, "country of the league"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("source", pl.String, "who calls the club so"),
    ),
    ("match_date", "team_id", "name", "league"),
)


def _count(name: str, description: str) -> Column:
    return Column(name, pl.Int16, description, nullable=True, ge=0, le=99)


STATISTICS = {
    "shots": "HS AS",
    "shots_on_target": "HST AST",
    "corners": "HC AC",
    "fouls": "HF AF",
    "yellow_cards": "HY AY",
    "red_cards": "HR AR",
}

MATCHES = Table(
    "matches",
    "One match on one date; a match that was moved is postponed on its old date and lives on under the same id.",
    (
        Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
        Column("match_id", pl.String, "league, season, home, away and leg; holds no date"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
        Column("kick_off_at", UTC, "kick-off, where published", nullable=True),
        Column("status", pl.String, "where the match stands", among=STATUSES),
        Column("home", pl.String, "home club, the source's own name"),
        Column("away", pl.String, "away club, the source's own name"),
        Column("home_id", pl.String, "home club"),
        Column("away_id", pl.String, "away club"),
        Column("leg", pl.Int16, "1 for the first time the two meet at this ground in the season", ge=1),
        _count("home_goals", "goals of the home club at full time"),
        _count("away_goals", "goals of the away club at full time"),
        _count("home_goals_half_time", "goals of the home club at half time"),
        _count("away_goals_half_time", "goals of the away club at half time"),
        *(
            _count(f"{side}_{name}", f"{name.replace('_', ' ')} of the {side} club")
            for name in STATISTICS
            for side in ("home", "away")
        ),
        Column("payload_id", pl.String, "SHA-256 of the raw bytes it was read from"),
        Column("line", pl.Int64, "line in the payload"),
    ),
    ("match_date", "match_id"),
)
