"""football.json of openfootball: a file of results and coming fixtures per league and season, in the public domain.

Times are local to the league; scores may be missing, empty, without half time, or with extra time and penalties.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import LEAGUES, League, seasons_between
from soccer_assets.sources.client import Answer, Request
from soccer_assets.sources.collected import Collected, UnreadError
from soccer_assets.sources.refusals import refuse_bot_wall, refuse_html
from soccer_assets.sources.schema import OPENFOOTBALL_MATCHES, Parsed

FIRST_SEASON = 2010
#: A season's file is final this long after its last possible day.
FINAL_AFTER = dt.timedelta(days=120)
LEAST_SHARE = 0.5
#: The source's words for a match without an ordinary result.
STATUSES = {
    "awarded": "awarded", "cancelled": "void", "annulled": "void", "postponed": "postponed", "abandoned": "abandoned",
}  # fmt: skip
#: Rounds of promotion and relegation play-offs; the groups that Belgium and Greece call play-offs are numbered rounds.
KNOCK_OUT = re.compile(r"\bfinals?\b|semi-?finals?|quarter-?finals?|^play-?(?:offs?|outs?)$", re.IGNORECASE)
_BY_FILE = {league.openfootball: league for league in LEAGUES.values() if league.openfootball}
_PLACE = re.compile(r"/(\d{4})(?:-(\d\d))?/([\w.]+)\.json$")
_SEASON_IN_NAME = re.compile(r"\s+\d{4}(?:/\d\d)?$")
_TIME = re.compile(r"(\d{1,2}):(\d\d)$")


class _File(msgspec.Struct):
    name: str
    matches: list[msgspec.Raw]


class _Match(msgspec.Struct):
    date: str
    team1: str
    team2: str
    time: str | None = None
    round: str | None = None
    stage: str | None = None
    status: str | None = None
    score: Any = None


def requests(base: str, leagues: Sequence[League], first: dt.date, last: dt.date, today: dt.date) -> list[Request]:
    """The season files that may hold matches from `first` to `last`, both inclusive; many a season has none."""
    needed = []
    for league in leagues:
        for folder, end in _seasons(league, first, last) if league.openfootball else ():
            needed.append(Request(f"{base}/{folder}/{league.openfootball}.json", final=today > end + FINAL_AFTER))
    return needed


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise ShapeError for anything that should not replace the last good file of a season."""
    matches = _file(address, body).matches
    unread = [problem for problem in map(_problem, matches) if problem]
    if len(unread) > LEAST_SHARE * len(matches):
        raise ShapeError(address, f"{unread[0]}; the same in {len(unread)} of its {len(matches)} matches")
    had = len(_file(address, before).matches) if before is not None else 0
    if len(matches) < LEAST_SHARE * had:
        raise ShapeError(
            address,
            f"expected at least {LEAST_SHARE:.0%} of the {had} matches of the last good file, found {len(matches)}",
        )


def parse(answers: Sequence[Answer]) -> Parsed:
    """Each match of the files, under the date that was published, which is local."""
    collected = Collected(OPENFOOTBALL_MATCHES)
    for answer in answers:
        file = _file(answer.address, answer.body)
        place = _PLACE.search(answer.address)
        league = _BY_FILE.get(place[3]) if place else None
        common = {
            "competition": _SEASON_IN_NAME.sub("", file.name),
            "country": league.country if league else None,
            "season": f"{place[1]}/{place[2]}" if place and place[2] else place[1] if place else None,
        }
        for position, raw in enumerate(file.matches, start=1):
            try:
                date, published = _read(raw, league)
            except UnreadError as error:
                collected.refuse(answer, position, error, bytes(raw))
            else:
                ours = league if league is not None and _of_league(league, published["round"]) else None
                collected.keep(answer, position, date, ours.code if ours else None, **common, **published)
    return collected.parsed()


def _of_league(league: League, stage: str | None) -> bool:
    """False for a knock-out match after the season of a league whose archives hold the season alone."""
    return league.extra or KNOCK_OUT.search(stage or "") is None


def _seasons(league: League, first: dt.date, last: dt.date) -> Iterator[tuple[str, dt.date]]:
    """Folders of the seasons and the last day of each; a calendar may have changed, as Argentina's did."""
    autumn = seasons_between(league, first, last)
    if league.calendar_year:
        for year in range(max(first.year, FIRST_SEASON), last.year + 1):
            yield str(year), dt.date(year, 12, 31)
        autumn = list(range(first.year - 1, last.year + 1))
    for start in autumn:
        if start >= FIRST_SEASON:
            yield f"{start}-{(start + 1) % 100:02d}", dt.date(start + 1, 8, 31)


def _file(address: str, body: bytes) -> _File:
    try:
        return msgspec.json.decode(body, type=_File)
    except msgspec.DecodeError as error:
        refuse_bot_wall(address, body)
        refuse_html(address, body, "JSON")
        raise ShapeError(address, f"expected JSON with name and matches, found {body[:60]!r} ({error})") from None


def _problem(raw: msgspec.Raw) -> str | None:
    try:
        _read(raw, None)
    except UnreadError as error:
        return str(error)
    return None


def _read(raw: msgspec.Raw, league: League | None) -> tuple[dt.date, dict[str, str | None]]:
    """The published date and the columns of one match."""
    try:
        match = msgspec.json.decode(raw, type=_Match)
    except msgspec.DecodeError as error:
        raise UnreadError(f"expected a match with date, team1 and team2, found another form ({error})") from None
    try:
        date = dt.date.fromisoformat(match.date)
    except ValueError:
        raise UnreadError(f"expected a date YYYY-MM-DD, found {match.date!r}") from None
    if not match.team1.strip() or not match.team2.strip() or match.team1 == match.team2:
        raise UnreadError(f"expected two teams, found {match.team1!r} and {match.team2!r}", date)
    if match.status and match.status.lower() not in STATUSES:
        raise UnreadError(f"expected one of {', '.join(STATUSES)} as status, found {match.status!r}", date)
    full, half, extra = (_goals(match.score, part, date) for part in ("ft", "ht", "et"))
    status = STATUSES[match.status.lower()] if match.status else "finished" if full else "scheduled"
    final = extra or full
    return date, {
        "kick_off_at": _kick_off_at(date, match.time, league),
        "status": status,
        "round": match.round or match.stage,
        "home": match.team1.strip(),
        "away": match.team2.strip(),
        **dict(zip(("home_goals", "away_goals"), full or (None, None), strict=True)),
        **dict(zip(("home_goals_half_time", "away_goals_half_time"), half or (None, None), strict=True)),
        **dict(zip(("home_goals_final", "away_goals_final"), final or (None, None), strict=True)),
    }


def _goals(score: Any, part: str, date: dt.date) -> tuple[str, str] | None:
    """Home and away goals of a part of the match; None where they are not given."""
    pair = score.get(part) if isinstance(score, dict) else score if part == "ft" else None
    match pair:
        case None | [] | [None, None]:
            return None
        case [int(home), int(away)] if home >= 0 and away >= 0:
            return str(home), str(away)
    raise UnreadError(f"expected two whole numbers as score ({part}), found {pair!r}", date)


def _kick_off_at(date: dt.date, time: str | None, league: League | None) -> str | None:
    """ISO 8601 in UTC; None where there is no time or nobody knows its zone."""
    if not time:
        return None
    clock = _TIME.match(time.strip())
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        raise UnreadError(f"expected a time HH:MM, found {time!r}", date)
    if league is None:
        return None
    local = dt.datetime.combine(date, dt.time(int(clock[1]), int(clock[2])), league.zone)
    return f"{local.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
