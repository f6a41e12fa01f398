"""Tables of the models stage."""

import polars as pl

from soccer_assets.odds.schema import MARKETS
from soccer_assets.storage.tables import Column, Table

#: Registry alias of the model that forecasts.
CHAMPION = "champion"
#: A prediction of a match out of fold, and what it is among those of a candidate.
PREDICTION = pl.Schema({"match_id": pl.String(), **{f"p_{outcome}": pl.Float64() for outcome in MARKETS["1x2"]}})
FOLD_PREDICTION = pl.Schema({"match_id": PREDICTION["match_id"], "fold": pl.Int64(), **PREDICTION})
CURVE_POINT = pl.Schema({"matches": pl.Int64(), "log_loss": pl.Float64()})
_SCORES = {"n": pl.Int64()} | {name: pl.Float64() for name in ("log_loss", "rps", "brier", "accuracy", "ece")}
_DIFFERENCE = {f"difference{end}": pl.Float64() for end in ("", "_low", "_high")}
#: A candidate on the selection fold; the difference is to the best.
COMPARISON = pl.Schema(
    {"name": pl.String(), "complexity": pl.Int64(), **_SCORES, "expected_log_loss": pl.Float64(), **_DIFFERENCE}
)
#: A form of calibration on the later predictions; the difference is to the lowest log loss.
CALIBRATION_FORM = pl.Schema(
    {"form": pl.String(), "log_loss": pl.Float64(), "ece": pl.Float64(), **_DIFFERENCE, "chosen": pl.Boolean()}
)
#: A line on the priced matches of the selection fold; the difference is to the market, the divergence from the close.
LINE_SCORES = pl.Schema({"line": pl.String(), **_SCORES, **_DIFFERENCE, "divergence": pl.Float64()})
LEAGUE_SCORES = pl.Schema({"league": pl.String(), **_SCORES})
FEATURE_GROUP = pl.Schema({"group": pl.String(), "features": pl.List(pl.String())})
#: The mean forecast of an outcome and how often it happened, in a tenth of probability.
RELIABILITY = pl.Schema(
    {
        "outcome": pl.String(), "bin": pl.Int64(), "matches": pl.Int64(), "forecast": pl.Float64(),
        "happened": pl.Float64(),
    }
)  # fmt: skip
#: Log loss lost when a feature is shuffled over the matches.
IMPORTANCE = pl.Schema({"feature": pl.String(), "lost": pl.Float64()})
#: A condition of the gate: what was seen, and what it asks for.
CONDITION = pl.Schema({"name": pl.String(), "holds": pl.Boolean(), "value": pl.String(), "needed": pl.String()})

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
        Column("tuned_on", pl.Date, "match date whose search found the parameters"),
        Column("inputs", pl.String, "digest of columns, folds and seed: parameters are used again on the same only"),
        Column("left_out", pl.List(pl.String), "feature columns that are constant or null among the examples"),
        Column("tuning_log_loss", pl.Float64, "mean over the tuning folds", ge=0),
        Column("space", pl.String, "JSON: bounds of each parameter"),
        Column("trials", pl.String, "JSON: one object a trial, with parameters, value and state"),
        Column("learning_curve", pl.List(pl.Struct(CURVE_POINT)), "log loss on the newest tuning fold"),
        Column("out_of_fold", pl.List(pl.Struct(FOLD_PREDICTION)), "predictions of the folds"),
        Column("estimator", pl.String, "the encoded estimator"),
    ),
    ("match_date",),
)

#: Of the extra leagues only scores are known, of the main ones shots and more.
SLICES = ("all", "main", "extra")

ABLATION = Table(
    "ablation",
    "One group of features left out, or none of them: what it costs on matches predicted out of fold.",
    (
        Column("match_date", pl.Date, "the date: the ablation has seen only matches before it"),
        Column(
            "group",
            pl.String,
            "what is left out: a group of the catalogue, prices as labels, every price, or `nothing`",
        ),
        Column("leagues", pl.String, "whose matches: all, or those of the main or the extra leagues", among=SLICES),
        Column("features", pl.Int64, "columns left out", ge=0),
        Column("matches", pl.Int64, "priced matches predicted out of fold", ge=1),
        Column("log_loss", pl.Float64, "without the group", ge=0),
        Column("log_loss_vs_closing", pl.Float64, "log loss less that of the closing price on the same matches"),
        Column("difference", pl.Float64, "log loss less that of the full set: what the group is worth"),
        Column("low", pl.Float64, "lower end of the 95% interval of the difference, paired by match date"),
        Column("high", pl.Float64, "upper end"),
    ),
    ("match_date", "group", "leagues"),
)

SELECTED_MODEL = Table(
    "selected_model",
    "The forecaster chosen for a date: the selected estimator with its calibration and blend.",
    (
        *_FITTED,
        Column("version", pl.String, "first 12 hex digits of the SHA-256 of the forecaster"),
        Column("log_loss", pl.Float64, "on the selection fold, before calibration", ge=0),
        Column("comparison", pl.List(pl.Struct(COMPARISON)), "scores of each candidate and its difference to the best"),
        Column("reason", pl.String, "why this family"),
        Column("calibration", pl.List(pl.Struct(CALIBRATION_FORM)), "scores of each form on the later predictions"),
        Column("lines", pl.List(pl.Struct(LINE_SCORES)), "scores of each line on priced matches of that fold"),
        Column("out_of_fold", pl.List(pl.Struct(PREDICTION)), "predictions of the selection fold, calibrated"),
        Column("forecaster", pl.String, "the encoded forecaster"),
    ),
    ("match_date",),
)

PROMOTIONS = Table(
    "promotions",
    "One move of a registry alias, or one that was refused; rows are only ever added.",
    (
        Column("moved_at", pl.Datetime("us", "UTC"), "when it was decided"),
        Column("effective_from", pl.Date, "first match date that the move holds for"),
        Column("alias", pl.String, "registry alias"),
        Column("version", pl.String, "version of the forecaster it was to point at"),
        Column("model_date", pl.Date, "match date that version was made for"),
        Column("previous", pl.String, "version it pointed at before", nullable=True),
        Column("registry_version", pl.String, "version number in the MLflow registry"),
        Column("accepted", pl.Boolean, "false: the gate refused, nothing was moved"),
        Column("conditions", pl.List(pl.Struct(CONDITION)), "the conditions of the gate; none for a move by hand"),
        Column("reason", pl.String, "why"),
    ),
    ("moved_at", "alias"),
    date="model_date",
)

MODEL_CARD = Table(
    "model_card",
    "What there is to know of a selected model, in numbers and as a page.",
    (
        *_FITTED,
        Column("version", pl.String, "version of the forecaster"),
        Column("learned_from", pl.Date, "first match date it learned from"),
        Column("features", pl.List(pl.Struct(FEATURE_GROUP)), "feature columns of each group"),
        Column("leagues", pl.List(pl.Struct(LEAGUE_SCORES)), "scores of each league on the selection fold"),
        Column("reliability", pl.List(pl.Struct(RELIABILITY)), "each outcome and tenth of probability"),
        Column("importances", pl.List(pl.Struct(IMPORTANCE)), "log loss lost when each feature is shuffled"),
        Column("conditions", pl.List(pl.Struct(CONDITION)), "the conditions of the gate"),
        Column("accepted", pl.Boolean, "whether the gate let it become champion"),
        Column("limits", pl.List(pl.String), "sentences on what it cannot do"),
        Column("text", pl.String, "the card in Markdown"),
    ),
    ("match_date",),
)
