"""Repair of a table: its log is made again from its manifest, and damaged files are set aside.

What is set aside lies in a folder `_damaged` within the table, for whoever wants to look at it; nothing is deleted.
"""

import datetime as dt
import json

import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction
from pyarrow import fs

from soccer_assets.storage.damage import TableState, dates_of
from soccer_assets.storage.file_urls import listed
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.manifest import file_names

ASIDE = "_damaged"


def repair(lake: Lake, state: TableState, now: dt.datetime) -> list[str]:
    """Make a table that was examined readable again, with a manifest of what it is then; returns what was done."""
    name, done = state.name, []
    aside = f"{lake.folder(name)}/{ASIDE}/{now:%Y%m%dT%H%M%S}"
    if state.is_sound and not state.unproven:
        return []
    with lake.one_writer():
        table = lake.unchecked(name) if state.is_open else _reopened(lake, name, aside)
        if table is None and state.manifest is None:
            _set_aside(lake, lake.folder(name), f"{lake.root}/{ASIDE}/{name}-{now:%Y%m%dT%H%M%S}")
            return [f"{name}: neither its log nor a manifest can be read; it was set aside as a whole"]
        for file in state.files:
            path = f"{lake.folder(name)}/{file}"
            if lake.files.get_file_info(path).type is fs.FileType.File:
                _set_aside(lake, path, f"{aside}/{file}")
        if state.manifest is not None and (state.log is not None or table is None):
            if table is None:
                _set_aside(lake, f"{lake.folder(name)}/_delta_log", f"{aside}/_delta_log")
                table = lake.create(name, state.manifest.columns)
                done.append(f"{name}: a new log was begun; earlier states of the table cannot be read any more")
            sound = [file for file in state.manifest.files if file not in state.files]
            done += _restate(lake, name, table, sound)
        elif table is not None and state.files:
            table.repair()  # takes the files that are not there out of the log
            done.append(f"{name}: {len(state.files)} damaged files were set aside")
        lake.record(name, lake.unchecked(name), anew=state.manifest is None)
    if not done:
        got = f"{len(state.unproven)} files got a checksum"
        done.append(f"{name}: {got if state.is_open else 'what could not be read of its log was set aside'}")
    return done


def _reopened(lake: Lake, name: str, aside: str) -> DeltaTable | None:
    """The table without unreadable commits at the end of its log, and without checkpoints; None if that fails."""
    for commit in reversed(lake.commits(name)):
        if _is_commit(lake, commit.path):
            break
        _set_aside(lake, commit.path, f"{aside}/{commit.base_name}")
    for entry in listed(lake.files, f"{lake.folder(name)}/_delta_log"):
        if "checkpoint" in entry.base_name:  # they repeat what the commits say
            _set_aside(lake, entry.path, f"{aside}/{entry.base_name}")
    try:
        return lake.unchecked(name)
    except Exception:  # Delta Lake raises several kinds; a new log is begun
        return None


def _is_commit(lake: Lake, path: str) -> bool:
    with lake.files.open_input_stream(path) as stream:
        lines = stream.readall().splitlines()
    try:
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
    except ValueError:
        return False


def _restate(lake: Lake, name: str, table: DeltaTable, files: list[str]) -> list[str]:
    """Commit that a table has exactly these files; what was done."""
    before = file_names(table)
    if before == set(files):
        return []
    actions: list[AddAction | RemoveAction] = []
    for file in files:
        path = f"{lake.folder(name)}/{file}"
        info = lake.files.get_file_info(path)
        with lake.files.open_input_file(path) as stream:
            statistics = _statistics(pq.read_metadata(stream))
        actions.append(AddAction(file, info.size, {}, info.mtime_ns // 1_000_000, True, json.dumps(statistics)))
    manifest = lake.manifest(name)
    columns = table.schema() if manifest is None else type(table.schema()).from_json(manifest.columns)
    table.create_write_transaction(actions, "overwrite", columns, [])
    brought, dropped = len(set(files) - before), len(before - set(files))
    return [f"{name}: {brought} files of lost commits were brought back, {dropped} were dropped"]


def _statistics(metadata: pq.FileMetaData) -> dict[str, object]:
    """What the log says of a file: its rows and their match dates."""
    statistics: dict[str, object] = {"numRecords": metadata.num_rows}
    if dates := dates_of(metadata):
        first, last = (day.isoformat() for day in dates)
        statistics |= {"minValues": {DATE: first}, "maxValues": {DATE: last}, "nullCount": {DATE: 0}}
    return statistics


def _set_aside(lake: Lake, path: str, to: str) -> None:
    """Move a file or folder, where it is still there."""
    if lake.files.get_file_info(path).type is fs.FileType.NotFound:
        return
    if lake.files.get_file_info(path).type is fs.FileType.Directory and not isinstance(lake.files, fs.LocalFileSystem):
        for entry in lake.files.get_file_info(fs.FileSelector(path, recursive=True)):
            if entry.type is fs.FileType.File:
                lake.files.move(entry.path, f"{to}{entry.path.removeprefix(path)}")
        return
    lake.files.create_dir(to.rpartition("/")[0], recursive=True)
    lake.files.move(path, to)
