"""Tables of the sources stage: provenance columns in front (an underscore marks them), then columns as published."""

from dataclasses import dataclass, field

import polars as pl

from soccer_assets.storage.tables import UTC, Column, Table

#: The check of every acquired table, red where its last good answers had to stay, and its word on why.
SOURCE_ANSWERED, WHAT_BROKE = "the_source_answered", "what broke"


@dataclass(frozen=True)
class Parsed:
    """What some payloads hold.

    Args:
        records: their records.
        quarantined: what could not be read, in the form of the quarantine.
        positions: how many lines or positions with content they have.
        unread_times: kick-offs that cannot be read: how many of each address, and one of them.
    """

    records: pl.DataFrame
    quarantined: pl.DataFrame
    positions: int = 0
    unread_times: dict[str, str] = field(default_factory=dict)


PROVENANCE = (
    Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
    Column("_league", pl.String, "division code of the file or the row"),
    Column("_season", pl.String, "season of the file, or of the date where the file names none"),
    Column("_address", pl.String, "where the record was published"),
    Column("_payload_id", pl.String, "SHA-256 of the raw bytes"),
    Column("_line", pl.Int64, "line in the payload; the header is line 1", ge=2),
    Column("_extra", pl.String, "cells beyond the named columns, joined by commas", nullable=True),
)

FOOTBALL_DATA_RESULTS = Table(
    "football_data_results",
    "One match as published in a season archive of football-data.co.uk; all published columns are strings.",
    PROVENANCE,
    ("_payload_id", "_line"),
    open=True,
)

FOOTBALL_DATA_FIXTURES = Table(
    "football_data_fixtures",
    "One coming match on one date, as last published in a fixtures file of football-data.co.uk; columns are strings.",
    (
        *PROVENANCE,
        Column("_first_seen_at", UTC, "when a fixtures file first had this match on this date"),
        Column("_last_seen_at", UTC, "when a fixtures file last had it; its prices are from then"),
        Column("_listed", pl.Boolean, "the newest fixtures file still has it"),
        Column("_unlisted_at", UTC, "when a fixtures file first had it no longer", nullable=True),
    ),
    ("_payload_id", "_line"),
    open=True,
)


def _texts(**columns: str) -> tuple[Column, ...]:
    """Published columns: strings, null where absent."""
    return tuple(Column(name, pl.String, description, nullable=True) for name, description in columns.items())


def _sides(**columns: str) -> tuple[Column, ...]:
    """Two published columns each, `home_` and `away_`; `{}` in a description is the side."""
    return tuple(
        Column(f"{side}_{name}", pl.String, description.format(side), nullable=True)
        for name, description in columns.items()
        for side in ("home", "away")
    )


@dataclass(frozen=True)
class Figure:
    """What a published figure may be: 0 to `most`, a whole number or not."""

    most: int
    whole: bool = True


#: By the name of the column without its side.
FIGURES = {
    **dict.fromkeys(("goals", "goals_half_time", "goals_final"), Figure(99)),
    **dict.fromkeys(("shots", "shots_on_target", "corners", "fouls", "yellow_cards", "red_cards"), Figure(99)),
    **dict.fromkeys(("aerials_won", "tackles"), Figure(199)),
    **dict.fromkeys(("passes", "accurate_passes"), Figure(1999)),
    "possession": Figure(100, whole=False),
    "xg": Figure(20, whole=False),
    "attendance": Figure(250_000),
    "first_goal_minute": Figure(130),
}
#: Columns of words in which a source writes what it likes.
WORDS = ("competition", "country", "season", "round", "elapsed", "stage", "region_code", "referee", "venue")
#: Digits of a number under which a source knows a match, a side or a competition.
LONGEST_ID = 20

RECORD_PROVENANCE = (
    Column("match_date", pl.Date, "date of kick-off: UTC, or of the league's own time zone where the source tells it"),
    Column("_league", pl.String, "division code, where the competition is one of ours", nullable=True),
    Column("_address", pl.String, "where the record was published"),
    Column("_payload_id", pl.String, "SHA-256 of the raw bytes"),
    Column("_record", pl.Int64, "position in the payload, from 1", ge=1),
    Column("_seen_at", UTC, "when the payload was fetched"),
)
RECORD_KEY = ("_payload_id", "_record")


def _answers(**columns: str) -> tuple[Column, ...]:
    return tuple(
        Column(name, pl.Int64, f"answers of the source so far: {text}", ge=0) for name, text in columns.items()
    )


SOURCE_HEALTH = Table(
    "source_health",
    "One source on one match date: what it gave, against what it usually gives.",
    (
        Column("match_date", pl.Date, "the date asked about"),
        Column("source", pl.String, "the source"),
        Column("fetched", pl.Int64, "payloads that hold records of the date", ge=0),
        Column("parsed", pl.Int64, "records of the date", ge=0),
        Column("quarantined", pl.Int64, "records of the date that could not be read", ge=0),
        Column("matches", pl.Int64, "pairs of sides among the records", ge=0),
        Column("usual", pl.Float64, "median of matches on this weekday of the eight weeks before", nullable=True),
        Column("share", pl.Float64, "matches against the usual", nullable=True, ge=0),
        Column("last_success_at", UTC, "when the source last gave a good answer", nullable=True),
        Column("state", pl.String, "the worst that can be said of it", among=("ok", "empty", "stale", "broken")),
        Column("what", pl.String, "what is wrong, in words", nullable=True),
        *_answers(
            accepted="good and new",
            unchanged="unchanged",
            missing="nothing at the address",
            rejected="refused for their shape",
            blocked="the page of a bot wall",
            failed="none, or none that could be used",
        ),
    ),
    ("match_date", "source"),
)

OPENFOOTBALL_MATCHES = Table(
    "openfootball_matches",
    "One match as published in a season file of football.json; all published columns are strings.",
    (
        *RECORD_PROVENANCE,
        *_texts(
            kick_off_at="ISO 8601 in UTC; null where no time was published or the league's zone is not known",
            status="where the match stands, in the words of matches",
            competition="name of the file without its season",
            country="country of the league, where it is one of ours",
            season="2023/24, or 2023",
            round="round or stage",
            home="home side, the source's own name",
            away="away side, the source's own name",
        ),
        *_sides(
            goals="goals of the {} side after 90 minutes",
            goals_half_time="goals of the {} side at half time",
            goals_final="goals of the {} side after extra time where there was any, without the shoot-out",
        ),
    ),
    RECORD_KEY,
)

UNDERSTAT_MATCHES = Table(
    "understat_matches",
    "One match as published on a league page of Understat; all published columns are strings.",
    (
        *RECORD_PROVENANCE,
        *_texts(
            understat_id="the match at Understat",
            kick_off_at="ISO 8601 in UTC",
            status="finished or scheduled",
            competition="name of the league at Understat",
            country="country of the league",
            season="2023/24",
            home="home side, the source's own name",
            away="away side, the source's own name",
            home_source_id="home side at Understat",
            away_source_id="away side at Understat",
        ),
        *_sides(goals="goals of the {} side", xg="expected goals of the {} side"),
    ),
    RECORD_KEY,
)

#: Passes, tackles, aerial duels, possession and spectators are kept for features to come.
WHOSCORED_MATCHES = Table(
    "whoscored_matches",
    "One match as published in a feed or on a match-centre page of WhoScored; all published columns are strings.",
    (
        *RECORD_PROVENANCE,
        *_texts(
            whoscored_id="the match at WhoScored",
            kick_off_at="ISO 8601 in UTC; null where only a local time was published",
            status="where the match stands, in the words of matches",
            elapsed="the source's own word: FT, AET, PEN, Post, Can, Abd, ? or a minute",
            competition="tournament",
            tournament_id="tournament at WhoScored",
            stage="stage of the tournament",
            stage_id="stage at WhoScored",
            country="region of the tournament",
            region_code="the region's code: gb-eng, es, ceu",
            season="as published: 2022/2023",
            season_id="season at WhoScored",
            home="home side, the source's own name",
            away="away side, the source's own name",
            home_source_id="home side at WhoScored",
            away_source_id="away side at WhoScored",
            sex="men or women",
            kind="first, reserve or youth",
        ),
        *_sides(
            goals="goals of the {} side after 90 minutes",
            goals_half_time="goals of the {} side at half time",
            goals_final="goals of the {} side as shown: after extra time where there was any, without the shoot-out",
        ),
        *_texts(referee="referee", venue="ground", attendance="spectators"),
        *_sides(
            shots="shots of the {} side",
            shots_on_target="shots on target of the {} side, goals included",
            possession="share of the ball of the {} side, percent",
            passes="passes of the {} side",
            accurate_passes="passes of the {} side that reached their man",
            aerials_won="aerial duels won by the {} side",
            tackles="tackles of the {} side",
            corners="corners of the {} side",
            fouls="fouls committed by the {} side",
            yellow_cards="yellow cards of the {} side",
            red_cards="red cards of the {} side, second yellow ones included",
        ),
    ),
    RECORD_KEY,
)

FONBET_EVENTS = Table(
    "fonbet_events",
    "One football match in one snapshot of Fonbet's line; all published columns are strings.",
    (
        *RECORD_PROVENANCE,
        *_texts(
            event_id="the event at Fonbet",
            quoted_at="ISO 8601 in UTC, when the snapshot was taken; null where nobody knows",
            kick_off_at="ISO 8601 in UTC",
            status="scheduled or in_play",
            competition_id="segment at Fonbet",
            competition="segment without its sport and season: Англия. Премьер-Лига",
            country="first part of the segment where it is a country, in English",
            home="home side, the source's own name",
            away="away side, the source's own name",
            home_source_id="home side at Fonbet",
            away_source_id="away side at Fonbet",
            sex="men or women",
            kind="first, reserve or youth",
        ),
        *_sides(goals="goals of the {} side so far, of a match in play"),
        *_texts(
            blocked="true while no bet on the event is taken",
            factors="JSON array of [factor id, price, line or null], blocked factors left out",
        ),
    ),
    RECORD_KEY,
)

FONBET_RESULTS = Table(
    "fonbet_results",
    "One result in a daily file of Fonbet; all published columns are strings.",
    (
        *RECORD_PROVENANCE,
        *_texts(
            status="finished, or awarded where the source says that a side lost without playing",
            home="home side, the source's own name",
            away="away side, the source's own name",
            sex="men or women",
            kind="first, reserve or youth",
        ),
        *_sides(goals="goals of the {} side"),
        *_texts(first_scorer="side of the first goal: home or away", first_goal_minute="minute of the first goal"),
    ),
    RECORD_KEY,
)
