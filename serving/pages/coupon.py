"""Coupon: ticks on the coming matches, priced together by a worker."""

from serving.pages.match_rows import match_rows
from serving.pages.page import Asked, Page
from soccer_assets.predictions.coupons.schema import MOST_FIXTURES, NOTICE

PARAMETERS = ("league", "date_from", "date_to")
MOST_MATCHES = 60


def coupon(asked: Asked) -> Page:
    """The page; without dates it has the next matches."""
    cards = asked.table(
        "/cards", limit=MOST_MATCHES, league=asked.query.get("league"), status="scheduled",
        date_from=asked.query.get("date_from") or asked.now.date(), date_to=asked.query.get("date_to"),
    )  # fmt: skip
    context = {
        "cards": cards,
        "rows": match_rows(asked, cards.rows),
        "notice": NOTICE,
        "most": MOST_FIXTURES,
    }
    return Page("coupon.html", context)
