"""Legs of one match together: what every score does to each of them, and the chance that they are all won.

A score settles all legs of its match at once, so what joins them is in the matrix: home win and over 2.5 goals are
likelier together than the product of the two. What a score does to a leg is asked of the settlement itself.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl

from soccer_assets.errors import CouponError
from soccer_assets.predictions.schema import RESULTS, SELECTIONS
from soccer_assets.predictions.settlement import ON_A_LINE, settled
from soccer_assets.score_matrices import GOALS
from soccer_assets.scoring import Bools, Floats, Ints

#: Marks of a score that loses, gives back and wins a leg; half of the stake is halfway.
LOST, WON = -2, 2


class Selection(NamedTuple):
    """What is bet on: a market of `predictions.schema.SELECTIONS`, one of its selections, and its line in goals."""

    market: str
    selection: str
    goals_line: float | None = None

    def __str__(self) -> str:
        return " ".join(str(part) for part in self if part is not None)


def score_grades(selections: Sequence[Selection]) -> Ints:
    """Return what each score does to each selection, shape (k, 16, 16): from -2 lost over 0 given back to 2 won.

    Raises:
        CouponError: there is no such market or selection, or its line is missing, needless or not in quarters.
    """
    for selection in selections:
        require_selection(selection)
    return np.array([_score_grades(selection) for selection in selections], dtype=np.int64).reshape(-1, GOALS, GOALS)


def winning_scores(selections: Sequence[Selection]) -> Bools:
    """Return the scores that win each selection, a mask each, shape (k, 16, 16).

    Raises:
        CouponError: as `score_grades`.
    """
    return np.asarray(score_grades(selections) == WON)


def joint_probability(matrices: Floats, selections: Sequence[Selection]) -> Floats:
    """Return the chance `(n,)` that all selections are won together, of score matrices (n, 16, 16).

    Raises:
        CouponError: as `score_grades`.
    """
    return np.asarray(matrices[:, winning_scores(selections).all(axis=0)].sum(axis=1))


def combination_results(matrix: Floats, selections: Sequence[Selection]) -> Floats:
    """Return the probability of each of `RESULTS` of a stake on all selections of one match, shape (5,).

    A combination of several is won when all are, lost when one is, and otherwise given back.

    Raises:
        CouponError: as `score_grades`; or one of several is on a quarter line, which bookmakers do not combine.
    """
    grades = score_grades(selections)
    if len(selections) > 1:
        halves = [str(each) for each, grade in zip(selections, grades, strict=True) if (grade % 2).any()]
        if halves:
            raise CouponError(
                "quarter-line",
                f"expected whole and half lines in a combination of one match, found {halves[0]}: a stake on a quarter "
                "line is two bets",
            )
    together = np.where(grades.min(axis=0) == LOST, LOST, np.where(grades.min(axis=0) == WON, WON, 0))
    joint = together if len(selections) > 1 else grades[0]
    return np.array([matrix[joint == grade].sum() for grade in range(LOST, WON + 1)])


def require_selection(selection: Selection) -> None:
    """Refuse what is no selection of a market.

    Raises:
        CouponError: there is no such market or selection, or its line is missing, needless or not in quarters.
    """
    market, name, goals_line = selection
    if name not in SELECTIONS.get(market, ()):
        options = sorted(SELECTIONS) if market not in SELECTIONS else list(SELECTIONS[market])
        what = "a market" if market not in SELECTIONS else f"a selection of {market}"
        unknown = market if market not in SELECTIONS else name
        raise CouponError(
            "unknown-selection", f"expected {what} out of {', '.join(options)}; found {unknown!r}", options
        )
    if (goals_line is not None) != (market in ON_A_LINE):
        wanted = "a goals_line" if market in ON_A_LINE else "no goals_line"
        raise CouponError("unknown-selection", f"expected {wanted} of {market}, found {goals_line}")
    if goals_line is not None and goals_line * 4 % 1 != 0:
        raise CouponError("unknown-selection", f"expected a goals_line in quarters of a goal, found {goals_line}")


@lru_cache(maxsize=1024)
def _score_grades(selection: Selection) -> Ints:
    home, away = (side.ravel() for side in np.indices((GOALS, GOALS)))
    legs = pl.DataFrame({"home_goals": home, "away_goals": away}).with_columns(
        market=pl.lit(selection.market),
        selection=pl.lit(selection.selection),
        line=pl.lit(selection.goals_line, dtype=pl.Float64),
        price=1.0,
        status=pl.lit("finished"),
    )
    order = {name: grade for grade, name in enumerate(RESULTS, LOST)}
    grades: Ints = settled(legs)["result"].replace_strict(order, return_dtype=pl.Int64).to_numpy()
    return grades
