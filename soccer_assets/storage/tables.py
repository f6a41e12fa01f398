"""What a table is: its columns, types and rules, declared once.

A stage's `schema.py` declares its tables with these classes. The same declaration validates frames (pandera), makes
empty frames, and describes the columns in the Dagster UI. Pandera takes seconds to import, so it is imported on use.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from soccer_assets.errors import SchemaError

UTC = pl.Datetime("us", "UTC")
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Column:
    """A column: bounds are inclusive; `among` lists the only values allowed."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    description: str
    nullable: bool = False
    ge: float | None = None
    le: float | None = None
    among: Sequence[str] | None = None

    def rules(self) -> Iterator[pl.Expr]:
        """Each true where the column holds it throughout; a null is judged by `nullable` alone."""
        cell = pl.col(self.name)
        if not self.nullable:
            yield cell.is_not_null().all()
            if self.dtype.is_float():
                yield cell.is_not_nan().all()
        if self.ge is not None:
            yield (cell >= self.ge).all()
        if self.le is not None:
            yield (cell <= self.le).all()
        if self.among is not None:
            yield cell.is_in(list(self.among)).all()


@dataclass(frozen=True)
class Table:
    """A table: `row` says what one row is, `key` identifies it; an `open` one may have further string columns.

    `date` is the column that says to which match date a row belongs.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    open: bool = False
    date: str = "match_date"

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The declared columns in the declared order and types, sorted by the key, then validated."""
        missing = [column.name for column in self.columns if column.name not in frame.columns]
        if missing:
            raise SchemaError(f"{self.name}: expected columns {missing}, found {frame.columns}")
        further = [name for name in frame.columns if name not in self.schema] if self.open else []
        columns = [pl.col(name).cast(dtype) for name, dtype in self.schema.items()]
        try:
            conformed = frame.select(*columns, *further).sort(self.key)
        except pl.exceptions.InvalidOperationError as error:
            raise SchemaError(f"{self.name}: {str(error).splitlines()[0]}") from None
        return self.validate(conformed)

    def validate(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame itself, which must be sorted by the key, when every rule holds.

        Raises:
            SchemaError: the rules broken, how often, and up to five values of each.
        """
        if not self._holds(frame):
            from pandera.errors import SchemaErrors

            try:
                self._pandera.validate(frame, lazy=True)
            except SchemaErrors as errors:
                raise SchemaError(f"{self.name}: {_explain(errors)}") from None
        # rows that share the key are neighbours
        again = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in self.key)
        repeated = frame.select(self.key).with_row_index("_row").filter(again & (pl.col("_row") > 0))
        if len(repeated):
            raise SchemaError(
                f"{self.name}: expected one row per {', '.join(self.key)}, found {len(repeated)} rows that repeat "
                f"an earlier one's, such as {repeated.select(self.key).head(MOST_EXAMPLES).rows()}"
            )
        return frame

    def _holds(self, frame: pl.DataFrame) -> bool:
        """Whether every rule holds, in one query: pandera, which tells what is broken, takes 2 ms a column."""
        if not self.open and set(frame.columns) != set(self.schema):
            return False
        if any(frame.schema.get(column.name) != column.dtype for column in self.columns):
            return False
        rules = [rule.alias(str(index)) for index, rule in enumerate(rule for c in self.columns for rule in c.rules())]
        return all(frame.select(rules).row(0)) if rules else True

    @cached_property
    def _pandera(self) -> Any:
        import pandera.polars as pa

        def checks(column: Column) -> list[Any]:
            rules = []
            if column.ge is not None and column.le is not None:
                rules.append(pa.Check.in_range(column.ge, column.le))  # half the time of two checks
            elif column.ge is not None:
                rules.append(pa.Check.ge(column.ge))
            elif column.le is not None:
                rules.append(pa.Check.le(column.le))
            if column.among is not None:
                rules.append(pa.Check.isin(list(column.among)))
            return rules

        return pa.DataFrameSchema(
            {c.name: pa.Column(c.dtype, checks(c), nullable=c.nullable) for c in self.columns},
            strict=not self.open,
        )


@dataclass(frozen=True)
class Replacement:
    """Rows that become those of a table which satisfy an SQL predicate; by default the table of the asset."""

    rows: pl.DataFrame
    predicate: str
    table: str | None = None


@dataclass(frozen=True)
class TableRows:
    """The value of an asset with more than rows; the I/O manager writes all of it.

    Args:
        rows: the rows of the run's match dates.
        quarantined: the records that could not be used, in the form of `quarantine`; None: the quarantine stays.
        replaces: predicate of the quarantine's rows that `quarantined` replaces; None: those of the run's match dates.
        beyond: rows outside the run's match dates that a correction made at the source changes, given the table as it
            is stored before the rows are written.
    """

    rows: pl.DataFrame
    quarantined: pl.DataFrame | None = None
    replaces: str | None = None
    beyond: Callable[[pl.LazyFrame], Sequence[Replacement]] | None = None


@dataclass(frozen=True)
class StoredRows:
    """An input of an asset with the records that could not be used, unread as yet."""

    rows: pl.LazyFrame
    quarantined: pl.LazyFrame


@dataclass(frozen=True)
class Additions:
    """The value of an asset whose table is only ever added to; the I/O manager adds the rows.

    Args:
        after: gives the rows to add from the rows of the table; called again when another writer was faster.
    """

    after: Callable[[pl.LazyFrame], pl.DataFrame]


def quarantine(name: str) -> Table:
    """The table beside `name` for the records that could not be used."""
    return Table(
        f"{name}_quarantine",
        f"One record that {name} could not use, with the reason.",
        (
            Column("origin", pl.String, "the address or table it came from"),
            Column("payload_id", pl.String, "SHA-256 of the raw bytes", nullable=True),
            Column("line", pl.Int64, "line in the payload; the header is line 1", nullable=True),
            Column("match_date", pl.Date, "where it could be read", nullable=True),
            Column("reason", pl.String, "what was expected and what was found"),
            Column("record", pl.String, "the record as it came"),
        ),
        ("origin", "payload_id", "line"),
    )


def refused(
    rows: pl.DataFrame,
    *,
    origin: str | pl.Expr,
    reason: str | pl.Expr,
    record: Sequence[str | pl.Expr],
    payload_id: str = "payload_id",
    line: str = "line",
) -> pl.DataFrame:
    """Rows in the form of `quarantine`.

    Args:
        rows: the records that could not be used.
        origin: the address or table they came from.
        reason: what was expected and what was found.
        record: the columns that are shown, as one JSON object.
        payload_id: column of the raw bytes.
        line: column of the line in them.
    """
    text = pl.struct(*record).struct.json_encode()
    return rows.select(
        origin=origin, payload_id=payload_id, line=line, match_date="match_date", reason=reason, record=text
    )


def _explain(errors: Any) -> str:
    cases = errors.failure_cases
    parts = []
    for (column, check), rows in cases.group_by(["column", "check"], maintain_order=True):
        values = rows["failure_case"].head(MOST_EXAMPLES).to_list()
        parts.append(f"{column} breaks {check} in {len(rows)} rows, such as {values}")
    return "; ".join(parts)
