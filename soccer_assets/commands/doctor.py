"""What `soccer doctor` finds: what is lost or wrong in each store, and the command that brings it back."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PanicException

from soccer_assets.errors import LostPayloadError, SoccerError, first_line
from soccer_assets.matches.schema import MATCH_CONFLICTS
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.champion.registry_repair import differences, rebuild
from soccer_assets.models.schema import MODEL_CARD, PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import DRIFT_REPORT, FORECAST_DRIFT
from soccer_assets.predictions.ledger import verify
from soccer_assets.settings import Clock, Settings, machine_time
from soccer_assets.storage.conditional_put import prove_conditional_put
from soccer_assets.storage.damage import Dates, TableState, examine
from soccer_assets.storage.earlier_forms import convert, outdated
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import CLOCK_SLACK, FETCH_LOG, Payloads
from soccer_assets.storage.repair import repair

if TYPE_CHECKING:
    from dagster import AssetKey, DagsterInstance

#: Rows of these were made once and cannot be made again.
IRREPLACEABLE = ("fetch_log", "link_decisions", "on_demand_forecasts", "prediction_ledger", "promotions")
#: Tables that an earlier version wrote in another form.
CHANGED = {
    table.name: table
    for table in (DRIFT_REPORT, FORECAST_DRIFT, MATCH_CONFLICTS, MODEL_CARD, PROMOTIONS, SELECTED_MODEL)
}
RESTORE = "uv run soccer restore FROM, of a backup"
REPAIR = "uv run soccer doctor --repair"
#: The newest materializations of a table that is not there, among which one with rows is looked for.
MOST_MADE = 1000


@dataclass(frozen=True)
class Finding:
    """One thing that is lost or wrong.

    Args:
        store: the store it is in.
        wrong: what is wrong.
        cure: the command that brings it back.
    """

    store: str
    wrong: str
    cure: str

    def __str__(self) -> str:
        return f"{self.store}: {self.wrong}\n  -> {self.cure}"


class Doctor:
    """Looks at every store of the settings.

    Args:
        settings: where the stores are.
        quick: compare the sizes of files and read none of them, and write nothing.
    """

    def __init__(self, settings: Settings, *, quick: bool = False) -> None:
        self._settings, self._quick = settings, quick
        self._lake = Lake(settings.lake)
        self._clock = Clock.from_settings(settings)
        self._payloads = Payloads(settings.payloads, self._lake, self._clock.now)
        self._registry = Registry(settings)
        self.counts: dict[str, str] = {}

    def findings(self) -> list[Finding]:
        """All that is lost or wrong; `counts` says then what was looked at."""
        findings = [finding for table in self._lake.names() for finding in self._table(table)]
        self.counts["lake"] = f"{len(self._lake.names())} tables"
        for store, look in self._stores().items():
            try:
                findings += look()
            except SoccerError as error:
                findings.append(Finding(store, str(error), REPAIR))
            except (
                Exception,
                PanicException,
            ) as error:  # a damaged store may fail in any way; the others are looked at
                wrong = f"it cannot be read ({type(error).__name__}: {first_line(error)})"
                findings.append(Finding(store, wrong, REPAIR))
        return findings

    def repair(self) -> list[str]:
        """Make what can be read again so: logs of tables from their manifests, the registry from the lake."""
        done = []
        for name in self._lake.names():
            state = examine(self._lake, name)
            done += repair(self._lake, state, self._clock.now())
            done += [f"{finding.store}: {finding.wrong} -> {finding.cure}" for finding in lost_rows(state)]
            if self._lake.exists(name) and (names := self._outdated(name)):
                self._lake.rewrite(name, convert(CHANGED[name], self._lake.read(name)))
                done.append(f"{name}: {names}, as an earlier version wrote them, were converted")
        done += self._set_registry_aside()
        return [*done, *(f"registry: {line}" for line in rebuild(self._registry, self._lake))]

    def _set_registry_aside(self) -> list[str]:
        """Let MLflow begin a database anew that is damaged: the lake has what the registry needs."""
        database = self._settings.var_path / "mlflow" / "mlflow.db"
        if not database.is_file() or check_sqlite(database) is None:
            return []
        for file in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
            if file.exists():
                file.rename(file.with_name(f"{file.name}.damaged-{self._clock.now():%Y%m%dT%H%M%S}"))
        return [f"registry: {database} is damaged and was set aside; it is begun anew"]

    def _sqlite_files(self) -> list[Path]:
        return sorted(path for path in self._settings.var_path.rglob("*.db") if path.is_file())

    def _stores(self) -> dict[str, Callable[[], list[Finding]]]:
        return {
            "store": lambda: list(self._store()),
            "payloads": lambda: list(self._kept_payloads()),
            "registry": lambda: [
                Finding("registry", wrong, REPAIR) for wrong in differences(self._registry, self._lake)
            ],
            "ledger": lambda: list(self._ledger()),
            "databases": lambda: list(self._databases()),
            "clock": lambda: list(self._times()),
        }

    def _table(self, name: str) -> Iterator[Finding]:
        state = examine(self._lake, name, quick=self._quick)
        if state.log is not None:
            yield Finding(name, state.log, REPAIR)
        for file, wrong in state.files.items():
            dates = state.dates.get(file)
            held = f", match dates {dates[0]} to {dates[1]}" if dates else ""
            yield Finding(name, f"{file} {wrong}{held}", f"{REPAIR}, then {remake(name, dates)}")
        if state.is_sound and (names := self._outdated(name)):
            yield Finding(name, f"{names} are as an earlier version wrote them", REPAIR)
        if state.unproven and state.is_sound:
            yield Finding(name, f"{len(state.unproven)} files have no checksum yet", REPAIR)

    def _outdated(self, name: str) -> list[str]:
        return outdated(CHANGED[name], self._lake.scan(name).collect_schema()) if name in CHANGED else []

    def _store(self) -> Iterator[Finding]:
        """Whether the store refuses the second of two puts, and which time it has."""
        if self._quick or not self._lake.url.startswith("s3://"):
            return
        stored = prove_conditional_put(self._lake.url)
        self.counts["store"] = "honours conditional puts"
        off = abs(machine_time() - stored)
        if off > CLOCK_SLACK:
            yield Finding(
                "clock", f"it differs from that of {self._lake.url} by {off}", "set the clock of this machine"
            )

    def _kept_payloads(self) -> Iterator[Finding]:
        log = self._payloads.fetches().filter(pl.col("payload_id").is_not_null(), pl.col("outcome") == "accepted")
        addresses = dict(log.select("payload_id", "address").iter_rows())
        sizes = self._payloads.sizes()
        for payload_id, address in addresses.items():
            wrong = "is missing" if payload_id not in sizes else None
            if wrong is None and not self._quick:
                try:
                    self._payloads.get(payload_id)
                except LostPayloadError as error:
                    wrong = f"has {error.actual}"
            if wrong:
                yield Finding("payloads", f"{payload_id} of {address} {wrong}", f"{RESTORE}; or fetch it again")
        self.counts["payloads"] = f"{len(addresses)} payloads"

    def _ledger(self) -> Iterator[Finding]:
        verdict = verify(self._lake)
        self.counts["ledger"] = f"{verdict.rows} rows, the last one {verdict.tip[:12]}"
        if verdict.broken:
            yield Finding("ledger", f"its chain is broken at {verdict.broken}", RESTORE)

    def _databases(self) -> Iterator[Finding]:
        """The SQLite databases of Dagster and MLflow, and Dagster's storage elsewhere."""
        files = self._sqlite_files()
        damaged = {path: wrong for path in files if (wrong := check_sqlite(path))}
        for path, wrong in damaged.items():
            cure = REPAIR if path.name == "mlflow.db" else RESTORE
            yield Finding("databases", f"{path} is damaged ({wrong})", cure)
        if any(path.name != "mlflow.db" for path in damaged):
            return  # Dagster does not open then
        from soccer_assets.commands import materialize as runs

        with runs.instance() as instance:
            tables = set(self._lake.names())
            made = [key for key in instance.all_asset_keys() if key.path[-1] not in tables]
            lost = [key.path[-1] for key in made if _has_rows(instance, key)]
            self.counts["databases"] = f"{len(files)} SQLite files, {instance.get_runs_count()} runs"
        for name in sorted(lost):
            yield Finding("lake", f"Dagster has {name} as made, and there is no such table", remake(name, None))

    def _times(self) -> Iterator[Finding]:
        """Times that were written and are still to come: then or now the clock is wrong."""
        now = self._clock.now()
        written = {FETCH_LOG.name: "fetched_at", "promotions": "moved_at", "prediction_ledger": "sealed_at"}
        for name, column in written.items():
            if not self._lake.exists(name):
                continue
            newest: dt.datetime | None = self._lake.scan(name).select(pl.col(column).max()).collect().item()
            if newest is not None and newest > now + CLOCK_SLACK:
                wrong = f"it shows {now:%Y-%m-%d %H:%M} UTC, and {name} was written at {newest:%Y-%m-%d %H:%M}"
                yield Finding("clock", wrong, "set the clock of this machine, or SOCCER_TODAY")
        self.counts["clock"] = f"{now:%Y-%m-%d %H:%M} UTC"


def _has_rows(instance: "DagsterInstance", key: "AssetKey") -> bool:
    """Whether an asset was ever made with rows; a table that is only added to begins with its first one."""
    made = instance.fetch_materializations(key, limit=MOST_MADE).records
    events = [event for record in made if (event := record.asset_materialization)]
    return any(count is None or count.value for count in (event.metadata.get("dagster/row_count") for event in events))


def lost_rows(state: TableState) -> list[Finding]:
    """What is lost of a table after its repair, and what makes it again."""
    if not state.files:
        return []
    dates = state.lost
    held = f"rows of match dates {dates[0]} to {dates[1]} are lost" if dates else "rows are lost"
    return [Finding(state.name, held, remake(state.name, dates))]


def remake(table: str, dates: Dates | None) -> str:
    """The command that makes match dates of a table again."""
    from soccer_assets.commands import materialize as runs
    from soccer_assets.definitions import defs

    # what `data_versions` says is written with the features
    asset = "match_features" if table == "data_versions" else table.removesuffix("_quarantine")
    first, last = ("FROM", "TO") if dates is None else dates
    graph = defs.resolve_asset_graph()
    if asset in IRREPLACEABLE:
        return RESTORE
    commands = {
        f"SOCCER_REPLAY=true uv run soccer backfill {first} {last}": runs.UP_TO_FEATURES,
        f"uv run soccer train {last}": runs.MODELS,
        f"uv run soccer predict {first} {last}": runs.FORECASTS,
        f"uv run soccer seasons {first} {last}": runs.SEASONS,
    }
    for command, selection in commands.items():
        if asset in {key.path[-1] for key in selection.resolve(graph)}:
            return command
    return f"materialize {asset} for {first} to {last} in Dagster's UI"


def check_sqlite(path: Path) -> str | None:
    """What is wrong with an SQLite database; None where nothing is."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (answer,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if answer == "ok" else str(answer)
