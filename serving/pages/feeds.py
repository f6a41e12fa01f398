"""Feeds of forecasts: calendars of coming matches (RFC 5545) and the newly sealed ones (Atom, RFC 4287).

A feed has no time of its own: of one state of the tables it is the same bytes whenever it is asked for.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import polars as pl

from serving.api.problems import ProblemError
from serving.pages.match_rows import forecast_of
from serving.pages.page import HEADERS, Asked, Page
from serving.pages.teams import club_name
from serving.pages.words import league_name, line_name, percent
from serving.snapshot.forecasts import is_coming
from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.schema import PREDICTION_LEDGER, PREDICTIONS

CALENDAR = "text/calendar; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
FEED_HEADERS = {**HEADERS, "vary": "accept-encoding"}
FEED = "/forecasts.atom"
MOST_ENTRIES = 50
#: Octets of a line without its end.
LONGEST_LINE = 75
#: Of a match with its break.
DURATION = "PT1H50M"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def team_calendar(asked: Asked) -> Page:
    """The coming matches of a club."""
    team_id = asked.path["team_id"]
    team = asked.item("/teams/{team_id:str}", team_id=team_id)
    if team is None:
        raise ProblemError("unknown-team", f"expected the id of a club, found {team_id!r}")
    of_team = (pl.col("home_id") == team_id) | (pl.col("away_id") == team_id)
    return _calendar(asked, club_name(team), of_team)


def league_calendar(asked: Asked) -> Page:
    """The coming matches of a league."""
    code = asked.path["code"]
    if code not in LEAGUES:
        raise ProblemError("not-found", f"expected a division code, found {code!r}", accepted=sorted(LEAGUES))
    return _calendar(asked, league_name(code), pl.col("league") == code)


def new_forecasts(asked: Asked) -> Page:
    """The matches whose forecast was sealed last, each with its blend, else its model."""
    newest = (
        asked.snapshot.scan(PREDICTION_LEDGER)
        .filter(pl.col("line").is_in(["blend", "model"]))
        .sort("number")
        .group_by("match_id")
        .agg(pl.all().sort_by(pl.col("line") == "blend", "number").last())
        .sort("sealed_at", "number", descending=True)
        .head(MOST_ENTRIES)
        .collect()
    )
    matches = asked.snapshot.matches.by_ids(newest["match_id"].to_list())
    entries = [
        {**row, "id": uuid5(NAMESPACE_URL, row["match_id"]), "match": matches[row["match_id"]]}
        for row in newest.to_dicts()
        if row["match_id"] in matches
    ]
    updated = entries[0]["sealed_at"] if entries else _forecast_at(asked)
    return Page("forecasts.atom", {"id": uuid5(NAMESPACE_URL, FEED), "entries": entries, "updated": updated})


def _calendar(asked: Asked, name: str, of_whom: pl.Expr) -> Page:
    cards: pl.DataFrame = asked.snapshot.view("cards")
    coming = cards.filter(of_whom, is_coming(asked.now)).sort("match_date", "kick_off_at", "match_id")
    sealed_at = dict(
        asked.snapshot.scan(PREDICTION_LEDGER)
        .filter(pl.col("match_id").is_in(coming["match_id"].implode()))
        .group_by("match_id")
        .agg(pl.col("sealed_at").max())
        .collect()
        .iter_rows()
    )
    made_at = _forecast_at(asked)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//soccer//forecasts//EN", "METHOD:PUBLISH",
             f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT6H"]  # fmt: skip
    for card in coming.to_dicts():
        lines += _event(card, sealed_at.get(card["match_id"], made_at))
    text = "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in _folded(line))
    return Page("calendar.ics", {"text": text})


def _event(card: Mapping[str, Any], stamp: dt.datetime) -> Iterator[str]:
    forecast, line = forecast_of(card)["drawn"], "blend" if card["blend"] else "model"
    shares = ", ".join(f"{outcome} {percent(share)}" for outcome, share in forecast.items())
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(card['match_id'])}@soccer-forecasts"
    yield f"DTSTAMP:{_instant(stamp)}"
    if card["kick_off_at"]:
        yield f"DTSTART:{_instant(card['kick_off_at'])}"
        yield f"DURATION:{DURATION}"
    else:
        yield f"DTSTART;VALUE=DATE:{card['match_date']:%Y%m%d}"
    yield "SUMMARY:" + _text(f"{card['home']} – {card['away']}")
    yield "DESCRIPTION:" + _text(f"{league_name(card['league'])}. Forecast of the {line_name(line)}: {shares}.")
    yield f"STATUS:{'TENTATIVE' if card['status'] == 'postponed' else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _forecast_at(asked: Asked) -> dt.datetime:
    """When the table of forecasts was written; the epoch before it was."""
    written = {table: at for table, _, at in asked.snapshot.written()}
    return written.get(PREDICTIONS.name) or dt.datetime.fromtimestamp(0, dt.UTC)


def _instant(instant: dt.datetime) -> str:
    return f"{instant:%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """A text as a value: without control characters, its separators escaped."""
    return "".join(c for c in text if c.isprintable() or c == "\n").translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """Parts of a line of at most `LONGEST_LINE` octets, no character cut; all but the first begin with a space."""
    part = ""
    for character in line:
        if len((part + character).encode()) > LONGEST_LINE:
            yield part
            part = " "
        part += character
    yield part
