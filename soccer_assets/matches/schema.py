"""Tables of the matches stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.storage.tables import UTC, Column, Table

#: A match is on when it is scheduled, in play, finished or awarded; on the other dates it is off.
STATUSES = ("scheduled", "postponed", "in_play", "finished", "abandoned", "awarded", "void")
ON = ("scheduled", "in_play", "finished", "awarded")
SCORED = ("finished", "awarded")
#: Forecasts are made of these, and stay when the match was broken off or decided otherwise.
FORECAST = (*ON, "abandoned")
#: Two clubs at one's ground in a season: a match, or the legs of one.
PAIR = ["league", "season", "home_id", "away_id"]
#: The source that is trusted most.
FOOTBALL_DATA = "football-data"
#: Its daily results check the others, and fill a score that no other has.
FONBET = "fonbet"
#: A club is known by a decision, by matches in common, by its name, or it is new.
METHODS = ("alias", "fixture", "name", "new")

TEAMS = Table(
    "teams",
    "One club that plays on the match date, by one of the names its sources give it.",
    (
        Column("match_date", pl.Date, "a date on which the club plays"),
        Column("team_id", pl.String, "the club's id: country and name"),
        Column("name", pl.String, "the source's own name"),
        Column("source", pl.String, "who calls the club so"),
        Column("script", pl.String, "script of the name"),
        Column("country", pl.String, "country of the league"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("sex", pl.String, "by the marks of the name", among=("men", "women")),
        Column("kind", pl.String, "by the marks of the name", among=("first", "reserve", "youth")),
    ),
    ("match_date", "team_id", "source", "name", "league"),
)


def _count(name: str, description: str) -> Column:
    return Column(name, pl.Int16, description, nullable=True, ge=0, le=99)


STATISTICS = ("shots", "shots_on_target", "corners", "fouls", "yellow_cards", "red_cards")

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
        *(
            Column(f"{side}_xg", pl.Float64, f"expected goals of the {side} club", nullable=True, ge=0, le=20)
            for side in ("home", "away")
        ),
        Column("referee", pl.String, "referee, where published", nullable=True),
        Column("venue", pl.String, "ground, where published", nullable=True),
        Column("source", pl.String, "the first source in the order of trust that has it"),
        Column("payload_id", pl.String, "SHA-256 of the raw bytes it was read from"),
        Column("line", pl.Int64, "line or record in the payload"),
    ),
    ("match_date", "match_id"),
)

MATCH_LINKS = Table(
    "match_links",
    "One record of a source other than football-data.co.uk, and the match it is about.",
    (
        Column("match_date", pl.Date, "date of the match"),
        Column("match_id", pl.String, "the match"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("source", pl.String, "where the record is from"),
        Column("payload_id", pl.String, "SHA-256 of the raw bytes"),
        Column("line", pl.Int64, "record in the payload"),
        Column("home", pl.String, "home club, the source's own name"),
        Column("away", pl.String, "away club, the source's own name"),
        Column("home_id", pl.String, "home club"),
        Column("away_id", pl.String, "away club"),
        Column("home_by", pl.String, "how the home club was known", among=METHODS),
        Column("away_by", pl.String, "how the away club was known", among=METHODS),
    ),
    ("match_date", "match_id", "source", "payload_id", "line"),
)

MATCH_CONFLICTS = Table(
    "match_conflicts",
    "One field of a match in which a source differs from those trusted more.",
    (
        Column("match_date", pl.Date, "date of the match"),
        Column("match_id", pl.String, "the match"),
        Column("field", pl.String, "what differs", among=("match_date", "kick_off_at", "score", "status")),
        Column("kept_source", pl.String, "the source that counts"),
        Column("kept", pl.String, "what counts"),
        Column("source", pl.String, "the source that differs"),
        Column("value", pl.String, "what it says"),
        Column("value_payload_id", pl.String, "SHA-256 of the raw bytes it says it in"),
        Column("value_line", pl.Int64, "record in that payload"),
    ),
    ("match_date", "match_id", "field", "source"),
)
