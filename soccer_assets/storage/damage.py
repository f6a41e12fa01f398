"""What is wrong with a table: lost commits, files that are missing, cut or changed, and their match dates."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from pyarrow import fs

from soccer_assets.errors import DamagedTableError, first_line
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.manifest import Manifest, checksum, file_names

#: First and last match date.
Dates = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class TableState:
    """A table that was examined.

    Args:
        name: the table.
        rows: rows that its log says it has; None where the log cannot be read.
        log: what is wrong with its log or its manifest; None where nothing is.
        is_open: whether the log can be read.
        manifest: its manifest; None where it has none, or one that cannot be read.
        files: the files that are damaged, and what is wrong with each.
        dates: the match dates of each damaged file, where they are known.
        unproven: files without a checksum.
    """

    name: str
    rows: int | None = None
    log: str | None = None
    is_open: bool = True
    manifest: Manifest | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, Dates] = field(default_factory=dict)
    unproven: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is lost or changed."""
        return self.log is None and not self.files

    @property
    def lost(self) -> Dates | None:
        """The first and the last match date of the damaged files; None where nobody can tell."""
        if not self.dates or len(self.dates) < len(self.files):
            return None
        return min(first for first, _ in self.dates.values()), max(last for _, last in self.dates.values())


def examine(lake: Lake, name: str, *, quick: bool = False) -> TableState:
    """The state of a table; `quick` compares the sizes of its files and reads none of them."""
    manifest, log = None, None
    try:
        manifest = lake.manifest(name)
    except DamagedTableError as error:
        log = str(error)
    try:
        table = lake.unchecked(name)
    except Exception as error:  # Delta Lake raises several kinds, and of some of them bare ones
        log = f"its log cannot be read ({type(error).__name__}: {first_line(error)})"
        names = [] if manifest is None else list(manifest.files)
        bad = damaged_files(lake, name, names, manifest, quick=quick)
        return TableState(name, None, log, False, manifest, bad, stored_dates(lake, name, bad))
    if manifest is not None:
        try:
            manifest.check(name, table.version(), file_names(table))
        except DamagedTableError as error:
            log = str(error)
    names = sorted(file_names(table) if log is None or manifest is None else manifest.files)
    proven = {} if manifest is None else manifest.files
    bad = damaged_files(lake, name, names, manifest, quick=quick)
    dates = stored_dates(lake, name, bad) | logged_dates(table, bad)
    return TableState(
        name, _rows(table), log, True, manifest, bad, dates, tuple(file for file in names if file not in proven)
    )


def require_sound(lake: Lake) -> None:
    """Read every file of every table and compare it with its checksum.

    Raises:
        DamagedTableError: the damaged tables, and what is wrong with the first of them.
    """
    states = [state for name in lake.names() if not (state := examine(lake, name)).is_sound]
    if states:
        first = states[0]
        wrong = first.log or next(f"{file} {wrong}" for file, wrong in first.files.items())
        raise DamagedTableError(
            f"expected every table as it was written, found damage in {[state.name for state in states]}; "
            f"{first.name}: {wrong}. `uv run soccer doctor` says what is lost"
        )


def damaged_files(
    lake: Lake, name: str, names: list[str], manifest: Manifest | None, *, quick: bool = False
) -> dict[str, str]:
    """What is wrong with each of some files of a table; those without a checksum must begin and end as Parquet does."""
    wrong = {}
    for file in names:
        path = f"{lake.folder(name)}/{file}"
        written = None if manifest is None else manifest.files.get(file)
        info = lake.files.get_file_info(path)
        if info.type is not fs.FileType.File:
            wrong[file] = "is missing"
        elif written is None:
            if not quick and _metadata(lake, path) is None:
                wrong[file] = "is no whole Parquet file"
        elif info.size != written.size:
            wrong[file] = f"has {info.size} bytes, {written.size} were written"
        elif not quick and checksum(lake.files, path) != written:
            wrong[file] = "holds other bytes than were written"
    return wrong


def logged_dates(table: DeltaTable, files: Mapping[str, str]) -> dict[str, Dates]:
    """First and last match date of files, as the log of their table says."""
    if not files or DATE not in {column.name for column in table.schema().fields}:
        return {}
    actions = pl.DataFrame(table.get_add_actions())
    if not {"min", "max"} <= set(actions.columns):
        return {}
    ranges = actions.select("path", first=pl.col("min").struct.field(DATE), last=pl.col("max").struct.field(DATE))
    return {path: (first, last) for path, first, last in ranges.iter_rows() if path in files and first is not None}


def stored_dates(lake: Lake, name: str, files: Mapping[str, str]) -> dict[str, Dates]:
    """First and last match date of files, as their own last bytes say; those that cannot be read are left out."""
    read = {file: _metadata(lake, f"{lake.folder(name)}/{file}") for file in files}
    return {file: dates for file, metadata in read.items() if metadata and (dates := dates_of(metadata))}


def dates_of(metadata: pq.FileMetaData) -> Dates | None:
    """First and last match date of a Parquet file; None where it has no rows or no such column."""
    names = metadata.schema.names
    if DATE not in names or metadata.num_rows == 0:
        return None
    groups = (
        metadata.row_group(group).column(names.index(DATE)).statistics for group in range(metadata.num_row_groups)
    )
    ranges = [(group.min, group.max) for group in groups if group is not None and group.has_min_max]
    return (min(first for first, _ in ranges), max(last for _, last in ranges)) if ranges else None


def _metadata(lake: Lake, path: str) -> pq.FileMetaData | None:
    """The description at the end of a Parquet file; None where it is missing or cut."""
    try:
        with lake.files.open_input_file(path) as file:
            return pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid):
        return None


def _rows(table: DeltaTable) -> int | None:
    counts = pl.DataFrame(table.get_add_actions().select(["num_records"]))["num_records"]
    return None if counts.has_nulls() else int(counts.sum())
