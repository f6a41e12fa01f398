"""What clients ask of the worker, and what they get: forecasts and coupons on demand, and jobs of every kind.

A payload and a result say by `kind` which one they are.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from serving.contracts import Probabilities
from soccer_assets.predictions.coupons.schema import Coupon, CouponReport

MOST_FIXTURES = 500
MOST_DECISIONS = 2**31
CHAMPION, CHALLENGER = "champion", "challenger"
Status = Literal["queued", "running", "done", "failed", "cancelled"]
Kind = Literal[
    "forecast",
    "forecasts",
    "accumulator",
    "pool",
    "season",
    "backfill",
    "train",
    "predict",
    "rollback",
    "links",
    "undo",
]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
#: The end of a pattern: `$` of Python stands before a last line feed, too.
END = r"(?![\s\S])"
ONE_LINE = rf"^[^\x00-\x1f]+{END}"
LONGEST_IDENTITY = 100
Identity = Annotated[str, Meta(min_length=1, max_length=LONGEST_IDENTITY, pattern=ONE_LINE)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=ONE_LINE, description="for the ledger")]
Price = Annotated[float, Meta(gt=1, le=1000, description="decimal odds")]
ModelName = Annotated[
    str, Meta(pattern=rf"^(champion|challenger|[0-9a-f]{{12}}){END}", description="champion, challenger, or a version")
]


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client's own decimal odds of a match: 1x2, and over and under 2.5 goals where both are given."""

    home: Price
    draw: Price
    away: Price
    over_2_5: Price | None = None
    under_2_5: Price | None = None


class Fixture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fixture to forecast on demand, by the names the source uses or the clubs' ids."""

    league: Name
    home: Name
    away: Name
    date: dt.date


class ForecastRequest(Fixture, frozen=True, forbid_unknown_fields=True):
    """A fixture, the prices to set beside its forecast, and the model that is to make it."""

    prices: Prices | None = None
    model: ModelName = CHAMPION
    ground: Annotated[Literal["home", "neutral"], Meta(description="neutral: neither club is at home")] = "home"


class ForecastBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fixtures to forecast in one go."""

    fixtures: Annotated[list[ForecastRequest], Meta(min_length=1, max_length=MOST_FIXTURES)]


class ForecastPayload(ForecastRequest, frozen=True, tag_field="kind", tag="forecast"):
    """A job that forecasts one fixture."""


class BatchPayload(ForecastBatch, frozen=True, tag_field="kind", tag="forecasts"):
    """A job that forecasts many fixtures."""


class ClubInTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a table: a club by the name the source uses or its id, its points and its goals."""

    club: Name
    points: Annotated[int, Meta(ge=-200, le=300)]
    goal_difference: Annotated[int, Meta(ge=-300, le=300)] = 0
    goals_for: Annotated[int, Meta(ge=0, le=300)] = 0


class Pairing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A match left of a season, by the names the source uses or the clubs' ids."""

    home: Name
    away: Name


class SeasonPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="season"):
    """A job that plays a season from a table and the matches left; without these all meet at both grounds."""

    league: Name
    date: dt.date
    table: Annotated[list[ClubInTable], Meta(min_length=2, max_length=30)]
    left: Annotated[list[Pairing], Meta(max_length=1000)] | None = None


class BackfillPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="backfill"):
    """A run of the platform: sources to features of a range of match dates, both inclusive."""

    first: dt.date
    last: dt.date

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of `soccer` and its arguments."""
        return ("backfill", str(self.first), str(self.last))


class PredictPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="predict"):
    """A run of the platform: forecasts and what rests on them of a range of match dates, both inclusive."""

    first: dt.date
    last: dt.date

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of `soccer` and its arguments."""
        return ("predict", str(self.first), str(self.last))


class TrainPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="train"):
    """A run of the platform: train, select and judge a model of a match date."""

    date: dt.date

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of `soccer` and its arguments."""
        return ("train", str(self.date))


class RollbackPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rollback"):
    """An earlier version becomes champion by hand: the one named, or the champion before this one."""

    reason: Reason
    version: Annotated[str, Meta(pattern=rf"^[0-9a-f]{{12}}{END}")] | None = None

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of `soccer` and its arguments."""
        return ("rollback", f"--reason={self.reason}", *([self.version] if self.version else []))


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", tag="accept"):
    """An event is the match; default: its candidate."""

    match_id: Identity | None = None
    reason: Reason | None = None


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", tag="reject"):
    """An event is not its match; with a side, one of its names is not that club."""

    side: Literal["home", "away"] | None = None
    reason: Reason | None = None


LinkDecision = Acceptance | Rejection


class LinkPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="links"):
    """A decision on the link of an event, an entry or two of `link_decisions`."""

    event_id: Identity
    decision: LinkDecision

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of `soccer` and its arguments; after `--` nothing that a client gives is an option."""
        decision = self.decision
        action, further = (
            ("accept", decision.match_id) if isinstance(decision, Acceptance) else ("reject", decision.side)
        )
        options = [f"--reason={decision.reason}"] if decision.reason else []
        return ("links", action, *options, "--", self.event_id, *([further] if further else []))


class UndoPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="undo"):
    """An earlier decision on links does not count."""

    decision_id: Annotated[int, Meta(ge=1, le=MOST_DECISIONS)]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command of `soccer` and its arguments."""
        return ("links", "undo", str(self.decision_id))


RunPayload = BackfillPayload | TrainPayload | PredictPayload | RollbackPayload | LinkPayload | UndoPayload
#: What a worker answers at once from what it holds and the lake; everything else is a run of the platform.
OnDemandPayload = ForecastPayload | BatchPayload | Coupon | SeasonPayload
Payload = OnDemandPayload | RunPayload


class OverProbability(msgspec.Struct, frozen=True):
    """The probability of more than 2.5 goals by the model and by the prices."""

    model: float
    market: float


class OnDemandForecast(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="forecast"):
    """A forecast made on demand; `as_of` is the newest match date it knows.

    `variant` says whether the champion made it, the challenger, or a version that the client named. `market`, `blend`
    and `over_2_5` are there when the client gave prices, `ground` when neither club is at home.
    """

    league: str
    home: str
    away: str
    date: dt.date
    variant: Literal["champion", "challenger", "named"]
    model: Probabilities
    model_version: str
    trained_through: dt.date
    as_of: dt.date
    market: Probabilities | None = None
    blend: Probabilities | None = None
    over_2_5: OverProbability | None = None
    ground: Literal["home", "neutral"] = "home"


class Failure(msgspec.Struct, frozen=True, tag_field="kind", tag="failure"):
    """Why a forecast or a job failed: a stable code, a sentence, and what would have been accepted."""

    reason: str
    detail: str
    accepted: list[str] = msgspec.field(default_factory=list, name="known")


class ForecastList(msgspec.Struct, frozen=True, tag_field="kind", tag="forecasts"):
    """A forecast, or why there is none, of each fixture of a batch, in its order."""

    items: list[OnDemandForecast | Failure]


class ClubAtEnd(msgspec.Struct, frozen=True):
    """How a club ends: mean and 90 % interval of its points, the probability of each final position and event."""

    team_id: str
    club: str
    points: int
    points_expected: float
    points_05: int
    points_95: int
    best_position: int
    worst_position: int
    positions: list[float]
    events: dict[str, float]


class SeasonResult(msgspec.Struct, frozen=True, tag_field="kind", tag="season"):
    """A season played from a table; `assumed` is what of its rules no source was read for."""

    league: str
    season: str
    date: dt.date
    runs: int
    seed: int
    assumed: str
    clubs: list[ClubAtEnd]


class RunResult(msgspec.Struct, frozen=True, tag_field="kind", tag="run"):
    """How a run of the platform ended: 0, or 3 where the gate refused the model; and its last lines of output."""

    exit_code: int
    seconds: float
    output: list[str]


Result = OnDemandForecast | ForecastList | CouponReport | SeasonResult | RunResult


class Progress(msgspec.Struct, frozen=True):
    """How much of a job is done: fixtures, or tables of a run."""

    done: int
    total: int


class JobSummary(msgspec.Struct, frozen=True):
    """A job without its payload and result."""

    id: str
    kind: Kind
    status: Status
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    progress: Progress


class Job(JobSummary, frozen=True):
    """A job as the client that posted it sees it.

    `version` counts its changes; `run_ids` are Dagster's ids of the runs that a run of the platform consists of.
    """

    version: int
    payload: Payload
    result: Result | None = None
    failure: Failure | None = None
    run_ids: list[str] = []


class JobEvent(msgspec.Struct, frozen=True):
    """A job at a change, `end` as the last event; `id` is the job's version, `data` the job as JSON."""

    event: Literal["progress", "end"]
    id: str
    data: str


class JobList(msgspec.Struct, frozen=True):
    """The newest jobs of a client."""

    items: list[JobSummary]


class WorkerState(msgspec.Struct, frozen=True):
    """What a worker says of itself with each heartbeat; it has a model unless `model_version` is null."""

    id: str
    beat_at: dt.datetime
    model_version: str | None
    challenger_version: str | None
    as_of: dt.date | None
    running: int
    done: int
    failed: int
