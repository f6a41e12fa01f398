"""What the words of a side and its competition say about it: women or men, first team, reserve or youth, or no club.

Sources mark their sides in Latin (`Chelsea U23`, `Bayern II`) and in Cyrillic (`Челси (ж)`, `Бавария-2`); a mark of the
competition counts for both sides.
"""

import re
from collections.abc import Callable
from functools import lru_cache


def _mark(pattern: str) -> Callable[[str], bool]:
    """Whether a text has the mark; cached, for sources name the same sides again and again."""
    search = re.compile(pattern, re.IGNORECASE).search
    return lru_cache(maxsize=1 << 15)(lambda text: search(text) is not None)


_WOMEN = _mark(
    r"\(w\)|\bwomen|\bfrauen|\bfemin|\bfemmin|\bfémin|\bdamall|\bnwsl\b|\bliga f\b"
    r"|\(ж\)|\bжен\b|\bженщины|\bженск|\bледи"
)
_YOUTH = _mark(
    r"\bu-?(?:1[3-9]|2[0-3])\b|\bunder[- ]?\d\d|\byouth|\bjunior|\bjunioren|\bynglinge|\bprimavera"
    r"|\bдо \d\d (?:лет|года)|\bю-?\d\d\b|\(мол\)|\bмол\b|\bмл\b|\bмолод|\bюнош|\bюниор|\bпримавера"
)
#: Sides of a competition of reserves.
_RESERVE = _mark(r"\breserves?\b|\bdevelopment league|\(р\)|\(дубль\)|\bдубл|\bрезерв")
#: A club's further team, which may play in the pyramid of the first ones; `Willem II` was a prince.
_SECOND_TEAM = _mark(r"(?<!willem)(?<!виллем) ii$|[ -](?:b|б|2|3)(?= \(|$)|[ -][23](?= )|\([23]\)$|\bjong\b|\bйонг\b")
#: Played with pads, on small pitches or by the phones of a game maker: goals, but no football.
_NO_FOOTBALL = _mark(
    r"кибер|\bfifa\b|\bfc \d\d\b|\besports?\b|e-sport|\b[2-6]\s?[xх]\s?[2-6]\b|\(к\)|\(tsl\)"
    r"|короткий футбол|short football"
    r"|^(?:синие птицы|белые розы|красные маки|рыжие лисы|зеленые береты|желтые тюльпаны|черные коты)$"
)
#: Stands for a side that is not known yet, or for the sum of several.
_PLACEHOLDER = _mark(
    r"^(?:команда|хозяева|гости|победитель|проигравший|участник|(?:home|away)(?: teams?)?$|team \d|winner|loser|tbd$)"
    r"|\bматч(?:ей|а)?\. хозяева$"
)


def sex(competition: str, *sides: str) -> str:
    """`women` where any of the words says so, else `men`."""
    return "women" if any(map(_WOMEN, (competition, *sides))) else "men"


def kind(competition: str, *sides: str, of_first_teams: bool = False) -> str:
    """`youth`, `reserve` or `first`.

    Args:
        competition: name of the competition.
        sides: names of the sides; one that is marked counts for the match.
        of_first_teams: the competition is a league of first teams, where a club's further team is a side like others.
    """
    words = (competition, *sides)
    if any(map(_YOUTH, words)):
        return "youth"
    if any(map(_RESERVE, words)):
        return "reserve"
    further = not of_first_teams and any(_SECOND_TEAM(side.strip()) for side in sides)
    return "reserve" if further else "first"


def is_football(competition: str, *sides: str) -> bool:
    """False for computer games and for football on small pitches."""
    return not any(_NO_FOOTBALL(text.strip()) for text in (competition, *sides))


def is_placeholder(side: str) -> bool:
    """True for `Команда 1`, `Хозяева`, `Winner of ...`: no side one could look up."""
    return _PLACEHOLDER(side.strip())
