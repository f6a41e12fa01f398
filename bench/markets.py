"""Benchmark of the markets: 1,000 matches from goal rates to every market, and margins taken off as many books.

Side by side with penaltyblog, which takes a match or a book at a time. Its grid answers for the same markets from the
goal rates alone, without the 1X2; it gives 1-0 and 0-1 each other's low-score correction, so numbers are compared
without one.
"""

import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import polars as pl

MATCHES = 1000
METHODS = ("power", "shin")
OURS, THEIRS = 5, 1
#: Its markets of a match take tens of milliseconds.
OF_PENALTYBLOG = 100


def all_of_it() -> dict[str, Any]:
    """Seconds of ours and theirs, and the largest difference between the two."""
    from soccer_assets.odds import devig
    from soccer_assets.predictions.markets import markets, results
    from soccer_assets.score_matrices import coherent, dixon_coles

    rng = np.random.default_rng(0)
    rates, rho = rng.uniform(0.4, 3.0, (MATCHES, 2)), rng.uniform(-0.15, 0.05, MATCHES)
    p_1x2, p_over = rng.dirichlet([4.5, 2.7, 3.0], MATCHES), rng.uniform(0.3, 0.7, MATCHES)
    predictions = _table(rates, rho, p_1x2, p_over)
    grids, theirs = timed(lambda: [_of_penaltyblog(*rate) for rate in rates[:OF_PENALTYBLOG]], THEIRS)
    theirs *= MATCHES / OF_PENALTYBLOG
    _, ours = timed(lambda: results(coherent(rates, rho, p_1x2, p_over)), OURS)
    plain = results(dixon_coles(rates[:OF_PENALTYBLOG], np.zeros(OF_PENALTYBLOG)))
    measured: dict[str, Any] = {
        "matches": MATCHES,
        "selections of a match": plain.shape[1],
        "seconds": ours,
        "seconds to a valid table": timed(lambda: markets(predictions), OURS)[1],
        "target seconds": 1,
        f"penaltyblog, seconds (of {OF_PENALTYBLOG})": theirs,
        "times faster": theirs / ours,
        "largest difference": _difference(plain, grids),
    }
    odds = 1 / (p_1x2 * rng.uniform(1.03, 1.1, (MATCHES, 1)))
    for name in METHODS:
        removed, ours = timed(partial(devig.METHODS[name], odds), OURS)
        books, theirs = timed(partial(_implied_all, name, odds), THEIRS)
        measured |= {
            f"{name}, seconds": ours,
            f"{name}, penaltyblog": theirs,
            f"{name}, times faster": theirs / ours,
            f"{name}, largest difference": float(np.abs(removed - books).max()),
        }
    return measured


def timed(work: Callable[[], Any], tries: int) -> tuple[Any, float]:
    """What the work gives, and the seconds of the best try."""
    seconds = []
    for _ in range(tries):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return result, min(seconds)


def _table(rates: Any, rho: Any, p_1x2: Any, p_over: Any) -> pl.DataFrame:
    match = {"match_date": [dt.date(2024, 3, 9)] * MATCHES, "match_id": [f"m{n:04}" for n in range(MATCHES)]}
    shares = dict(zip(("p_home", "p_draw", "p_away"), p_1x2.T, strict=True))
    goals = {"home_goals_expected": rates[:, 0], "away_goals_expected": rates[:, 1], "rho": rho, "p_over": p_over}
    return pl.DataFrame(match | shares | goals).with_columns(line=pl.lit("blend"))


def _of_penaltyblog(home: float, away: float) -> dict[tuple[str, float | None, str], float]:
    """The markets penaltyblog's grid knows, at our lines: the share of the stake that is won on average."""
    from penaltyblog.models import create_dixon_coles_grid

    from soccer_assets.predictions.markets import LINES
    from soccer_assets.predictions.schema import SCORES

    grid = create_dixon_coles_grid(home, away)
    prices_by_bet: dict[tuple[str, float | None, str], float] = {
        ("1x2", None, "home"): grid.home_win,
        ("1x2", None, "draw"): grid.draw,
        ("1x2", None, "away"): grid.away_win,
        ("double_chance", None, "home_draw"): grid.double_chance_1x,
        ("double_chance", None, "home_away"): grid.double_chance_12,
        ("double_chance", None, "draw_away"): grid.double_chance_x2,
        ("both_teams_to_score", None, "yes"): grid.btts_yes,
        ("both_teams_to_score", None, "no"): grid.btts_no,
        ("win_to_nil", None, "home"): grid.win_to_nil_home(),
        ("win_to_nil", None, "away"): grid.win_to_nil_away(),
    }
    grid.draw_no_bet_home, grid.draw_no_bet_away, grid.expected_points_home(), grid.expected_points_away()
    for line in LINES["over_under"]:
        under, _, over = grid.totals(line)
        prices_by_bet |= {("over_under", line, "over"): over, ("over_under", line, "under"): under}
    for line in LINES["asian_handicap"]:
        for side, handicap in (("home", line), ("away", -line)):
            prices_by_bet["asian_handicap", line, side] = grid.asian_handicap_probs(side, handicap)["win"]
    return prices_by_bet | {
        ("correct_score", None, score): grid.exact_score(*map(int, score.split("-"))) for score in SCORES
    }


def _implied_all(method: str, books: Any) -> Any:
    from penaltyblog.implied import calculate_implied

    return np.array([calculate_implied(book, method=method).probabilities for book in books.tolist()])


def _difference(results: Any, grids: list[dict[tuple[str, float | None, str], float]]) -> float:
    from soccer_assets.predictions.markets import selections

    row = {bet: number for number, bet in enumerate(selections().rows())}
    ours = results[:, [row[bet] for bet in grids[0]]] @ [0, 0, 0, 0.5, 1]
    return float(np.abs(ours - np.array([list(grid.values()) for grid in grids])).max())
