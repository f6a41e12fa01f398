"""The worth of an accumulator: its chance first, then its fair price and what a unit is expected to gain."""

import math
from collections.abc import Mapping, Sequence

from soccer_assets.errors import CouponError
from soccer_assets.predictions.coupons.combinations import (
    Selection,
    combination_results,
    joint_probability,
    require_selection,
)
from soccer_assets.predictions.coupons.forecasts import MatchForecast
from soccer_assets.predictions.coupons.pools import require_fixtures
from soccer_assets.predictions.coupons.schema import Accumulator, AccumulatorReport, CombinationReport, Leg
from soccer_assets.predictions.markets import fair_odds


def price_accumulator(coupon: Accumulator, forecasts: Mapping[str, MatchForecast]) -> AccumulatorReport:
    """Return what the ticket is worth by the forecasts of its matches.

    Matches are independent of each other. At its fair price a combination returns its stake on average, so the product
    of these prices is the ticket's fair price, whatever can be given back.

    Raises:
        CouponError: as `combinations_of` and `combination_results`.
    """
    combinations = [_price_combination(legs, forecasts[match_id]) for match_id, legs in combinations_of(coupon).items()]
    fair = _product([each.fair_price for each in combinations])
    price = _product([each.price for each in combinations])
    gains = _product([None if each.expected_value is None else 1 + each.expected_value for each in combinations])
    return AccumulatorReport(
        chance=math.prod(each.chance for each in combinations),
        fair_price=fair,
        price=price,
        expected_value=None if gains is None else gains - 1,
        margin=None if fair is None or price is None else 1 - price / fair,
        product_of_legs=math.prod(each.product_of_legs for each in combinations),
        combinations=combinations,
    )


def combinations_of(coupon: Accumulator) -> dict[str, list[Leg]]:
    """Return the legs of each match.

    Raises:
        CouponError: an unknown selection, more than 20 matches, a selection of a match twice, two prices of a match's
            legs, or a price that gains nothing.
    """
    matches: dict[str, list[Leg]] = {}
    for leg in coupon.legs:
        require_selection(selection_of(leg))
        matches.setdefault(leg.match_id, []).append(leg)
    require_fixtures(list(matches))
    for match_id, legs in matches.items():
        if len({selection_of(leg) for leg in legs}) < len(legs):
            raise CouponError("match-twice", f"expected every selection of {match_id!r} once, found one twice")
        prices = [leg.price for leg in legs if leg.price is not None]
        if len(prices) > 1:
            raise CouponError(
                "match-twice",
                f"expected one price of {match_id!r}, whose {len(legs)} legs are one combination, found {prices}",
            )
        require_price(prices[0] if prices else None)
    return matches


def require_price(price: float | None) -> None:
    """Refuse a price that gains nothing.

    Raises:
        CouponError: the price is not above 1.
    """
    if price is not None and not price > 1:
        raise CouponError("price-too-low", f"expected decimal odds above 1, found {price}: nothing can be gained")


def selection_of(leg: Leg) -> Selection:
    """Return what the leg bets on."""
    return Selection(leg.market, leg.selection, leg.goals_line)


def _price_combination(legs: Sequence[Leg], forecast: MatchForecast) -> CombinationReport:
    selections = [selection_of(leg) for leg in legs]
    results = combination_results(forecast.matrix, selections)
    lost, half_lost, given_back, half_won, won = results.tolist()
    fair = float(fair_odds(results))
    price = next((leg.price for leg in legs if leg.price is not None), None)
    gain = None if price is None else (won + half_won / 2) * (price - 1) - lost - half_lost / 2
    return CombinationReport(
        match_id=legs[0].match_id,
        match_date=forecast.match_date,
        home=forecast.home,
        away=forecast.away,
        line=forecast.line,
        legs=[str(selection) for selection in selections],
        chance=won,
        product_of_legs=math.prod(float(joint_probability(forecast.matrix[None], [each])[0]) for each in selections),
        given_back=given_back,
        fair_price=fair if math.isfinite(fair) else None,
        price=price,
        expected_value=gain,
    )


def _product(factors: Sequence[float | None]) -> float | None:
    """The product; None where a factor is missing."""
    return math.prod(factor for factor in factors if factor is not None) if None not in factors else None
