"""The log of a table: its commits, and which of them was the newest at an instant."""

import datetime as dt
import json
import re
from bisect import bisect_right

from pyarrow import fs

from soccer_assets.errors import DamagedTableError, HistoryExpiredError
from soccer_assets.storage.file_urls import listed

COMMIT = re.compile(r"\d{20}\.json")


def commits(files: fs.FileSystem, folder: str) -> list[fs.FileInfo]:
    """The files of the commits of the table in a folder that are kept, oldest first."""
    entries = listed(files, f"{folder}/_delta_log")
    return sorted((e for e in entries if COMMIT.fullmatch(e.base_name)), key=lambda entry: entry.base_name)


def version_of(commit: fs.FileInfo) -> int:
    """The version that a commit made."""
    return int(commit.base_name[:20])


def version_at(files: fs.FileSystem, folder: str, instant: dt.datetime) -> int | None:
    """The newest version at an instant; None where the table had none yet.

    Raises:
        HistoryExpiredError: the log is not kept so far back.
    """
    # not by DeltaTable.history, which holds the interpreter while S3 is slow
    kept = commits(files, folder)
    later = bisect_right(kept, instant.timestamp() * 1000, key=lambda commit: _written_at(files, commit))
    if later:
        return version_of(kept[later - 1])
    if kept and version_of(kept[0]) > 0:
        first = dt.datetime.fromtimestamp(_written_at(files, kept[0]) / 1000, dt.UTC)
        name = folder.rpartition("/")[2]
        raise HistoryExpiredError(f"{name}: expected an instant from {first:%Y-%m-%dT%H:%M:%SZ} on, found {instant}")
    return None


def _written_at(files: fs.FileSystem, commit: fs.FileInfo) -> int:
    """When a commit was written, in milliseconds since 1970."""
    with files.open_input_stream(commit.path) as stream:
        for line in stream.readall().splitlines():
            if line.startswith(b'{"commitInfo"'):
                return int(json.loads(line)["commitInfo"]["timestamp"])
    raise DamagedTableError(f"{commit.path}: expected the time of a commit, found none: run `uv run soccer doctor`")
