"""Competitions of Fonbet: `Футбол. Англия. Премьер-Лига. Сезон 26/27` is the sport, a country and the league's name."""

import re

from soccer_assets.countries import OF_RUSSIAN
from soccer_assets.leagues import NAMES_AT
from soccer_assets.sources import side_kinds

#: A league's matches of a part of its season stand under a longer name: `Шотландия. Премьер-Лига. Группа вылета`.
_STAGE = re.compile(
    r"(?:\. (?:чемпионская группа|группа вылета|плей-офф|плей-аут|групповой этап|1/\d+ финала"
    r"|(?:полу)?финал(?:\. [а-яё-]+$)?"  # and its town: `Финал. Лондон`
    r"|ответн\w+ матчи?|первы\w матчи?|за право играть в [^.]+|апертура|клаусура|регулярный сезон"
    r"|\d+(?:-?й)? тур|тур \d+|перенес[её]нн\w+ матчи?))+$",
    re.IGNORECASE,
)
_SEASON = re.compile(r"\.?\s*(?:Сезон \d{2,4}(?:[/-]\d{2,4})?|\b\d{2,4}/\d{2,4})(?=\.|$)")
_SPORT = re.compile(r"^Футбол\.\s*", re.IGNORECASE)
_SAME_LOOK = str.maketrans("ABCEHKMOPTXaceopx", "АВСЕНКМОРТХасеорх")


def competition(segment: str) -> str:
    """The segment's name without its sport and season."""
    return _SEASON.sub("", _SPORT.sub("", segment)).strip(" .")


def country(name: str) -> str | None:
    """The first part of a competition's name that is a country, in English; marks such as `Жен.` may come before."""
    return next((OF_RUSSIAN[part] for part in _parts(name) if part in OF_RUSSIAN), None)


def league(name: str) -> str | None:
    """Division code of a competition that is one of ours, or a stage of one, under a name the source has used.

    Signs and spaces do not count: `Англия: Премьер Лига`.
    """
    return _LEAGUES.get(_plain(_STAGE.sub("", name)))


def holds_matches(name: str) -> bool:
    """False for bets on tables, scorers, sums and parts of matches."""
    return not side_kinds.is_bet(name)


def _parts(name: str) -> list[str]:
    """`Сев.Ирландия` is one part: a dot parts only before a space."""
    return [part.strip(" .") for part in re.split(r"\.\s+", name)]


def _plain(name: str) -> str:
    """Letters and figures alone; letters that look alike are one: the source writes `Серия A` in either script."""
    return re.sub(r"[\W_]+", "", name.translate(_SAME_LOOK).casefold())


_LEAGUES = {_plain(name): code for code, names in NAMES_AT["fonbet"].items() for name in names}
