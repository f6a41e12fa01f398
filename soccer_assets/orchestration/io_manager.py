"""The I/O manager: an asset is a Delta table, a range of its partitions is replaced in one transaction."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import polars as pl
from dagster import (
    AssetIn,
    AssetOut,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    InputContext,
    IOManager,
    MetadataValue,
    OutputContext,
    PartitionKeyRange,
    PartitionMapping,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
    multi_asset,
)

from soccer_assets.errors import SchemaError
from soccer_assets.orchestration.partitions import dates_of, match_dates
from soccer_assets.orchestration.step_retries import step_tried_again, tried_again
from soccer_assets.settings import Clock
from soccer_assets.storage import data_versions
from soccer_assets.storage.earlier_forms import require_current
from soccer_assets.storage.lake import DATE, Lake
from soccer_assets.storage.tables import Additions, StoredRows, Table, TableRows, quarantine

#: Metadata of an input whose table may never have been made.
OPTIONAL = "optional"
#: The tables of the assets, by the name of the asset.
_TABLES: dict[str, Table] = {}


class DeltaIOManager(IOManager):
    """Writes frames of match dates; reads them as LazyFrame or DataFrame, as the asset's input is annotated.

    Of `TableRows` it writes the rows, those beyond the run's dates, and the quarantine of the table; `Additions` are
    added to the table and replace nothing.
    """

    def __init__(self, lake: Lake, clock: Clock = Clock()) -> None:  # noqa: B008  # a clock holds no state
        self._lake, self._clock = lake, clock
        #: By run and table that is being made: the versions of the upstream tables that its step has read.
        self._read: defaultdict[tuple[str, str], dict[str, pl.DataFrame]] = defaultdict(dict)

    def handle_output(self, context: OutputContext, obj: pl.DataFrame | TableRows | Additions) -> None:
        with tried_again(context.step_context.previous_attempt_count):
            self._write(context, obj)

    def load_input(self, context: InputContext) -> Any:
        with tried_again(context.step_context.previous_attempt_count):
            return self._load(context)

    def _write(self, context: OutputContext, obj: pl.DataFrame | TableRows | Additions) -> None:
        table = _TABLES[context.asset_key.path[-1]]
        name = context.asset_key.path[-1]
        first, last = dates_of(context.asset_partition_key_range)
        if isinstance(obj, Additions):
            after = obj.after
            rows = self._lake.add(table, lambda stored: _of_dates(table, after(stored), first, last))
            version = self._lake.version(name) or 0
        else:
            rows = _of_dates(table, obj.rows if isinstance(obj, TableRows) else obj, first, last)
            if isinstance(obj, TableRows):
                self._write_beside(context, name, obj, first, last)
            version = self._lake.replace_dates(name, rows.sort(DATE, maintain_order=True), first, last)
        if name in data_versions.RESTS_ON:  # after the rows: a run that is killed between the two makes them again
            read = self._read.pop((context.run_id, name), {})
            data_versions.record(self._lake, name, rows, read, first, last, self._clock.today())
        context.add_output_metadata(
            {
                "dagster/row_count": MetadataValue.int(len(rows)),
                "match dates with rows": MetadataValue.int(rows[table.date].n_unique()),
                "Delta version": MetadataValue.int(version),
                "dagster/uri": MetadataValue.text(self._lake.address(name)),
            }
        )

    def _write_beside(self, context: OutputContext, name: str, rows: TableRows, first: dt.date, last: dt.date) -> None:
        """Write what comes with the rows, before them: a run that is killed between the two writes both again."""
        if (bad := rows.quarantined) is not None:
            of_dates = f"{DATE} >= '{first}' AND {DATE} <= '{last}'"
            self._lake.replace(quarantine(name).name, bad, rows.replaces or of_dates)
            reasons = bad["reason"].str.replace(", found .*", "").value_counts(name="rows", sort=True)
            context.add_output_metadata({"quarantined": len(bad), "quarantined by reason": dict(reasons.iter_rows())})
        if rows.beyond is not None and self._lake.exists(name):
            for moved in rows.beyond(self._lake.scan(name)):
                if self._lake.exists(moved.table or name):
                    self._lake.replace(moved.table or name, moved.rows, moved.predicate)

    def _load(self, context: InputContext) -> Any:
        name, made = context.asset_key.path[-1], context.op_def.name
        if context.definition_metadata.get(OPTIONAL) and not self._lake.exists(name):
            rows = _TABLES[name].empty().lazy()
        else:
            state = self._lake.state(name)
            require_current(_TABLES[name], state.rows)
            rows = _of_partitions(context, state.rows)
            if name in data_versions.RESTS_ON.get(made, ()):
                versions = data_versions.versions_since(state, match_dates.start.date())
                self._read[context.step_context.run_id, made][name] = versions
        if context.dagster_type.typing_type is StoredRows:
            return StoredRows(rows, self._quarantined(name))
        return rows if context.dagster_type.typing_type is pl.LazyFrame else rows.collect()

    def _quarantined(self, name: str) -> pl.LazyFrame:
        bad = quarantine(name)
        return self._lake.scan(bad.name) if self._lake.exists(bad.name) else bad.empty().lazy()


def _of_partitions(context: InputContext, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of the partitions of an input; all of them where it has none."""
    if not context.has_asset_partitions:
        return rows
    keys = context.asset_partition_keys
    if not keys:  # the dates before the first match date have no rows
        return rows.clear()
    first, last = dates_of(PartitionKeyRange(keys[0], keys[-1]))
    return rows.filter(pl.col(_TABLES[context.asset_key.path[-1]].date).is_between(first, last))


def _of_dates(table: Table, rows: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The rows, all of them of the match dates `first` to `last`.

    Raises:
        SchemaError: there are rows of other match dates.
    """
    stray = rows.filter(~pl.col(table.date).is_between(first, last))
    if len(stray):
        raise SchemaError(
            f"{table.name}: expected match dates from {first} to {last}, found {len(stray)} others, "
            f"such as {stray[table.date].head(5).to_list()}"
        )
    return rows


def _described(name: str, table: Table) -> dict[str, Any]:
    """Metadata of the asset of a table; the I/O manager knows the table from here on."""
    _TABLES[name] = table
    columns = [
        TableColumn(c.name, str(c.dtype), c.description, constraints=TableColumnConstraints(nullable=c.nullable))
        for c in table.columns
    ]
    return {"dagster/column_schema": TableSchema(columns=columns), "key": ", ".join(table.key)}


def dated_asset(table: Table, **arguments: Any) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """`@asset` of a table's name: partitioned by match date, a range in one run, its columns shown in the UI.

    Its pool lets one run at a time make the table: another one, a command's among them, waits.
    """
    name = arguments.pop("name", table.name)
    made = asset(
        name=name,
        partitions_def=match_dates,
        backfill_policy=BackfillPolicy.single_run(),
        metadata=_described(name, table),
        pool=name,
        **arguments,
    )
    return lambda body: made(step_tried_again(body))


def dated_assets(*tables: Table, kinds: set[str], **arguments: Any) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """`@multi_asset` for the tables that one step makes together; the body returns a value for each, in their order."""
    made = multi_asset(
        outs={t.name: AssetOut(description=t.row, metadata=_described(t.name, t), kinds=kinds) for t in tables},
        partitions_def=match_dates,
        backfill_policy=BackfillPolicy.single_run(),
        pool=tables[0].name,
        **arguments,
    )
    return lambda body: made(step_tried_again(body))


def written_elsewhere(table: Table, **arguments: Any) -> AssetSpec:
    """The asset of a table that no run of the graph makes; assets read it like any other."""
    return AssetSpec(table.name, description=table.row, metadata=_described(table.name, table), **arguments)


def optional(
    table: Table, partition_mapping: PartitionMapping | None = None, name: str | None = None, **arguments: Any
) -> AssetIn:
    """An input that is empty where its table was never made; `name` is that of the asset where it is another."""
    name = name or table.name
    _TABLES[name] = table
    return AssetIn(name, metadata={OPTIONAL: True}, partition_mapping=partition_mapping, **arguments)


def markdown(frame: pl.DataFrame) -> str:
    """A small table for the UI: at most 100 rows, and of a text its first 80 letters."""
    # not by pl.Config: it sets environment variables, which is no safe thing to do beside other threads
    rows = [frame.columns, ["---"] * frame.width, *frame.head(100).rows()]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(value: object) -> str:
    text = f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)
    return (text if len(text) <= 80 else f"{text[:80]}…").replace("|", "\\|").replace("\n", " ")
