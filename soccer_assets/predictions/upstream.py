"""What is due: rows of an upstream table that must be there before a table that is made of them can be empty."""

import polars as pl

from soccer_assets.errors import NotMaterializedError
from soccer_assets.matches.schema import FORECAST
from soccer_assets.storage.lake import DATE
from soccer_assets.storage.tables import MOST_EXAMPLES


def require_rows(name: str, rows: pl.DataFrame, due: pl.DataFrame, command: str = "predict") -> None:
    """Refuse an upstream table without rows where matches (`due`: match_date, match_id) should have some.

    `command` is the command that makes the table.

    Raises:
        NotMaterializedError: rows are due and there are none.
    """
    if len(rows) or due.is_empty():
        return
    dates = due[DATE].unique().sort().to_list()
    listing = ", ".join(map(str, dates[:MOST_EXAMPLES])) + (", ..." if len(dates) > MOST_EXAMPLES else "")
    raise NotMaterializedError(
        f"expected {name} of {due['match_id'].n_unique()} matches on {listing}, found none: "
        f"run `uv run soccer {command} {dates[0]} {dates[-1]}`"
    )


def forecastable(matches: pl.DataFrame) -> pl.DataFrame:
    """match_date, match_id of the rows of `matches` that are forecast."""
    return matches.filter(pl.col("status").is_in(FORECAST)).select(DATE, "match_id")


def settled_due(matches: pl.DataFrame, predictions: pl.DataFrame) -> pl.DataFrame:
    """match_date, match_id of the finished matches that were forecast."""
    finished = matches.filter(pl.col("status") == "finished").select(DATE, "match_id")
    return finished.join(predictions, on=[DATE, "match_id"], how="semi")
