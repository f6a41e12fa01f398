"""The recipe of the fitted constants of `features/ratings/market.py` and `statistics_strength.py`.

`python -m bench.rating_constants TABLE.parquet [EVALUATIONS]` prints each constant beside the shipped one. The table
has the columns of football-data.co.uk (date, div, season, home, away, FTHG, HS, HST, HC, HR, AvgCH, Avg>2.5, ...).
Matches of 2009/10 to 2021/22 are fitted on, so a backtest of these years knows its own future by these constants.
"""

import datetime as dt
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import minimize

from soccer_assets.features.ratings.implied_goals import goal_level
from soccer_assets.features.ratings.kalman import WalkParameters, follow
from soccer_assets.features.ratings.market import (
    MarketParameters,
    log_ratio,
    result_beyond_price,
    total_beyond_price,
)
from soccer_assets.features.ratings.match_arrays import MatchArrays, match_arrays
from soccer_assets.features.ratings.statistics_strength import PerformanceParameters, performance_ratings
from soccer_assets.odds.devig import power
from soccer_assets.scoring import Floats

FIRST, LAST = dt.date(2009, 7, 1), dt.date(2022, 6, 30)
FIGURES = {"goals": "FT{}G", "shots": "{}S", "shots_on_target": "{}ST", "corners": "{}C", "red_cards": "{}R"}


def games_of(table: Path) -> MatchArrays:
    """Return the matches up to `LAST` with the prices of the average, the margin removed by the power method."""
    rows = pl.read_parquet(table).filter(pl.col("date") <= LAST).sort("date", "div", "home")
    rows = rows.with_row_index("number")

    def mean(*suffixes: str) -> list[pl.Expr]:
        names = [[name for prefix in ("AvgC", "Avg", "BbAv") if (name := f"{prefix}{way}") in rows] for way in suffixes]
        return [pl.coalesce(of_way) for of_way in names]

    matches = rows.select(
        match_id=pl.format("{}", pl.col("number").cast(pl.String).str.zfill(7)),
        match_date="date", league="div", season="season", status=pl.lit("finished"), home_id="home", away_id="away",
        **{f"{side}_{name}": pl.when(pl.col(column.format(letter)).is_between(0, 99)).then(column.format(letter))
           for name, column in FIGURES.items() for side, letter in (("home", "H"), ("away", "A"))},
    )  # fmt: skip
    prices = matches.select("match_date", "match_id")
    for names, suffixes in ((("p_home", "p_draw", "p_away"), "HDA"), (("p_over", "p_under"), (">2.5", "<2.5"))):
        odds = rows.select(mean(*suffixes)).to_numpy().astype(float)
        sound = np.isfinite(odds).all(axis=1) & (odds > 1).all(axis=1)
        p = np.full(odds.shape, np.nan)
        p[sound] = power(odds[sound])
        prices = prices.with_columns(
            pl.Series(name, p[:, position]).fill_nan(None) for position, name in enumerate(names)
        )
    scored = pl.col("home_goals").is_not_null() & pl.col("away_goals").is_not_null()
    return match_arrays(matches.filter(scored), prices)


def least_squares(inputs: list[Floats], target: Floats, inside: np.ndarray) -> Floats:
    """Return the coefficients of the inputs `(n,)` on the matches where all is known."""
    design = np.column_stack(inputs)
    complete = inside & np.isfinite(design).all(axis=1) & np.isfinite(target)
    return np.asarray(np.linalg.lstsq(design[complete], target[complete], rcond=None)[0])


def expectations(games: MatchArrays, inside: np.ndarray) -> None:
    """Print what a price lets expect of each figure: `result_beyond_price` and `total_beyond_price`."""
    odds = np.log(games.prices[:, 0] / games.prices[:, 2])
    over, one = np.log(games.prices[:, 3] / (1.0 - games.prices[:, 3])), np.ones(len(odds))
    by_odds = {
        "goals": (games.balance("goals"), (0.7217, 0.0034, -0.0137)),
        "on target": (log_ratio(games, "shots_on_target", 1.0), (0.3498, -0.0030, 0.0223)),
        "shots": (log_ratio(games, "shots", 2.0), (0.2921, -0.0024, 0.0472)),
        "corners": (games.balance("corners"), (1.6463, -0.0184, 0.2901)),
    }
    for name, (target, shipped) in by_odds.items():
        show(f"{name} by odds, odds^3, 1", least_squares([odds, odds**3, one], target, inside), shipped)
    total = {name: games.figures[name].sum(axis=1) for name in ("goals", "shots", "shots_on_target")}
    by_over = {
        "total goals": (total["goals"], (0.9629, 0.0233, 2.6614)),
        "log total shots": (np.log1p(total["shots"]), (0.1551, 0.0018, 3.1537)),
        "log total on target": (np.log1p(total["shots_on_target"]), (0.2661, -0.0146, 2.2531)),
    }
    for name, (target, shipped) in by_over.items():
        show(f"{name} by over, |odds|, 1", least_squares([over, np.abs(odds), one], target, inside), shipped)


def market(games: MatchArrays, inside: np.ndarray, evaluations: int) -> None:
    """Print the walks whose next price has the least squared error, and the noise and gain of each."""
    odds = np.log(games.prices[:, 0] / games.prices[:, 2])
    over = np.log(games.prices[:, 3] / (1.0 - games.prices[:, 3]))
    shipped, beyond = MarketParameters(), result_beyond_price(games, odds)
    goals = total_beyond_price(games, odds, over)
    level = goal_level(odds, games.prices[:, 3])
    for name, observed, pushed, away, walk, noise, gain in (
        ("supremacy", odds, beyond, -1.0, shipped.supremacy, shipped.supremacy_noise, shipped.supremacy_gain),
        ("totals", over, goals, 1.0, shipped.totals, shipped.totals_noise, shipped.totals_gain),
        ("openness", level, goals, 1.0, shipped.openness, shipped.openness_noise, shipped.openness_gain),
    ):
        names = [each for each, value in asdict(walk).items() if value]

        def error(values: Floats, names=names, observed=observed, pushed=pushed, away=away, walk=walk) -> float:  # type: ignore[no-untyped-def]
            moved = replace(walk, **dict(zip(names, np.exp(values[2:]).tolist(), strict=True)))
            noises = np.full(len(observed), np.exp(values[0]))
            states = follow(games.schedule, games.clubs, observed, noises, np.exp(values[1]) * pushed, away, moved)
            return float(np.nanmean(np.square(states[inside, 0, 3])))

        start = np.array([noise, gain, *(getattr(walk, each) for each in names)])
        searched(f"{name}: noise, gain, {', '.join(names)}", error, start, evaluations)


def statistics(games: MatchArrays, inside: np.ndarray, evaluations: int) -> None:
    """Print the weights and the walk whose ratings before a match give its outcome the least log loss."""
    shipped = PerformanceParameters()
    weights = [name for name in asdict(shipped) if name != "walk"]
    walks = [name for name, value in asdict(shipped.walk).items() if value]
    outcome = np.sign(games.balance("goals")) / 2 + 0.5

    def error(values: Floats) -> float:
        numbers = np.exp(values).tolist()
        walk = WalkParameters(**asdict(shipped.walk) | dict(zip(walks, numbers[len(weights) :], strict=True)))
        p = PerformanceParameters(**dict(zip(weights, numbers[: len(weights)], strict=True)), walk=walk)
        after = performance_ratings(games, p)
        odds = before(games, after["performance_strength"], after["performance_home_advantage"])
        priced = inside & np.isfinite(odds)
        # a draw is half a win: the log loss of the sign alone
        return float(np.mean(np.logaddexp(0, odds[priced]) - outcome[priced] * odds[priced]))

    start = np.array([*(getattr(shipped, name) for name in weights), *(getattr(shipped.walk, name) for name in walks)])
    searched(", ".join([*weights, *walks]), error, start, evaluations)


def before(games: MatchArrays, strength: Floats, advantage: Floats) -> Floats:
    """Return the log-odds before each match from the states after the clubs' earlier ones, NaN without one."""
    newest, home = np.full(games.clubs, np.nan), np.full(games.clubs, np.nan)
    odds = np.empty(len(strength))
    for match, (i, j) in enumerate(zip(games.schedule.home.tolist(), games.schedule.away.tolist(), strict=True)):
        odds[match] = home[i] + newest[i] - newest[j]
        newest[i], newest[j], home[i] = strength[match, 0], strength[match, 1], advantage[match, 0]
    return odds


def searched(name: str, error, start: Floats, evaluations: int) -> None:  # type: ignore[no-untyped-def]
    """Search from the shipped values by Nelder and Mead's method on their logarithms; print both."""
    fitted = minimize(error, np.log(start), method="Nelder-Mead", options={"maxfev": evaluations, "xatol": 1e-3})
    show(name, np.exp(fitted.x), start)
    print(f"  error {fitted.fun:.6f}, of the shipped ones {error(np.log(start)):.6f}")


def show(name: str, fitted: Floats, shipped: tuple[float, ...] | Floats) -> None:
    """Print fitted numbers beside the shipped ones."""
    print(f"{name}\n  fitted  {np.round(fitted, 4).tolist()}\n  shipped {np.round(shipped, 5).tolist()}", flush=True)


if __name__ == "__main__":
    arrays = games_of(Path(sys.argv[1]))
    years = (arrays.rows["match_date"] >= FIRST).to_numpy()
    budget = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    expectations(arrays, years)
    market(arrays, years, budget)
    statistics(arrays, years, budget)
