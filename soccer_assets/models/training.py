"""Training for a date: what there is to learn from, one candidate per family, and the forecaster made of the best."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from soccer_assets.delta import DATE
from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import NAMES
from soccer_assets.models import families
from soccer_assets.models.folds import walk_forward_folds
from soccer_assets.models.forecaster import assemble
from soccer_assets.models.schema import CANDIDATES, SELECTED_MODEL
from soccer_assets.models.selection import CandidateScores, select
from soccer_assets.models.tuning import tune
from soccer_assets.settings import Settings


def chosen_families(names: str) -> list[families.Family]:
    """The families named, comma-separated; all of them when empty.

    Raises:
        ModelError: a name that is no family.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(families.FAMILIES)
    unknown = [name for name in wanted if name not in families.FAMILIES]
    if unknown:
        raise ModelError(f"SOCCER_FAMILIES: expected names out of {list(families.FAMILIES)}, found {unknown}")
    return [families.FAMILIES[name] for name in wanted]


def examples(features: pl.LazyFrame, matches: pl.LazyFrame, since: dt.date, before: dt.date) -> pl.DataFrame:
    """Features and outcome (0 home, 1 draw, 2 away) of the matches finished from `since` to the day before `before`."""
    difference = pl.col("home_goals") - pl.col("away_goals")
    outcome = pl.when(difference > 0).then(0).when(difference == 0).then(1).otherwise(2).cast(pl.Int8)
    finished = matches.filter(pl.col("status") == "finished", pl.col(DATE) >= since, pl.col(DATE) < before)
    found = (
        features.join(finished.select(DATE, "match_id", outcome=outcome), on=[DATE, "match_id"])
        .with_columns(pl.col(pl.Float32).cast(pl.Float64))
        .sort(DATE, "match_id")
        .collect()
    )
    if found.is_empty():
        raise ModelError(
            f"expected finished matches with features from {since} to the day before {before}, found none: "
            f"run `just backfill {since} {before}`"
        )
    return found


def candidate(family: families.Family, known: pl.DataFrame, day: dt.date, settings: Settings) -> pl.DataFrame:
    """A row of `candidate_<family>`: tuned on walk-forward folds, then fitted on every example."""
    folds = walk_forward_folds(known[DATE].to_list(), settings.folds, settings.fold_days)
    tuned = tune(
        family,
        known,
        NAMES,
        folds,
        settings.trials,
        settings.seed,
        storage=_study_storage(settings),
        study_name=f"candidate_{family.name} {day} {_fingerprint(known, settings)}",
        max_tuning_rows=settings.tuning_matches,
    )
    estimator = family.fit(known, NAMES, tuned.params, settings.seed)
    row = _fitted(family.name, known, day, tuned.params) | {
        "complexity": family.complexity,
        "tuning_log_loss": tuned.score,
        "trials": msgspec.json.encode(tuned.trials).decode(),
        "out_of_fold": json.dumps(tuned.oof.to_dict(as_series=False)),
        "estimator": estimator.encode(),
    }
    return CANDIDATES.conform(pl.DataFrame([row], schema=CANDIDATES.schema))


def selected(
    candidates: Sequence[Mapping[str, Any]], known: pl.DataFrame, market: pl.DataFrame, day: dt.date
) -> pl.DataFrame:
    """The row of `selected_model`: the simplest of the best candidates, calibrated, with its blend.

    Args:
        candidates: rows of `candidate_<family>` for `day`.
        known: the examples they learned from.
        market: match_date, match_id and the market's probabilities before the match, for the matches that have them.
        day: the date the model is for.
    """
    market = known.select(DATE, "match_id").join(market, on=[DATE, "match_id"], maintain_order="left").drop(DATE)
    told = {row["family"]: pl.DataFrame(json.loads(row["out_of_fold"])) for row in candidates}
    last = max(frame["fold"].max() for frame in told.values())  # type: ignore[type-var]
    judged = next(iter(told.values())).filter(pl.col("fold") == last).select("match_id")
    met = judged.join(known.select("match_id", DATE, "outcome"), on="match_id", how="left", maintain_order="left")
    scores = [
        CandidateScores(row["family"], row["complexity"], told[row["family"]].filter(pl.col("fold") == last))
        for row in candidates
    ]
    selection = select(scores, met["outcome"].to_numpy(), met[DATE].to_numpy())
    best = next(row for row in candidates if row["family"] == selection.name)
    forecaster = assemble(
        families.decode(best["estimator"]), NAMES, best["trained_through"], told[selection.name], known, market
    )
    row = _fitted(selection.name, known, day, json.loads(best["parameters"])) | {
        "version": forecaster.version,
        "log_loss": selection.table.filter(name=selection.name)["log_loss"].item(),
        "comparison": json.dumps(selection.table.to_dicts()),
        "reason": " ".join(selection.reasons),
        "forecaster": forecaster.encode(),
    }
    return SELECTED_MODEL.conform(pl.DataFrame([row], schema=SELECTED_MODEL.schema))


def _fitted(family: str, known: pl.DataFrame, day: dt.date, parameters: Mapping[str, float]) -> dict[str, Any]:
    return {
        "match_date": day,
        "family": family,
        "trained_through": known[DATE].max(),
        "examples": len(known),
        "parameters": json.dumps(parameters, sort_keys=True),
    }


def _fingerprint(known: pl.DataFrame, settings: Settings) -> str:
    """Tells studies of other data or settings apart: a study is only ever continued on the same."""
    rows = known.hash_rows(seed=0).to_numpy().tobytes()
    rest = (settings.seed, settings.folds, settings.fold_days, settings.tuning_matches, NAMES)
    return hashlib.sha256(rows + repr(rest).encode()).hexdigest()[:12]


def _study_storage(settings: Settings) -> Any:
    """Where Optuna keeps its studies: the URL of the settings, else a journal file."""
    if settings.optuna_url:
        return settings.optuna_url
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    folder = settings.var_path / "optuna"
    folder.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(folder / "journal.log")))
