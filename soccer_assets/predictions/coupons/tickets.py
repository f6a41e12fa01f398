"""The worth of a pool ticket, and of any coupon by the forecasts of the lake."""

from collections.abc import Mapping, Sequence
from typing import overload

import numpy as np
import polars as pl
from msgspec.structs import replace

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.accumulators import combinations_of, price_accumulator, require_price
from soccer_assets.predictions.coupons.forecasts import Bet, MatchForecast, match_dates, stored_forecasts
from soccer_assets.predictions.coupons.pools import (
    column_chances,
    emphasised,
    hits_distribution,
    likeliest_columns,
    require_fixtures,
)
from soccer_assets.predictions.coupons.schema import (
    Accumulator,
    AccumulatorReport,
    ColumnReport,
    Coupon,
    CouponReport,
    FixtureReport,
    Outcome,
    Pool,
    PoolReport,
    SystemReport,
)
from soccer_assets.predictions.coupons.settlement import settle_accumulator, settle_pool
from soccer_assets.predictions.coupons.systems import System, best_system, cheapest_system, system_of
from soccer_assets.scoring import Bools, Floats, Ints
from soccer_assets.storage.lake import Lake

OUTCOMES: tuple[Outcome, ...] = ("home", "draw", "away")
#: How pools print home win, draw and away win.
SIGNS = "1X2"


@overload
def price_coupon(lake: Lake, coupon: Accumulator) -> AccumulatorReport: ...
@overload
def price_coupon(lake: Lake, coupon: Pool) -> PoolReport: ...
def price_coupon(lake: Lake, coupon: Coupon) -> CouponReport:
    """Return what a coupon is worth by the stored forecasts of its matches, and what has become of it.

    Raises:
        CouponError: as `price_accumulator`, `price_pool` and `stored_forecasts`.
    """
    bets: Sequence[Bet]
    if isinstance(coupon, Accumulator):
        combinations_of(coupon)  # a ticket that is none is refused before anything is read
        bets = coupon.legs
    else:
        require_pool(coupon)
        bets = coupon.fixtures
    forecasts = stored_forecasts(lake, match_dates(bets), coupon.line)
    matches = lake.scan("matches").filter(pl.col("match_id").is_in(list(forecasts))).collect()
    if isinstance(coupon, Accumulator):
        ticket = settle_accumulator(coupon, matches)
        return replace(price_accumulator(coupon, forecasts), result=ticket.result, returned=ticket.returned)
    report = price_pool(coupon, forecasts)
    pool = settle_pool(
        coupon, [[outcome in fixture.picks for outcome in OUTCOMES] for fixture in report.fixtures], matches
    )
    return replace(report, result=pool.result, right=pool.right)


def price_pool(coupon: Pool, forecasts: Mapping[str, MatchForecast]) -> PoolReport:
    """Return what the ticket is worth by the forecasts of its matches, its likeliest columns and the system looked for.

    Raises:
        CouponError: as `require_pool`.
    """
    require_pool(coupon)
    p = np.array([forecasts[fixture.match_id].p for fixture in coupon.fixtures])
    chosen_by = emphasised(p, coupon.draw_emphasis, coupon.upset_emphasis)
    ticket = system_of(p, picked_outcomes(coupon, chosen_by))
    covered = (p * ticket.taken).sum(axis=1)
    fair = ticket.columns / ticket.chance if ticket.chance else None
    return PoolReport(
        chance=ticket.chance,
        columns=ticket.columns,
        fair_price=fair,
        price=coupon.price,
        expected_value=None if coupon.price is None else coupon.price * ticket.chance / ticket.columns - 1,
        margin=None if fair is None or coupon.price is None else 1 - coupon.price / fair,
        hits=hits_distribution(covered).tolist(),
        fixtures=[
            _fixture(fixture.match_id, forecasts[fixture.match_id], _names(ticket.taken[row]), float(covered[row]))
            for row, fixture in enumerate(coupon.fixtures)
        ],
        likeliest=_columns(p, likeliest_columns(chosen_by, coupon.columns)),
        system=_system(coupon, p, chosen_by),
    )


def require_pool(coupon: Pool) -> None:
    """Refuse what is no pool ticket.

    Raises:
        CouponError: no or more than 20 fixtures, a match twice, a price that gains nothing, or two aims of a system.
    """
    require_fixtures([fixture.match_id for fixture in coupon.fixtures])
    require_price(coupon.price)
    if coupon.probability is not None and coupon.budget is not None:
        raise CouponError("two-aims", "expected a probability to cover or a budget, found both")


def picked_outcomes(coupon: Pool, p: Floats) -> Bools:
    """Return the outcomes that the ticket takes of each fixture, `(k, 3)`: its picks, else the likeliest of `p`."""
    taken: Bools = np.eye(3, dtype=np.bool_)[p.argmax(axis=1)]
    for row, fixture in enumerate(coupon.fixtures):
        if fixture.picks:
            taken[row] = [outcome in fixture.picks for outcome in OUTCOMES]
    return taken


def _fixture(match_id: str, forecast: MatchForecast, picks: list[Outcome], chance: float) -> FixtureReport:
    home, draw, away = forecast.p.tolist()
    return FixtureReport(
        match_id, forecast.match_date, forecast.home, forecast.away, forecast.line, home, draw, away, picks, chance
    )


def _columns(p: Floats, columns: Ints) -> list[ColumnReport]:
    chances = column_chances(p, columns).tolist()
    signs = ("".join(SIGNS[outcome] for outcome in column) for column in columns.tolist())
    return [ColumnReport(outcomes, chance) for outcomes, chance in zip(signs, chances, strict=True)]


def _system(coupon: Pool, p: Floats, chosen_by: Floats) -> SystemReport | None:
    if coupon.probability is not None:
        system = cheapest_system(p, coupon.probability, chosen_by)
    elif coupon.budget is not None:
        system = best_system(p, coupon.budget, chosen_by)
    else:
        return None
    return _report(system)


def _report(system: System) -> SystemReport:
    sizes = system.taken.sum(axis=1)
    return SystemReport(
        picks=[_names(row) for row in system.taken],
        doubles=int((sizes == 2).sum()),
        trebles=int((sizes == 3).sum()),
        columns=system.columns,
        chance=system.chance,
    )


def _names(taken: Bools) -> list[Outcome]:
    return [outcome for outcome, wanted in zip(OUTCOMES, taken, strict=True) if wanted]
