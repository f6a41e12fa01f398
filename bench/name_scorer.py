"""How the shipped scorer is made: `python -m bench.name_scorer PAIRS.csv REGISTRY.csv REEP.parquet`.

1. Clubs are dealt into folds. A lexicon counts words over a registry of aliases and one of clubs.
2. The features of a labelled pair are computed with a lexicon that has seen neither club: a new club's words are rare
   to the scorer, so they must be rare in training as well.
3. The trees: LightGBM, one thread, seeded: the same files give the same bytes. Each pair is learned with its country
   and, at half its weight, without.
4. The figures come from scores that models gave which have seen neither club of a pair. Then the lexicon is counted and
   the trees are grown on everything.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.name_lexicon import LEAST_CLUBS, Club, LostWords, clubs_of, lexicon_of, sides_of
from soccer_assets.linking.names.features import FEATURES, PLACES, UNKNOWN, features, places
from soccer_assets.linking.names.lexicon import Lexicon
from soccer_assets.linking.names.report import NEEDED, figures, read_pairs
from soccer_assets.linking.names.scorer import ARTEFACT, OTHER_SIDE, Input, Scorer, of_other_sides
from soccer_assets.linking.names.trees import Tree
from soccer_assets.linking.names.word_similarity import Floats, Ints

FOR_TRAINING = ("club_a", "club_b", *NEEDED)
FOLDS = 10
SEED = 20240701
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
    training = {
        "recipe": "bench.name_scorer",
        "seed": SEED,
        "rounds": ROUNDS,
        "parameters": dict(PARAMS),
        "pairs": len(pairs),
        "clubs": len(fold),
        "on clubs never seen": figures(pairs, scores, THRESHOLD),
    }
    inputs = tuple(Input(f.name, f.description, round(float(g), 4)) for f, g in zip(FEATURES, gain, strict=True))
    return Scorer(training, THRESHOLD, inputs, lexicon_of(clubs, lost=odds.log_odds()), trees)


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
        barred = {club for club, folds in fold.items() if folds in (one, two)}
        lexicon = lexicon_of(clubs, barred, odds.log_odds(barred))
        unseen = pairs.filter(inside)
        side, i, j = sides_of(unseen, lexicon)
        x[inside] = features(side, side, i, j, lexicon, unseen["country"].to_list())
    return x


def _without_country(pairs: pl.DataFrame, x: Floats) -> Floats:
    """The features as they are where the country is not known."""
    side, i, j = sides_of(pairs, Lexicon(0, LEAST_CLUBS, {}, {}))
    without = x.copy()
    without[:, [feature.name for feature in FEATURES].index("local")] = UNKNOWN
    without[:, PLACES] = places(side, side, i, j)
    return without


def _unseen_scores(pairs: pl.DataFrame, x: Floats, without: Floats, y: Ints, left: Ints, right: Ints) -> Floats:
    """The score of each pair by a model that has learned from no pair with either of its clubs' folds."""
    scores = np.empty(len(x))
    for one, two, inside in _blocks(left, right):
        touched = np.isin(left, (one, two)) | np.isin(right, (one, two))
        trees, _ = _grow(x[~touched], without[~touched], y[~touched])
        scores[inside] = Scorer({}, THRESHOLD, (), Lexicon(0, LEAST_CLUBS, {}, {}), trees).probability(x[inside])
    side, i, j = sides_of(pairs, Lexicon(0, LEAST_CLUBS, {}, {}))
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
    return tuple(_tree(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]), gain / gain.sum()


def _tree(root: Mapping[str, Any]) -> Tree:
    feature: list[int] = []
    bound: list[float] = []
    targets: list[list[int]] = []
    leaf: list[float] = []

    def add(node: Mapping[str, Any]) -> int:
        if "leaf_value" in node:
            leaf.append(round(node["leaf_value"], 5))
            return -len(leaf)
        node_number = len(bound)
        feature.append(node["split_feature"])
        bound.append(float(f"{node['threshold']:.6g}"))
        targets.append([])
        targets[node_number] = [add(node["left_child"]), add(node["right_child"])]
        return node_number

    add(root)
    below, above = zip(*targets, strict=True)
    return Tree(tuple(feature), tuple(bound), below, above, tuple(leaf))


def train_names(pairs: Path, registry: Path, reep: Path) -> dict[str, Any]:
    """Train the shipped scorer again; its figures on clubs never seen."""
    scorer = train(read_pairs(pairs, FOR_TRAINING), pl.read_csv(registry), pl.read_parquet(reep))
    ARTEFACT.write_bytes(readable(scorer))
    scores: dict[str, Any] = scorer.training["on clubs never seen"]
    return scores


def readable(scorer: Scorer) -> bytes:
    """JSON with a line per tree, country and input."""
    parts = msgspec.to_builtins(scorer)
    lexicon = parts["lexicon"]
    countries = _lines({country: words for country, words in lexicon.pop("countries").items()})
    texts = {
        "training": json.dumps(parts["training"], ensure_ascii=False, indent=1),
        "threshold": json.dumps(parts["threshold"]),
        "inputs": _lines(parts["inputs"]),
        "lexicon": json.dumps(lexicon, ensure_ascii=False)[:-1] + f', "countries": {countries}}}',
        "trees": _lines(parts["trees"]),
    }
    return ("{\n" + ",\n".join(f'"{name}": {text}' for name, text in texts.items()) + "\n}\n").encode()


def _lines(parts: Any) -> str:
    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    if isinstance(parts, Mapping):
        return "{\n" + ",\n".join(f"{text(name)}:{text(value)}" for name, value in parts.items()) + "\n}"
    return "[\n" + ",\n".join(text(value) for value in parts) + "\n]"


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("expected PAIRS.csv REGISTRY.csv REEP.parquet")
    print(json.dumps(train_names(*map(Path, sys.argv[1:]))))
