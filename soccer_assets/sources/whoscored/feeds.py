"""Answers of WhoScored: feeds of a day or a stage, match-centre and tournament pages, recognised by their keys.

Only the feeds say when a match is in UTC.
"""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import LEAGUES
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fetching.json_text import as_text, decode
from soccer_assets.sources.fetching.response_checks import quoted, refuse_bot_wall, refuse_shrunken, unforeseen
from soccer_assets.sources.records import Record, RecordCollector, UnreadError
from soccer_assets.sources.schema import LONGEST_ID, WHOSCORED_MATCHES, Parsed
from soccer_assets.sources.season_answers import difference
from soccer_assets.sources.whoscored.pages import is_html, read_page
from soccer_assets.sources.whoscored.records import NEVER_LEARNT, SIDES, Row, from_centre, from_feed, league_of, text

#: Each of these under one of its names; a feed none of whose records has one has changed shape.
NEEDED = (("id",), ("startTimeUtc",), ("status",), ("homeName", "homeTeamName"), ("awayName", "awayTeamName"))
_MATCH = re.compile(r"/matches/(\d+)/", re.IGNORECASE)
LONGEST_REASON = 300
LONGEST_RECORD = 2000  # characters kept of a record in quarantine
_SEXES = {1: "men", 2: "women"}
#: Column of a match -> key of the stage or the tournament that lists it.
_OF_STAGE = {"competition": "name", "stage": "name", "stage_id": "id", "tournament_id": "tournamentId",
             "region_code": "regionCode"}  # fmt: skip
_OF_TOURNAMENT = {"competition": "tournamentName", "tournament_id": "tournamentId", "season": "seasonName",
                  "season_id": "seasonId", "stage": "stageName", "stage_id": "stageId", "region_code": "regionCode",
                  "country": "regionName"}  # fmt: skip


@dataclass(frozen=True)
class PublishedMatch:
    """A match of a feed or a match centre, unread, with what the answer says about its stage and tournament."""

    published: Any
    context: Mapping[str, Any]
    is_centre: bool = False
    match_id: str | None = None


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise for anything that should not replace the last good answer.

    Raises:
        BlockedError: the page of a bot wall.
        ShapeError: neither feed nor page, a renamed key, fewer than half the matches of the answer before or many
            others, or a page of another match, or of one that is not over.
    """
    refuse_bot_wall(address, body)
    matches = _read(address, body)
    if is_html(body):
        _refuse_other_match(address, matches)
        return
    feed = [match.published for match in matches if not match.is_centre and isinstance(match.published, Mapping)]
    _refuse_renamed(address, feed)
    usable_before = _usable(_read(address, before)) if before is not None else []
    if usable_before:
        usable = _usable(matches)
        refuse_shrunken(address, len(usable), len(usable_before), "matches of the last good answer")
        if problem := difference(usable, usable_before):
            raise ShapeError(address, problem)


def parse(answers: Sequence[Answer]) -> Parsed:
    """Records of the matches with a date and two sides; the others with the reason."""
    collected = RecordCollector(WHOSCORED_MATCHES)
    for answer in {answer.payload_id: answer for answer in answers}.values():  # the same bytes hold the same matches
        for position, match in enumerate(_read(answer.address, answer.body), start=1):
            collected.accept(answer, position, partial(_record, match), partial(_as_it_came, match))
    return collected.parsed()


def _read(address: str, body: bytes) -> list[PublishedMatch]:
    """Every match of an answer; ShapeError where it is neither a feed nor a page with data."""
    if not is_html(body):
        return [match for value in _values(address, body) for match in _matches(address, value)]
    page = read_page(address, body)
    matches = [match for feed in page.feeds for match in _listed(feed)]
    if page.centre is not None:
        matches.append(_at_centre(address, page.centre, page.match_id, page.context))
    return matches


def _values(address: str, body: bytes) -> list[Any]:
    """The JSON value of an answer, or those of its lines."""
    lines = body.splitlines()
    if len(lines) < 2 or not lines[0].rstrip().endswith(b"}"):
        return [decode(address, body, Any, "a whole JSON feed or a page")]
    try:
        return [msgspec.json.decode(body)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return [decode(address, line, Any, "one JSON object a line") for line in lines if line.strip()]


def _matches(address: str, value: Any) -> list[PublishedMatch]:
    if isinstance(value, dict) and {"statusCode", "home", "away"} <= value.keys():
        context = {"tournament_id": value.get("competition_id"), "season": value.get("season_id")}
        return [_at_centre(address, value, text(value.get("game_id")), context)]
    if isinstance(value, dict) and {"fixtures", "tournaments", "info"} & value.keys():
        return list(_listed(value))
    keys = list(value)[:10] if isinstance(value, dict) else type(value).__name__
    raise ShapeError(address, f"expected fixtures, tournaments, info or a match centre, found {keys}")


def _at_centre(
    address: str, centre: Mapping[str, Any], match_id: str | None, context: Mapping[str, Any]
) -> PublishedMatch:
    missing = [key for key in ("statusCode", "startTime", "ftScore") if key not in centre]
    missing += [f"{side}.name" for side in SIDES if "name" not in _mapping(centre.get(side))]
    if missing:
        raise ShapeError(address, f"expected a match centre with {', '.join(missing)}, found {list(centre)[:30]}")
    return PublishedMatch(centre, context, is_centre=True, match_id=match_id)


def _listed(feed: Mapping[str, Any]) -> Iterator[PublishedMatch]:
    """The matches of a feed; an element that is no match is one as it came."""
    if "info" in feed:
        yield PublishedMatch(feed, {})
    path = (text(feed.get("wsStatisticsUrl")) or "").split("/")
    stage = {name: feed.get(key) for name, key in _OF_STAGE.items()}
    stage["season_id"] = path[path.index("Seasons") + 1] if "Seasons" in path[:-1] else None
    for fixture in _elements(feed.get("fixtures")):
        yield PublishedMatch(fixture, stage)
    for tournament in _elements(feed.get("tournaments")):
        if not isinstance(tournament, dict):
            yield PublishedMatch(tournament, {})
            continue
        sex = tournament.get("sex")
        context = {name: tournament.get(key) for name, key in _OF_TOURNAMENT.items()}
        context["sex"] = _SEXES.get(sex) if type(sex) is int else None
        for match in _elements(tournament.get("matches")):
            yield PublishedMatch(match, context)


def _elements(value: Any) -> list[Any]:
    """The elements of a list; what is no list, and not none, is one odd element."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _refuse_renamed(address: str, records: Sequence[Mapping[str, Any]]) -> None:
    keys = {key for record in records for key in (record.keys() | _mapping(record.get("info")).keys())}
    missing = [" or ".join(names) for names in NEEDED if not keys.intersection(names)]
    if records and missing:
        raise ShapeError(address, f"expected records with {', '.join(missing)}, found the keys {sorted(keys)[:30]}")


def _refuse_other_match(address: str, matches: Sequence[PublishedMatch]) -> None:
    """A page at the address of a match holds that match, and is final when it is over."""
    requested = _MATCH.search(address)
    if requested is None:
        return
    centre = next((match for match in matches if match.is_centre), None)
    if centre is None:
        raise ShapeError(address, "expected a page with the match, found one without")
    if centre.match_id not in (None, requested[1]):
        raise ShapeError(address, f"expected the page of match {requested[1]}, found that of {centre.match_id}")
    try:
        row = _row(centre)
    except Exception as error:
        raise unforeseen(address, error) from error
    if row["status"] in ("scheduled", "in_play"):
        raise ShapeError(address, f"expected the page of a match that is over, found one {row['status']}")


def _usable(matches: Sequence[PublishedMatch]) -> list[tuple[dt.date, Row]]:
    """Date and columns of the matches that can be read."""
    usable = []
    for match in matches:
        with contextlib.suppress(Exception):  # whatever it is: parse reports it
            record = _record(match)
            usable.append((record.match_date, dict(record.published)))
    return usable


def _row(match: PublishedMatch) -> Row:
    if match.is_centre:
        return from_centre(match.published, match.match_id, match.context)
    if not isinstance(match.published, Mapping):
        raise UnreadError(f"expected a match or a tournament, found {quoted(match.published)}")
    return from_feed(match.published, match.context)


def _record(match: PublishedMatch) -> Record:
    """A match that can be used; UnreadError says why one cannot."""
    row = _row(match)
    unread = row.pop("unread", None)
    date = row.pop("match_date")
    facts = {**_mapping(match.published.get("info")), **match.published}
    if not date:
        start = text(facts.get("startTime" if match.is_centre else "startTimeUtc"))
        raise UnreadError(f"expected a date, found {start or 'none'}"[:LONGEST_REASON])
    day = dt.date.fromisoformat(date)
    match_id = row["whoscored_id"]
    if not match_id:
        raise UnreadError("expected a match id, found none", day)
    if not (match_id.isascii() and match_id.isdecimal() and len(match_id) <= LONGEST_ID):
        raise UnreadError(f"expected a number as match id, found {quoted(match_id)}", day)
    code = facts.get("statusCode" if match.is_centre else "status")
    if row["status"] is None and code != NEVER_LEARNT:
        raise UnreadError(
            f"expected a known status, found {row['elapsed']} (code {quoted(code)})"[:LONGEST_REASON], day
        )
    league, kick_off = league_of(row), row.get("kick_off_at")
    if league and kick_off:  # a match of Saturday evening in America is on Sunday in UTC
        day = dt.datetime.fromisoformat(kick_off).astimezone(LEAGUES[league].zone).date()
    return Record(day, league, row, (unread,) if unread else ())


def _as_it_came(match: PublishedMatch) -> str:
    published = match.published
    if match.is_centre:
        published = {key: value for key, value in published.items() if not isinstance(value, dict | list)}
    return as_text(published, LONGEST_RECORD)
