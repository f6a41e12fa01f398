"""The matches of records of football-data.co.uk as stage 1 keeps them, and of other records in the common form."""

import polars as pl

from soccer_assets.matches import resolution
from soccer_assets.matches.records import in_one_form
from soccer_assets.matches.resolution import Matches


def resolve(
    results: pl.LazyFrame,
    fixtures: pl.LazyFrame,
    others: pl.DataFrame | None = None,
    ledger: pl.DataFrame | None = None,
) -> Matches:
    own = in_one_form({"football_data_results": results, "football_data_fixtures": fixtures})
    return resolution.resolve(own if others is None else pl.concat([own, others]), ledger)
