"""What becomes of a bet: won, half won, given back, half lost, lost or void, by the rules most bookmakers share.

- Finished: the score at full time counts, without extra time and penalties.
- A whole or half line is one bet; a quarter line is two bets of half the stake, on the lines a quarter to either side.
- Abandoned: a bet that no further goal could have changed is settled, every other one is void.
- Awarded: void. The league's table takes the score of an award, a bet needs one that was played.
- Postponed: void. The match lives on under its id on another date, where bets are other bets. Void: void.
- Scheduled or in play: open, with neither result nor return.

Lines are counted in quarters and goals are whole, so that nothing is rounded.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.errors import SchemaError
from soccer_assets.matches.schema import STATUSES
from soccer_assets.predictions.schema import MOST_GOALS_NAMED, RESULTS, SELECTIONS
from soccer_assets.storage.tables import MOST_EXAMPLES

Whole = NDArray[np.int64]
Truth = Any  # an array of bool: numpy's types lose it on the way
OPEN = ("scheduled", "in_play")
NO_BET = ("postponed", "awarded", "void")
ON_A_LINE = ("over_under", "asian_handicap")
#: Goals; no score is decided by a longer one.
MOST_LINE = 1e6


def settled(bets: pl.DataFrame) -> pl.DataFrame:
    """Return the bets with `result` (won, half_won, push, half_lost, lost, void) and `returned` per unit staked.

    Args:
        bets: market, line (goals, or the home side's handicap for either side; null where there is none), selection,
            price (decimal odds), status, home_goals and away_goals; further columns stay as they are.

    Raises:
        SchemaError: there is no such market, selection or status, a line is not in quarters of a goal, a price is
            missing or below 1, or a finished match has no score.

    >>> bet = {"market": "asian_handicap", "line": -0.25, "selection": "home", "price": 1.9}
    >>> settled(pl.DataFrame([bet | {"status": "finished", "home_goals": 1, "away_goals": 1}])).row(0)[-2:]
    ('half_lost', 0.5)
    """
    require_bets(bets)
    goals = pl.col("home_goals", "away_goals").cast(pl.Int64)
    scores = bets.select(goals, (pl.col("line") * 4).cast(pl.Int64)).fill_null(0).to_numpy()
    grade, decided = np.zeros(len(bets), dtype=np.int64), np.zeros(len(bets), dtype=np.bool_)
    kinds = bets.select(pl.col("market", "selection").cast(pl.String)).with_row_index("row")
    for (market, selection), rows in kinds.group_by("market", "selection"):
        positions = rows["row"].to_numpy()
        grade[positions] = _grade(str(market), str(selection), *scores[positions].T)
        decided[positions] = _decided(str(market), str(selection), *scores[positions].T)
    status, price, result = pl.col("status"), pl.col("price"), pl.col("result")
    stands = pl.lit(pl.Series(decided)) & pl.col("home_goals").is_not_null() & pl.col("away_goals").is_not_null()
    off = status.is_in(NO_BET) | ((status == "abandoned") & ~stands)
    graded = pl.lit(pl.Series(np.array(RESULTS, dtype=object)[grade + 2], dtype=pl.String))
    graded_bets = bets.with_columns(result=pl.when(off).then(pl.lit("void")).when(~status.is_in(OPEN)).then(graded))
    returns = pl.when(result == "won").then(price).when(result == "half_won").then((price + 1) / 2)
    returns = returns.when(result == "half_lost").then(0.5).when(result == "lost").then(0.0)
    return graded_bets.with_columns(returned=returns.when(result.is_not_null()).then(1.0))


def _grade(market: str, selection: str, home: Whole, away: Whole, quarters: Whole) -> Whole:
    """-2 lost, -1 half lost, 0 given back, 1 half won, 2 won: what becomes of the two halves of the stake."""
    if market in ON_A_LINE or market == "draw_no_bet":
        ahead, aside = _ahead(market, home, away, quarters), quarters % 2
        grade: Whole = np.sign(ahead - aside) + np.sign(ahead + aside)
        return grade if selection in ("home", "over") else -grade
    return np.where(_true(market, selection, home, away), 2, -2)


def _ahead(market: str, home: Whole, away: Whole, quarters: Whole) -> Whole:
    """Quarters of a goal by which the total is over its line, or the home side leads with its handicap."""
    return 4 * (home + away) - quarters if market == "over_under" else 4 * (home - away) + quarters


def _true(market: str, selection: str, home: Whole, away: Whole) -> Truth:
    """What is said of the score, where there is no line."""
    result = {"home": home > away, "draw": home == away, "away": home < away}
    match market, selection:
        case "1x2", _:
            return result[selection]
        case "double_chance", _:
            one, other = selection.split("_")
            return result[one] | result[other]
        case "both_teams_to_score", "yes":
            return (home > 0) & (away > 0)
        case "both_teams_to_score", _:
            return (home == 0) | (away == 0)
        case "win_to_nil", _:
            return result[selection] & ((home == 0) | (away == 0))
        case _, "other":
            return (home > MOST_GOALS_NAMED) | (away > MOST_GOALS_NAMED)
        case _:
            home_goals, away_goals = map(int, selection.split("-"))
            return (home == home_goals) & (away == away_goals)


def _decided(market: str, selection: str, home: Whole, away: Whole, quarters: Whole) -> Truth:
    """No further goal changes the outcome."""
    match market, selection:
        case "over_under", _:
            return _ahead(market, home, away, quarters) > quarters % 2
        case "both_teams_to_score", _:
            return (home > 0) & (away > 0)
        case "win_to_nil", _:
            return (away if selection == "home" else home) > 0
        case "correct_score", "other":
            return _true(market, selection, home, away)
        case "correct_score", _:
            home_goals, away_goals = map(int, selection.split("-"))
            return (home > home_goals) | (away > away_goals)
        case _:
            return np.zeros(len(home), dtype=np.bool_)


def require_bets(bets: pl.DataFrame) -> None:
    """Raise SchemaError for bets that `settled` does not take."""
    offered = [f"{market} {selection}" for market, selections in SELECTIONS.items() for selection in selections]
    kind = pl.concat_str(pl.col("market", "selection").cast(pl.String), separator=" ")
    on_a_line = pl.col("market").cast(pl.String).is_in(ON_A_LINE)
    in_quarters = ((pl.col("line") * 4) % 1 == 0) & (pl.col("line").abs() <= MOST_LINE)
    scored = pl.col("home_goals").is_not_null() & pl.col("away_goals").is_not_null()
    for expected, holds in (
        (f"a selection of one of the markets {', '.join(SELECTIONS)}", kind.is_in(offered)),
        (f"a status out of {', '.join(STATUSES)}", pl.col("status").is_in(STATUSES)),
        ("a line in quarters of a goal", ~on_a_line | in_quarters),
        ("a price of at least 1", pl.col("price").is_finite() & (pl.col("price") >= 1)),
        ("the score of a finished match", (pl.col("status") != "finished") | scored),
    ):
        flawed = bets.filter(~holds.fill_null(False))
        if len(flawed):
            named = flawed.head(MOST_EXAMPLES).select(
                "market", "line", "selection", "price", "status", "home_goals", "away_goals"
            )
            raise SchemaError(f"bets: expected {expected}, found {len(flawed)} rows without, such as {named.rows()}")
