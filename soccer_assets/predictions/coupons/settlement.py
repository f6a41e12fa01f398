"""What becomes of a whole ticket, by these rules.

- A leg is settled as any bet (`predictions.settlement`). A match that is void, awarded or postponed on the date of the
  bet makes its leg void; so does one that was abandoned before the leg was decided.
- The legs of one match are one combination: lost when one is lost, won when all are won, otherwise its stake is given
  back. A void leg voids no leg that is lost.
- An accumulator is lost when a combination is lost. A combination that is given back or void counts with price 1, and
  a half that is won or lost with the half that is returned; the returns multiply.
- A fixture of a pool that is not played on its date counts as right, whatever was picked. The score of an abandoned
  match is no result.
- A ticket is open while what is open can change it. A match that was moved is followed to its new date, unless the
  coupon names the date of the bet.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.accumulators import combinations_of
from soccer_assets.predictions.coupons.forecasts import match_dates, rows_of_matches
from soccer_assets.predictions.coupons.pools import require_fixtures
from soccer_assets.predictions.coupons.schema import Accumulator, Leg, Pool, TicketResult
from soccer_assets.predictions.settlement import OPEN, settled
from soccer_assets.scoring import outcome_of_goals


class SettledTicket(NamedTuple):
    """The result of an accumulator; `returned` per unit staked is None while it is open or a price is missing."""

    result: TicketResult
    returned: float | None


class SettledPool(NamedTuple):
    """The result of a pool ticket, won where a column is all right, and the outcomes that are right so far."""

    result: TicketResult
    right: int


def settle_accumulator(coupon: Accumulator, matches: pl.DataFrame) -> SettledTicket:
    """Return what became of the ticket.

    Args:
        coupon: the ticket.
        matches: rows of `matches`: match_date, match_id, status, home_goals, away_goals.

    Raises:
        CouponError: the ticket is none, or a match is missing.
    """
    rows = _rows(coupon, matches)
    combinations = [_settle_combination(legs, rows[match_id]) for match_id, legs in combinations_of(coupon).items()]
    results = {ticket.result for ticket in combinations}
    if "lost" in results:
        return SettledTicket("lost", 0.0)
    if "open" in results:
        return SettledTicket("open", None)
    returns = [ticket.returned for ticket in combinations]
    total = None if None in returns else math.prod(each for each in returns if each is not None)
    return SettledTicket("void" if results == {"void"} else "won", total)


def settle_pool(coupon: Pool, taken: Sequence[Sequence[bool]], matches: pl.DataFrame) -> SettledPool:
    """Return what became of the ticket that takes the outcomes `taken`, `(k, 3)`.

    Raises:
        CouponError: as `settle_accumulator`.
    """
    require_fixtures([fixture.match_id for fixture in coupon.fixtures])
    rows = _rows(coupon, matches)
    right = waiting = 0
    for outcomes, fixture in zip(taken, coupon.fixtures, strict=True):
        row = rows[fixture.match_id]
        if row["status"] in OPEN:
            waiting += 1
        else:
            right += row["status"] != "finished" or bool(outcomes[row["outcome"]])
    if right + waiting < len(taken):
        return SettledPool("lost", right)
    return SettledPool("open" if waiting else "won", right)


def _settle_combination(legs: list[Leg], match: dict[str, Any]) -> SettledTicket:
    """The result of the legs of one match; of one leg also the halves of a quarter line."""
    price = next((leg.price for leg in legs if leg.price is not None), None)
    bets = [{"market": leg.market, "line": leg.goals_line, "selection": leg.selection, "price": price or 1.0} | match
            for leg in legs]  # fmt: skip
    frame = pl.DataFrame(bets, schema_overrides={"line": pl.Float64, "home_goals": pl.Int64, "away_goals": pl.Int64})
    results, returns = settled(frame).select("result", "returned")
    if "lost" in (graded := results.to_list()):
        return SettledTicket("lost", 0.0)
    if None in graded:
        return SettledTicket("open", None)
    if len(legs) > 1 and set(graded) != {"won"}:
        return SettledTicket("void", 1.0)
    if graded[0] in ("push", "void"):
        return SettledTicket("void", 1.0)
    return SettledTicket("won", None if price is None and graded[0] != "half_lost" else float(returns[0]))


def _rows(coupon: Accumulator | Pool, matches: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Status, goals and outcome of each match of the coupon, by its id."""
    dates = match_dates(coupon.legs if isinstance(coupon, Accumulator) else coupon.fixtures)
    rows = rows_of_matches(matches, dates).with_columns(outcome=outcome_of_goals())
    if missing := sorted(dates.keys() - set(rows["match_id"])):
        raise CouponError("unknown-match", f"expected matches of the table `matches`, found none of {missing}")
    return {
        row.pop("match_id"): row
        for row in rows.select("match_id", "status", "home_goals", "away_goals", "outcome").to_dicts()
    }
