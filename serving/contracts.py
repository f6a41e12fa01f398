"""What serving returns; jobs have contracts of their own."""

import datetime as dt
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

Item = TypeVar("Item")
#: A text of a client that is looked up: no name of a club or league is longer.
Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """A part of a list in a stable order; `total` counts the whole list, `next` is the cursor of the part after it."""

    items: list[Item]
    total: int
    limit: int
    next: str | None = None


class Row(msgspec.Struct, frozen=True):
    """A row of a resource: all of its columns, or those that the client chose."""


class Probabilities(msgspec.Struct, frozen=True):
    """A 1x2 forecast; the three sum to 1."""

    home: float
    draw: float
    away: float


class ValueBet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A selection whose forecast exceeds the market's by the least edge.

    `goals_line` is the goals of over/under or the handicap of the home club, whoever is bet on; `handicap`, of that
    market alone, is the handicap of the club that is bet on: -0.25 and +0.25 of an away club.
    """

    line: str
    market: str
    goals_line: float | None
    selection: str
    probability: float
    market_probability: float
    edge: float
    price: float
    expected_value: float
    stake: float  # share of the bank
    handicap: float | None = None


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """A match; goals only when it is finished."""

    match_id: str
    league: str
    season: str
    match_date: dt.date
    status: str
    home: str
    away: str
    home_id: str
    away_id: str
    kick_off_at: dt.datetime | None = None
    home_goals: int | None = None
    away_goals: int | None = None


class ClubName(msgspec.Struct, frozen=True):
    """A name a club goes by, and the first and last match date on which that source used it."""

    name: str
    source: str
    script: str
    first_seen: dt.date
    last_seen: dt.date


class Team(msgspec.Struct, frozen=True):
    """A club: one id, and every name the sources give it."""

    team_id: str
    country: str
    sex: str
    kind: str
    leagues: list[str]
    names: list[ClubName]


class Prediction(msgspec.Struct, frozen=True):
    """A match forecast on its lines.

    `market` and `blend` are null where no price was known, `challenger` where the champion is the newest model.
    """

    match_id: str
    league: str
    season: str
    match_date: dt.date
    home: str
    away: str
    kick_off_at: dt.datetime | None
    model: Probabilities
    market: Probabilities | None
    blend: Probabilities | None
    challenger: Probabilities | None
    model_version: str
    trained_through: dt.date
    value_bets: list[ValueBet] = []


class ModelInfo(msgspec.Struct, frozen=True):
    """The champion: what it is, what it learned from and how it was chosen."""

    version: str
    family: str
    trained_through: dt.date
    examples: int
    log_loss: float
    reason: str
    promoted_at: dt.datetime | None
    comparison: list[dict[str, object]]


class Quality(msgspec.Struct, frozen=True):
    """A line's quality on a market in a league over twelve months."""

    match_date: dt.date
    league: str
    line: str
    market: str
    sample: str
    matches: int
    log_loss: float
    rps: float | None
    brier: float
    accuracy: float
    ece: float
    forecast: float
    happened: float
    log_loss_vs_closing: float | None
    divergence: float | None


class Drift(msgspec.Struct, frozen=True):
    """The newest drift report."""

    match_date: dt.date
    drift_share: float
    columns: int
    drifted: int
    drifted_columns: list[str]
    emptied_columns: list[str]
    current_matches: int
    reference_matches: int


class FailedCheck(msgspec.Struct, frozen=True):
    """A check of a table that did not hold when it was evaluated last; a blocking one keeps its run from going on."""

    asset: str
    check_name: str
    blocking: bool
    severity: str
    evaluated_at: dt.datetime


class LeagueInfo(msgspec.Struct, frozen=True):
    """A league the platform knows and what it has of it."""

    code: str
    country: str
    name: str
    tier: int
    matches: int
    first_date: dt.date | None
    last_date: dt.date | None
    forecasts: int


class Check(msgspec.Struct, frozen=True):
    """Something serving needs, whether it holds, and what was found."""

    name: str
    holds: bool
    state: str = msgspec.field(name="found")


class Health(msgspec.Struct, frozen=True):
    """The state of the API; `reasons` say why it is not ready."""

    live: bool
    ready: bool
    reasons: list[str]
    checks: list[Check]


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with a request: where (query, path or body), which name, and what."""

    source: str
    name: str
    detail: str


class ProblemExplained(msgspec.Struct, frozen=True):
    """A type of problem: what it means, and the status it comes with."""

    type: str
    title: str
    status: int


class Live(msgspec.Struct, frozen=True):
    """The process answers."""

    live: bool


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as RFC 9457 has it; `known` lists what would have been accepted."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []
    accepted: list[str] = msgspec.field(default_factory=list, name="known")
    request_id: str = ""
