"""A coupon as text: the whole ticket first, then its parts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from soccer_assets.predictions.coupons.files import read_coupon
from soccer_assets.predictions.coupons.schema import AccumulatorReport, CouponReport, PoolReport
from soccer_assets.predictions.coupons.tickets import OUTCOMES, SIGNS, price_coupon
from soccer_assets.storage.lake import Lake


def report_coupon(lake: Lake, file: Path, as_json: bool = False) -> str:
    """Return the report of the coupon of a file by the forecasts of the lake, as text or as JSON.

    Raises:
        CouponError: the file holds no coupon, or none that can be priced.
    """
    report = price_coupon(lake, read_coupon(file))
    if as_json:
        return msgspec.json.format(msgspec.json.encode(report)).decode()
    parts = _combinations(report) if isinstance(report, AccumulatorReport) else _fixtures(report)
    return "\n".join([*_ticket(report), "", *parts, "", report.notice])


def _ticket(report: CouponReport) -> Iterator[str]:
    what = "every leg is won" if isinstance(report, AccumulatorReport) else f"one of {report.columns} columns is right"
    yield f"Whole ticket: {report.chance:.4%} that {what}; fair price {_price(report.fair_price)}"
    if isinstance(report, AccumulatorReport):
        yield f"The product of its legs would be {report.product_of_legs:.4%}"
    if report.price is not None and report.expected_value is not None:
        margin = "" if report.margin is None else f"; margin {report.margin:.1%}"
        yield f"At {_price(report.price)} a unit is expected to gain {report.expected_value:+.3f}{margin}"
    if report.result != "open":
        returned = getattr(report, "returned", None)
        yield f"It is {report.result}" + ("" if returned is None else f", {returned:.2f} returned for a unit")


def _combinations(report: AccumulatorReport) -> Iterator[str]:
    for each in report.combinations:
        yield f"{each.match_date} {each.home} - {each.away} ({each.line}): {', '.join(each.legs)}"
        offered = "" if each.price is None else f", offered {_price(each.price)} ({each.expected_value:+.3f})"
        back = f", {each.given_back:.1%} given back" if each.given_back else ""
        yield f"  {each.chance:.2%}, fair price {_price(each.fair_price)}{back}{offered}"


def _fixtures(report: PoolReport) -> Iterator[str]:
    for each in report.fixtures:
        chances = " ".join(
            f"{sign} {p:.1%}" for sign, p in zip(SIGNS, (each.p_home, each.p_draw, each.p_away), strict=True)
        )
        yield f"{each.match_date} {each.home} - {each.away} ({each.line}): {_signs(each.picks)} of {chances}"
    yield "Right outcomes: " + ", ".join(f"{k} {p:.2%}" for k, p in enumerate(report.hits) if p >= 0.00005)
    for column in report.likeliest:
        yield f"  {column.outcomes} {column.chance:.4%}"
    if report.system is not None:
        picks = " ".join(_signs(outcomes) for outcomes in report.system.picks)
        yield f"System of {report.system.columns} columns, {report.system.chance:.4%}: {picks}"


def _signs(outcomes: Sequence[str]) -> str:
    return "".join(SIGNS[OUTCOMES.index(outcome)] for outcome in outcomes)


def _price(price: float | None) -> str:
    return "none, it cannot be won" if price is None else f"{price:,.2f}"
