"""Fonbet's results of a day: home goals; away goals; home; away; side of the first goal; its minute.

They are in cp1251, or in UTF-8 where the bytes are.

Among the matches lie sums of several (`Rus. 8 матчей. Хозяева`), counts of a season (`Бавария;Кол во побед`), duels of
two players of a match (`Лацио Ювент Корреа К Х;Роналду К`) and of the goals of two sides that do not meet (`голы
Герта;Вольфсбург`), and the games of phones and halls; those are told from matches and kept aside with the reason.
"""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from soccer_assets.errors import ShapeError
from soccer_assets.sources import side_kinds
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.fetching.response_checks import LEAST_SHARE, refuse_bot_wall, refuse_html, refuse_shrunken
from soccer_assets.sources.records import Record, RecordCollector, UnreadError
from soccer_assets.sources.schema import FONBET_RESULTS, Parsed

CELLS = 6
#: A club does not play so often on a day.
MOST_MATCHES_A_DAY = 3
FIRST_SCORERS = {"1": "home", "2": "away"}
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)")
#: A match that was given to a side: `Альба (тех.пор);Борея`.
_AWARDED = re.compile(r"\s*\(?\b(?:тех\. ?пор[\w.]*|т\. ?п\.)\)?", re.IGNORECASE)
#: A match that was not played, or not to its end.
_NOT_PLAYED = re.compile(r"\((?:отмен|перен|прерв|недоигр|аннул|не сост)", re.IGNORECASE)
#: Stands for bytes that are no letter.
UNREADABLE = "\ufffd"
_INITIAL = re.compile(r" (?:[А-ЯЁ]|Дж)$")
_NAME = re.compile(r'["«]?[А-ЯЁA-Z0-9]')
#: Letters at the beginning by which a shortened word is known, where it is no beginning of the whole one.
ALIKE = 4
_PIECE = re.compile(r"[А-ЯЁA-Z]?[а-яёa-z]+|[А-ЯЁA-Z]+|\d+")


class _Result(NamedTuple):
    home_goals: str
    away_goals: str
    home: str
    away: str
    first_scorer: str
    minute: str
    is_awarded: bool = False


def accept(address: str, body: bytes, before: bytes | None) -> None:
    """Raise for anything that should not replace the last good file of a day.

    Raises:
        BlockedError: the page of a bot wall.
        ShapeError: no day in the address, lines that are no results, or fewer than half the lines there were.
    """
    refuse_bot_wall(address, body)
    refuse_html(address, body, "results")
    _day(address)
    lines = _lines(body)
    results = [result for line in lines if (result := _result(line))]
    if len(results) < LEAST_SHARE * len(lines):
        raise ShapeError(address, f"expected {CELLS} cells that begin with two scores, found {lines[0][:80]!r}")
    # in another encoding names are other signs, or letters with the capitals last
    if sum(bool(_NAME.match(result.home)) for result in results) < LEAST_SHARE * len(results):
        raise ShapeError(address, f"expected names in cp1251 or UTF-8, found {results[0].home!r}")
    refuse_shrunken(address, len(lines), len(_lines(before or b"")), "lines of the last good file")


def parse(answers: Sequence[Answer]) -> Parsed:
    """The results of matches; every other line with the reason."""
    collected = RecordCollector(FONBET_RESULTS)
    addresses: dict[str, str] = {}
    for answer in answers:
        day, lines = _day(answer.address), _lines(answer.body)
        first = addresses.get(answer.payload_id)
        addresses.setdefault(answer.payload_id, answer.address)
        if first == answer.address:
            continue
        if first and lines:
            collected.reject(answer, 0, UnreadError(f"expected the day's own file, found that of {first}", day), b"")
            continue
        results = [_result(line) for line in lines]
        judge = _ResultJudge([result for result in results if result is not None])
        for position, (line, result) in enumerate(zip(lines, results, strict=True), start=1):
            collected.accept(answer, position, partial(_record, judge, result, day), partial(str, line))
    return collected.parsed()


def _record(judge: "_ResultJudge", result: _Result | None, day: dt.date) -> Record:
    if result is None:
        raise UnreadError(f"expected {CELLS} cells that begin with two scores", day)
    if reason := judge.reason(result):
        raise UnreadError(reason, day)
    scorer = FIRST_SCORERS.get(result.first_scorer)
    goals = {"home": result.home_goals, "away": result.away_goals, None: "0"}[scorer]
    unread: tuple[str, ...] = ()
    if scorer and int(goals) == 0:
        scorer, unread = None, (f"expected a goal of the side that scored first, found none of the {scorer} side",)
    published = {
        "status": "awarded" if result.is_awarded else "finished",
        "home": result.home,
        "away": result.away,
        "sex": side_kinds.sex("", result.home, result.away),
        "kind": side_kinds.kind("", result.home, result.away),
        "home_goals": result.home_goals,
        "away_goals": result.away_goals,
        "first_scorer": scorer,
        "first_goal_minute": result.minute if scorer else None,
    }
    return Record(day, None, published, unread)


class _ResultJudge:
    """Separates the matches of one day from the other lines of its file."""

    def __init__(self, results: Sequence[_Result]) -> None:
        self._matches: defaultdict[str, list[_Result]] = defaultdict(list)
        for result in results:
            self._matches[result.home[:2].casefold()].append(result)
        self._reasons = {result: self._no_match(result) for result in results}
        played = [result for result, reason in self._reasons.items() if reason is None]
        self._often = Counter(side for result in played for side in (result.home, result.away))
        self._seen: set[_Result] = set()

    def reason(self, result: _Result) -> str | None:
        """Why a line is no match of two clubs, or none that was not there before; None where it is one."""
        if self._reasons[result]:
            return self._reasons[result]
        busiest = max((result.home, result.away), key=self._often.__getitem__)
        if self._often[busiest] > MOST_MATCHES_A_DAY:
            return f"expected a club, found one that plays {self._often[busiest]} times on the day: {busiest}"
        if result in self._seen:
            return "expected a result once, found it again"
        self._seen.add(result)
        return None

    def _no_match(self, result: _Result) -> str | None:
        home, away = result.home, result.away
        if _NOT_PLAYED.search(home) or _NOT_PLAYED.search(away):
            return f"expected a match that was played, found {home} - {away}"
        if UNREADABLE in home + away:
            return f"expected names in cp1251 or UTF-8, found bytes that are no letters: {home} - {away}"
        if reason := side_kinds.no_match("", home, away):
            return reason
        if self._is_duel(result):
            return f"expected two sides, found players of a match: {home} - {away}"
        return None

    def _is_duel(self, result: _Result) -> bool:
        """The sides of a match of the day stand before a player: `Лацио Ювент Корреа К Х`, or `Мальорка Мбуола Ж`.

        A duel has goals and no first one.
        """
        if result.first_scorer in FIRST_SCORERS:
            return False
        others = [match for match in self._matches[result.home[:2].casefold()] if match is not result]
        if any(match.home == result.home and result.away.startswith(f"{match.away} ") for match in others):
            return True
        words = result.home.split()
        is_listed = "—" in result.home  # both sides in full: `Перт Глори — Сидней Милош Нинкович`
        if len(words) < 3 or not (is_listed or _INITIAL.search(result.home) or _INITIAL.search(result.away)):
            return False
        return any(
            _shortens(words[:end], match.home) and _shortens(words[end:start], match.away)
            for match in others
            if match.home != result.home
            for end, start in _cuts(len(words))
        )


def _cuts(words: int) -> Iterator[tuple[int, int]]:
    """Where a first name of one to three words may end, and a second of one or two; a word at least remains."""
    for end in range(1, min(4, words - 1)):
        for start in range(end + 1, min(end + 3, words)):
            yield end, start


def _shortens(words: Sequence[str], name: str) -> bool:
    """Every piece of the words is the beginning of a word of the name, or nearly, in order.

    `БорусМ` is `Боруссия Менхенгладбах`, `Беленес` is `Белененсеш`.
    """
    whole = iter(_words(name))
    pieces = [piece.casefold() for word in words for piece in _PIECE.findall(word)]
    return bool(pieces) and all(any(_begins(word, piece) for word in whole) for piece in pieces)


def _begins(word: str, piece: str) -> bool:
    least = max(ALIKE, len(piece) - 2)
    return word.startswith(piece) or (word[:least] == piece[:least] and len(piece) >= least)


@lru_cache(maxsize=50_000)
def _words(name: str) -> list[str]:
    return re.split(r"[\s-]+", name.casefold())


def _result(line: str) -> _Result | None:
    cells = [cell.strip() for cell in line.split(";")]
    if not (len(cells) == CELLS and cells[0].isdecimal() and cells[1].isdecimal()):
        return None
    home_goals, away_goals, *sides, first_scorer, minute = cells
    home, away = (_AWARDED.sub("", side) for side in sides)
    return _Result(home_goals, away_goals, home, away, first_scorer, minute, is_awarded=[home, away] != sides)


def _lines(body: bytes) -> list[str]:
    return [line for line in _text(body).splitlines() if line.strip("; \t")]


def _text(body: bytes) -> str:
    """The text of a file; a cut letter or two among readable ones in UTF-8 do not make it cp1251."""
    text = body.decode("utf-8-sig", "replace")
    letters = sum(text.count(letter) for letter in "аеинорст")
    return text if text.count(UNREADABLE) <= letters else body.decode("cp1251", "replace")


def _day(address: str) -> dt.date:
    date = _DATE.search(address.rsplit("/", 1)[-1])
    if date is None:
        raise ShapeError(address, "expected the day in the file's name, such as 2021-03-06.csv, found none")
    try:
        return dt.date.fromisoformat(date[1])
    except ValueError:
        raise ShapeError(address, f"expected a day of the calendar in the file's name, found {date[1]}") from None
