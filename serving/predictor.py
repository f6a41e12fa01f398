"""Forecasts and coupons on demand: the champion and the states of the teams in memory, and fixtures forecast with them.

The predictor looks at the champion's version and at those of its tables. When one changed it loads it and swaps it
in by one assignment, so a forecast uses one champion and one state of the teams from beginning to end.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from serving.clubs import Clubs, ResolvedFixture
from serving.contracts import Probabilities
from serving.jobs.contracts import (
    Failure,
    ForecastRequest,
    OnDemandForecast,
    OverProbability,
    Prices,
    SeasonPayload,
    SeasonResult,
)
from serving.model_versions import Champion, Forecaster, Models, ModelVersions, Variant
from serving.seasons import play_season
from serving.snapshot.tables import TableVersion, table_version
from soccer_assets.errors import CouponError, ForecastRefusedError, NotMaterializedError, SeasonError
from soccer_assets.features.history import History
from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.client_prices import over_2_5, pre_match_quotes
from soccer_assets.predictions.coupons.schema import Coupon, CouponReport
from soccer_assets.predictions.coupons.tickets import price_coupon
from soccer_assets.predictions.neutral_ground import ROW, Ground, NeutralForecaster
from soccer_assets.storage.lake import Lake

#: The tables that hold the states of the teams.
TABLES = ("matches", "team_ratings")
SUM_TOLERANCE = 1e-6
#: Prices of a first forecast of each league: they make the libraries load that a client's prices need.
SAMPLE_PRICES = Prices(2.5, 3.3, 2.9, 1.9, 1.9)
NO_MATCHES = "the lake holds no matches yet: materialize `matches` and `team_ratings` first"
INTERNAL = Failure("internal", "the worker failed; the cause is in its log")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TeamStates:
    """The clubs and their states as of one version of the matches and of the ratings."""

    versions: tuple[TableVersion | None, ...]
    clubs: Clubs
    history: History


class Predictor:
    """Forecasts with the newest champion, or another model, and the newest team states."""

    def __init__(self, lake: Lake, models: Models, horizon_days: int, challenger_share: float = 0.0) -> None:
        self._lake = lake
        self._horizon_days = horizon_days
        self._models = ModelVersions(lake, models, challenger_share)
        self.teams: TeamStates | None = None

    @property
    def champion(self) -> Champion | None:
        """The model that forecasts unless the client names another."""
        return self._models.champion

    @property
    def challenger(self) -> str | None:
        """Version of the newest model, where it is not the champion."""
        return self._models.challenger

    def refresh(self) -> bool:
        """Look at champion and tables once; whether the champion or the teams changed.

        After a change one fixture of each league is forecast, so that no client waits for what is done but once.
        """
        teams, changed = self._newest_teams(), self._models.refresh()
        changed = changed or teams is not self.teams
        self.teams = teams
        if changed and teams is not None and self.champion is not None:
            sample = teams.clubs.sample()
            self.forecast([ForecastRequest(f.league, f.home, f.away, f.date, SAMPLE_PRICES) for f in sample])
        return changed

    def forecast(self, requests: Sequence[ForecastRequest]) -> list[OnDemandForecast | Failure]:
        """A forecast of each request, or why there is none: a fixture or a model that is refused.

        A model that gives no distribution over home, draw and away is logged, and fails its requests alone.
        """
        champion, teams = self.champion, self.teams
        if teams is None:
            return [Failure("model-missing", NO_MATCHES)] * len(requests)
        if champion is None:
            reason = "no model is promoted to champion yet: train and promote one first"
            return [Failure("model-missing", reason)] * len(requests)
        answers: list[OnDemandForecast | Failure] = [INTERNAL] * len(requests)
        fixtures: list[ResolvedFixture] = []
        by_model: defaultdict[tuple[Variant, str, bool], list[tuple[int, int]]] = defaultdict(list)
        for i, request in enumerate(requests):
            try:
                fixture = teams.clubs.resolve(request, self._horizon_days)
                variant, version = self._models.choose(request.model, fixture, champion.forecaster.version)
            except ForecastRefusedError as refusal:
                answers[i] = Failure(refusal.reason, str(refusal), list(refusal.accepted))
                continue
            by_model[variant, version, request.ground == "neutral"].append((i, len(fixtures)))
            fixtures.append(fixture)
        if fixtures:
            features = teams.history.features(_match_rows(fixtures))
        for (variant, version, neutral), places in by_model.items():
            asked, rows = ([pair[which] for pair in places] for which in (0, 1))
            forecaster, played = self._models.forecaster(version, champion), [fixtures[row] for row in rows]
            ground: Ground = forecaster
            if neutral:
                swapped = [replace(fixture, home=fixture.away, away=fixture.home) for fixture in played]
                ground = NeutralForecaster(forecaster, teams.history.features(_match_rows(swapped)))
            made = _forecasts(
                forecaster,
                ground,
                variant,
                teams.history.as_of,
                played,
                features[rows].with_row_index(ROW),
                [requests[i].prices for i in asked],
            )
            for i, answer in zip(asked, made, strict=True):
                answers[i] = answer
        return answers

    def price(self, coupon: Coupon) -> CouponReport | Failure:
        """What a coupon is worth by the stored forecasts, or why it cannot be priced."""
        try:
            return price_coupon(self._lake, coupon)
        except CouponError as refusal:
            return Failure(refusal.reason, str(refusal), list(refusal.accepted))
        except NotMaterializedError as error:
            return Failure("model-missing", str(error))

    def season(self, payload: SeasonPayload) -> SeasonResult | Failure:
        """A season played from a client's table, or why it cannot be."""
        teams = self.teams
        if teams is None:
            return Failure("model-missing", NO_MATCHES)
        try:
            return play_season(payload, teams.clubs, self._lake)
        except ForecastRefusedError as refusal:
            return Failure(refusal.reason, str(refusal), list(refusal.accepted))
        except SeasonError as refusal:
            return Failure("season-refused", str(refusal))

    def _newest_teams(self) -> TeamStates | None:
        before = (None, None) if self.teams is None else self.teams.versions
        versions = tuple(table_version(self._lake, *table) for table in zip(TABLES, before, strict=True))
        if None in versions:
            return None
        if self.teams is not None and self.teams.versions == versions:
            return self.teams
        matches, ratings = (self._lake.read(name) for name in TABLES)
        return TeamStates(versions, Clubs(matches), History.build(matches, ratings))


def _forecasts(
    forecaster: Forecaster, ground: Ground, variant: Variant, as_of: dt.date,
    fixtures: Sequence[ResolvedFixture], features: pl.DataFrame, prices: Sequence[Prices | None],
) -> list[OnDemandForecast | Failure]:  # fmt: skip
    """The model's forecasts of fixtures, on neutral ground or not, as known after `as_of`, beside the prices given."""
    model = np.asarray(ground.predict(features), dtype=float)
    market, blend, over = (np.full((len(model), columns), np.nan) for columns in (3, 3, 2))
    # written so that a probability that is not a number fails as well
    sound = (model.min(axis=1) >= 0) & (np.abs(model.sum(axis=1) - 1) <= SUM_TOLERANCE)
    quoted = [(row, book) for row, book in enumerate(prices) if book is not None and sound[row]]
    if quoted:
        rows = [row for row, _ in quoted]
        quotes = pre_match_quotes(np.array([(book.home, book.draw, book.away) for _, book in quoted]))
        market[rows] = quotes.select("p_home", "p_draw", "p_away").to_numpy()
        blend[rows] = ground.blend(model[rows], quotes, features[rows])
    totals = {row: (book.over_2_5, book.under_2_5) for row, book in quoted if book.over_2_5 and book.under_2_5}
    if totals:
        rows, odds = list(totals), np.array(list(totals.values()))
        rates, model_over = ground.goal_rates(features[rows]), ground.over(features[rows])
        over[rows] = np.column_stack(over_2_5(rates, forecaster.goals.rho, model[rows], model_over, odds))
    answers: list[OnDemandForecast | Failure] = []
    for row, fixture in enumerate(fixtures):
        if not sound[row]:
            logger.error(
                "model %s (%s): expected probabilities of home, draw, away, found %s for %s",
                forecaster.version, forecaster.family, tuple(model[row].tolist()), fixture,
            )  # fmt: skip
            answers.append(INTERNAL)
            continue
        answers.append(
            OnDemandForecast(
                league=fixture.league,
                home=fixture.home.name,
                away=fixture.away.name,
                date=fixture.date,
                variant=variant,
                model=Probabilities(*model[row].tolist()),
                model_version=forecaster.version,
                trained_through=forecaster.trained_through,
                as_of=as_of,
                market=_probabilities(market[row]),
                blend=_probabilities(blend[row]),
                over_2_5=OverProbability(*over[row].tolist()) if row in totals else None,
                ground="neutral" if isinstance(ground, NeutralForecaster) else "home",
            )
        )
    return answers


def _probabilities(row: np.ndarray[Any, Any]) -> Probabilities | None:
    return Probabilities(*row.tolist()) if np.isfinite(row).all() else None


def _match_rows(fixtures: Sequence[ResolvedFixture]) -> pl.DataFrame:
    leagues = [LEAGUES[fixture.league] for fixture in fixtures]
    seasons = [league.season(fixture.date) for league, fixture in zip(leagues, fixtures, strict=True)]
    clubs = [(fixture.home.id, fixture.away.id) for fixture in fixtures]
    return pl.DataFrame(
        {
            "match_id": [
                f"{league.code}.{season}.{home}.{away}"
                for league, season, (home, away) in zip(leagues, seasons, clubs, strict=True)
            ],
            "match_date": [fixture.date for fixture in fixtures],
            "league": [league.code for league in leagues],
            "season": seasons,
            "home_id": [home for home, _ in clubs],
            "away_id": [away for _, away in clubs],
        }
    )
