"""Who gets which match: what is listed twice made one, competing pairs assigned, each held against its best rival."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from soccer_assets.linking.candidates import SIDES

OUTCOMES: Final = ("linked", "review", "none")
LINK_SCORE: Final = 1.5
LINK_MARGIN: Final = 3.0
REVIEW_SCORE: Final = -2.0
#: A link whose weaker side comes to less is for a person, however sure its other side is.
LEAST_OF_SIDE: Final = 0.0
#: A club plays once a day: matches of it, whose names are this likely one club's, are one match that is listed twice.
ONE_CLUB: Final = 0.5
#: Events of it are one where the names differ by a letter or two; more may be a bet on something else than the match.
ONE_SPELLING: Final = 85
#: Two matches of the same clubs on one day kick off at least this far apart.
DOUBLE_HEADER: Final = dt.timedelta(hours=2)
ONES: Final = ["one_fixture", "one_match"]

Numbers = NDArray[np.int64]


class Scorer(Protocol):
    """Says how likely two names are one club's."""

    def pairs(self, left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
        """P(same club) of each `left[k]`, `right[k]`."""
        ...


def log_odds(scorer: Scorer, left: pl.Series, right: pl.Series) -> pl.Series:
    """Log-odds that each `left[k]`, `right[k]` are one club's names, none surer than one in a million."""
    chance = np.clip(scorer.pairs(left.to_list(), right.to_list()), 1e-6, 1 - 1e-6)
    return pl.Series(np.log(chance / (1 - chance)), dtype=pl.Float64)


def judged(pairs: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """The pair of each fixture that has any, with `runner_up`, `margin` and `outcome`.

    Args:
        pairs: fixture and match with their columns, `score`, `side_home` and `side_away`.
        scorer: says whether the names of two rivals are one club's.
    """
    pairs = _with_one_fixture(_with_one_match(pairs, scorer))
    weaker = pl.min_horizontal("side_home", "side_away").max()
    best = pairs.group_by(ONES).agg(score=pl.col("score").max(), weaker=weaker).sort(ONES)
    best = best.with_columns(
        assigned=_assigned(best), runner_up=pl.max_horizontal(_best_other(one) for one in ONES)
    ).with_columns(margin=pl.col("score") - pl.col("runner_up"))
    far = pl.col("margin").fill_null(LINK_MARGIN) >= LINK_MARGIN
    sure = pl.col("assigned") & (pl.col("score") >= LINK_SCORE) & far
    best = best.with_columns(linked=sure & (pl.col("weaker") >= LEAST_OF_SIDE))
    # what a link has beaten is no match, unless it was as sure itself
    beaten = pl.col("linked").any().over("one_match") & (pl.col("score") < LINK_SCORE)
    plausible = (pl.col("score") >= REVIEW_SCORE) & ~beaten
    outcome = pl.when("linked").then(pl.lit("linked")).when(plausible).then(pl.lit("review")).otherwise(pl.lit("none"))
    best = best.with_columns(outcome=outcome).drop("score", "weaker", "linked")
    order = {"fixture": False, "assigned": True, "score": True, "match": False}
    chosen = pairs.join(best, on=ONES).sort(list(order), descending=list(order.values()))
    return chosen.unique("fixture", keep="first", maintain_order=True)


def _with_one_match(pairs: pl.DataFrame, scorer: Scorer) -> pl.DataFrame:
    """Add `one_match`: one number for a match that two tables put together list twice, under ids of its own or not."""
    what = ["match_date", "match_kick_off_at", *(f"match_{side}" for side in SIDES), *(f"{side}_id" for side in SIDES)]
    two = _rivals(pairs, "match", "fixture", what)
    alike = []
    for side in SIDES:
        chance = scorer.pairs(two[f"match_{side}"].to_list(), two[f"match_{side}_2"].to_list())
        same_id = two[f"{side}_id"] == two[f"{side}_id_2"]
        alike.append(same_id | pl.Series(chance >= ONE_CLUB, dtype=pl.Boolean))
    days = (pl.col("match_date") - pl.col("match_date_2")).abs()
    other_time = (pl.col("match_kick_off_at") - pl.col("match_kick_off_at_2")).abs() > DOUBLE_HEADER
    ids_differ = pl.all_horizontal(pl.col(f"{side}_id") != pl.col(f"{side}_id_2") for side in SIDES)
    # on one date one club that is the same will do: both are like the event, and a club plays once a day;
    # a match of the late evening has the next date in another table, but in one table that is another match
    one = (days == pl.duration(days=0)) & (alike[0] | alike[1])
    one_at_night = (days == pl.duration(days=1)) & ids_differ & alike[0] & alike[1]
    return _with_one(pairs, "match", two.filter((one | one_at_night) & ~other_time.fill_null(False)))


def _with_one_fixture(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `one_fixture`: one number for a fixture that a competition lists twice on its date, under two spellings."""
    pairs = pairs.with_columns(_competition=pl.coalesce("league", "competition"))
    two = _rivals(pairs, "fixture", "match", ["date", "kick_off_at", "_competition", *SIDES]).filter(
        pl.col("date") == pl.col("date_2"),
        pl.col("kick_off_at").eq_missing(pl.col("kick_off_at_2")),
        pl.col("_competition").eq_missing(pl.col("_competition_2")),
    )
    for side in SIDES:
        alike = process.cpdist(two[side].to_list(), two[f"{side}_2"].to_list(), scorer=fuzz.ratio)
        two = two.filter(pl.Series(alike >= ONE_SPELLING, dtype=pl.Boolean))
    return _with_one(pairs.drop("_competition"), "fixture", two)


def _rivals(pairs: pl.DataFrame, what: str, other: str, columns: list[str]) -> pl.DataFrame:
    plausible = pairs.filter(pl.col("score") >= LINK_SCORE).select(what, other, *columns)
    two = plausible.join(plausible, on=other, suffix="_2").filter(pl.col(what) < pl.col(f"{what}_2"))
    return two.unique([what, f"{what}_2"]).sort(what, f"{what}_2")


def _with_one(pairs: pl.DataFrame, what: str, two: pl.DataFrame) -> pl.DataFrame:
    every = pairs[what].to_numpy()
    parts = _parts(two[what].to_numpy(), two[f"{what}_2"].to_numpy(), 1 + int(every.max(initial=0)))
    return pairs.with_columns(pl.Series(f"one_{what}", parts[every]))


def _parts(left: Numbers, right: Numbers, size: int) -> Numbers:
    """The connected part each of `size` things belongs to, given the pairs that are connected."""
    ends = (left.astype(np.int64), right.astype(np.int64))
    graph = coo_array((np.ones(len(left), dtype=np.int8), ends), shape=(size, size))
    parts: Numbers = connected_components(graph, directed=False)[1].astype(np.int64)
    return parts


def _best_other(one: str) -> pl.Expr:
    """The best score that the same fixture, or the same match, has with another."""
    score = pl.col("score")
    top = score.top_k(2)
    others = pl.when(score.rank("ordinal", descending=True).over(one) == 1).then(top.min().over(one))
    return pl.when(pl.len().over(one) > 1).then(others.otherwise(score.max().over(one)))


def _assigned(pairs: pl.DataFrame) -> pl.Series:
    """Which pairs are in the assignment with the highest sum of scores, each worth a review at least."""
    worth = (pairs["score"] - REVIEW_SCORE).to_numpy()
    taken = np.zeros(len(pairs), dtype=bool)
    fixture, match = (pairs[one].to_numpy() for one in ONES)
    edges = np.flatnonzero(worth > 0)
    first = int(fixture.max(initial=-1)) + 1
    parts = _parts(fixture[edges], match[edges] + first, first + int(match.max(initial=-1)) + 1)
    block = parts[fixture[edges]]
    alone = np.bincount(block)[block] == 1
    taken[edges[alone]] = True
    edges, block = edges[~alone], block[~alone]
    order = np.argsort(block, kind="stable")
    for edge in np.split(edges[order], np.flatnonzero(np.diff(block[order])) + 1):
        _, row = np.unique(fixture[edge], return_inverse=True)
        _, column = np.unique(match[edge], return_inverse=True)
        table = np.zeros((row.max(initial=-1) + 1, column.max(initial=-1) + 1))
        table[row, column] = worth[edge]
        pick = np.zeros_like(table, dtype=bool)
        pick[linear_sum_assignment(table, maximize=True)] = True
        taken[edge] = pick[row, column]
    return pl.Series(taken, dtype=pl.Boolean)
