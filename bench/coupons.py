"""Benchmark of coupons: a jackpot of 20 fixtures with its 1,000 likeliest columns, systems, and an accumulator."""

import datetime as dt
from typing import Any

import numpy as np

from bench.markets import OURS, timed

FIXTURES, COLUMNS = 20, 1000


def jackpot() -> dict[str, Any]:
    """Seconds of a jackpot's report with and without a system, and of an accumulator of as many combinations."""
    from soccer_assets.predictions.coupons.accumulators import price_accumulator
    from soccer_assets.predictions.coupons.forecasts import MatchForecast
    from soccer_assets.predictions.coupons.schema import Accumulator, Leg, Pool, PoolFixture
    from soccer_assets.predictions.coupons.tickets import price_pool
    from soccer_assets.score_matrices import coherent

    rng = np.random.default_rng(0)
    p = rng.dirichlet([4.5, 2.7, 3.0], FIXTURES)
    matrices = coherent(rng.uniform(0.4, 3.0, (FIXTURES, 2)), np.full(FIXTURES, -0.05), p)
    day = dt.date(2024, 3, 9)
    forecasts = {f"m{n}": MatchForecast(day, "A", "B", "blend", p[n], matrices[n]) for n in range(FIXTURES)}
    pool = Pool([PoolFixture(match_id) for match_id in forecasts], columns=COLUMNS)
    system = Pool(pool.fixtures, columns=0, probability=0.001)
    legs = [
        leg
        for match_id in forecasts
        for leg in (Leg(match_id, "1x2", "home", price=4.0), Leg(match_id, "over_under", "over", 2.5))
    ]
    report, seconds = timed(lambda: price_pool(pool, forecasts), OURS)
    covered, of_system = timed(lambda: price_pool(system, forecasts), OURS)
    return {
        "fixtures": FIXTURES,
        "columns": len(report.likeliest),
        "seconds": seconds,
        "target seconds": 0.05,
        "system, columns": covered.system.columns,
        "system, seconds": of_system,
        "accumulator, seconds": timed(lambda: price_accumulator(Accumulator(legs), forecasts), OURS)[1],
    }
