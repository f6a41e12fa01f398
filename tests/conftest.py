"""A small football world, materialized once through the whole graph, for every test that reads real tables.

Settings are read when `soccer_assets.definitions` is imported, so the environment is set here, before any test module
is. It is the same Wednesday whenever the tests run: the graph follows the clock of the settings.
"""

import datetime as dt
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import polars as pl
import polars.selectors as cs
import pytest
import urllib3  # noqa: F401  # tries an IPv6 socket when first imported: now, while sockets are allowed

from soccer_assets.settings import Clock, Settings
from soccer_assets.simulation.football_data import files, write
from soccer_assets.simulation.world import World, make_world
from soccer_assets.storage.lake import Lake

if TYPE_CHECKING:
    from click.testing import Result
    from dagster import AssetSelection

    from soccer_assets.commands.materialize import Report

FOLDER = tempfile.TemporaryDirectory(prefix="soccer-tests-")
VAR = Path(FOLDER.name).resolve() / "var"
SITE = VAR / "site"


#: The Saturday for whose morning the world is published; there are matches on this day and on the coming weekend.
TODAY = dt.date(2026, 10, 24)
#: The day by the clock: no match is under way on it, at whatever hour the tests run.
CLOCK_DAY = dt.date(2026, 10, 28)
FIRST = TODAY - dt.timedelta(days=410)  # a season to learn from, and the same weeks a year ago for drift
LAST = TODAY + dt.timedelta(days=13)
MODEL_DATES = (TODAY - dt.timedelta(days=28), TODAY - dt.timedelta(days=7))
ENVIRONMENT = {
    "SOCCER_VAR": str(VAR),
    "SOCCER_FOOTBALL_DATA_URL": SITE.as_uri(),
    "SOCCER_HTTP_PAUSE_SECONDS": "0",
    "SOCCER_SOURCES": "football_data",
    "SOCCER_LEAGUES": "E0,E1,NOR",
    "SOCCER_TODAY": str(CLOCK_DAY),
    "SOCCER_START_DATE": str(FIRST),
    "SOCCER_TRAIN_SINCE": str(FIRST),
    "SOCCER_FAMILIES": "climatology,elo_ordered_logit,logistic_regression,stack",
    "SOCCER_TRIALS": "2",
    "SOCCER_FOLDS": "2",
    "SOCCER_FOLD_DAYS": "91",
    "SOCCER_SEASON_RUNS": "400",
    "SOCCER_STORAGE_RETRY_SECONDS": "0.01",
}
for name in [name for name in os.environ if name.startswith(("SOCCER_", "DAGSTER_", "MLFLOW_"))]:
    if name != "SOCCER_FUZZ_EXAMPLES":  # how long the fuzz tests are to go on is no setting of the platform
        del os.environ[name]
os.environ |= ENVIRONMENT
#: Begun last, a file of few and long tests would keep one core busy alone: these come first, the longest at the head.
LONG_FILES = [
    "test_calendar.py", "test_deployed_storage.py", "serving/test_description.py", "cases/test_moved_dates.py",
    "test_right_over_time.py", "faults/test_s3.py", "test_season.py",
    "commands/test_refused_file.py", "serving/test_log_ids.py",
    "models/families/test_adding_a_family.py", "commands/test_train.py", "serving/test_processes.py",
]  # fmt: skip
hypothesis.settings.register_profile("untimed", deadline=None)  # a loaded machine is no fault of what is tested
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "untimed")
#: PostgreSQL's lock lies in a folder of one's own: in the one that all share it belongs to whoever came first.
os.environ["XDG_RUNTIME_DIR"] = str(VAR.parent)  # that of a temporary folder is its owner's alone, as must be
(VAR.parent / "python_PostgresServer").mkdir()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; all else in the order in which it is found."""
    rank = {name: place for place, name in enumerate(LONG_FILES)}
    tests = Path(__file__).parent
    assert all((tests / name).is_file() for name in LONG_FILES), "expected the files of LONG_FILES: name them anew"
    items.sort(key=lambda item: rank.get(item.path.relative_to(tests).as_posix(), len(rank)))


@dataclass(frozen=True)
class Season:
    """The world, the site that publishes it, and the lake made of it."""

    world: World
    lake: Lake
    var: Path = VAR
    today: dt.date = TODAY
    clock_day: dt.date = CLOCK_DAY
    first: dt.date = FIRST
    last: dt.date = LAST
    model_dates: tuple[dt.date, dt.date] = MODEL_DATES

    def publish(self, as_of: dt.date) -> None:
        """Put the files of the morning of a day on the site."""
        write(files(self.world, as_of), SITE)

    def materialize(self, selection: "AssetSelection", first: dt.date, last: dt.date) -> "Report":
        """One run, as the commands start it."""
        from soccer_assets.commands import materialize as runs

        with runs.instance() as instance:
            return runs.materialize(selection, first, last, instance, log=lambda line: None)

    def launch(self, job_name: str, request: Any, *, without: Sequence[str] = ("drift_report",)) -> None:
        """One run of a job as a schedule or sensor asked for it; a drift report is a page of some megabytes."""
        from dagster import AssetKey
        from dagster._core.definitions.job_base import InMemoryJob
        from dagster._core.execution.api import execute_run

        from soccer_assets.commands import materialize as runs
        from soccer_assets.definitions import defs

        job = defs.resolve_job_def(job_name)
        left_out = {AssetKey(name) for name in without}
        job = job.get_subset(asset_selection=job.asset_layer.selected_asset_keys - left_out)
        with runs.instance() as instance:
            run = instance.create_run_for_job(job, run_config=runs.QUIET, tags=request.tags)
            execute_run(InMemoryJob(job), run, instance, raise_on_error=True)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever is done to site, payloads and tables is undone on the way out."""
        with tempfile.TemporaryDirectory() as kept:
            folders = [SITE, VAR / "payloads", VAR / "lake"]
            for folder in folders:
                shutil.copytree(folder, Path(kept) / folder.name)
            try:
                yield
            finally:
                for folder in folders:
                    shutil.rmtree(folder)
                    shutil.copytree(Path(kept) / folder.name, folder)


@pytest.fixture(scope="session")
def season() -> Season:
    """The whole graph as of this morning: two models, four weeks of backtest and the coming two weeks."""
    from dagster import AssetSelection

    from soccer_assets.commands import materialize as runs

    season = Season(make_world(TODAY, seasons=1.5, clubs=16), Lake(str(VAR / "lake")))
    yesterday = TODAY - dt.timedelta(days=1)
    season.publish(yesterday)
    season.materialize(AssetSelection.assets("football_data_fixtures"), yesterday, LAST)
    season.publish(TODAY)
    season.materialize(runs.UP_TO_FEATURES, FIRST, LAST)
    for day in MODEL_DATES:
        season.materialize(runs.MODELS, day, day)
    season.materialize(runs.FORECASTS, MODEL_DATES[0], LAST)
    season.materialize(runs.SEASONS, TODAY - dt.timedelta(days=21), LAST)
    season.materialize(AssetSelection.assets("backtest_report"), MODEL_DATES[0], TODAY)
    season.materialize(AssetSelection.assets("forecast_drift"), TODAY, TODAY)
    return season


@pytest.fixture(scope="session")
def season_with_drift(season: Season) -> Season:
    """The season with this morning's drift report, whose page takes Evidently ten seconds."""
    from dagster import AssetSelection

    season.materialize(AssetSelection.assets("drift_report"), TODAY, TODAY)
    return season


@pytest.fixture(scope="session")
def next_day(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake a morning later, as the nightly schedule leaves it."""
    from dagster import build_schedule_context

    from soccer_assets.automation import schedules

    tomorrow = season.today + dt.timedelta(days=1)
    at_five = dt.datetime.combine(tomorrow, dt.time(5), dt.UTC) - Clock.from_settings(Settings.read()).shift
    request = schedules.nightly(build_schedule_context(scheduled_execution_time=at_five))
    folder = tmp_path_factory.mktemp("next-day") / "lake"
    with season.undone():
        season.publish(tomorrow)
        season.launch("nightly_job", request)
        shutil.copytree(season.var / "lake", folder)
    return Lake(str(folder))


@pytest.fixture
def soccer() -> "Callable[..., Result]":
    """Run a command line of `soccer` in this process: its exit code, stdout and stderr."""
    from click.testing import CliRunner

    from soccer_assets.commands import cli

    def run(*command: object, **environment: str | None) -> "Result":
        arguments = [str(word) for word in command]
        return CliRunner().invoke(cli.soccer, arguments, env=environment, catch_exceptions=False)

    return run


@pytest.fixture(scope="session")
def digest() -> Callable[[pl.DataFrame], str]:
    """SHA-256 of all that a frame says, whatever the order of its rows: equal digests are equal to the last bit."""

    def of(frame: pl.DataFrame) -> str:
        plain = frame.select(sorted(frame.columns)).sort(pl.all(), nulls_last=True)
        nested = plain.select(cs.nested()).columns  # lists of Python say all of their items, series some
        plain = plain.with_columns(
            pl.Series(name, list(map(repr, plain[name].to_list())), pl.String) for name in nested
        )
        # floats are written with as many digits as tell them apart from their neighbours
        return hashlib.sha256(plain.write_csv(null_value="\\N").encode()).hexdigest()

    return of
