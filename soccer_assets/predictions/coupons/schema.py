"""Coupons as clients write them, and their reports. The kind tells an accumulator from a pool.

A stake is one unit. Prices are decimal odds.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: What can be bet on in one coupon; a list may be longer, so that its length has an error of its own.
MOST_FIXTURES = 20
MOST_COLUMNS = 1000
NOTICE = (
    "No bet is advice. A forecast may be wrong, an accumulator multiplies its errors, and a bookmaker's prices cost "
    "more than they return on average. Stake nothing that you cannot lose."
)
Outcome = Literal["home", "draw", "away"]
MatchId = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$", description="of a forecast")]
MatchDate = Annotated[dt.date, Meta(description="match date of the bet; without it the newest of the match")]
Price = Annotated[float, Meta(ge=1, le=1_000_000_000, description="decimal odds")]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
GoalsLine = Annotated[float, Meta(ge=-20, le=20, description="goals, or the home club's handicap in goals")]
Emphasis = Annotated[float, Meta(ge=0.1, le=10)]
TicketResult = Literal["open", "won", "lost", "void"]
Line = Annotated[
    Literal["model", "market", "blend"], Meta(description="who forecasts; without it the blend, else the model")
]


class Leg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One selection of a match; legs of one match are a combination, which has one price on any of its legs."""

    match_id: MatchId
    market: Word
    selection: Word
    goals_line: GoalsLine | None = None
    price: Price | None = None
    match_date: MatchDate | None = None


class Accumulator(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="accumulator"):
    """Legs that must all be won; those of different matches multiply, those of one match are read off its matrix."""

    legs: Annotated[list[Leg], Meta(min_length=1, max_length=100)]
    line: Line | None = None


class PoolFixture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A match of a pool and the outcomes picked; none: the likeliest one."""

    match_id: MatchId
    picks: Annotated[list[Outcome], Meta(max_length=3)] = []
    match_date: MatchDate | None = None


class Pool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pool"):
    """A pool or jackpot over 1X2 outcomes.

    Args:
        fixtures: its matches, 1 to 20.
        line: who forecasts; default: the blend, else the model.
        price: paid for one unit on the column that is all right.
        columns: how many of the likeliest columns to list.
        draw_emphasis: factor of the odds of every draw when columns are chosen; chances are the forecast's own.
        upset_emphasis: factor of the odds of the less likely club.
        probability: the cheapest system of doubles and trebles that covers so much is wanted.
        budget: the system of at most so many columns that covers most is wanted; instead of a probability.
    """

    fixtures: Annotated[list[PoolFixture], Meta(min_length=1, max_length=100)]
    line: Line | None = None
    price: Price | None = None
    columns: Annotated[int, Meta(ge=0, le=MOST_COLUMNS)] = 10
    draw_emphasis: Emphasis = 1.0
    upset_emphasis: Emphasis = 1.0
    probability: Annotated[float, Meta(ge=1e-9, le=1)] | None = None
    budget: Annotated[int, Meta(ge=1, le=3**MOST_FIXTURES)] | None = None


Coupon = Accumulator | Pool


class CombinationReport(msgspec.Struct, frozen=True):
    """The legs of one match together.

    `product_of_legs` is what multiplying their chances would say; `given_back` is the chance that the whole stake is
    given back. `fair_price` is null where the legs exclude each other, `price` and `expected_value` without a price.
    """

    match_id: str
    match_date: dt.date
    home: str
    away: str
    line: str
    legs: list[str]
    chance: float
    product_of_legs: float
    given_back: float
    fair_price: float | None
    price: float | None
    expected_value: float | None


class AccumulatorReport(msgspec.Struct, frozen=True, tag_field="kind", tag="accumulator"):
    """The whole ticket: `chance` that every leg is won, and what a unit is expected to gain at its price.

    `margin` is the share by which the price is below the fair one. `returned` is per unit staked, null while the ticket
    is open or where a price is missing.
    """

    chance: float
    fair_price: float | None
    price: float | None
    expected_value: float | None
    margin: float | None
    product_of_legs: float
    combinations: list[CombinationReport]
    result: TicketResult = "open"
    returned: float | None = None
    notice: str = NOTICE


class FixtureReport(msgspec.Struct, frozen=True):
    """A match of a pool: its probabilities, the outcomes picked, and the chance that one of them happens."""

    match_id: str
    match_date: dt.date
    home: str
    away: str
    line: str
    p_home: float
    p_draw: float
    p_away: float
    picks: list[Outcome]
    chance: float


class ColumnReport(msgspec.Struct, frozen=True):
    """One outcome of every match, in their order, as 1, X and 2."""

    outcomes: str
    chance: float


class SystemReport(msgspec.Struct, frozen=True):
    """Outcomes of every match, and all columns that they make together; the chance that one of them is right."""

    picks: list[list[Outcome]]
    doubles: int
    trebles: int
    columns: int
    chance: float


class PoolReport(msgspec.Struct, frozen=True, tag_field="kind", tag="pool"):
    """The whole ticket: `chance` that one of its columns is all right.

    `hits` are the probabilities of 0, 1, ... right outcomes in its best column. `fair_price` is what one unit on the
    right column must pay for the ticket's stake, a unit a column, to come back on average. `right` counts the outcomes
    that are right so far.
    """

    chance: float
    columns: int
    fair_price: float | None
    price: float | None
    expected_value: float | None
    margin: float | None
    hits: list[float]
    fixtures: list[FixtureReport]
    likeliest: list[ColumnReport]
    system: SystemReport | None
    result: TicketResult = "open"
    right: int = 0
    notice: str = NOTICE


CouponReport = AccumulatorReport | PoolReport
