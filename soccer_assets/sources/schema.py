"""Tables of the sources stage: provenance columns in front (an underscore marks them), then columns as published."""

from dataclasses import dataclass

import polars as pl

from soccer_assets.tables import UTC, Column, Table


@dataclass(frozen=True)
class Parsed:
    """What some payloads hold: their records, and what could not be read, in the form of the quarantine."""

    records: pl.DataFrame
    quarantined: pl.DataFrame


PROVENANCE = (
    Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
    Column("_league", pl.String, "division code of the file or the row"),
    Column("_season", pl.String, "season of the file, or of the date where the file names none"),
    Column("_address", pl.String, "where the record was published"),
    Column("_payload_id", pl.String, "SHA-256 of the raw bytes"),
    Column("_line", pl.Int64, "line in the payload; the header is line 1", ge=2),
    Column("_extra", pl.String, "cells beyond the named columns, joined by commas", nullable=True),
)

FOOTBALL_DATA_RESULTS = Table(
    "football_data_results",
    "One match as published in a season archive of football-data.co.uk; all published columns are strings.",
    PROVENANCE,
    ("_payload_id", "_line"),
    open=True,
)

FOOTBALL_DATA_FIXTURES = Table(
    "football_data_fixtures",
    "One coming match on one date, as last published in a fixtures file of football-data.co.uk; columns are strings.",
    (
        *PROVENANCE,
        Column("_first_seen_at", UTC, "when a fixtures file first had this match on this date"),
        Column("_last_seen_at", UTC, "when a fixtures file last had it; its prices are from then"),
        Column("_listed", pl.Boolean, "the newest fixtures file still has it"),
    ),
    ("_payload_id", "_line"),
    open=True,
)
