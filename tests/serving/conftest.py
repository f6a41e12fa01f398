"""A small lake with known rows, a real Redis, the application, and a worker whose model can be computed by hand."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import numpy as np
import polars as pl
import pytest
import pytest_asyncio
import redis
from litestar import Litestar

from serving.app import create_app
from serving.jobs.connection import connect
from serving.jobs.contracts import WorkerState
from serving.jobs.queue import WORKERS, JobQueue
from serving.redis_server import embedded_redis
from serving.settings import ServingSettings
from serving.worker import create_worker, run
from soccer_assets.club_ids import team_id
from soccer_assets.features.ratings import rate
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import MATCHES, TEAMS
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import DRIFT_REPORT, FORECAST_DRIFT, QUALITY_REPORT
from soccer_assets.odds.consensus import newest_prices
from soccer_assets.odds.schema import MARKET_PROBABILITIES
from soccer_assets.predictions.schema import PREDICTIONS, VALUE_BETS
from soccer_assets.predictions.season.schema import SEASON_CHANGES, SEASON_FORECASTS
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

FOLDER = Path(__file__).parent
SEASON = "2024/25"
FIRST = dt.date(2024, 8, 3)
WEEK = dt.timedelta(days=7)
CLUBS = {
    "E0": ["Arsenal", "Chelsea", "Everton", "Fulham", "Man United", "Nott'm Forest"],
    "SP1": ["Ath Bilbao", "Barcelona", "Betis", "Sevilla"],
}
PLAYED_WEEKS = 8
DRIFT = {"elo_diff": 0.3, "home_elo": 0.1, "tier": None}
#: Everton - Fulham left the last played week for the last week.
MOVED = ("E0", "Everton", "Fulham")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)  # the loopback interface only


def identity(league: str, home: str, away: str) -> str:
    return f"{league}.202425.{home.lower().replace(' ', '-').replace(chr(39), '')}.{away.lower().replace(' ', '-')}"


def match_rows() -> list[dict[str, Any]]:
    """Three matches a week in E0 and two in SP1; eight weeks are played, two are to come."""
    rows = []
    for league, clubs in CLUBS.items():
        pairs = list(permutations(clubs, 2))
        a_week = len(clubs) // 2
        for number, (home, away) in enumerate(pairs[: a_week * (PLAYED_WEEKS + 2)]):
            week = number // a_week
            country = LEAGUES[league].country
            date = FIRST + week * WEEK
            played = week < PLAYED_WEEKS
            row = {
                "match_date": date,
                "match_id": identity(league, home, away),
                "league": league,
                "season": SEASON,
                "kick_off_at": dt.datetime(date.year, date.month, date.day, 15, tzinfo=dt.UTC),
                "status": "finished" if played else "scheduled",
                "home": home,
                "away": away,
                "home_id": team_id(country, home),
                "away_id": team_id(country, away),
                "leg": 1,
                "home_goals": (number * 7) % 4 if played else None,
                "away_goals": (number * 5) % 3 if played else None,
                "source": "football-data",
                "payload_id": "0" * 64,
                "line": number + 2,
            }
            if (league, home, away) == MOVED:
                rows.append({**row, "match_date": FIRST + (PLAYED_WEEKS - 1) * WEEK, "status": "postponed",
                             "home_goals": None, "away_goals": None})  # fmt: skip
                row |= {"match_date": FIRST + (PLAYED_WEEKS + 1) * WEEK, "status": "scheduled",
                        "home_goals": None, "away_goals": None}  # fmt: skip
            rows.append(row)
    return rows


def table_of(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as the table's own types; columns that are not given are null."""
    return pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in table.schema}, schema=table.schema, orient="col"
    ).sort(table.key)


def team_rows() -> list[dict[str, Any]]:
    """The clubs of the matches on their dates; from March on WhoScored calls Arsenal by another name."""
    rows = {
        (match["match_date"], match[f"{side}_id"]): {
            "match_date": match["match_date"], "team_id": match[f"{side}_id"], "name": match[side],
            "source": "football-data", "script": "latin", "country": LEAGUES[match["league"]].country,
            "league": match["league"], "sex": "men", "kind": "first",
        }
        for match in match_rows() for side in ("home", "away")
    }  # fmt: skip
    arsenal = [row for row in rows.values() if row["name"] == "Arsenal"]
    return [*rows.values(), *(row | {"name": "Arsenal FC", "source": "whoscored"} for row in arsenal[1:])]


def prediction_rows(version: str = "aaaaaaaaaaaa") -> list[dict[str, Any]]:
    """Every match on the model line; those of SP1 have a market and a blend besides."""
    lines = {"model": (0.5, 0.3, 0.2), "market": (0.4, 0.3, 0.3), "blend": (0.45, 0.3, 0.25)}
    return [
        {
            **{name: row[name] for name in
               ("match_date", "match_id", "league", "season", "kick_off_at", "home", "away")},
            "line": line,
            "p_home": chances[0],
            "p_draw": chances[1],
            "p_away": chances[2],
            "model_version": None if line == "market" else version,
            "trained_through": None if line == "market" else dt.date(2024, 7, 31),
        }
        for row in match_rows()
        for line, chances in lines.items()
        if line == "model" or row["league"] == "SP1"
    ]  # fmt: skip


def season_rows() -> list[dict[str, Any]]:
    """The clubs of SP1 on two dates, each as likely to be first."""
    clubs = CLUBS["SP1"]
    return [
        {
            "match_date": date, "league": "SP1", "season": SEASON, "team_id": team_id("Spain", club), "club": club,
            "position": place, "played": 3, "points": 4, "points_deducted": 0, "goal_difference": 1, "matches_left": 35,
            "best_position": 1, "worst_position": len(clubs), "points_expected": 50.5, "points_05": 40, "points_25": 45,
            "points_50": 50, "points_75": 55, "points_95": 60, "goal_difference_expected": 0.5,
            "positions": [1 / len(clubs)] * len(clubs), "p_title": 1 / len(clubs), "p_top_four": 0.5, "strength": 0.1,
            "strength_deviation": 0.3, "rated": True, "assumed": "europe", "runs": 1000, "seed": 1,
            "monte_carlo_error": 0.01,
        }
        for date in (FIRST + WEEK, FIRST + 2 * WEEK)
        for place, club in enumerate(clubs, start=1)
    ]  # fmt: skip


def quality_row(date: dt.date, league: str, line: str, sample: str, log_loss: float) -> dict[str, Any]:
    return {
        "match_date": date, "league": league, "line": line, "market": "1x2", "sample": sample, "matches": 40,
        "log_loss": log_loss, "rps": 0.2, "brier": 0.6, "accuracy": 0.5, "ece": 0.02, "forecast": 0.26,
        "happened": 0.27, "log_loss_vs_closing": None if line == "closing" else 0.01,
    }  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path, written_lake: Path) -> Lake:
    """Matches, predictions, value bets, quality and drift; no model yet."""
    return Lake(str(copytree(written_lake, tmp_path / "lake")))


@pytest.fixture(scope="session")
def written_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake as every test finds it: written once, copied for each."""
    folder = tmp_path_factory.mktemp("written") / "lake"
    write_lake(Lake(str(folder)))
    return folder


def write_lake(lake: Lake) -> None:
    """Matches, predictions, value bets, quality and drift."""
    matches = table_of(MATCHES, match_rows())
    lake.replace("matches", matches, None)
    lake.replace("team_ratings", rate(matches, newest_prices(MARKET_PROBABILITIES.empty().lazy())), None)
    lake.replace("teams", table_of(TEAMS, team_rows()), None)
    lake.replace("predictions", table_of(PREDICTIONS, prediction_rows()), None)
    (bet,) = [row for row in match_rows() if row["match_id"] == identity("SP1", "Ath Bilbao", "Betis")]
    bet = {
        **bet, "line": "model", "market": "1x2", "goals_line": None, "stake": 0.02, "selection": "home", "probability": 0.5, "market_probability": 0.4, "edge": 0.1,
        "price": 2.3, "expected_value": 0.15, "quoted_at": dt.datetime(2024, 8, 2, tzinfo=dt.UTC),
        "bookmakers": 5, "stale": False, "few_bookmakers": False, "few_matches": False,
    }  # fmt: skip
    lake.replace("value_bets", table_of(VALUE_BETS, [bet]), None)
    lake.replace("season_forecasts", table_of(SEASON_FORECASTS, season_rows()), None)
    changes = [
        {**row, "since": FIRST, "event": "title", "before": 0.3, "own_result": None, "other_results": 0.1, "ratings": 0.0,
         "fixtures": 0.0, "after": 0.4}
        for row in season_rows()
    ]  # fmt: skip
    lake.replace("season_changes", table_of(SEASON_CHANGES, changes), None)
    old, new = dt.date(2024, 9, 1), dt.date(2024, 9, 30)
    quality = [
        quality_row(date, league, line, sample, loss)
        for date, league, loss in (
            (old, "E0", 1.02),
            (new, "E0", 1.0),
            (old, "SP1", 0.98),
            (new, "ALL", 0.99),
        )
        for line in ("model", "closing")
        for sample in ("complete", "all")
    ]
    lake.replace("quality_report", table_of(QUALITY_REPORT, quality), None)
    drift = [
        {
            "match_date": date, "drift_share": share, "columns": 4, "drifted": len(names), "reference_matches": 900,
            "drifted_columns": names, "emptied_columns": ["elo_diff"], "current_matches": 80,
            "scores": [{"feature": name, "score": score} for name, score in DRIFT.items()],
        }
        for date, share, names in ((old, 0.5, ["elo_diff", "home_elo"]), (new, 0.25, ["elo_diff"]))
    ]  # fmt: skip
    lake.replace("drift_report", table_of(DRIFT_REPORT, drift), None)
    forecasts = [
        {
            **row,
            "match_date": new,
            "line": line,
            "drift_share": share,
            "scores": [{"feature": "home", "score": 0.1}, {"feature": "over_2_5", "score": 0.7}],
        }
        for row, line, share in ((drift[1], "blend", 0.2), (drift[1], "market", 0.0))
    ]
    lake.replace("forecast_drift", table_of(FORECAST_DRIFT, forecasts), None)


@pytest.fixture
def promote(lake: Lake) -> Callable[..., None]:
    """Write a selected model and the gate's verdict on it, as the models stage does."""

    def write(version: str, family: str, accepted: bool = True, registry_version: str = "1") -> None:
        day = dt.date(2024, 9, 1)
        model = {
            "match_date": day, "family": family, "trained_through": day, "examples": 900, "parameters": "{}",
            "version": version, "log_loss": 0.97, "reason": "lowest log loss", "forecaster": "x",
            "comparison": [{"name": family, "log_loss": 0.97}],
            "calibration": [], "lines": [], "out_of_fold": [],
        }  # fmt: skip
        lake.append("selected_model", table_of(SELECTED_MODEL, [model]))
        move = {
            "moved_at": Clock().now(), "alias": "champion", "version": version, "previous": None,
            "effective_from": day, "model_date": day, "accepted": accepted, "conditions": [],
            "registry_version": registry_version, "reason": "better",
        }  # fmt: skip
        lake.append("promotions", table_of(PROMOTIONS, [move]))

    return write


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_redis(Settings(var=str(tmp_path_factory.mktemp("redis")))) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
    return redis_server


@pytest.fixture
def settings(tmp_path: Path, lake: Lake, redis_url: str) -> Settings:
    return Settings(var=str(tmp_path), lake_url=lake.url, redis_url=redis_url)


@pytest.fixture
def serving() -> ServingSettings:
    return ServingSettings(
        refresh_seconds=0.05,
        follow_seconds=0.05,
        beat_seconds=1.0,
        shutdown_seconds=2,
        figures_seconds=0,
        redis_timeout_seconds=30,  # an API and a worker share the event loop of a test
    )


class Client(httpx.AsyncClient):
    """A client of an application in this very event loop, where a worker can run beside it."""

    def __init__(self, app: Litestar) -> None:
        asgi: Any = app  # httpx and Litestar name the types of ASGI differently
        transport = httpx.ASGITransport(asgi, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url="http://localhost")
        self.app = app


@asynccontextmanager
async def open_client(app: Litestar) -> AsyncIterator[Client]:
    """A client of the application while it is open; opened and closed in one task, as servers do."""
    ready, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            ready.set()
            await done.wait()

    task = asyncio.create_task(live())
    await asyncio.wait([task, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    try:
        async with Client(app) as client:
            yield client
    finally:
        done.set()
        await task


@pytest.fixture(name="open_client")
def open_client_fixture() -> Callable[[Litestar], AbstractAsyncContextManager[Client]]:
    """Opens an application and gives a client of it."""
    return open_client


@pytest_asyncio.fixture
async def client(settings: Settings, serving: ServingSettings) -> AsyncIterator[Client]:
    async with open_client(create_app(settings, serving)) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reader(
    written_lake: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client]:
    """One application for all tests that only read."""
    settings = Settings(
        var=str(tmp_path_factory.mktemp("var")), lake_url=str(written_lake), redis_url=f"{redis_server[:-1]}1"
    )
    async with open_client(create_app(settings, ServingSettings())) as client:
        yield client


@dataclass(frozen=True)
class ByRating:
    """A model that knows one thing: a home club rated higher by 400 wins 9 of 10; a tenth of all matches is drawn."""

    version: str
    family: str = "by_rating"
    trained_through: dt.date = dt.date(2024, 9, 1)
    draw: float = 0.1

    def predict(self, features: pl.DataFrame) -> np.ndarray[Any, Any]:
        home = 1 / (1 + 10 ** (-features["elo_diff"].to_numpy().astype(float) / 400))
        return np.column_stack([(1 - self.draw) * home, np.full(len(home), self.draw), (1 - self.draw) * (1 - home)])

    @property
    def goals(self) -> Any:
        return SimpleNamespace(rho=0.0)

    def goal_rates(self, features: pl.DataFrame) -> np.ndarray[Any, Any]:
        """One goal each: more than two and a half in all are 32 of 100 matches."""
        return np.ones((len(features), 2))

    def over(self, features: pl.DataFrame) -> np.ndarray[Any, Any]:
        """The goals expected tell it."""
        return np.full(len(features), np.nan)

    def blend(
        self, model_p: np.ndarray[Any, Any], prices: pl.DataFrame, features: pl.DataFrame
    ) -> np.ndarray[Any, Any]:
        """Half and half."""
        return (model_p + prices.select("p_home", "p_draw", "p_away").to_numpy()) / 2


@dataclass
class MemoryModels:
    """Models in memory by their versions, and the champion's."""

    models: dict[str, ByRating] = field(default_factory=dict)
    champion: str | None = None
    loads: list[str] = field(default_factory=list)

    def champion_version(self) -> str | None:
        return self.champion

    def load(self, version: str) -> ByRating:
        self.loads.append(version)
        return self.models[version]


@pytest.fixture
def registry() -> MemoryModels:
    return MemoryModels(
        {"aaaaaaaaaaaa": ByRating("aaaaaaaaaaaa"), "bbbbbbbbbbbb": ByRating("bbbbbbbbbbbb", draw=0.4)},
        champion="aaaaaaaaaaaa",
    )


@pytest.fixture
def idle_worker(redis_url: str) -> None:
    """The sign of life of a worker that has a model and takes no job."""
    show_idle_worker(redis_url)


def show_idle_worker(redis_url: str) -> None:
    """Write that sign of life into a Redis."""
    state = WorkerState("idle", Clock().now(), "aaaaaaaaaaaa", None, FIRST, running=0, done=0, failed=0)
    with redis.Redis.from_url(redis_url) as store:
        store.set("soccer:worker:idle", msgspec.json.encode(state))
        store.sadd(WORKERS, "soccer:worker:idle")


RunningWorker = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def running_worker(settings: Settings, serving: ServingSettings, registry: MemoryModels) -> RunningWorker:
    """A real arq worker in this process, from its first sign of life until the context is left."""

    @asynccontextmanager
    async def working(**changed: Any) -> AsyncIterator[None]:
        own = msgspec.structs.replace(serving, **changed)
        task = asyncio.create_task(run(create_worker(settings, own, registry, handle_signals=False)))
        store = connect(settings.redis_url, serving)
        try:
            async with asyncio.timeout(60):  # the first one imports pandera
                queue = JobQueue(store, serving, Clock())
                while not task.done() and not {state.id for state in await queue.workers()} - {"idle"}:
                    await asyncio.sleep(0.01)
            yield
        finally:
            await store.aclose(close_connection_pool=True)
            task.cancel()
            await task

    return working
