"""League pages of Understat: expected goals of every match of a season.

The site gives a season as JSON to its own pages; earlier pages carried the same data in a script, as a string with
every character beyond letters and digits escaped. Both are read. Times are UTC.
"""

import datetime as dt
import re
from collections.abc import Sequence

import msgspec
from selectolax.lexbor import LexborHTMLParser

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import LEAGUES, League, season_label, seasons_between
from soccer_assets.sources.client import Answer, Request
from soccer_assets.sources.collected import Collected, UnreadError
from soccer_assets.sources.refusals import refuse_bot_wall
from soccer_assets.sources.schema import UNDERSTAT_MATCHES, Parsed

FIRST_SEASON = 2014
#: A season is final this long after its last possible day.
FINAL_AFTER = dt.timedelta(days=120)
LEAST_SHARE = 0.5
#: The site answers so only to the scripts of its own pages.
OF_ITS_PAGES = (("X-Requested-With", "XMLHttpRequest"),)
_BY_NAME = {league.understat: league for league in LEAGUES.values() if league.understat}
_PLACE = re.compile(r"/(?:getLeagueData|league)/(\w+)/(\d{4})")
_MATCHES_IN_SCRIPT = re.compile(r"\bdatesData\s*=\s*JSON\.parse\(\s*'((?:[^'\\]|\\.)*)'\s*\)")


class _Team(msgspec.Struct):
    id: str
    title: str


class _Pair(msgspec.Struct):
    h: str | float | None
    a: str | float | None


class _Match(msgspec.Struct):
    id: str
    isResult: bool  # noqa: N815  # the source's own name
    h: _Team
    a: _Team
    datetime: str
    goals: _Pair
    xG: _Pair  # noqa: N815


class _Season(msgspec.Struct):
    dates: list[msgspec.Raw]


def requests(base: str, leagues: Sequence[League], first: dt.date, last: dt.date, today: dt.date) -> list[Request]:
    """The seasons that may hold matches from `first` to `last`, both inclusive; a season's page is its mirror."""
    needed = []
    for league in leagues:
        for start in seasons_between(league, first, last) if league.understat else ():
            if start >= FIRST_SEASON:
                page = f"{base}/league/{league.understat}/{start}"
                final = today > dt.date(start + 1, 8, 31) + FINAL_AFTER
                needed.append(Request(f"{base}/getLeagueData/{league.understat}/{start}", final, (page,), OF_ITS_PAGES))
    return needed


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise BlockedError or ShapeError for anything that should not replace the last good answer of a season."""
    matches = _matches(address, body)
    unread = [problem for problem in map(_problem, matches) if problem]
    if len(unread) > LEAST_SHARE * len(matches):
        raise ShapeError(address, f"{unread[0]}; the same in {len(unread)} of its {len(matches)} matches")
    had = len(_matches(address, before)) if before is not None else 0
    if len(matches) < LEAST_SHARE * had:
        raise ShapeError(
            address, f"expected at least {LEAST_SHARE:.0%} of the {had} matches seen before, found {len(matches)}"
        )


def parse(answers: Sequence[Answer]) -> Parsed:
    """Each match of the seasons, under the UTC date of its kick-off."""
    collected = Collected(UNDERSTAT_MATCHES)
    for answer in answers:
        place = _PLACE.search(answer.address)
        league = _BY_NAME.get(place[1]) if place else None
        common = {
            "competition": place[1] if place else None,
            "country": league.country if league else None,
            "season": season_label(league, int(place[2])) if place and league else None,
        }
        for position, raw in enumerate(_matches(answer.address, answer.body), start=1):
            try:
                kick_off, published = _read(raw)
            except UnreadError as error:
                collected.refuse(answer, position, error, bytes(raw))
            else:
                code = league.code if league else None
                collected.keep(answer, position, kick_off.date(), code, **common, **published)
    return collected.parsed()


def _matches(address: str, body: bytes) -> list[msgspec.Raw]:
    """The matches of either form, unread."""
    text = body if body.lstrip()[:1] == b"{" else _in_script(address, body)
    try:
        return msgspec.json.decode(text, type=_Season).dates
    except msgspec.DecodeError as error:
        raise ShapeError(address, f"expected JSON with the list dates, found {text[:60]!r} ({error})") from None


def _in_script(address: str, body: bytes) -> bytes:
    """The data of a page's script, in the form of the JSON answer."""
    refuse_bot_wall(address, body)
    for script in LexborHTMLParser(body).css("script"):
        if found := _MATCHES_IN_SCRIPT.search(script.text()):
            # the escapes are those of bytes: \xC3\xA9 is one letter of UTF-8
            plain = found[1].encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")
            return b'{"dates":' + plain + b"}"
    raise ShapeError(address, f"expected a script with datesData, found a page or text that starts {body[:60]!r}")


def _problem(raw: msgspec.Raw) -> str | None:
    try:
        _read(raw)
    except UnreadError as error:
        return str(error)
    return None


def _read(raw: msgspec.Raw) -> tuple[dt.datetime, dict[str, str | None]]:
    """Kick-off and the columns of one match."""
    try:
        match = msgspec.json.decode(raw, type=_Match)
    except msgspec.DecodeError as error:
        raise UnreadError(f"expected a match with h, a, goals, xG and datetime, found another form ({error})") from None
    try:
        kick_off = dt.datetime.strptime(match.datetime, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise UnreadError(f"expected a time YYYY-MM-DD HH:MM:SS, found {match.datetime!r}") from None
    pairs = {"goals": match.goals, "xg": match.xG}
    if match.isResult and None in (match.goals.h, match.goals.a):
        raise UnreadError("expected the goals of a match that has a result, found none", kick_off.date())
    return kick_off, {
        "understat_id": match.id,
        "kick_off_at": f"{kick_off:%Y-%m-%dT%H:%M:%SZ}",
        "status": "finished" if match.isResult else "scheduled",
        "home": match.h.title,
        "away": match.a.title,
        "home_source_id": match.h.id,
        "away_source_id": match.a.id,
        **{f"home_{name}": _text(pair.h, match.isResult) for name, pair in pairs.items()},
        **{f"away_{name}": _text(pair.a, match.isResult) for name, pair in pairs.items()},
    }


def _text(value: str | float | None, played: bool) -> str | None:
    """As published; a match to come has no figures, though some show zeros."""
    return None if value is None or not played else str(value)
