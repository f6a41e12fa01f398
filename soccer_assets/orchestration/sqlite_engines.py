"""Connections to the embedded storage of Dagster: kept open while they are used, closed so that no log stays behind.

Dagster has an SQLite file for each run, and SQLite a write-ahead log of some megabytes beside each file that is open.
"""

import sqlite3
import threading
from contextlib import closing
from multiprocessing.util import Finalize
from typing import Any

from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Engine, create_engine
from sqlalchemy.event import listens_for

from soccer_assets.settings import Settings

#: Files of the embedded storage that a process has open.
MOST_ENGINES = 8
MOST_LOG_BYTES = 4 * 2**20
_ENGINES: dict[str, Engine] = {}
_LOCK = threading.RLock()


def engine(url: str) -> Engine:
    """An engine that keeps its prepared statements and its connections; the most recently used ones stay open.

    The stock storage opens one for every event, and each that is closed last writes the whole log back to the file.
    Whoever closes a file last removes its write-ahead log, so all are closed when the process ends.
    """
    with _LOCK:
        if not _ENGINES:
            Finalize(None, close_engines, exitpriority=0)  # unlike atexit, it is called in the processes of runs too
        opened = _ENGINES.pop(url, None) or _new_engine(url)
        _ENGINES[url] = opened
        while len(_ENGINES) > MOST_ENGINES:
            _ENGINES.pop(next(iter(_ENGINES))).dispose()
    return opened


def _new_engine(url: str) -> Engine:
    new = create_engine(url, max_overflow=-1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @listens_for(new, "connect")
    def _(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")  # with a write-ahead log, a lost power supply harms nothing
        connection.execute(f"PRAGMA journal_size_limit = {MOST_LOG_BYTES}")

    return new


def close_engines() -> None:
    """Close every connection of this process to the embedded storage."""
    with _LOCK:
        while _ENGINES:
            _ENGINES.popitem()[1].dispose()


def close_left_logs(settings: Settings) -> int:
    """Write the logs that killed processes left back to their files; the number of logs that are gone.

    A file that a living process has open keeps its log.
    """
    logs = list((settings.var_path / "dagster").rglob("*.db-wal"))
    for log in logs:
        with closing(sqlite3.connect(log.with_name(log.name.removesuffix("-wal")))) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return sum(not log.exists() for log in logs)
