"""A score matrix judged by the score, market by market.

What a score does to a bet is asked of the settlement, as `markets` does. A market of two outcomes has the probability
of its first one, a handicap that of the home side given that money changes hands, weighed by the share of the stake
that does; correct score and goal difference have that of the likeliest outcome, on which calibration is measured. Two
legs are compared with the product of their probabilities, which takes them for independent.
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl

from soccer_assets.monitoring.schema import MATRIX_MARKETS
from soccer_assets.odds.schema import MOST_HANDICAP
from soccer_assets.predictions.schema import SELECTIONS
from soccer_assets.predictions.settlement import settled
from soccer_assets.score_matrices import GOALS
from soccer_assets.scoring import SMALLEST, Floats, Ints

#: Bets of two outcomes: market, goals and selection of the first one.
BETS: Final[dict[str, tuple[str, float | None, str]]] = {
    **{f"over_under_{line}": ("over_under", line, "over") for line in (1.5, 2.5, 3.5, 4.5)},
    "both_teams_to_score": ("both_teams_to_score", None, "yes"),
}
#: Two of them at once; of a handicap, the half goal at or above the closing one, which is won or lost whole.
PAIRS: Final = {
    "home_and_over": ("home", "over_under_2.5"),
    "over_and_both": ("over_under_2.5", "both_teams_to_score"),
    "handicap_and_over": ("handicap", "over_under_2.5"),
}
#: Home goals less away goals.
DIFFERENCES: Final = 2 * GOALS - 1
#: What a settled stake is worth: won, and staked at all.
_WON: Final = {"won": 1.0, "half_won": 0.5}
_STAKED: Final = _WON | {"lost": 1.0, "half_lost": 0.5}
_HOME, _AWAY = (side.ravel() for side in np.indices((GOALS, GOALS)))
_CELL_DIFFERENCE: Final = _HOME - _AWAY + GOALS - 1


def scored(matrices: Floats, scores: Ints, handicaps: Floats) -> dict[str, pl.DataFrame]:
    """Return of each of `MATRIX_MARKETS` a frame with a row per match and the columns of `settled_markets`.

    Args:
        matrices: probabilities of scores, shape (n, 16, 16).
        scores: place of the score in the flat matrix, home goals * 16 + away goals, shape (n,).
        handicaps: of the home side at the close, in goals, shape (n,); NaN where there is none.
    """
    flat = matrices.reshape(-1, GOALS**2)
    bets, cells = _bets()
    p, y = _sums(flat, cells), cells[:, scores].T
    by_bet = {name: (p[:, column], y[:, column]) for column, name in enumerate(bets)}
    half = np.floor(handicaps) + 0.5
    differences, with_over = (_sums(flat, groups) for groups in _differences())
    covers = np.where(np.isnan(half)[:, None], np.nan, np.arange(DIFFERENCES) - (GOALS - 1) + half[:, None] > 0)
    covered = covers[np.arange(len(scores)), _CELL_DIFFERENCE[scores]]
    by_bet["handicap"] = (differences * covers).sum(axis=1), covered
    joint = {pair: p[:, bets.index(pair)] for pair in PAIRS if pair in bets}
    joint["handicap_and_over"] = (with_over * covers).sum(axis=1)
    frames = {name: binary(*by_bet[name]) for name in BETS}
    for pair, legs in PAIRS.items():
        (p_one, y_one), (p_other, y_other) = (by_bet[leg] for leg in legs)
        product = binary(p_one * p_other, y_one * y_other)["log_loss"]
        frames[pair] = binary(joint[pair], y_one * y_other).with_columns(product_log_loss=product)
    frames["asian_handicap"] = _handicap(differences, _CELL_DIFFERENCE[scores], handicaps)
    frames["correct_score"] = _among(_sums(flat, _named_scores()), _named_scores()[:, scores].argmax(axis=0), False)
    frames["goal_difference"] = _among(differences, _CELL_DIFFERENCE[scores], True)
    return {market: frames[market] for market in MATRIX_MARKETS}


def binary(p: Floats, y: Floats, weight: Floats | None = None) -> pl.DataFrame:
    """Return the scores of the probability of an event, rows of weight 0 with nulls.

    Args:
        p: probability, shape (n,).
        y: 1 where it happened, else 0, shape (n,).
        weight: share of a stake that is decided, shape (n,); default 1.
    """
    weight = np.ones(len(p)) if weight is None else weight
    happened = np.where(y > 0.5, p, 1 - p)
    columns = {
        "probability": p,
        "happened": y,
        "weight": weight,
        "log_loss": -np.log(np.clip(happened, SMALLEST, 1.0)),
        "rps": np.square(p - y),
        "brier": 2 * np.square(p - y),
        "hit": (happened > 0.5).astype(float),
    }
    unknown = np.isnan(p + y) | (weight == 0)
    return pl.DataFrame({name: np.where(unknown, np.nan, values) for name, values in columns.items()}).fill_nan(None)


def handicap_outcome(scores: Ints, handicaps: Floats) -> tuple[Floats, Floats]:
    """Return whether the home side covered and the share of the stake that is decided, shape (n,) each.

    The arguments are those of `scored`.
    """
    won, staked = (table[_quarters(handicaps), _CELL_DIFFERENCE[scores]] for table in _handicap_results())
    has_line = ~np.isnan(handicaps)
    return np.where(has_line, (won > 0).astype(float), np.nan), np.where(has_line, staked, 0.0)


def _handicap(differences: Floats, difference: Ints, handicaps: Floats) -> pl.DataFrame:
    won, staked = (table[_quarters(handicaps)] for table in _handicap_results())
    p = (differences * won).sum(axis=1) / (differences * staked).sum(axis=1)
    rows = np.arange(len(difference))
    weight = np.where(np.isnan(handicaps), 0.0, staked[rows, difference])
    return binary(p, (won[rows, difference] > 0).astype(float), weight)


def _among(p: Floats, outcome: Ints, ordered: bool) -> pl.DataFrame:
    """Scores of probabilities (n, k) of outcomes of which one happened."""
    rows = np.arange(len(p))
    of_outcome, likeliest = p[rows, outcome], p.argmax(axis=1)
    gaps = np.square(np.cumsum(p, axis=1) - (np.arange(p.shape[1]) >= outcome[:, None]))[:, :-1]
    hit = (likeliest == outcome).astype(float)
    return pl.DataFrame(
        {
            "probability": p[rows, likeliest],
            "happened": hit,
            "weight": np.ones(len(p)),
            "log_loss": -np.log(np.clip(of_outcome, SMALLEST, 1.0)),
            "rps": gaps.mean(axis=1) if ordered else np.full(len(p), np.nan),
            "brier": np.square(p).sum(axis=1) - 2 * of_outcome + 1,
            "hit": hit,
        }
    ).fill_nan(None)


def _sums(flat: Floats, groups: Floats) -> Floats:
    """Sums of probabilities (n, 256) over groups of scores (k, 256), shape (n, k)."""
    from scipy.sparse import csr_array

    # a sparse product adds score by score: the same bits in any batch, which a dense one does not promise
    return np.asarray((csr_array(groups) @ np.ascontiguousarray(flat.T)).T)


def _settled(bets: pl.DataFrame, worth: dict[str, float]) -> Floats:
    """What a stake on each bet (market, line, selection) is worth at each score, shape (bets, 256)."""
    cells = pl.DataFrame({"home_goals": _HOME, "away_goals": _AWAY})
    rows = bets.join(cells, how="cross", maintain_order="left_right")
    results = settled(rows.with_columns(price=1.0, status=pl.lit("finished")))["result"]
    shares = results.replace_strict(worth, default=0.0, return_dtype=pl.Float64)
    return shares.to_numpy().reshape(len(bets), GOALS**2)


@lru_cache(maxsize=1)
def _bets() -> tuple[list[str], Floats]:
    """Names of the bets and of those pairs that are the same for every match, and 1 where a score wins them."""
    bets = BETS | {"home": ("1x2", None, "home")}
    types = {"market": pl.String, "line": pl.Float64, "selection": pl.String}
    cells = dict(zip(bets, _settled(pl.DataFrame(list(bets.values()), schema=types, orient="row"), _WON), strict=True))
    cells |= {pair: cells[one] * cells[other] for pair, (one, other) in PAIRS.items() if one in cells}
    return list(cells), np.stack(list(cells.values()))


@lru_cache(maxsize=1)
def _differences() -> tuple[Floats, Floats]:
    """1 where a score has a goal difference, and where it has that and more than 2.5 goals, shape (31, 256)."""
    groups = (np.arange(DIFFERENCES)[:, None] == _CELL_DIFFERENCE).astype(float)
    return groups, groups * (_HOME + _AWAY > 2.5)


@lru_cache(maxsize=1)
def _named_scores() -> Floats:
    """1 where a score is a selection of the correct score, shape (37, 256)."""
    names = SELECTIONS["correct_score"]
    bets = pl.DataFrame({"market": "correct_score", "line": pl.Series([None] * len(names), dtype=pl.Float64),
                         "selection": names})  # fmt: skip
    return _settled(bets, _WON)


@lru_cache(maxsize=1)
def _handicap_results() -> tuple[Floats, Floats]:
    """Share of a stake on the home side that is won, and that is decided, by quarters and difference."""
    lines = np.arange(-4 * MOST_HANDICAP, 4 * MOST_HANDICAP + 1) / 4
    bets = pl.DataFrame({"market": "asian_handicap", "line": lines, "selection": "home"})
    one_each = np.array([np.flatnonzero(mask)[0] for mask in _differences()[0]])
    won, staked = (_settled(bets, worth)[:, one_each] for worth in (_WON, _STAKED))
    return won, staked


def _quarters(handicaps: Floats) -> Any:
    return ((np.nan_to_num(handicaps) + MOST_HANDICAP) * 4).round().astype(np.int64)
