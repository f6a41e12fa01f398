"""WhoScored: feeds of a day or a stage, match-centre pages and tournament pages, told apart by what they hold.

Only the feeds say when a match is in UTC. A feed that lacks a key every record needs has changed shape; a feed with
fewer than half the matches it had is a partial answer; a page of the site's bot wall is no answer at all.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.sources.client import Answer, Request
from soccer_assets.sources.collected import Collected, UnreadError
from soccer_assets.sources.refusals import refuse_bot_wall
from soccer_assets.sources.schema import WHOSCORED_MATCHES, Parsed
from soccer_assets.sources.whoscored_pages import is_html, read_page
from soccer_assets.sources.whoscored_records import NEVER_LEARNT, SIDES, Row, from_centre, from_feed, league_of

LEAST_SHARE_OF_MATCHES = 0.5
#: Each of these under one of its names; a feed none of whose records has one has changed shape.
NEEDED = (("id",), ("startTimeUtc",), ("status",), ("homeName", "homeTeamName"), ("awayName", "awayTeamName"))
#: A row of the data store's lists that is a recent match: where its parts lie.
_RECENT_LENGTH = 19
LONGEST_RECORD = 2000  # characters kept of a record in quarantine
_SEXES = {1: "men", 2: "women"}


@dataclass(frozen=True)
class Found:
    """One match as published and in the columns of the table; `form` is feed, centre or recent."""

    form: str
    published: Any
    row: Row
    start: str | None = None
    code: int | None = None


def requests(base: str, first: dt.date, last: dt.date, stages: Sequence[int] = ()) -> list[Request]:
    """The feed of each day from `first` to `last`, both inclusive, and of each month of some stages."""
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    months = sorted({f"{day:%Y%m}" for day in days})
    return [
        *(Request(f"{base}/livescores/data?d={day:%Y%m%d}&isSummary=false") for day in days),
        *(Request(f"{base}/tournaments/{s}/data/?d={month}&isAggregate=false") for s in stages for month in months),
    ]


def match_centres(base: str, ids: Sequence[str]) -> list[Request]:
    """The match-centre pages; what a finished match holds there is final."""
    return [Request(f"{base}/Matches/{match_id}/Live", final=True) for match_id in ids]


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise for anything that should not replace the last good answer.

    Raises:
        BlockedError: the page of a bot wall.
        ShapeError: neither feed nor page, a renamed key, or fewer than half the matches of the answer before.
    """
    refuse_bot_wall(address, body)
    found = _read(address, body)
    if is_html(body):
        return
    _refuse_renamed(address, [match.published for match in found if match.form == "feed"])
    known = len(_read(address, before)) if before is not None else 0
    if len(found) < LEAST_SHARE_OF_MATCHES * known:
        raise ShapeError(
            address,
            f"expected at least {LEAST_SHARE_OF_MATCHES:.0%} of the {known} matches of the last good answer, "
            f"found {len(found)}",
        )


def parse(answers: Sequence[Answer]) -> Parsed:
    """Records of the matches with a date and two sides; the others with the reason."""
    collected = Collected(WHOSCORED_MATCHES)
    for answer in {answer.payload_id: answer for answer in answers}.values():  # the same bytes hold the same matches
        for position, match in enumerate(_read(answer.address, answer.body), start=1):
            try:
                day = _usable(match)
            except UnreadError as error:
                record = json.dumps(match.published, ensure_ascii=False)[:LONGEST_RECORD]
                collected.refuse(answer, position, error, record.encode())
                continue
            published = {name: value for name, value in match.row.items() if name != "match_date"}
            collected.keep(answer, position, day, league_of(match.row), **published)
    return collected.parsed()


def _read(address: str, body: bytes) -> list[Found]:
    """Every match of an answer.

    Raises:
        ShapeError: neither a feed nor a page with data.
    """
    if not is_html(body):
        return [match for value in _values(address, body) for match in _of_value(address, value)]
    page = read_page(address, body)
    found = [match for feed in page.feeds for match in _of_feed(feed)]
    found += [Found("recent", row, _recent(row)) for _, rows in page.primes for row in _recents(rows)]
    if page.centre is not None:
        found.append(_of_centre(address, page.centre, page.match_id, page.context))
    return found


def _values(address: str, body: bytes) -> list[Any]:
    """The JSON value of an answer, or those of its lines."""
    try:
        return [msgspec.json.decode(body)]
    except msgspec.DecodeError as error:
        lines = body.splitlines()
        if len(lines) < 2 or not lines[0].endswith(b"}"):
            raise ShapeError(address, f"expected a whole JSON feed or a page, found {body[:60]!r} ({error})") from None
    try:
        return [msgspec.json.decode(line) for line in lines if line.strip()]
    except msgspec.DecodeError as error:
        raise ShapeError(address, f"expected one JSON object a line, found a broken one ({error})") from None


def _of_value(address: str, value: Any) -> list[Found]:
    if isinstance(value, dict) and {"statusCode", "home", "away"} <= value.keys():
        context = {"tournament_id": _text(value.get("competition_id")), "season": _text(value.get("season_id"))}
        return [_of_centre(address, value, _text(value.get("game_id")), context)]
    if isinstance(value, dict) and {"fixtures", "tournaments", "info"} & value.keys():
        return _of_feed(value)
    keys = list(value)[:10] if isinstance(value, dict) else type(value).__name__
    raise ShapeError(address, f"expected fixtures, tournaments, info or a match centre, found {keys}")


def _of_centre(address: str, centre: Mapping[str, Any], match_id: str | None, context: Mapping[str, Any]) -> Found:
    missing = [key for key in ("statusCode", "startTime", "ftScore") if key not in centre]
    missing += [f"{side}.name" for side in SIDES if "name" not in (centre.get(side) or {})]
    if missing:
        raise ShapeError(address, f"expected a match centre with {', '.join(missing)}, found {list(centre)[:30]}")
    head = {key: value for key, value in centre.items() if not isinstance(value, dict | list)}
    row = from_centre(centre, match_id, context)
    return Found("centre", head, row, _text(centre["startTime"]), centre["statusCode"])


def _of_feed(feed: Mapping[str, Any]) -> list[Found]:
    found = []
    for record, context in _records(feed):
        facts = {**(record.get("info") or {}), **record}
        row = from_feed(record, context)
        found.append(Found("feed", record, row, _text(facts.get("startTimeUtc")), facts.get("status")))
    return found


def _records(feed: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], dict[str, str | None]]]:
    """The records of a feed, each with what the feed says about its stage and tournament."""
    if "info" in feed:
        yield feed, {}
    for fixture in feed.get("fixtures") or []:
        ids = (_text(feed.get("wsStatisticsUrl")) or "").split("/")
        yield (
            fixture,
            {
                "competition": _text(feed.get("name")),
                "tournament_id": _text(feed.get("tournamentId")),
                "season_id": ids[ids.index("Seasons") + 1] if "Seasons" in ids[:-1] else None,
                "stage": _text(feed.get("name")),
                "stage_id": _text(feed.get("id")),
                "region_code": _text(feed.get("regionCode")),
            },
        )
    for tournament in feed.get("tournaments") or []:
        for match in tournament.get("matches") or []:
            yield (
                match,
                {
                    "competition": _text(tournament.get("tournamentName")),
                    "tournament_id": _text(tournament.get("tournamentId")),
                    "season": _text(tournament.get("seasonName")),
                    "season_id": _text(tournament.get("seasonId")),
                    "stage": _text(tournament.get("stageName")),
                    "stage_id": _text(tournament.get("stageId")),
                    "region_code": _text(tournament.get("regionCode")),
                    "country": _text(tournament.get("regionName")),
                    "sex": _SEXES.get(tournament.get("sex") or 0),
                },
            )


def _recents(rows: list[Any]) -> Iterator[list[Any]]:
    """Recent matches inside the rows of the data store; they carry no date."""
    for row in rows:
        if isinstance(row, list):
            if len(row) == _RECENT_LENGTH and isinstance(row[1], int) and row[-1] in ("w", "d", "l"):
                yield row
            yield from _recents(row)


def _recent(row: list[Any]) -> Row:
    context = {"country": _text(row[6]), "tournament_id": _text(row[7]), "season": _text(row[9])}
    names = {"tournamentName": row[8], "homeName": row[14], "awayName": row[15]}
    return from_feed({"id": row[1], "elapsed": "FT", "homeScore": row[16], "awayScore": row[17], **names}, context)


def _refuse_renamed(address: str, records: Sequence[Mapping[str, Any]]) -> None:
    keys = {key for record in records for key in (record.keys() | (record.get("info") or {}).keys())}
    missing = [" or ".join(names) for names in NEEDED if not keys.intersection(names)]
    if records and missing:
        raise ShapeError(address, f"expected records with {', '.join(missing)}, found the keys {sorted(keys)[:30]}")


def _usable(match: Found) -> dt.date:
    """The date of a match that can be used.

    Raises:
        UnreadError: why it cannot.
    """
    row, text = match.row, match.row.get("match_date")
    if not text:
        raise UnreadError(f"expected a date, found {match.start or 'none'}")
    day = dt.date.fromisoformat(text)
    if not row["whoscored_id"]:
        raise UnreadError("expected a match id, found none", day)
    if not row["home"] or not row["away"]:
        raise UnreadError("expected two sides, found an empty name", day)
    if row["home"] == row["away"]:
        raise UnreadError(f"expected two sides, found {row['home']} against itself", day)
    if row["status"] is None and match.code != NEVER_LEARNT:
        raise UnreadError(f"expected a known status, found {row['elapsed']} (code {match.code})", day)
    return day


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
