"""The lake: a folder (local or S3) of Delta tables, read lazily and replaced by match date.

Delta Lake rather than a file a day: a range of dates is replaced in one transaction, concurrent writers that touch
other dates retry and lose nothing, and the table's version is a cheap and exact sign of change.
"""

import datetime as dt
import fcntl
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from pyarrow import fs

from soccer_assets.errors import DamagedTableError, NotMaterializedError, SettingsError, SoccerError, first_line
from soccer_assets.storage import delta_log
from soccer_assets.storage.conditional_put import prove_conditional_put
from soccer_assets.storage.earlier_forms import require_current
from soccer_assets.storage.file_urls import REQUEST_SECONDS, file_system, keys_of_file, listed, local_folder
from soccer_assets.storage.manifest import Manifest, file_names, has_manifest, read_manifest, write_manifest
from soccer_assets.storage.table_states import LocalTable, Log, TableState
from soccer_assets.storage.tables import Table
from soccer_assets.storage.written_rows import require_forms, stream, with_stored_spelling

DATE = "match_date"
#: What identifies a match in every table that has one.
MATCH = [DATE, "match_id"]
COMMIT_TRIES = 20
#: Rows lie in order of date, so with small files a replaced day touches one of them.
FILE_BYTES = 2 * 2**20
#: A reader goes through every commit since the last checkpoint, and a day opens a hundred tables: written daily for
#: three months, one opens in 60 ms at Delta's own interval of 100 and in 12 ms at this.
PROPERTIES = {"delta.checkpointInterval": "10"}
#: Folders that Delta's own file store does not open: it decodes `%20` once too often and refuses the other letters.
UNREADABLE_FOLDER = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]\\|^\x00-\x1f\x7f]")


class Lake:
    """Delta tables under one address, a table per name.

    Args:
        url: a folder (as path or file:// URL) or s3://.
        request_seconds: a request to S3 may take this long.

    Raises:
        SettingsError: it is the address of a file.
    """

    def __init__(self, url: str, request_seconds: float = REQUEST_SECONDS) -> None:
        self._folder = local_folder(url)
        if self._folder is not None and self._folder.is_file():
            raise SettingsError(f"expected a folder of tables, found the file {self._folder}")
        self.url = url.rstrip("/") if self._folder is None else str(self._folder)
        self._seconds = request_seconds
        self._locked = self._folder is not None and UNREADABLE_FOLDER.search(self.url) is not None
        self._is_proven = not self.url.startswith("s3://")
        self._options: dict[str, str] = {}
        self._states: dict[str, TableState] = {}
        if self._locked:
            # another file store of the library takes the folder aside from the table's address
            self._options = {"opendal.root": self.url, "opendal.atomic_write_dir": f"{self.url}/.unfinished"}
        elif self.url.startswith("s3://"):
            # S3 has no rename without overwriting: commits are guarded by a conditional put
            seconds = {
                "timeout": request_seconds,
                "connect_timeout": request_seconds,
                "retry_timeout": 2 * request_seconds,
            }
            limits = {name: f"{value:g}s" for name, value in seconds.items()}
            self._options = {"aws_conditional_put": "etag", **limits, **keys_of_file()}

    @cached_property
    def files(self) -> fs.FileSystem:
        """The file system that the tables lie in."""
        return file_system(self.url, self._seconds)[0]

    @cached_property
    def root(self) -> str:
        """The folder of the tables in `files`."""
        return file_system(self.url, self._seconds)[1]

    def folder(self, name: str) -> str:
        """The folder of a table in `files`."""
        return f"{self.root}/{name}"

    def address(self, name: str) -> str:
        """Where a table lies: a path or a URL."""
        return f"{self.url}/{name}"

    def _library_address(self, name: str) -> str:
        return f"opendal+fs:///{name}" if self._locked else self.address(name)

    def _write(self, name: str, table: DeltaTable | None, rows: pl.DataFrame, **options: Any) -> DeltaTable:
        """Write rows to a table, or to a new one where `table` is None; returns it as it is then."""
        settings: dict[str, Any] = {}
        if table is None:
            if not self._is_proven:
                prove_conditional_put(self.url)
                self._is_proven = True
            settings = {"storage_options": self._options, "configuration": PROPERTIES}
        address = self._library_address(name) if table is None else table
        with self.one_writer():
            write_deltalake(address, stream(rows), target_file_size=FILE_BYTES, **settings, **options)
        written = self.unchecked(name) if table is None else table
        self.record(name, written)
        commits = self.commits(name)
        if commits and delta_log.version_of(commits[-1]) == written.version():
            self._states[name] = TableState(name, _log_of(commits), written)
        return written

    def record(self, name: str, table: DeltaTable, *, anew: bool = False) -> None:
        """Write the manifest of the version that was written last; `anew` takes every checksum again."""
        write_manifest(self.files, self.folder(name), table, None if anew else self.manifest(name))

    def manifest(self, name: str) -> Manifest | None:
        """What was written last to a table; None where no manifest was written yet.

        Raises:
            DamagedTableError: the manifest cannot be read.
        """
        return read_manifest(self.files, self.folder(name))

    def create(self, name: str, columns: str) -> DeltaTable:
        """A new table without rows; `columns` is its schema as Delta Lake's JSON."""
        return DeltaTable.create(
            self._library_address(name),
            Schema.from_json(columns),
            storage_options=self._options,
            configuration=dict(PROPERTIES),
        )

    def exists(self, name: str) -> bool:
        """Whether anything was ever written under that name.

        Raises:
            DamagedTableError: it was, and the log of the table is lost: an empty table would hide that.
        """
        if self.newest_commit(name) is not None:
            return True
        manifest = self.manifest(name)
        if manifest is None:
            return False
        if self.newest_commit(name) is not None:  # another writer has made the table meanwhile
            return True
        raise DamagedTableError(
            f"{name}: expected the log of version {manifest.version} under {self.url}, found none: "
            "`uv run soccer doctor --repair` makes it again"
        )

    def table(self, name: str, version: int | None = None) -> DeltaTable:
        """The table as it is now, or as a version of it was.

        Raises:
            NotMaterializedError: nothing was ever written under that name.
            DamagedTableError: commits that were written are lost.
        """
        manifest = self.manifest(name)  # first: other writers may commit before the log is read, never the reverse
        if not self.exists(name):
            raise NotMaterializedError(
                f"expected the table {name} under {self.url}, found none: run `uv run soccer backfill FROM TO` "
                "(sources to features), `uv run soccer train DATE` (models) or `uv run soccer predict FROM TO` "
                "(forecasts and reports) first"
            )
        try:
            table = self.unchecked(name, version)
        except DeltaError as error:
            if self._folder is None:  # it may be the network, which is asked again
                raise
            raise DamagedTableError(
                f"{name}: expected a log that can be read under {self.url}, found {first_line(error)}: "
                "`uv run soccer doctor` says what is lost"
            ) from error
        if manifest is not None and version is None:
            manifest.check(name, table.version(), file_names(table))
        return table

    def unchecked(self, name: str, version: int | None = None) -> DeltaTable:
        """The table as its log says, whatever its manifest says."""
        if self._folder is None:
            return DeltaTable(self._library_address(name), version, self._options)
        table = LocalTable(self._library_address(name), version, self._options)
        table.folder = self._folder / name
        return table

    def state(self, name: str) -> TableState:
        """The table as it is now, opened again only after its log has changed.

        Raises:
            NotMaterializedError: nothing was ever written under that name.
            DamagedTableError: commits that were written are lost.
        """
        log, state = _log_of(self.commits(name)), self._states.get(name)
        if state is None or not log or state.log != log:
            state = self._states[name] = TableState(name, log, self.table(name))
        return state

    def version(self, name: str) -> int | None:
        """Version of the newest commit; None for a table that does not exist."""
        table = self._newest(name)
        return None if table is None else table.version()

    def newest_commit(self, name: str) -> tuple[str, int] | None:
        """File and time of the newest commit, which change with every change of the table; None while it has none.

        One listing, where `table` reads the commits: for those that look again and again.
        """
        commits = self.commits(name)
        return (commits[-1].base_name, commits[-1].mtime_ns) if commits else None

    def commits(self, name: str) -> list[fs.FileInfo]:
        """The files of the commits that are kept, oldest first."""
        return delta_log.commits(self.files, self.folder(name))

    def version_at(self, name: str, instant: dt.datetime) -> int | None:
        """The newest version at an instant; None where the table had none yet.

        Raises:
            HistoryExpiredError: the log is not kept so far back.
        """
        return delta_log.version_at(self.files, self.folder(name), instant)

    def scan(self, name: str, first: dt.date | None = None, last: dt.date | None = None) -> pl.LazyFrame:
        """Rows with a match date from `first` to `last`, both inclusive; None leaves that side open."""
        rows = self.state(name).rows
        rows = rows if first is None else rows.filter(pl.col(DATE) >= first)
        return rows if last is None else rows.filter(pl.col(DATE) <= last)

    def read(self, name: str, first: dt.date | None = None, last: dt.date | None = None) -> pl.DataFrame:
        return self.scan(name, first, last).collect()

    def replace_dates(self, name: str, rows: pl.DataFrame, first: dt.date, last: dt.date) -> int:
        """Make the match dates `first` to `last` hold exactly `rows`; returns the new version."""
        return self.replace(name, rows, f"{DATE} >= '{first}' AND {DATE} <= '{last}'")

    def replace(self, name: str, rows: pl.DataFrame, predicate: str | None) -> int:
        """Make the rows that satisfy the SQL predicate (None: all) be exactly `rows`; returns the new version."""
        return self._commit(name, rows, "overwrite", predicate)

    def rewrite(self, name: str, rows: pl.DataFrame) -> None:
        """Make a table hold exactly `rows`, its columns those of the rows."""
        self._write(name, self.table(name), rows, mode="overwrite", schema_mode="overwrite")

    def append(self, name: str, rows: pl.DataFrame) -> int:
        """Add rows; returns the new version."""
        return self._commit(name, rows, "append", None)

    def add(self, table: Table, after: Callable[[pl.LazyFrame], pl.DataFrame]) -> pl.DataFrame:
        """Add the rows that `after` gives from the rows of the table, and return them.

        `after` is called again when another writer was faster, so no row rests on an older state of the table.

        Raises:
            SchemaError: an earlier version wrote the table in another form.
            SoccerError: other writers were faster every time.
        """
        for attempt in range(COMMIT_TRIES):
            stored = self._newest(table.name)
            before = table.empty().lazy() if stored is None else pl.scan_delta(stored)
            require_current(table, before)
            rows = after(before)
            if rows.is_empty() or self.append_onto(table.name, rows, None if stored is None else stored.version()):
                return rows
            _wait_after(attempt)
        raise SoccerError(
            f"{table.name}: expected to add {len(rows)} rows, found other writers faster {COMMIT_TRIES} times: "
            "run it again"
        )

    def append_onto(self, name: str, rows: pl.DataFrame, version: int | None) -> bool:
        """Add rows that rest on a version of the table (None: on there being none); False when it is not the newest."""
        table = None if version is None else self.table(name, version)
        once = CommitProperties(max_commit_retries=0)
        try:
            mode = "error" if table is None else "append"  # columns that the table has not yet are added
            self._write(name, table, rows, mode=mode, schema_mode="merge", commit_properties=once)
        except CommitFailedError:
            return False
        except DeltaError:
            if table is None and self.exists(name):
                return False
            raise
        return True

    def names(self) -> list[str]:
        """The tables there are, damaged ones among them."""
        entries = listed(self.files, self.root)
        folders = [entry.base_name for entry in entries if entry.type is fs.FileType.Directory]
        return sorted(name for name in folders if self.commits(name) or has_manifest(self.files, self.folder(name)))

    def tidy(self, keep_hours: int = 168) -> dict[str, int]:
        """Join small files, sum up the log, drop files no version of the last `keep_hours` needs; dropped per table.

        Files that a killed or failed writer left are among them; younger ones may be those of a writer at work. They
        stay in a folder that Delta's own file store does not open.
        """
        dropped = {}
        for name in self.names():
            table = self.table(name)
            with self.one_writer():
                table.optimize.compact(target_size=FILE_BYTES)
                self.record(name, table)
                dropped[name] = len(table.vacuum(keep_hours, dry_run=False, full=not self._locked))
                table.create_checkpoint()
        return dropped

    @contextmanager
    def one_writer(self) -> Iterator[None]:
        """One writer at a time where the file store cannot put a commit in place unless another one is there."""
        if self._folder is None or not self._locked:
            yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".writer.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _commit(self, name: str, rows: pl.DataFrame, mode: str, predicate: str | None) -> int:
        attempt = 0
        while True:
            table = self._newest(name)
            spelled = with_stored_spelling(name, rows, table)
            if table is not None:
                require_forms(name, spelled, table, self.address(name))
            try:
                # the predicate is for a new table as well: another writer may be making it
                written = self._write(name, table, spelled, mode=mode, schema_mode="merge", predicate=predicate)
                return written.version()
            except CommitFailedError:
                # another writer committed first: look again and write on top of it
                attempt += 1
                if attempt == COMMIT_TRIES:
                    raise
                _wait_after(attempt - 1)

    def _newest(self, name: str) -> DeltaTable | None:
        """The table as it is now; None while there is none."""
        try:
            return self.table(name)
        except NotMaterializedError:
            return None


def _log_of(commits: list[fs.FileInfo]) -> Log:
    return tuple((commit.base_name, commit.size, commit.mtime_ns) for commit in commits)


def _wait_after(attempt: int) -> None:
    """Sleep before the next try: up to 0.05 s after the first one, twice as long after each further one."""
    time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
