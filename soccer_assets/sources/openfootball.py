"""football.json of openfootball: a file of results and coming fixtures per league and season, in the public domain.

Times are local to the league unless they name their offset; scores may be missing, empty, without half time, or with
extra time and penalties. Files of earlier years have `score1` and `score2`, and teams with a name and a code.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from soccer_assets.leagues import LEAGUES, NAMES_AT, League, seasons_between
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.fetching.json_text import decode, decode_element
from soccer_assets.sources.fetching.response_checks import quoted
from soccer_assets.sources.records import Record, RecordCollector, UnreadError
from soccer_assets.sources.schema import OPENFOOTBALL_MATCHES, Parsed
from soccer_assets.sources.season_answers import accept_matches
from soccer_assets.sources.spec import Query, SourceSpec, TableSpec

FIRST_SEASON = 2010
#: A season's file is final this long after its last possible day.
FINAL_AFTER = dt.timedelta(days=120)
#: A season has matches this long before its last possible day, whenever it begins.
HAS_MATCHES = dt.timedelta(days=240)
#: The source's words for where a match stands, without what is no letter.
STATUSES = {
    **dict.fromkeys(("awarded", "awd", "walkover", "wo"), "awarded"),
    **dict.fromkeys(("cancelled", "canceled", "annulled", "void", "voided", "notplayed", "np", "withdrawn"), "void"),
    **dict.fromkeys(("postponed", "delayed", "rescheduled", "ppd"), "postponed"),
    **dict.fromkeys(("abandoned", "suspended", "interrupted", "abd"), "abandoned"),
    **dict.fromkeys(("finished", "played", "fulltime", "ft", "aet", "final", "complete", "completed"), "finished"),
    **dict.fromkeys(("scheduled", "fixture", "timed", "notstarted", "upcoming", "tbd", "tba"), "scheduled"),
    **dict.fromkeys(("inplay", "live"), "in_play"),
}
#: Rounds of promotion and relegation play-offs; the groups that Belgium and Greece call play-offs are numbered rounds.
KNOCK_OUT = re.compile(
    r"\bfinals?\b|semi-?finals?|quarter-?finals?|^play-?(?:offs?|outs?)$|\bplay-?(?:off|out)$|\blegs?\b"
    r"|^(?:aufstieg|promotion|play-?(?:offs?|outs?))\b.*\bround\b",
    re.IGNORECASE,
)
_FILES = NAMES_AT["openfootball"]
_BY_FILE = {file: LEAGUES[code] for code, file in _FILES.items()}
_PATH = re.compile(r"/(\d{4})(?:-(\d\d))?/([\w.]+)\.json$")
_SEASON_IN_NAME = re.compile(r"\s+\d{4}(?:/\d\d)?$")
_TIME = re.compile(
    r"(\d{1,2})(?:[:.](\d\d)(?::\d\d)?|(?= ?[ap]\.?m))(?: ?([ap])\.?m\.?)?"
    r"(?: ?(utc|gmt|z)([+-]\d{1,2})?(?::?(\d\d))?)?",
    re.IGNORECASE,
)
MOST_ROUNDS = 1000
#: No zone is further from UTC.
FURTHEST_ZONE = dt.timedelta(hours=14)
#: The end of the names of earlier years' scores, by the part of the match.
_EARLIER = {"ft": "", "ht": "i", "et": "et"}


class _File(msgspec.Struct):
    matches: list[msgspec.Raw]
    name: Any = None


class _Match(msgspec.Struct):
    """What is optional has any type: it costs itself where it cannot be read."""

    date: str
    team1: str | dict[str, Any]
    team2: str | dict[str, Any]
    time: Any = None
    round: Any = None
    stage: Any = None
    status: Any = None
    score: Any = None
    score1: Any = None
    score2: Any = None
    score1i: Any = None
    score2i: Any = None
    score1et: Any = None
    score2et: Any = None
    goals1: Any = None
    goals2: Any = None


def requests(query: Query) -> list[Request]:
    """The season files that may hold matches of the query; many a season has none."""
    needed = []
    for league in query.leagues:
        for folder, end in _seasons(league, query.first, query.last) if league.code in _FILES else ():
            address, begun = f"{query.base}/{folder}/{_FILES[league.code]}.json", query.today > end - HAS_MATCHES
            needed.append(Request(address, final=query.today > end + FINAL_AFTER, due=begun))
    return needed


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise ShapeError for anything that should not replace the last good file of a season."""
    _, season = _season(address)
    accept_matches(address, body, before, season, lambda *file: _file(*file).matches, lambda raw: _read(raw, None)[:2])


def parse(answers: Sequence[Answer]) -> Parsed:
    """Each match of the files, under the date that was published, which is local."""
    collected = RecordCollector(OPENFOOTBALL_MATCHES)
    for answer in answers:
        file = _file(answer.address, answer.body)
        league, season = _season(answer.address)
        common = {
            "competition": _SEASON_IN_NAME.sub("", _text(file.name) or "") or None,
            "country": league.country if league else None,
            "season": season,
        }
        for position, raw in enumerate(file.matches, start=1):
            collected.accept(answer, position, partial(_record, raw, league, common), partial(bytes, raw))
    return collected.parsed()


def _season(address: str) -> tuple[League | None, str | None]:
    """The league and the season of a file; None where its address names none."""
    path = _PATH.search(address)
    return (_BY_FILE.get(path[3]), "/".join(filter(None, path.groups()[:2]))) if path else (None, None)


def _record(raw: msgspec.Raw, league: League | None, common: Mapping[str, str | None]) -> Record:
    date, published, unread = _read(raw, league)
    # the archives of most leagues have the season without the knock-out matches after it
    is_league_match = league is not None and (league.extra or not KNOCK_OUT.search(published["round"] or ""))
    return Record(date, league.code if league and is_league_match else None, {**common, **published}, unread)


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
    return decode(address, body, _File, "JSON with name and matches")


def _read(raw: msgspec.Raw, league: League | None) -> tuple[dt.date, dict[str, str | None], tuple[str, ...]]:
    """The published date and the columns of one match, and which optional parts could not be read."""
    match = decode_element(raw, _Match, "a match with date, team1 and team2")
    try:
        date = dt.date.fromisoformat(match.date.strip())
    except ValueError:
        raise UnreadError(f"expected a date YYYY-MM-DD, found {quoted(match.date)}") from None
    unread: list[str] = []
    full = _goals(match, "ft", date)
    half = _optional(unread, _goals, match, "ht", date)
    extra = _optional(unread, _goals, match, "et", date)
    status, rounds = _status(match, full, date), (match.stage, match.round)
    return (
        date,
        {
            "kick_off_at": _optional(unread, _kick_off_at, date, match.time, league),
            "status": status,
            "round": ", ".join(filter(None, (_optional(unread, _words, part) for part in rounds))) or None,
            "home": _name(match.team1),
            "away": _name(match.team2),
            **{
                f"{side}_{name}": goals
                for name, score in (("goals", full), ("goals_half_time", half), ("goals_final", extra or full))
                for side, goals in zip(("home", "away"), score or (None, None), strict=True)
            },
        },
        tuple(unread),
    )


def _optional(unread: list[str], read: Callable[..., Any], *arguments: Any) -> Any:
    """The result of `read`; None where it raises UnreadError, with the reason in `unread`."""
    try:
        return read(*arguments)
    except UnreadError as error:
        unread.append(str(error))
        return None


def _status(match: _Match, full: tuple[str, str] | None, date: dt.date) -> str:
    """Where the match stands: by the word for it, else by its score, which nobody has of a match to come."""
    if full is not None and match.status is None:
        return "finished"
    status = None
    if match.status not in (None, ""):
        word = re.sub(r"[^a-z]", "", match.status.lower()) if isinstance(match.status, str) else ""
        status = STATUSES.get(word)
        if status is None:
            raise UnreadError(f"expected one of {', '.join(STATUSES)} as status, found {quoted(match.status)}", date)
    earlier = [getattr(match, f"score{side}{end}") for end in _EARLIER.values() for side in (1, 2)]
    parts = [*earlier, match.goals1, match.goals2] if match.score in (None, {}) else match.score
    if full is None and (status == "finished" or (status is None and not _is_blank(parts))):
        raise UnreadError(f"expected the goals after 90 minutes of a match with a result, found {quoted(parts)}", date)
    if full is not None and status == "scheduled":
        raise UnreadError(f"expected no goals of a match to come, found {'-'.join(full)}", date)
    return status or ("finished" if full else "scheduled")


def _goals(match: _Match, part: str, date: dt.date) -> tuple[str, str] | None:
    """Home and away goals of a part of the match; None where they are not given."""
    score = match.score
    if isinstance(score, dict) and score:
        pair = score.get(part)
    elif part == "ft" and score not in (None, {}):
        pair = score
    else:
        pair = [getattr(match, f"score{side}{_EARLIER[part]}") for side in (1, 2)]
        if part == "ft" and _is_blank(pair) and isinstance(match.goals1, int):  # else they list the scorers
            pair = [match.goals1, match.goals2]
    match pair:
        case None | [] | [None, None]:
            return None
        case [int(home), int(away)] if home >= 0 and away >= 0 and bool not in (type(home), type(away)):
            return str(home), str(away)
    raise UnreadError(f"expected two whole numbers as score ({part}), found {quoted(pair)}", date)


def _is_blank(score: Any) -> bool:
    """Nothing of a score is given."""
    if isinstance(score, dict):
        return all(map(_is_blank, score.values()))
    return score is None or (isinstance(score, list) and all(map(_is_blank, score)))


def _kick_off_at(date: dt.date, time: Any, league: League | None) -> str | None:
    """ISO 8601 in UTC; None where there is no time or nobody knows its zone."""
    if time in (None, ""):
        return None
    clock = _TIME.fullmatch(time.strip()) if isinstance(time, str) else None
    hour, minute = (int(clock[1]), int(clock[2] or 0)) if clock else (24, 0)
    if clock and clock[3] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    elif clock and clock[3]:
        hour = 24
    if clock is None or hour > 23 or minute > 59:
        raise UnreadError(f"expected a time HH:MM, found {quoted(time)}", date)
    if clock[4]:
        ahead = dt.timedelta(hours=abs(int(clock[5] or 0)), minutes=int(clock[6] or 0))
        if ahead > FURTHEST_ZONE:
            raise UnreadError(f"expected a time at most {FURTHEST_ZONE} from UTC, found {quoted(time)}", date)
        zone: dt.tzinfo = dt.timezone(-ahead if (clock[5] or "").startswith("-") else ahead)
    elif league is not None:
        zone = league.zone
    else:
        return None
    return _instant(date, hour, minute, zone)


@lru_cache(maxsize=10_000)  # matches begin together
def _instant(date: dt.date, hour: int, minute: int, zone: dt.tzinfo) -> str:
    local = dt.datetime.combine(date, dt.time(hour, minute), zone)
    return f"{local.astimezone(dt.UTC).replace(tzinfo=None).isoformat()}Z"


def _name(team: str | dict[str, Any]) -> str | None:
    return _text(team.get("name") if isinstance(team, dict) else team)


def _words(value: Any) -> str | None:
    """A stage or a round, which may be a bare number."""
    match value:
        case None | str():
            return _text(value)
        case int() if not isinstance(value, bool) and 0 <= value < MOST_ROUNDS:
            return str(value)
    raise UnreadError(f"expected a text or a number below {MOST_ROUNDS} as round, found {quoted(value)}")


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None


SOURCE = SourceSpec(
    name="openfootball",
    address="https://raw.githubusercontent.com/openfootball/football.json/master",
    tables=(TableSpec(OPENFOOTBALL_MATCHES, requests, accept, parse, lists_coming=True, corrected_late=True),),
    trust=3,
    league_names=_FILES,
)
