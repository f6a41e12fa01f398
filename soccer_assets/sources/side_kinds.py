"""What the words of a side and its competition say: women or men, first team, reserve or youth, a bet, or no club.

Sources mark their sides in Latin (`Chelsea U23`, `Bayern II`) and in Cyrillic (`Челси (ж)`, `Бавария-2`); a mark of the
competition counts for both sides. Bets on something else than who wins are written as matches, too (`Челси угловые`).
"""

import re
from collections.abc import Callable
from functools import lru_cache


def _mark(pattern: str) -> Callable[[str], bool]:
    """Whether a text has the mark; cached, for sources name the same sides again and again."""
    search = re.compile(pattern, re.IGNORECASE).search
    return lru_cache(maxsize=1 << 15)(lambda text: search(text) is not None)


_WOMEN = _mark(
    r"\(w\)|\bwomen|\bfrauen|\bfemin|\bfemmin|\bfémin|\bdamall|\bn?wsl\b|\bliga f\b"
    r"|\(ж\.?\)|\bжфк\b|\bжен\b|\bженщин|\bженск|\bледи|\bдевуш|\bдевоч"
)
#: A last letter, which one side alone may bear for its town.
_WOMEN_OF_BOTH_SIDES = _mark(r"[ .][wж]\.?$")
_YOUTH = _mark(
    r"\bu[- ]?(?:1[3-9]|2[0-3])\b|\bunder[- ]?\d\d|\byouth|\bynglinge|\bprimavera"
    r"|\bдо (?:1[3-9]|2[0-3])\b|\b[юу]-?\d\d\b|\b(?<!^)мо?л\b|\bмолод(?!ечно)|\bюнош|\bюниор|\bпримавер[аы]"
    r"|\bакадемий\b|(?<!пушкаш) академия(?= \d| \(|$)|\bангл\w+\. премьер-лига[ -]2\b|\((?:1[7-9]|2[0-3])\)$| 21$"
)
#: Of a competition alone: `Boca Juniors` and `Junior` are first teams.
_YOUTH_COMPETITION = _mark(r"\bjunior")
#: Sides of a competition of reserves.
_RESERVE = _mark(r"\breserves?\b|\bdevelopment league|\(р\)|\bдубл(?!ин)|\bрезерв|[ (]рез[.)]*$")
#: A club's further team, which may play in the pyramid of the first ones; `Willem II` was a prince.
_SECOND_TEAM = _mark(
    r"(?<!willem)(?<!виллем)(?<!ker[uü]leti)(?<!керулети) iii?$|[ -](?:b|б|2|3)(?= \(|$)"
    r"|[ -][23](?= )|\([23]\)$|\bjong\b|\bйонг\b"
)
#: Played with pads, by a computer, on small pitches, on sand or by veterans: goals, but no football of clubs.
_NO_FOOTBALL = _mark(
    r"кибер|\bfifa\b|\bfc \d\d\b|\besports?\b|e-sport|\b[eе]-?(?:football|футбол)|\b[2-8]\s?[xх]\s?[2-8]\b"
    r"|\([kк]\)|\(tsl\)|короткий футбол|short football|симул[ия]|\bsrl\b|виртуал|\bvirtual|пляжн|футзал|futsal"
    r"|мини-футбол|\blegends$|(?-i:^e[A-Z])|медиа-?(?:лига|футбол)|\bшоубол|\d\s?мин\b|\bветеран(?:ы$|ов\b|ы\.)|\bлегенды$"
    r"|^(?:легенды|зв[её]зды) |[(\[](?!u\d)[a-z_][\w ]{2,}[)\]]"  # a gamer in brackets: `ПСЖ (foxkids1)`
    r"|^(?:синие птицы|белые розы|красные маки|рыжие лисы|зеленые береты|желтые тюльпаны|черные коты)$"
)
#: Stands for a side that is not known yet, or for the sum of several.
_PLACEHOLDER = _mark(
    r"^(?:команда|хозяева|гости|победитель|проигравший|участник|(?:home|away)(?: teams?)?$|team \d|winner|loser)"
    r"|^(?:[12]-я команда|\d-е место|поб\. |tb[acd]$|неизвест|\d?[a-zа-я]?\d?$|\W*$)|[ .](?:хозяева|гости)$"
)
#: Bets on something else than the score of a match: its parts and statistics, tables, scorers, what becomes of a club.
_BET = _mark(
    r"\bугл\b|\bуглов|\bкарт(?:оч|ы\b)|\b(?:жк|[жк]/к)\)?$|\bфолы\b|\bудар(?:ы|ов)\b|\bофсайд|\bголы\b|\(голы"
    r"|(?:[12](?:-?й)?|перв\w+|втор\w+) тайм|\bпенальти\b|\bпен(?:\.|\)|$)|\bдоп\. ?вр|\bовертайм|точный сч[её]т"
    r"|\bаут(?:ы|ов)\b|\bс[еэ]йв|\bигроки?\b|^кол[- ]во\b|^да/нет\b|^любая другая$"
    r"|соперник|оппонент|[ .]или |(?<!\w)след(?:\.|ующ)|выйд[еу]т"
    r"|выигра[ею]т|компенсир|медиц\.|специальные ставки|\bитоги|статисти|\bлучший|\bпобедитель|\bдуэл[ьи]\b"
    r"|\bcorners?$|\bbookings?$|\bcards$|\boffsides?$|\bfouls$|\bshots(?:$| on )|\bthrow-?ins?$|\b(?:goal|free) kicks$"
    r"|\b(?:1st|2nd|first|second) half$|(?-i:\b[12] ?[ТT]$)|\bpenalties$|\bextra time$|\boutrights?$|\bto qualify$"
    r"|^(?:да|нет|больше|меньше|нечет|ничья|остальные)$|\bкто (?:выше|первым|больше|забь)|\bхозяева\b|\bгости\b"
)
#: A sentence and no name: it begins with a small letter, and not with a particle of a name.
_SENTENCE = re.compile(r"^(?!(?:аль|эль|ас|де|ди|ла|лос|ван|фк|ск) )(?:[а-яё]{2,}|[виск]) ")
#: A last word that begins with a small letter, or is an age.
_MARK = re.compile(r"\s([(\[]?\d*[a-zа-яё]\S*)$|[\s-](1[3-9]|2[0-3])$")


def no_match(competition: str, home: str, away: str) -> str | None:
    """Why the sides are no two clubs that meet; None where they are.

    Two names that end with the same small word have a mark and no word of a club: `Арсенал ауты - Челси ауты`.
    """
    if not home or not away or home.casefold() == away.casefold():
        return f"expected two sides, found {home!r} and {away!r}"
    if is_placeholder(home) or is_placeholder(away):
        return f"expected two sides, found placeholders: {home} - {away}"
    if is_bet(home, away) or _SENTENCE.search(home) or _SENTENCE.search(away):
        return f"expected two sides, found a bet on something else: {home} - {away}"
    if not is_football(competition, home, away):
        return "expected football, found another game under its name"
    if (sex(competition, home, away), kind(competition, home, away)) == ("men", "first"):
        mark, other = (last and last[0].strip(" -") for last in map(_MARK.search, (home, away)))
        if mark and mark == other:
            return f"expected two clubs, found two sides marked {mark}: {home} - {away}"
    return None


def sex(competition: str, *sides: str) -> str:
    """`women` where any of the words says so, else `men`."""
    marked = any(map(_WOMEN, (competition, *sides))) or (len(sides) > 1 and all(map(_WOMEN_OF_BOTH_SIDES, sides)))
    return "women" if marked else "men"


def kind(competition: str, *sides: str, of_first_teams: bool = False) -> str:
    """`youth`, `reserve` or `first`.

    Args:
        competition: name of the competition.
        sides: names of the sides; one that is marked counts for the match.
        of_first_teams: the competition is a league of first teams, where a club's further team is a side like others.
    """
    words = (competition, *sides)
    if any(map(_YOUTH, words)) or _YOUTH_COMPETITION(competition):
        return "youth"
    if any(map(_RESERVE, words)):
        return "reserve"
    further = not of_first_teams and any(_SECOND_TEAM(side.strip()) for side in sides)
    return "reserve" if further else "first"


def is_football(competition: str, *sides: str) -> bool:
    """False for computer games, football on small pitches and sand, and matches of veterans."""
    return not any(_NO_FOOTBALL(text.strip()) for text in (competition, *sides))


def is_placeholder(side: str) -> bool:
    """True for `Команда 1`, `Хозяева`, `Winner of ...`: no side one could look up."""
    return _PLACEHOLDER(side.strip())


def is_bet(*texts: str) -> bool:
    """True where a competition or a side names a bet on something else than the score of a match after 90 minutes."""
    return any(_BET(text.strip()) for text in texts)
