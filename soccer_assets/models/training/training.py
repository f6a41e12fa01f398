"""Training for a date: what there is to learn from, and one candidate per family.

A search costs minutes, a fit seconds, and the best parameters change little within half a year. So a family is tuned
when its newest search is older than `retune_days`, and otherwise only fitted again, with the parameters found then.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from soccer_assets.errors import ModelError, NotMaterializedError
from soccer_assets.features.catalog import NAMES
from soccer_assets.models.estimators import COMPLEXITY, decode
from soccer_assets.models.families import FAMILIES, Family, stack
from soccer_assets.models.schema import CANDIDATES, CURVE_POINT, FOLD_PREDICTION
from soccer_assets.models.training.folds import Fold, walk_forward_folds
from soccer_assets.models.training.studies import study_storage
from soccer_assets.models.training.tuning import learning_curve, tune
from soccer_assets.models.training_data import CLOSING, CLOSING_OVER, informative
from soccer_assets.odds.consensus import newest_prices
from soccer_assets.scoring import PROBABILITIES, Floats, log_loss, outcome_of_goals
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import DATE


def chosen_families(names: str) -> list[str]:
    """The families named, comma-separated; all of them and the stack when empty.

    Raises:
        ModelError: a name that is no family, or a stack of fewer than two.
    """
    every = [*FAMILIES, stack.NAME]
    wanted = [name.strip() for name in names.split(",") if name.strip()] or every
    unknown = [name for name in wanted if name not in every]
    if unknown:
        raise ModelError(f"SOCCER_FAMILIES: expected names out of {every}, found {unknown}")
    if stack.NAME in wanted and len(wanted) < 3:
        raise ModelError(f"SOCCER_FAMILIES: expected at least two families to stack, found {wanted}")
    return wanted


def chosen(candidates: Mapping[str, pl.DataFrame], names: str) -> dict[str, pl.DataFrame]:
    """The tables `candidate_<family>` of the families named, in the order of `chosen_families`."""
    tables = [f"candidate_{name}" for name in chosen_families(names)]
    return {table: candidates[table] for table in tables if table in candidates}


def examples(
    features: pl.LazyFrame, matches: pl.LazyFrame, market: pl.LazyFrame, since: dt.date, before: dt.date
) -> pl.DataFrame:
    """What there is to learn from: the matches finished from `since` to the day before `before`, sorted by date.

    Args:
        features: rows of `match_features`.
        matches: rows of `matches`.
        market: rows of `market_probabilities`.
        since: first match date.
        before: the match date after the last one.

    Returns:
        The features with outcome (0 home, 1 draw, 2 away), home_goals, away_goals, and closing_home, closing_draw,
        closing_away, closing_over: the newest average prices without their margin, null where there are none.

    Raises:
        ModelError: there is no such match.
    """
    dates = (pl.col(DATE) >= since) & (pl.col(DATE) < before)
    closing = dict(zip(CLOSING, PROBABILITIES, strict=True))
    prices = newest_prices(market.filter(dates)).select(DATE, "match_id", **closing, **{CLOSING_OVER: "p_over"})
    rows = (
        features.filter(dates)
        .join(outcomes(matches.filter(dates)), on=[DATE, "match_id"])
        .join(prices.lazy(), on=[DATE, "match_id"], how="left")
        .with_columns(pl.col(pl.Float32).cast(pl.Float64))
        .sort(DATE, "match_id")
        .collect()
    )
    if rows.is_empty():
        raise ModelError(
            f"expected finished matches with features from {since} to the day before {before}, found none: "
            f"run `uv run soccer backfill {since} {before}`"
        )
    return rows


def made_for(day: dt.date, models: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows that the tables of models have of a date.

    Raises:
        NotMaterializedError: no table has one.
    """
    rows = pl.concat(models.values())
    if rows.is_empty():
        raise NotMaterializedError(
            f"expected {', '.join(models)} of {day}, found none: run `uv run soccer train {day}`"
        )
    return rows


def outcomes(matches: pl.LazyFrame) -> pl.LazyFrame:
    """Match date, match, goals and outcome (0 home, 1 draw, 2 away) of the finished matches."""
    return matches.filter(pl.col("status") == "finished").select(
        DATE, "match_id", pl.col("home_goals", "away_goals").cast(pl.Int64), outcome=outcome_of_goals()
    )


def trained(
    family: Family, history: pl.DataFrame, day: dt.date, settings: Settings, past: pl.LazyFrame
) -> pl.DataFrame:
    """The row of `candidate_<family>` of a date: fitted again where a recent search allows, else tuned.

    Args:
        family: what to fit.
        history: the examples up to `day`.
        day: the date the model is for.
        settings: seed, folds, trials and how long parameters are used again.
        past: rows of the family's table; those of `day` and later are left out.
    """
    recent = pl.col("tuned_on") >= day - dt.timedelta(days=settings.retune_days)
    usable = past.filter(pl.col(DATE) < day, recent, pl.col("inputs") == _inputs(settings))
    if newest := usable.sort(DATE).tail(1).collect().to_dicts():
        return refit(family, newest[0], history, day, settings)
    return candidate(family, history, day, settings)


def candidate(family: Family, history: pl.DataFrame, day: dt.date, settings: Settings) -> pl.DataFrame:
    """A row of `candidate_<family>`: tuned on walk-forward folds, then fitted on the newest examples."""
    folds = walk_forward_folds(history[DATE].to_list(), settings.folds, settings.fold_days)
    tuned = tune(
        family,
        history,
        NAMES,
        folds,
        settings.trials,
        settings.seed,
        storage=study_storage(settings),
        study_name=f"candidate_{family.name} {day} {_fingerprint(history, settings)}",
        max_rows=settings.train_matches,
    )
    search = {
        "tuned_on": day,
        "tuning_log_loss": tuned.score,
        "space": json.dumps(tuned.space),
        "trials": msgspec.json.encode(tuned.trials).decode(),
        "learning_curve": [
            dict(zip(CURVE_POINT, point, strict=True))
            for point in learning_curve(
                family, history, NAMES, folds[-2], tuned.params, settings.seed, settings.train_matches
            )
        ],
    }
    return _fitted(family, history, day, settings, tuned.params, tuned.oof, search)


def refit(
    family: Family, earlier: Mapping[str, Any], history: pl.DataFrame, day: dt.date, settings: Settings
) -> pl.DataFrame:
    """A row of `candidate_<family>` with the parameters of an earlier one, fitted on the newest examples of now.

    The matches that it did not know are forecast by the earlier estimator: its predictions out of fold go on without
    fitting a fold again. The newest fold begins no earlier than the one the search left alone.

    Args:
        family: what to fit.
        earlier: a row of its table, of the same columns and folds.
        history: the examples up to `day`.
        day: the date the model is for.
        settings: those of the earlier row but for trials.
    """
    predicted = out_of_fold(earlier)
    folds = walk_forward_folds(history[DATE].to_list(), settings.folds, settings.fold_days)
    later = history.filter(pl.col(DATE) >= folds[0].valid_from).join(predicted, on="match_id", how="anti")
    since = _forecasts(later, decode(earlier["estimator"]).predict(later))
    oof = _in_folds(pl.concat([predicted.drop("fold"), since]), history, folds)
    kept = {name: earlier[name] for name in ("tuned_on", "tuning_log_loss", "space", "trials", "learning_curve")}
    return _fitted(family, history, day, settings, json.loads(earlier["parameters"]), oof, kept)


def stacked(candidates: Sequence[Mapping[str, Any]], history: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The row of `candidate_stack`: the other candidates of the date, pooled.

    Each fold is predicted with the weights that the folds before it teach, the first one with equal weights.

    Raises:
        ModelError: the candidates were not judged on the same matches.
    """
    unsorted = [out_of_fold(row) for row in candidates]
    frames = [frame.sort("fold", "match_id") for frame in unsorted]
    first = frames[0].select("match_id", "fold")
    for row, frame in zip(candidates, frames, strict=True):
        if not frame.select("match_id", "fold").equals(first):
            raise ModelError(
                f"Expected {row['family']} to be judged on the {len(first)} matches and folds of "
                f"{candidates[0]['family']}, found {len(frame)} others. Materialize all candidates of {day} together."
            )
    y = first.join(history.select("match_id", "outcome"), on="match_id", how="left", maintain_order="left")["outcome"]
    outcomes, fold = y.to_numpy().astype("int64"), first["fold"].to_numpy()
    forecasts = [frame.select(PROBABILITIES).to_numpy() for frame in frames]

    def weights(rows: Any) -> list[float]:
        return stack.pool_weights([p[rows] for p in forecasts], outcomes[rows])

    parts = []
    for number in sorted(set(fold.tolist())):
        in_fold = fold == number
        p = stack.pooled([p[in_fold] for p in forecasts], weights(fold < number))
        parts.append(_forecasts(first.filter(pl.Series(in_fold)), p).with_columns(fold=pl.lit(number, dtype=pl.Int64)))
    final = weights(fold >= 0)
    used = [(row, weight) for row, weight in zip(candidates, final, strict=True) if weight > 0]
    estimator = stack.StackEstimator(
        tuple(decode(row["estimator"]) for row, _ in used),
        tuple(weight for _, weight in used),
    )
    oof = pl.concat(parts)
    tuning = (fold < fold.max()).nonzero()[0]
    row = {name: candidates[0][name] for name in (DATE, "trained_through", "examples", "inputs", "left_out")} | {
        "family": stack.NAME,
        "parameters": json.dumps({row["family"]: weight for row, weight in used}, sort_keys=True),
        "complexity": COMPLEXITY[stack.NAME],
        "tuned_on": day,
        "tuning_log_loss": float(log_loss(oof.select(PROBABILITIES).to_numpy(), outcomes)[tuning].mean()),
        "space": "{}",
        "trials": "[]",
        "learning_curve": [],
        "out_of_fold": _rows(unsorted[0].select("match_id").join(oof, on="match_id", maintain_order="left")),
        "estimator": estimator.encode(),
    }
    return CANDIDATES.conform(pl.DataFrame([row], schema=CANDIDATES.schema))


def _fitted(
    family: Family,
    history: pl.DataFrame,
    day: dt.date,
    settings: Settings,
    params: Mapping[str, float],
    oof: pl.DataFrame,
    search: Mapping[str, Any],
) -> pl.DataFrame:
    newest = history.tail(settings.train_matches)
    used = set(informative(newest, NAMES))
    row = {
        DATE: day,
        "family": family.name,
        "trained_through": newest[DATE].max(),
        "examples": len(newest),
        "parameters": json.dumps(params, sort_keys=True),
        "complexity": COMPLEXITY[family.name],
        "inputs": _inputs(settings),
        "left_out": [name for name in NAMES if name not in used],
        **search,
        "out_of_fold": _rows(oof),
        "estimator": family.fit(newest, NAMES, params, settings.seed).encode(),
    }
    return CANDIDATES.conform(pl.DataFrame([row], schema=CANDIDATES.schema))


def out_of_fold(candidate: Mapping[str, Any]) -> pl.DataFrame:
    """Return the predictions out of fold of a row of `candidate_<family>`, with the columns `FOLD_PREDICTION`."""
    return pl.DataFrame(candidate["out_of_fold"], schema=FOLD_PREDICTION)


def _rows(oof: pl.DataFrame) -> list[dict[str, Any]]:
    return oof.select(FOLD_PREDICTION.names()).to_dicts()


def _forecasts(matches: pl.DataFrame, p: Floats) -> pl.DataFrame:
    return matches.select(
        "match_id", *(pl.Series(name, p[:, i], dtype=pl.Float64) for i, name in enumerate(PROBABILITIES))
    )


def _in_folds(predictions: pl.DataFrame, history: pl.DataFrame, folds: Sequence[Fold]) -> pl.DataFrame:
    """Predictions of the matches known now, with the fold that each match date is in, in order of date."""
    number = pl.coalesce(
        pl.when(pl.col(DATE).is_between(fold.valid_from, fold.valid_to)).then(fold.number) for fold in folds
    )
    dated = history.select("match_id", DATE).join(predictions, on="match_id", maintain_order="left")
    return dated.with_columns(fold=number.cast(pl.Int64)).drop_nulls("fold").drop(DATE)


def _inputs(settings: Settings) -> str:
    """Tells apart what parameters depend on: with other columns, folds or another seed the search is made anew."""
    inputs = (
        NAMES, settings.seed, settings.folds, settings.fold_days, settings.train_matches, str(settings.train_since)
    )  # fmt: skip
    return hashlib.sha256(repr(inputs).encode()).hexdigest()[:12]


def _fingerprint(history: pl.DataFrame, settings: Settings) -> str:
    """Tells studies of other data or settings apart: a study is only ever continued on the same."""
    rows = history.hash_rows(seed=0).to_numpy().tobytes()
    return hashlib.sha256(rows + repr(_inputs(settings)).encode()).hexdigest()[:12]
