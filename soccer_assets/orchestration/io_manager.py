"""The I/O manager: an asset is a Delta table, a range of its partitions is replaced in one transaction."""

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
from soccer_assets.storage.tables import Table


class DeltaIOManager(IOManager):
    """Writes frames with a `match_date`; reads them as LazyFrame or DataFrame, as the asset's input is annotated."""

    def __init__(self, lake: Lake, clock: Clock = Clock()) -> None:  # noqa: B008  # a clock holds no state
        self._lake, self._clock = lake, clock
        #: By run and table that is being made: the versions of the upstream tables that its step has read.
        self._read: defaultdict[tuple[str, str], dict[str, pl.DataFrame]] = defaultdict(dict)

    def handle_output(self, context: OutputContext, obj: pl.DataFrame) -> None:
        name = context.asset_key.path[-1]
        first, last = dates_of(context.asset_partition_key_range)
        stray = obj.filter((pl.col(DATE) < first) | (pl.col(DATE) > last))
        if len(stray):
            raise SchemaError(
                f"{name}: expected match dates from {first} to {last}, found {len(stray)} others, "
                f"such as {stray[DATE].head(5).to_list()}"
            )
        version = self._lake.replace_dates(name, obj.sort(DATE, maintain_order=True), first, last)
        if name in data_versions.RESTS_ON:  # after the rows: a run that is killed between the two makes them again
            read = self._read.pop((context.run_id, name), {})
            data_versions.record(self._lake, name, obj, read, first, last, self._clock.today())
        context.add_output_metadata(
            {
                "dagster/row_count": MetadataValue.int(len(obj)),
                "match dates with rows": MetadataValue.int(obj[DATE].n_unique()),
                "Delta version": MetadataValue.int(version),
                "dagster/uri": MetadataValue.text(self._lake.address(name)),
            }
        )

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
