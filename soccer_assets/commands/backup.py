"""A backup of lake, payloads, registry, Dagster, ledger and keys in one folder, and how it is restored."""

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import msgspec
from pyarrow import fs
from sqlalchemy import make_url

from soccer_assets.errors import StorageError
from soccer_assets.predictions.ledger import verify
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.backups import copy_file, copy_table, paths_below, pin, put
from soccer_assets.storage.file_urls import file_system, local_folder
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.manifest import DataFile, checksum

CONTENTS = "backup.json"
DUMP = "dagster.pgdump"
#: Of SQLite a copy is made that needs none of these; Redis holds what is over soon.
PASSING = ("-wal", "-shm", "-journal", ".part", ".lock")
#: Columns of MLflow's database with addresses of files, which lie in the folder of the platform.
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


class Backup(msgspec.Struct, frozen=True):
    """What a backup holds.

    Args:
        made_at: when it was begun, UTC.
        release: version of the platform.
        var: the folder that the platform wrote to.
        tables: version of each table.
        tip: hash of the last row of the ledger.
        left_out: what it does not hold, and how that is brought back.
        files: every file by its path in the backup.
    """

    made_at: dt.datetime
    release: str
    var: str
    tables: dict[str, int]
    tip: str
    left_out: list[str]
    files: dict[str, DataFile]


def backup(settings: Settings, address: str) -> Backup:
    """Copy every store to an empty folder or S3 address, while the platform may run.

    Raises:
        StorageError: the folder is not empty, or a file is damaged.
    """
    to, root = file_system(address)
    _require_empty(to, root, address)
    _require_outside(settings, address)
    lake = Lake(settings.lake)
    now = Clock.from_settings(settings).now()
    pinned = pin(lake)  # all of them first, so that they are of one moment
    files: dict[str, DataFile] = {}
    for name, state in pinned.items():
        files |= {f"lake/{name}/{p}": copy for p, copy in copy_table(lake, name, state, to, f"{root}/lake/{name}")}
    source, kept = file_system(settings.payloads)
    for payload in paths_below(source, kept, lambda path: len(path) == 64):
        files[f"payloads/{payload}"] = copy = copy_file(source, f"{kept}/{payload}", to, f"{root}/payloads/{payload}")
        if copy.sha256 != payload:
            raise StorageError(f"payload {payload}: expected its bytes, found others: run `uv run soccer doctor`")
    left_out: list[str] = []
    files |= dict(_copy_var(settings, to, root))
    files |= dict(_dump_postgres(to, root, left_out))
    if not settings.mlflow.startswith("sqlite:"):
        left_out.append("the MLflow server: `uv run soccer doctor --repair` rebuilds its registry from the lake")
    tip = verify(Lake(f"{address.rstrip('/')}/lake")).tip
    made = Backup(
        now,
        version("soccer-assets"),
        str(settings.var_path),
        {name: state.version for name, state in pinned.items()},
        tip,
        left_out,
        files,
    )
    put(msgspec.json.encode(made), to, f"{root}/{CONTENTS}")  # last: without it nothing is restored
    return made


def restore(settings: Settings, address: str) -> Backup:
    """Copy a backup into empty stores, after every file of it was verified.

    Raises:
        StorageError: there is no backup, a file of it is damaged, or a store is not empty.
    """
    source, root = file_system(address)
    try:
        with source.open_input_stream(f"{root}/{CONTENTS}") as stream:
            made = msgspec.json.decode(stream.readall(), type=Backup)
    except FileNotFoundError:
        raise StorageError(f"{address}: expected {CONTENTS}, found none: it is no backup, or one not done") from None
    except msgspec.DecodeError as error:
        raise StorageError(
            f"{address}: expected {CONTENTS} as `soccer backup` wrote it, found another ({error}): take another backup"
        ) from None
    if beyond := [path for path in made.files if {"", ".", ".."} & set(path.split("/"))]:
        raise StorageError(f"{address}: expected paths of files in it, found {beyond[:5]}: take another backup")
    stores = {
        "lake/": file_system(settings.lake),
        "payloads/": file_system(settings.payloads),
        "var/": file_system(str(settings.var_path)),
    }
    for files, folder in stores.values():
        _require_empty(files, folder, folder)
    if DUMP in made.files:
        _require_no_runs()
    damaged = [path for path, written in made.files.items() if _checksum(source, f"{root}/{path}") != written]
    if damaged:
        raise StorageError(
            f"{address}: expected {len(made.files)} files as they were written, found {len(damaged)} others, such as "
            f"{damaged[:5]}: take another backup"
        )
    for path in made.files:
        for prefix, (files, folder) in stores.items():
            if path.startswith(prefix):
                copy_file(source, f"{root}/{path}", files, f"{folder}/{path.removeprefix(prefix)}")
    if DUMP in made.files:
        _restore_postgres(source, f"{root}/{DUMP}")
    _move_artefacts(settings, made)
    lake = Lake(settings.lake)
    tables = {name: lake.table(name).version() for name in lake.names()}
    if tables != made.tables or verify(lake).tip != made.tip:
        raise StorageError(f"{settings.lake}: expected the versions {made.tables} and {made.tip}, found {tables}")
    return made


def _require_empty(files: fs.FileSystem, folder: str, address: str) -> None:
    if present := paths_below(files, folder):
        raise StorageError(
            f"{address}: expected an empty store, found {len(present)} files, such as {present[:3]}: give another one, "
            "or move it away"
        )


def _require_outside(settings: Settings, address: str) -> None:
    """Check that a backup does not go into a store that it copies, and would be part of the next one."""
    to = local_folder(address)
    for store in (str(settings.var_path), settings.lake, settings.payloads):
        folder = local_folder(store)
        if to is None or folder is None:
            inside = to is folder is None and f"{address.rstrip('/')}/".startswith(f"{store.rstrip('/')}/")
        else:
            inside = to.is_relative_to(folder)
        if inside:
            raise StorageError(f"{address}: expected a place outside of {store}, which is copied, found one in it: "
                               "give another one")  # fmt: skip


def _copy_var(settings: Settings, to: fs.FileSystem, root: str) -> Iterator[tuple[str, DataFile]]:
    """Copy the folder that the platform writes to, without lake, payloads and Redis; databases as of one moment."""
    local = fs.LocalFileSystem()
    var = settings.var_path
    elsewhere = [
        folder for url in (settings.lake, settings.payloads, str(var / "redis")) if (folder := local_folder(url))
    ]
    for path in paths_below(local, str(var), lambda path: not path.endswith(PASSING)):
        if any((var / path).is_relative_to(folder) for folder in elsewhere):
            continue
        target = f"{root}/var/{path}"
        if path.endswith(".db"):
            with tempfile.TemporaryDirectory() as passing:
                copy = Path(passing) / "copy.db"
                with closing(sqlite3.connect(var / path)) as database, closing(sqlite3.connect(copy)) as kept:
                    database.backup(kept)
                yield f"var/{path}", copy_file(local, str(copy), to, target)
            continue
        try:
            yield f"var/{path}", copy_file(local, str(var / path), to, target)
        except FileNotFoundError:  # a log or a report that was removed since
            continue


def _postgres() -> list[str] | None:
    """The options by which PostgreSQL's programs reach Dagster's database; None where it is SQLite."""
    from soccer_assets.commands import materialize as runs

    with runs.instance() as instance:
        url = getattr(instance.event_log_storage, "postgres_url", None)
    if url is None:
        return None
    parts = make_url(url)
    if parts.password:
        os.environ["PGPASSWORD"] = str(parts.password)  # which no list of processes shows
    options = {"--host": parts.host, "--port": parts.port, "--username": parts.username, "--dbname": parts.database}
    return [f"{name}={value}" for name, value in options.items() if value]


def _dump_postgres(to: fs.FileSystem, root: str, left_out: list[str]) -> Iterator[tuple[str, DataFile]]:
    options = _postgres()
    if options is None:
        return
    if shutil.which("pg_dump") is None:
        left_out.append(f"Dagster's runs and events: no pg_dump on this machine; run `pg_dump -Fc {' '.join(options)}`")
        return
    with tempfile.TemporaryDirectory() as folder:
        dump = f"{folder}/{DUMP}"
        _run(["pg_dump", "--format=custom", f"--file={dump}", *options])
        yield DUMP, copy_file(fs.LocalFileSystem(), dump, to, f"{root}/{DUMP}")


def _restore_postgres(source: fs.FileSystem, path: str) -> None:
    options = _postgres()
    if options is None:
        raise StorageError(f"{path}: expected Dagster on PostgreSQL, found SQLite: set DAGSTER_HOME as it was")
    with tempfile.TemporaryDirectory() as folder:
        copy_file(source, path, fs.LocalFileSystem(), f"{folder}/{DUMP}")
        # Dagster has made its empty tables by now
        _run(["pg_restore", "--clean", "--if-exists", "--no-owner", *options, f"{folder}/{DUMP}"])


def _require_no_runs() -> None:
    from soccer_assets.commands import materialize as runs

    with runs.instance() as instance:
        count = instance.get_runs_count()
    if count:
        raise StorageError(f"Dagster's database: expected no runs, found {count}: give an empty database")


def _run(command: list[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise StorageError(f"{command[0]}: expected it to succeed, found {ran.stderr.strip()}")


def _move_artefacts(settings: Settings, made: Backup) -> None:
    """Let MLflow's database, where it was restored to another folder, say where its files lie now."""
    database = settings.var_path / "mlflow" / "mlflow.db"
    before, after = Path(made.var).as_uri(), settings.var_path.as_uri()
    if before == after or not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, column in ADDRESSES:
            connection.execute(f"update {table} set {column} = replace({column}, ?, ?)", (before, after))


def _checksum(files: fs.FileSystem, path: str) -> DataFile | None:
    try:
        return checksum(files, path)
    except FileNotFoundError:
        return None
