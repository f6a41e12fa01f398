"""Copies of files between stores, verified by checksums: the tables of a lake as they are at one moment, and folders.

A table is copied with its log up to the version that it has when the copy begins, so writers go on. Its files of
earlier versions that are still there are copied as well, so that earlier states can be read from the copy.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
from pyarrow import fs

from soccer_assets.errors import StorageError
from soccer_assets.storage.file_urls import listed
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.manifest import CHUNK_BYTES, DataFile, Manifest, checksum, file_names
from soccer_assets.storage.manifest import NAME as MANIFEST

LOGGED = re.compile(r"(\d{20})\.(?:json|checkpoint\.parquet)")


@dataclass(frozen=True)
class Pinned:
    """A table at one moment: its version, the names of its files, and its manifest."""

    version: int
    files: frozenset[str]
    manifest: Manifest | None


def pin(lake: Lake) -> dict[str, Pinned]:
    """Every table of a lake as it is now, by name.

    Raises:
        DamagedTableError: commits of a table are lost.
    """
    pinned = {}
    for name in lake.names():
        manifest, table = lake.manifest(name), lake.table(name)
        pinned[name] = Pinned(table.version(), frozenset(file_names(table)), manifest)
    return pinned


def copy_table(lake: Lake, name: str, state: Pinned, to: fs.FileSystem, folder: str) -> Iterator[tuple[str, DataFile]]:
    """Copy a pinned table to a folder; gives each file by its path in it.

    Raises:
        StorageError: a file of the table is missing, or holds other bytes than were written.
    """
    written = {} if state.manifest is None else state.manifest.files
    home = lake.folder(name)
    entries = [
        *lake.files.get_file_info(fs.FileSelector(f"{home}/_delta_log")),
        *lake.files.get_file_info(fs.FileSelector(home)),
    ]
    copied = set()
    for entry in entries:
        path = entry.path.removeprefix(f"{home}/")
        logged = LOGGED.fullmatch(entry.base_name)
        if path.startswith("_delta_log/"):
            wanted = logged is not None and int(logged[1]) <= state.version
        else:
            wanted = entry.type is fs.FileType.File and entry.base_name.endswith(".parquet")
        if not wanted:
            continue
        try:
            copy = copy_file(lake.files, entry.path, to, f"{folder}/{path}")
        except FileNotFoundError:
            if path in state.files:
                raise
            continue  # of an earlier version, and removed since
        if path in written and copy != written[path]:
            raise StorageError(
                f"{entry.path}: expected the bytes that were written, found others: run `uv run soccer doctor`"
            )
        copied.add(path)
        yield path, copy
    if missing := state.files - copied:
        raise StorageError(
            f"{name}: expected all of its files, found {sorted(missing)} missing: run `uv run soccer doctor`"
        )
    if state.manifest is not None:
        yield MANIFEST, put(msgspec.json.encode(state.manifest), to, f"{folder}/{MANIFEST}")


def copy_file(files: fs.FileSystem, path: str, to: fs.FileSystem, target: str) -> DataFile:
    """Copy a file; returns the checksum of what was read, which the copy has as well.

    Raises:
        FileNotFoundError: there is none.
        StorageError: the copy is another than what was read.
    """
    digest, size = hashlib.sha256(), 0
    with files.open_input_stream(path) as source:
        make_folder(to, target)
        with to.open_output_stream(target) as copy:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
    read = DataFile(size, digest.hexdigest())
    if checksum(to, target) != read:
        raise StorageError(f"{target}: expected a copy of the {size} bytes read, found others: run it again")
    return read


def put(body: bytes, to: fs.FileSystem, target: str) -> DataFile:
    """Write a file of these bytes; returns its checksum."""
    make_folder(to, target)
    with to.open_output_stream(target) as stream:
        stream.write(body)
    return DataFile(len(body), hashlib.sha256(body).hexdigest())


def make_folder(files: fs.FileSystem, path: str) -> None:
    """Make the folder of a file, where folders are made."""
    if isinstance(files, fs.LocalFileSystem):
        files.create_dir(path.rpartition("/")[0], recursive=True)


def paths_below(files: fs.FileSystem, folder: str, wanted: Callable[[str], bool] = bool) -> list[str]:
    """The paths of the wanted files in a folder and those in it, without that of the folder, in order."""
    entries = listed(files, folder, recursive=True)
    paths = [entry.path.removeprefix(f"{folder}/") for entry in entries if entry.type is fs.FileType.File]
    return sorted(path for path in paths if wanted(path))
