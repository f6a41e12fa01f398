"""A fixture, the states of the teams and a forecaster make a forecast; nothing is read or written."""

import datetime as dt
from typing import Any, Protocol

import polars as pl

from serving.clubs import Pairing
from serving.contracts import OnDemandForecast, Probabilities
from soccer_assets.errors import ModelError
from soccer_assets.features.history import History
from soccer_assets.leagues import LEAGUES, season_label

SUM_TOLERANCE = 1e-6


class Forecaster(Protocol):
    """What is asked of a model: `soccer_assets.models.champion.forecaster.Forecaster` answers it."""

    @property
    def version(self) -> str:
        """Digest of the model."""

    @property
    def family(self) -> str:
        """Model family."""

    @property
    def trained_through(self) -> dt.date:
        """Last match date it learned from."""

    def predict(self, features: pl.DataFrame) -> Any:
        """Rows of three probabilities: home, draw, away."""


def forecast(pairing: Pairing, history: History, forecaster: Forecaster) -> OnDemandForecast:
    """The model's forecast of a fixture as known after `history.as_of`.

    Raises:
        ModelError: the model gave something that is no distribution over home, draw and away.
    """
    (chances,) = forecaster.predict(history.features(_row(pairing)))
    home, draw, away = (float(chance) for chance in chances)
    # written so that a probability that is not a number fails as well
    if not (min(home, draw, away) >= 0 and abs(home + draw + away - 1) <= SUM_TOLERANCE):
        raise ModelError(
            f"model {forecaster.version} ({forecaster.family}): expected probabilities of home, draw, away, "
            f"found {(home, draw, away)} for {pairing}"
        )
    return OnDemandForecast(
        league=pairing.league,
        home=pairing.home.name,
        away=pairing.away.name,
        date=pairing.date,
        model=Probabilities(home, draw, away),
        model_version=forecaster.version,
        trained_through=forecaster.trained_through,
        as_of=history.as_of,
    )


def _row(pairing: Pairing) -> pl.DataFrame:
    league = LEAGUES[pairing.league]
    season = season_label(league, league.season_start(pairing.date))
    return pl.DataFrame(
        {
            "match_id": [f"{league.code}.{season}.{pairing.home.id}.{pairing.away.id}"],
            "match_date": [pairing.date],
            "league": [league.code],
            "season": [season],
            "home_id": [pairing.home.id],
            "away_id": [pairing.away.id],
        }
    )
