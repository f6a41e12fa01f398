"""Tables as CSV that a spreadsheet shows and never runs."""

import msgspec
import polars as pl

#: A spreadsheet takes a cell that begins so for a formula.
FORMULA = r"^[=+\-@\t\r]"


def to_csv(frame: pl.DataFrame) -> bytes:
    """The rows with a header; nested values are JSON, a text that begins like a formula gets an apostrophe before it.

    >>> to_csv(pl.DataFrame({"club": ["=1+1", "Ajax"], "goals": [-1, 2]})).decode().split()
    ['club,goals', "'=1+1,-1", 'Ajax,2']
    """
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    flat = frame.with_columns(pl.Series(name, map(_json, frame[name].to_list()), pl.String) for name in nested)
    columns = [name for name, dtype in flat.schema.items() if dtype in (pl.String, pl.Enum, pl.Categorical)]
    return (
        flat.with_columns(pl.col(columns).cast(pl.String))
        .with_columns(
            pl.when(pl.col(name).str.contains(FORMULA)).then("'" + pl.col(name)).otherwise(name).alias(name)
            for name in columns
        )
        .write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
        .encode()
    )


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
