"""What a backfill makes, compared between runs."""

from collections.abc import Callable, Sequence

import polars as pl

from soccer_assets.storage.lake import Lake

TABLES = ("football_data_results", "matches", "teams", "odds", "market_probabilities", "team_ratings", "match_features")
#: When a process looked differs from run to run by these alone.
CLOCKS = ("_first_seen_at", "_last_seen_at", "_unlisted_at", "quoted_at")


def digests(lake: Lake, digest: Callable[[pl.DataFrame], str], names: Sequence[str] = TABLES) -> dict[str, str]:
    """The digest of each table, without when it was looked at."""
    return {name: digest(lake.read(name).drop(CLOCKS, strict=False)) for name in names}
