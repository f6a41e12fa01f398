"""The words that the shipped scorer of club names knows: how many clubs have each, and what it says to lack one."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from soccer_assets.countries import country_of
from soccer_assets.linking.names.features import LOST_BELOW, word_matches
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.prepared_names import Side
from soccer_assets.linking.names.word_similarity import Ints

#: A word that fewer clubs have is not kept: it may tell who they are.
LEAST_CLUBS, LEAST_OF_COUNTRY = 3, 2
#: What the registry of clubs calls one that has no name in it.
UNLABELLED = r"^Q\d+$"
#: The log odds of a word that one name lacks: how many clubs they start from, and their steps.
ODDS_START, ODDS_STEP = 4.0, 0.25
#: What the registry of clubs calls one country, and we several.
_COUNTRIES_OF = {"United Kingdom": ("England", "Scotland", "Wales", "Northern Ireland")}


@dataclass(frozen=True)
class Club:
    """What a lexicon counts: the words of a club's names and its country; without `id`, one that no pair has."""

    words: frozenset[str]
    countries: tuple[str, ...]
    id: str | None = None


def clubs_of(registry: pl.DataFrame, reep: pl.DataFrame) -> list[Club]:
    """The clubs of both registries; one of the second that bears a name of the first is not counted again."""
    words: dict[str, set[str]] = defaultdict(set)
    country: dict[str, str] = {}
    named: set[str] = set()
    for club, club_country, text in registry.select("club_id", "country", "name").iter_rows():
        name = parse(text)
        words[club].update(name.tokens)
        named.add(name.plain)
        country[club] = country_of(club_country)
    clubs = [Club(frozenset(words[club]), (country[club],), club) for club in words]
    labelled = reep.select("name", "country").filter(~pl.col("name").str.contains(UNLABELLED))
    for text, club_country in labelled.iter_rows():
        name = parse(text)
        if name.plain not in named:
            club_countries = (
                () if club_country is None else _COUNTRIES_OF.get(club_country, (country_of(club_country),))
            )
            clubs.append(Club(frozenset(name.tokens), club_countries))
    return clubs


def lexicon_of(
    clubs: Sequence[Club], without: Collection[str] = (), lost: Mapping[str, float] | None = None
) -> Lexicon:
    """The words of the clubs whose id is not in `without`."""
    counts: Counter[str] = Counter()
    countries: dict[str, Counter[str]] = defaultdict(Counter)
    n = 0
    for club in clubs:
        if club.id in without:
            continue
        n += 1
        counts.update(club.words)
        for country in club.countries:
            countries[country].update(club.words)
    return Lexicon(
        n,
        LEAST_CLUBS,
        {word: count for word, count in sorted(counts.items()) if count >= LEAST_CLUBS},
        {
            country: {word: count for word, count in sorted(words.items()) if count >= LEAST_OF_COUNTRY}
            for country, words in sorted(countries.items())
        },
        dict(lost or {}),
    )


class LostWords:
    """The words that one name of a labelled pair has and the other lacks, by the club that has them."""

    def __init__(self, pairs: pl.DataFrame) -> None:
        side, i, j = sides_of(pairs, Lexicon(0, LEAST_CLUBS, {}, {}))
        clubs = list(zip(pairs["club_a"], pairs["club_b"], strict=True))
        #: A word, the club that has it, and the other club of the pair, which may be the same.
        self._lost = {
            (word, clubs[pair][number], clubs[pair][1 - number]) for pair, number, word in lost_words(side, side, i, j)
        }

    def log_odds(self, without: Collection[str] = ()) -> dict[str, float]:
        """For each word its log odds of one club beside those of all words, from pairs without the clubs given.

        A club counts once for each word, as the same and as another. Words of fewer than `LEAST_CLUBS` are left out.
        """
        barred = frozenset(without)
        seen = [
            (word, club, club == other)
            for word, club, other in self._lost
            if club not in barred and other not in barred
        ]
        owners: dict[str, set[str]] = defaultdict(set)
        for word, club, _ in seen:
            owners[word].add(club)
        same, different = (Counter(word for word, _, of_one in set(seen) if of_one is which) for which in (True, False))
        if not same or not different:
            return {}
        share = same.total() / (same.total() + different.total())
        odds = {
            word: math.log((same[word] + ODDS_START * share) / (different[word] + ODDS_START * (1 - share)))
            - math.log(share / (1 - share))
            for word, clubs in sorted(owners.items())
            if len(clubs) >= LEAST_CLUBS
        }
        return {word: steps * ODDS_STEP for word, value in odds.items() if (steps := round(value / ODDS_STEP))}


def lost_words(a: Side, b: Side, i: Ints, j: Ints) -> list[tuple[int, int, str]]:
    """The words of a pair's names that are not found on the other side: pair, side (0 or 1), word as listed."""
    lost: list[tuple[int, int, str]] = []
    for number, matches in enumerate(word_matches(a, b, i, j)[:2]):
        pair = np.repeat(np.arange(len(matches.size)), matches.size)
        lost += [
            (int(pair[k]), number, matches.side.plain[matches.word[k]])
            for k in np.flatnonzero(matches.loose < LOST_BELOW).tolist()
        ]
    return lost


def sides_of(pairs: pl.DataFrame, lexicon: Lexicon) -> tuple[Side, Ints, Ints]:
    """The names of pairs made ready, and the places of both names of each pair among them."""
    index = {name: k for k, name in enumerate(sorted({*pairs["name_a"], *pairs["name_b"]}))}
    i, j = (np.array([index[name] for name in pairs[column]], dtype=np.int64) for column in ("name_a", "name_b"))
    return Side([parse(name) for name in index], lexicon), i, j
