"""How the shipped scorer is made: `uv run soccer train-names PAIRS.csv REGISTRY.csv REEP.parquet`.

1. Clubs are dealt into folds. A lexicon counts words over a registry of aliases and one of clubs.
2. The features of a labelled pair are computed with a lexicon that has seen neither club: a new club's words are rare
   to the scorer, so they must be rare in training as well.
3. The trees: LightGBM, one thread, seeded: the same files give the same bytes. Each pair is learned with its country
   and, at half its weight, without.
4. The figures come from scores that models gave which have seen neither club of a pair. Then the lexicon is counted and
   the trees are grown on everything.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.linking.names.features import FEATURES, PLACES, UNKNOWN, features, lost_words, places
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.name import parse
from soccer_assets.linking.names.places import country_of
from soccer_assets.linking.names.prepared_names import Side
from soccer_assets.linking.names.report import figures
from soccer_assets.linking.names.scorer import OTHER_SIDE, Input, Scorer, of_other_sides
from soccer_assets.linking.names.trees import Tree
from soccer_assets.linking.names.word_similarity import Floats, Ints

FOLDS = 10
SEED = 20240701
#: A word that fewer clubs have is not kept: it may tell who they are.
LEAST_CLUBS, LEAST_OF_COUNTRY = 3, 2
#: What the registry of clubs calls one that has no name in it.
UNLABELLED = r"^Q\d+$"
#: The log odds of a word that one name lacks: how many clubs they start from, and their steps.
ODDS_START, ODDS_STEP = 4.0, 0.25
ROUNDS = 180
#: More likely the same than not. On pairs never seen F1 changes by 0.002 between 0.45 and 0.65.
THRESHOLD = 0.5
PARAMS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 12,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 40,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
    "seed": SEED,
}
WEIGHT_WITHOUT_COUNTRY = 0.5
#: What the registry of clubs calls one country, and we several.
_COUNTRIES_OF = {"United Kingdom": ("England", "Scotland", "Wales", "Northern Ireland")}


@dataclass(frozen=True)
class Club:
    """What a lexicon counts: the words of a club's names and its country; without `id`, one that no pair has."""

    words: frozenset[str]
    countries: tuple[str, ...]
    id: str | None = None


def train(pairs: pl.DataFrame, registry: pl.DataFrame, reep: pl.DataFrame) -> Scorer:
    """A scorer from labelled pairs, the aliases of their clubs, and a registry of clubs."""
    clubs = clubs_of(registry, reep)
    y = pairs["same"].to_numpy().astype(np.int64)
    fold = _dealt(pairs)
    left, right = (np.array([fold[club] for club in pairs[name]], dtype=np.int64) for name in ("club_a", "club_b"))
    odds = LostWords(pairs)
    x = _unseen_features(pairs, clubs, odds, fold, left, right)
    without = _without_country(pairs, x)
    scores = _unseen_scores(pairs, x, without, y, left, right)
    trees, gain = _grow(x, without, y)
    about = {
        "recipe": __name__,
        "seed": SEED,
        "rounds": ROUNDS,
        "parameters": dict(PARAMS),
        "pairs": len(pairs),
        "clubs": len(fold),
        "on clubs never seen": figures(pairs, scores, THRESHOLD),
    }
    told = tuple(Input(f.name, f.description, round(float(g), 4)) for f, g in zip(FEATURES, gain, strict=True))
    return Scorer(about, THRESHOLD, told, lexicon_of(clubs, lost=odds.log_odds()), trees)


def clubs_of(registry: pl.DataFrame, reep: pl.DataFrame) -> list[Club]:
    """The clubs of both registries; one of the second that bears a name of the first is not counted again."""
    words: dict[str, set[str]] = defaultdict(set)
    country: dict[str, str] = {}
    named: set[str] = set()
    for club, place, text in registry.select("club_id", "country", "name").iter_rows():
        name = parse(text)
        words[club].update(name.tokens)
        named.add(name.plain)
        country[club] = country_of(place)
    clubs = [Club(frozenset(words[club]), (country[club],), club) for club in words]
    labelled = reep.select("name", "country").filter(~pl.col("name").str.contains(UNLABELLED))
    for text, place in labelled.iter_rows():
        name = parse(text)
        if name.plain not in named:
            here = () if place is None else _COUNTRIES_OF.get(place, (country_of(place),))
            clubs.append(Club(frozenset(name.tokens), here))
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
        side, i, j = _sides(pairs, Lexicon(0, LEAST_CLUBS, {}, {}))
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


def _dealt(pairs: pl.DataFrame) -> dict[str, int]:
    """Each club's fold."""
    clubs = sorted({*pairs["club_a"], *pairs["club_b"]})
    fold = np.random.default_rng(SEED).permutation(len(clubs)) % FOLDS
    return dict(zip(clubs, fold.tolist(), strict=True))


def _unseen_features(
    pairs: pl.DataFrame,
    clubs: Sequence[Club],
    odds: LostWords,
    fold: Mapping[str, int],
    left: Ints,
    right: Ints,
) -> Floats:
    """The features of each pair, with a lexicon that has counted no club of its folds."""
    x = np.empty((len(pairs), len(FEATURES)))
    for one, two, inside in _blocks(left, right):
        barred = {club for club, of in fold.items() if of in (one, two)}
        lexicon = lexicon_of(clubs, barred, odds.log_odds(barred))
        here = pairs.filter(inside)
        side, i, j = _sides(here, lexicon)
        x[inside] = features(side, side, i, j, lexicon, here["country"].to_list())
    return x


def _without_country(pairs: pl.DataFrame, x: Floats) -> Floats:
    """The features as they are where the country is not known."""
    side, i, j = _sides(pairs, Lexicon(0, LEAST_CLUBS, {}, {}))
    without = x.copy()
    without[:, [feature.name for feature in FEATURES].index("local")] = UNKNOWN
    without[:, PLACES] = places(side, side, i, j)
    return without


def _sides(pairs: pl.DataFrame, lexicon: Lexicon) -> tuple[Side, Ints, Ints]:
    """The names of pairs made ready, and the places of both names of each pair among them."""
    place = {name: k for k, name in enumerate(sorted({*pairs["name_a"], *pairs["name_b"]}))}
    i, j = (np.array([place[name] for name in pairs[column]], dtype=np.int64) for column in ("name_a", "name_b"))
    return Side([parse(name) for name in place], lexicon), i, j


def _unseen_scores(pairs: pl.DataFrame, x: Floats, without: Floats, y: Ints, left: Ints, right: Ints) -> Floats:
    """The score of each pair by a model that has learned from no pair with either of its clubs' folds."""
    scores = np.empty(len(x))
    for one, two, inside in _blocks(left, right):
        touched = np.isin(left, (one, two)) | np.isin(right, (one, two))
        trees, _ = _grow(x[~touched], without[~touched], y[~touched])
        scores[inside] = Scorer({}, THRESHOLD, (), Lexicon(0, LEAST_CLUBS, {}, {}), trees).probability(x[inside])
    side, i, j = _sides(pairs, Lexicon(0, LEAST_CLUBS, {}, {}))
    return np.where(of_other_sides(side, side, i, j, pairs["country"].to_list()), scores * OTHER_SIDE, scores)


def _blocks(left: Ints, right: Ints) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Each two folds, and which pairs have their clubs in them."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    for one, two in sorted(set(zip(low.tolist(), high.tolist(), strict=True))):
        yield one, two, (low == one) & (high == two)


def _grow(x: Floats, without: Floats, y: Ints) -> tuple[tuple[Tree, ...], Floats]:
    """The trees, and each feature's share of the gain."""
    import lightgbm

    weight = np.repeat([1.0, WEIGHT_WITHOUT_COUNTRY], len(x))
    params = dict(PARAMS)
    data = lightgbm.Dataset(np.concatenate([x, without]), np.tile(y, 2), weight=weight, params=params)
    booster = lightgbm.train(params, data, num_boost_round=ROUNDS)
    gain = booster.feature_importance("gain")
    return tuple(_tree(told["tree_structure"]) for told in booster.dump_model()["tree_info"]), gain / gain.sum()


def _tree(root: Mapping[str, Any]) -> Tree:
    feature: list[int] = []
    bound: list[float] = []
    targets: list[list[int]] = []
    leaf: list[float] = []

    def add(node: Mapping[str, Any]) -> int:
        if "leaf_value" in node:
            leaf.append(round(node["leaf_value"], 5))
            return -len(leaf)
        here = len(bound)
        feature.append(node["split_feature"])
        bound.append(float(f"{node['threshold']:.6g}"))
        targets.append([])
        targets[here] = [add(node["left_child"]), add(node["right_child"])]
        return here

    add(root)
    below, above = zip(*targets, strict=True)
    return Tree(tuple(feature), tuple(bound), below, above, tuple(leaf))
