"""The I/O manager: an asset is a Delta table, a range of its partitions is replaced in one transaction."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import polars as pl
from dagster import (
    AssetsDefinition,
    BackfillPolicy,
    InputContext,
    IOManager,
    MetadataValue,
    OutputContext,
    PartitionKeyRange,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
)

from soccer_assets.clock import Clock
from soccer_assets.errors import SchemaError
from soccer_assets.orchestration.partitions import dates_of, match_dates
from soccer_assets.storage import data_versions
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import Table, TableRows, quarantine


class DeltaIOManager(IOManager):
    """Writes frames with a `match_date`; reads them as LazyFrame or DataFrame, as the asset's input is annotated.

    Of `TableRows` it writes the rows, those beyond the run's dates, and the quarantine of the table.
    """

    def __init__(self, lake: Lake, clock: Clock = Clock()) -> None:  # noqa: B008  # a clock holds no state
        self._lake, self._clock = lake, clock
        #: By run and table that is being made: the versions of the upstream tables that its step has read.
        self._read: defaultdict[tuple[str, str], dict[str, pl.DataFrame]] = defaultdict(dict)

    def handle_output(self, context: OutputContext, obj: pl.DataFrame | TableRows) -> None:
        name = context.asset_key.path[-1]
        first, last = dates_of(context.asset_partition_key_range)
        rows = obj.rows if isinstance(obj, TableRows) else obj
        stray = rows.filter((pl.col(DATE) < first) | (pl.col(DATE) > last))
        if len(stray):
            raise SchemaError(
                f"{name}: expected match dates from {first} to {last}, found {len(stray)} others, "
                f"such as {stray[DATE].head(5).to_list()}"
            )
        if isinstance(obj, TableRows):
            self._write_beside(context, name, obj, first, last)
        version = self._lake.replace_dates(name, rows.sort(DATE, maintain_order=True), first, last)
        if name in data_versions.RESTS_ON:  # after the rows: a run that is killed between the two makes them again
            read = self._read.pop((context.run_id, name), {})
            data_versions.record(self._lake, name, rows, read, first, last, self._clock.today())
        context.add_output_metadata(
            {
                "dagster/row_count": MetadataValue.int(len(rows)),
                "match dates with rows": MetadataValue.int(rows[DATE].n_unique()),
                "Delta version": MetadataValue.int(version),
                "dagster/uri": MetadataValue.text(self._lake.address(name)),
            }
        )

    def _write_beside(self, context: OutputContext, name: str, given: TableRows, first: dt.date, last: dt.date) -> None:
        """Write what comes with the rows, before them: a run that is killed between the two writes both again."""
        bad = given.quarantined
        of_dates = f"{DATE} >= '{first}' AND {DATE} <= '{last}'"
        self._lake.replace(quarantine(name).name, bad, given.replaces or of_dates)
        for moved in given.beyond:
            self._lake.replace(name, moved.rows, moved.predicate)
        reasons = bad["reason"].str.replace(", found .*", "").value_counts(name="rows", sort=True)
        context.add_output_metadata({"quarantined": len(bad), "quarantined by reason": dict(reasons.iter_rows())})

    def load_input(self, context: InputContext) -> Any:
        name = context.asset_key.path[-1]
        keys = context.asset_partition_keys
        if keys:
            rows = self._lake.scan(name, *dates_of(PartitionKeyRange(keys[0], keys[-1])))
        else:  # who looks back from the first match date sees nothing
            rows = self._lake.scan(name).clear()
        made = context.op_def.name
        if name in data_versions.RESTS_ON.get(made, ()):
            self._read[context.step_context.run_id, made][name] = data_versions.versions_of(name, rows)
        return rows if context.dagster_type.typing_type is pl.LazyFrame else rows.collect()


def dated_asset(table: Table, **arguments: Any) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """`@asset` for a table of the lake: partitioned per match date, a range in one run, its columns shown in the UI."""
    columns = [
        TableColumn(c.name, str(c.dtype), c.description, constraints=TableColumnConstraints(nullable=c.nullable))
        for c in table.columns
    ]
    return asset(  # type: ignore[no-any-return]  # the arguments are those of @asset
        partitions_def=match_dates,
        backfill_policy=BackfillPolicy.single_run(),
        metadata={"dagster/column_schema": TableSchema(columns=columns), "key": ", ".join(table.key)},
        **arguments,
    )


def markdown(frame: pl.DataFrame) -> str:
    """A small table for the UI."""
    with pl.Config(
        tbl_formatting="ASCII_MARKDOWN",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=100,
        tbl_cols=-1,
        tbl_width_chars=-1,
        fmt_str_lengths=80,
        float_precision=4,
    ):
        return str(frame)
