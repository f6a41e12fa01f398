"""Tables of the monitoring stage."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.tables import Column, Table

#: The forecast lines and the yardstick that is known only at kick-off.
SETTLED_LINES = ("model", "market", "blend", "closing")
ALL_LEAGUES = "ALL"

SETTLED_PREDICTIONS = Table(
    "settled_predictions",
    "One forecast of one match on one line, met by its result; `closing` is the de-vigged closing average.",
    (
        Column("match_date", pl.Date, "date of kick-off in the league's own time zone"),
        Column("match_id", pl.String, "the match"),
        Column("league", pl.String, "division code", among=tuple(LEAGUES)),
        Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
        Column("line", pl.String, "who forecasts", among=SETTLED_LINES),
        Column("p_home", pl.Float64, "probability of a home win", ge=0, le=1),
        Column("p_draw", pl.Float64, "probability of a draw", ge=0, le=1),
        Column("p_away", pl.Float64, "probability of an away win", ge=0, le=1),
        Column("outcome", pl.Int8, "0 home win, 1 draw, 2 away win", ge=0, le=2),
        Column("log_loss", pl.Float64, "minus the logarithm of the probability of what happened", ge=0),
        Column("rps", pl.Float64, "ranked probability score (Epstein 1969)", ge=0, le=1),
        Column("brier", pl.Float64, "Brier score, summed over the three outcomes", ge=0, le=2),
        Column("hit", pl.Boolean, "the likeliest outcome happened"),
        Column("complete", pl.Boolean, "all four lines exist for this match: what comparisons are made on"),
        Column("model_version", pl.String, "version of the model", nullable=True),
    ),
    ("match_date", "match_id", "line"),
)

QUALITY_REPORT = Table(
    "quality_report",
    "One line's quality in one league over the twelve months that end on the match date.",
    (
        Column("match_date", pl.Date, "last day of the twelve months"),
        Column("league", pl.String, "division code, or ALL", among=(*LEAGUES, ALL_LEAGUES)),
        Column("line", pl.String, "who forecasts", among=SETTLED_LINES),
        Column(
            "sample", pl.String, "complete: matches all four lines have; all: every match", among=("complete", "all")
        ),
        Column("matches", pl.Int64, "matches scored", ge=1),
        Column("log_loss", pl.Float64, "mean", ge=0),
        Column("rps", pl.Float64, "mean", ge=0, le=1),
        Column("brier", pl.Float64, "mean", ge=0, le=2),
        Column("accuracy", pl.Float64, "share of matches whose likeliest outcome happened", ge=0, le=1),
        Column("ece", pl.Float64, "expected calibration error, three outcomes pooled, ten bins", ge=0, le=1),
        Column("log_loss_minus_closing", pl.Float64, "mean difference on the same matches", nullable=True),
    ),
    ("match_date", "league", "line", "sample"),
)

DRIFT_REPORT = Table(
    "drift_report",
    "The drift of the features of the weeks up to the match date against the same phase of earlier seasons.",
    (
        Column("match_date", pl.Date, "last day of the current window"),
        Column("drift_share", pl.Float64, "share of the columns that drifted", ge=0, le=1),
        Column("columns", pl.Int64, "columns compared", ge=1),
        Column("drifted", pl.Int64, "columns that drifted", ge=0),
        Column("drifted_columns", pl.String, "their names, comma-separated"),
        Column("current_matches", pl.Int64, "matches in the current window", ge=1),
        Column("reference_matches", pl.Int64, "matches in the reference", ge=1),
        Column(
            "scores",
            pl.String,
            "JSON: column to score (Wasserstein distance in standard deviations, or Jensen-Shannon)",
        ),
        Column("html", pl.String, "file of the full report under var/reports", nullable=True),
    ),
    ("match_date",),
)
