"""Tables of the models stage."""

import polars as pl

from soccer_assets.tables import Column, Table

_FITTED = (
    Column("match_date", pl.Date, "the date the model is for: it has seen only matches before it"),
    Column("family", pl.String, "model family"),
    Column("trained_through", pl.Date, "last match date it learned from"),
    Column("examples", pl.Int64, "matches it learned from", ge=1),
    Column("parameters", pl.String, "JSON of the tuned parameters"),
)

CANDIDATES = Table(
    "candidate",
    "A tuned and fitted estimator of one family.",
    (
        *_FITTED,
        Column("complexity", pl.Int64, "rank among the families; the simpler wins a tie", ge=0),
        Column("tuning_log_loss", pl.Float64, "mean over the tuning folds", ge=0),
        Column("trials", pl.String, "JSON: one object a trial, with parameters, value and state"),
        Column("out_of_fold", pl.String, "JSON: match_id, fold and three probabilities, column by column"),
        Column("estimator", pl.String, "the encoded estimator"),
    ),
    ("match_date",),
)

SELECTED_MODEL = Table(
    "selected_model",
    "The forecaster chosen for a date: the selected estimator with its calibration and blend.",
    (
        *_FITTED,
        Column("version", pl.String, "first 12 hex digits of the SHA-256 of the forecaster"),
        Column("log_loss", pl.Float64, "on the selection fold, before calibration", ge=0),
        Column("comparison", pl.String, "JSON: one object a candidate, with its scores and difference to the best"),
        Column("reason", pl.String, "why this family"),
        Column("forecaster", pl.String, "the encoded forecaster"),
    ),
    ("match_date",),
)

PROMOTIONS = Table(
    "promotions",
    "One move of a registry alias; rows are only ever added.",
    (
        Column("moved_at", pl.Datetime("us", "UTC"), "when"),
        Column("alias", pl.String, "registry alias"),
        Column("version", pl.String, "version of the forecaster it now points at"),
        Column("previous", pl.String, "version it pointed at before", nullable=True),
        Column("registry_version", pl.String, "version number in the MLflow registry"),
        Column("reason", pl.String, "why"),
    ),
    ("moved_at", "alias"),
)
