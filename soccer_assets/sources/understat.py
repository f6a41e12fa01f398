"""League pages of Understat: expected goals of every match of a season.

The site gives a season as JSON to its own pages; earlier pages carried the same data in a script, as a string with
every character beyond letters and digits escaped. Both are read. Times are UTC.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from selectolax.lexbor import LexborHTMLParser

from soccer_assets.errors import ShapeError
from soccer_assets.leagues import LEAGUES, NAMES_AT, League, season_label, seasons_between
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.fetching.json_text import decode, decode_element
from soccer_assets.sources.fetching.response_checks import quoted, refuse_bot_wall
from soccer_assets.sources.records import Record, RecordCollector, UnreadError
from soccer_assets.sources.schema import UNDERSTAT_MATCHES, Parsed
from soccer_assets.sources.season_answers import accept_matches
from soccer_assets.sources.spec import Query, SourceSpec, TableSpec

FIRST_SEASON = 2014
#: A season is final this long after its last possible day.
FINAL_AFTER = dt.timedelta(days=120)
#: A season has matches this long before its last possible day.
HAS_MATCHES = dt.timedelta(days=300)
#: The site answers so only to the scripts of its own pages.
SCRIPT_HEADERS = (("X-Requested-With", "XMLHttpRequest"),)
_PAGES = NAMES_AT["understat"]
_BY_NAME = {name: LEAGUES[code] for code, name in _PAGES.items()}
_PATH = re.compile(r"/(?:getLeagueData|league)/(\w+)/(\d{4})")
_MATCHES_IN_SCRIPT = re.compile(r"\bdatesData\s*=\s*JSON\.parse\(\s*'((?:[^'\\]|\\.)*)'\s*\)")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0"}
#: Bytes that are no UTF-8, as Python tells them, are letters of Latin 1.
_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}


class _Team(msgspec.Struct):
    id: str | int
    title: str


class _Pair(msgspec.Struct):
    h: str | float | None = None
    a: str | float | None = None


class _Match(msgspec.Struct):
    id: str | int
    isResult: bool  # noqa: N815  # the source's own name
    h: _Team
    a: _Team
    datetime: str
    goals: _Pair | None
    xG: _Pair | None  # noqa: N815


class _Season(msgspec.Struct):
    dates: list[msgspec.Raw]


def requests(query: Query) -> list[Request]:
    """The seasons that may hold matches of the query; a season's page is its mirror."""
    needed = []
    for league in query.leagues:
        for start in seasons_between(league, query.first, query.last) if league.code in _PAGES else ():
            if start >= FIRST_SEASON:
                path, end = f"{_PAGES[league.code]}/{start}", dt.date(start + 1, 8, 31)
                final, due = query.today > end + FINAL_AFTER, query.today > end - HAS_MATCHES
                data, page = (f"{query.base}/{form}/{path}" for form in ("getLeagueData", "league"))
                needed.append(Request(data, final, (page,), SCRIPT_HEADERS, due))
    return needed


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise BlockedError or ShapeError for anything that should not replace the last good answer of a season."""
    accept_matches(address, body, before, _season(address)[1], _matches, lambda raw: _read(raw)[:2])


def parse(answers: Sequence[Answer]) -> Parsed:
    """Each match of the seasons, under the UTC date of its kick-off."""
    collected = RecordCollector(UNDERSTAT_MATCHES)
    for answer in answers:
        league, season = _season(answer.address)
        common = {
            "competition": _PAGES[league.code] if league else None,
            "country": league.country if league else None,
            "season": season,
        }
        code = league.code if league else None
        for position, raw in enumerate(_matches(answer.address, answer.body), start=1):
            collected.accept(answer, position, partial(_record, raw, code, common), partial(bytes, raw))
    return collected.parsed()


def _season(address: str) -> tuple[League | None, str | None]:
    """The league and the season of an address; None where it names none of ours."""
    path = _PATH.search(address)
    league = _BY_NAME.get(path[1]) if path else None
    return league, season_label(league, int(path[2])) if path and league else None


def _record(raw: msgspec.Raw, league: str | None, common: Mapping[str, str | None]) -> Record:
    date, published, unread = _read(raw)
    return Record(date, league, {**common, **published}, unread)


def _matches(address: str, body: bytes) -> list[msgspec.Raw]:
    """The matches of either form, unread."""
    text = body if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else _in_script(address, body)
    return decode(address, text, _Season, "JSON with the list dates").dates


def _in_script(address: str, body: bytes) -> bytes:
    """The data of a page's script, in the form of the JSON answer."""
    refuse_bot_wall(address, body)
    for script in LexborHTMLParser(body).css("script"):
        if data := _MATCHES_IN_SCRIPT.search(script.text()):
            return b'{"dates":' + _plain(data[1]) + b"}"
    raise ShapeError(address, f"expected a script with datesData, found a page or text that starts {body[:60]!r}")


def _plain(literal: str) -> bytes:
    r"""The text of a script's string: its escapes are those of bytes, `\xC3\xA9` is one letter of UTF-8."""

    def character(escape: re.Match[bytes]) -> bytes:
        byte, unit, short = escape.groups()
        if byte:
            return bytes([int(byte, 16)])
        if unit:
            # half of a pair stays as it is: JSON has the same escape
            return escape[0] if 0xD800 <= int(unit, 16) < 0xE000 else chr(int(unit, 16)).encode()
        return _SHORT.get(short, short)

    raw = _ESCAPE.sub(character, literal.encode("utf-8", "replace"))
    return raw.decode("utf-8", "surrogateescape").translate(_LATIN_1).encode()


def _read(raw: msgspec.Raw) -> tuple[dt.date, dict[str, str | None], tuple[str, ...]]:
    """The UTC date and the columns of one match, and why its goals are not believed."""
    match = decode_element(raw, _Match, "a match with h, a, goals, xG and datetime")
    try:
        kick_off = dt.datetime.strptime(match.datetime, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise UnreadError(f"expected a time YYYY-MM-DD HH:MM:SS, found {quoted(match.datetime)}") from None
    pairs = {"goals": match.goals or _Pair(), "xg": match.xG or _Pair()}
    if match.isResult and None in (pairs["goals"].h, pairs["goals"].a):
        raise UnreadError("expected the goals of a match that has a result, found none", kick_off.date())
    goals = (pairs["goals"].h, pairs["goals"].a)
    early = not match.isResult and any(str(number or 0).strip() not in ("", "0", "0.0") for number in goals)
    unread = (f"expected no goals of a match without a result, found {goals[0]}-{goals[1]}",) if early else ()
    columns = {
        "understat_id": str(match.id),
        "kick_off_at": f"{kick_off:%Y-%m-%dT%H:%M:%SZ}",
        "status": "finished" if match.isResult else "scheduled",
        "home": match.h.title.strip(),
        "away": match.a.title.strip(),
        "home_source_id": str(match.h.id),
        "away_source_id": str(match.a.id),
        **{f"home_{name}": _text(pair.h, match.isResult) for name, pair in pairs.items()},
        **{f"away_{name}": _text(pair.a, match.isResult) for name, pair in pairs.items()},
    }
    return kick_off.date(), columns, unread


def _text(value: str | float | None, played: bool) -> str | None:
    """As published; a match to come has no figures, though some show zeros."""
    return None if value is None or not played else str(value)


SOURCE = SourceSpec(
    name="understat",
    address="https://understat.com",
    tables=(TableSpec(UNDERSTAT_MATCHES, requests, accept, parse, corrected_late=True),),
    trust=2,
    league_names=_PAGES,
)
