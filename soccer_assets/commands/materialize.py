"""Runs of the graph started from the command line: a selection over a range of match dates, in this process.

Starting in process saves the cold imports of a launched run; the run is recorded in the instance like any other.
"""

import datetime as dt
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from dagster import AssetSelection, DagsterEvent, DagsterEventType, DagsterInstance
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from soccer_assets.automation.jobs import training
from soccer_assets.definitions import defs
from soccer_assets.errors import RunFailedError
from soccer_assets.orchestration.earlier_dates import DEFAULT_OUTPUT
from soccer_assets.orchestration.home import SHIPPED
from soccer_assets.orchestration.partitions import range_tags, within_partitions
from soccer_assets.orchestration.run_health import PROCESS, fail_dead_runs, own_process
from soccer_assets.orchestration.runs import events_of, is_blocked, origin_of, planned_as_a_whole
from soccer_assets.predictions.forecast import BEFORE_CHAMPION
from soccer_assets.settings import Settings
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.sources.schema import SOURCE_ANSWERED, WHAT_BROKE

#: Without these there are no matches: a run that had to do with their last good files ends in an error.
TRUSTED = [spec.table.name for source in SOURCES if source.required for spec in source.tables]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

_OWN_ERROR = re.compile(r"^soccer_assets\.errors\.\w+: ")

#: What Polars and Delta raise at files that are cut, and at tables of another release.
_LIBRARY_ERROR = re.compile(r"^(polars|pyo3_runtime|_internal|deltalake|pyarrow)\b")

UP_TO_FEATURES = AssetSelection.groups("sources", "matches", "odds", "features")
MODELS = training(Settings.read().families)
SEASONS = AssetSelection.assets("season_forecasts", "season_changes")
FORECASTS = (AssetSelection.groups("predictions") - SEASONS) | AssetSelection.assets(
    "settled_predictions", "settled_markets", "settled_bets", "quality_report"
)


@dataclass(frozen=True)
class Report:
    """A run that succeeded: seconds in all and those Dagster spent on its own events, rows per asset."""

    run_id: str
    seconds: float
    bookkeeping_seconds: float
    rows: dict[str, int]


def instance() -> DagsterInstance:
    """The instance of the dagster.yaml in DAGSTER_HOME, else of the embedded one, wherever the command is started."""
    return DagsterInstance.from_config(os.environ.get("DAGSTER_HOME") or str(SHIPPED))


def materialize(
    selection: AssetSelection,
    first: dt.date,
    last: dt.date,
    instance: DagsterInstance,
    log: Callable[[str], None] | None = None,
) -> Report:
    """Materialize a selection, with its checks, for the match dates `first` to `last`, both inclusive, as one run.

    The range is cut at the first and the last match date of the graph. `log` takes each line; default: it is printed.

    Raises:
        MatchDatesError: the graph has none of these match dates.
        RunFailedError: a step or a blocking check failed; or the run went through to its end, but on the last good
            files of football-data.co.uk where the new ones were refused or did not come.
    """
    with _console() as console:
        return _materialized(selection, first, last, instance, console, log or partial(console.out, highlight=False))


def _materialized(
    selection: AssetSelection,
    first: dt.date,
    last: dt.date,
    instance: DagsterInstance,
    console: Console,
    log: Callable[[str], None],
) -> Report:
    keys = selection.resolve(defs.resolve_asset_graph())
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
    asked, (first, last) = (first, last), within_partitions(first, last)
    if asked != (first, last):
        log(f"asked for match dates {asked[0]} to {asked[1]}: cut to those of the graph")
    log(f"match dates {first} to {last} ({(last - first).days + 1}), {len(keys)} assets")
    for run_id in fail_dead_runs(instance):
        log(f"  run {run_id} had no process any more and is marked failed")
    began = time.perf_counter()
    with planned_as_a_whole((last - first).days):
        run = instance.create_run_for_job(
            job,
            run_config=QUIET,
            tags=range_tags(first, last) | {PROCESS: own_process()} | _asked_by(),
            asset_selection=frozenset(keys),
            remote_job_origin=origin_of(job.name),
        )
    bookkeeping = time.perf_counter() - began
    log(f"  {f'run {run.run_id} planned':<76} {bookkeeping:7.1f} s")
    failure, unanswered = "", []
    rows: dict[str, int] = {}
    made: defaultdict[str, list[str]] = defaultdict(list)
    started: dict[str, float] = {}
    written: dict[str, float] = {}
    with _progress(console) as progress:
        bar = progress.add_task("", total=len(job.graph.node_dict))
        for event in events_of(job, run, instance):
            step = event.step_key or ""
            match event.event_type:
                case DagsterEventType.STEP_START:
                    started[step] = time.perf_counter()
                    progress.update(bar, description=step)
                case DagsterEventType.ENGINE_EVENT if is_blocked(event):
                    log(f"  {step} waits for a run that makes it too, or what it rests on")
                case DagsterEventType.ASSET_MATERIALIZATION:
                    written.setdefault(step, time.perf_counter())
                case DagsterEventType.HANDLED_OUTPUT:
                    bookkeeping += time.perf_counter() - written.get(step, time.perf_counter())
                    output: Any = event.event_specific_data
                    table = step if output.output_name == DEFAULT_OUTPUT else output.output_name
                    made[step].append(table)
                    rows[table] = int(str(output.metadata["dagster/row_count"].value))
                    left_out = output.metadata.get(BEFORE_CHAMPION)
                    if left_out is not None and left_out.value:
                        log(f"  {left_out.value} {BEFORE_CHAMPION} are not forecast")
                case DagsterEventType.STEP_SUCCESS:
                    progress.advance(bar)
                    seconds = time.perf_counter() - started[step]
                    log(f"  {step:<60}{_rows(rows, step):>16} {seconds:7.1f} s")
                    for table in made[step]:
                        if table != step:  # made by the same step
                            log(f"  {table:<60}{_rows(rows, table):>16}")
                case DagsterEventType.ASSET_CHECK_EVALUATION:
                    reason = _unanswered(event)
                    if reason:
                        log(f"  {reason}")
                        unanswered.append(reason)
                case DagsterEventType.STEP_FAILURE:
                    failure = failure or f"{step}: {_cause(event)}"
                case DagsterEventType.RUN_FAILURE:
                    failure = failure or str(event.message)
    if failure:
        raise RunFailedError(f"{failure}\n(run {run.run_id}, match dates {first} to {last})")
    seconds = time.perf_counter() - began
    log(f"  done in {seconds:.1f} s, {bookkeeping:.1f} s of it Dagster's own bookkeeping")
    if unanswered:
        reasons = "\n".join(unanswered)
        raise RunFailedError(
            f"{reasons}\n(run {run.run_id} went on with the last good files, match dates {first} to {last})"
        )
    return Report(run.run_id, seconds, bookkeeping, rows)


def _asked_by() -> dict[str, str]:
    """The tags of a run that a worker starts: the job, and the request that asked for it."""
    variables = {f"soccer/{name}": os.environ.get(f"SOCCER_{name.upper()}", "") for name in ("request_id", "job_id")}
    return {tag: value for tag, value in variables.items() if value}


def _rows(rows: Mapping[str, int], table: str) -> str:
    return f"{rows[table]:,} rows" if table in rows else "checked"


@contextmanager
def _console() -> Iterator[Console]:
    """Standard output itself: Dagster captures that of a step, and its copy of it can lose the last lines of a run."""
    sys.stdout.flush()
    try:
        number = os.dup(sys.stdout.fileno())
    except OSError:  # a stream in memory
        yield Console(file=sys.stdout)
    else:
        with os.fdopen(number, "w", buffering=1, encoding=sys.stdout.encoding) as output:
            yield Console(file=output)


def _progress(console: Console) -> Progress:
    """A bar of the steps below the lines that are printed, on a terminal alone."""
    columns = (BarColumn(16), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _unanswered(event: DagsterEvent) -> str:
    """What kept football-data.co.uk from answering, of a check that says so; empty of any other."""
    evaluation = event.asset_check_evaluation_data
    table = evaluation.asset_key.path[-1]
    if evaluation.passed or evaluation.check_name != SOURCE_ANSWERED or table not in TRUSTED:
        return ""
    return f"{table}: {evaluation.metadata[WHAT_BROKE].value}"


def _cause(event: DagsterEvent) -> str:
    """The innermost error of a failed step, or the first of ours, which are sentences: those without their class."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None and not _OWN_ERROR.match(error.message):
        error = error.cause
    if error is None:
        return "unknown"
    said = error.message.strip()
    if _OWN_ERROR.match(said):
        return _OWN_ERROR.sub("", said)
    if _LIBRARY_ERROR.match(said):
        said = f"expected files and tables that can be read, found {said.splitlines()[0]}: " \
               "`uv run soccer doctor` says what is damaged"  # fmt: skip
    return said
