"""Tuning: the parameters of a family with the lowest mean log loss over walk-forward folds, found by Optuna.

The last fold is never tuned on. It is predicted once, with the chosen parameters, so that families can be
compared on matches that influenced none of them.

A study may be shared: processes that tune the same family on the same examples, with one storage, spread its trials
among them. A trial draws from a seed of its own number, so a study that one process made is the same to the last bit
whether it was interrupted or not.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from soccer_assets.errors import ModelError
from soccer_assets.models.families.family import Family
from soccer_assets.models.training.folds import Fold
from soccer_assets.models.training_data import Params
from soccer_assets.scoring import PROBABILITIES, log_loss

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

LEAST_OF_CURVE = 1000  # matches; with fewer, an outcome or a league may be missing


@dataclass(frozen=True)
class TrialSummary:
    """One trial: `value` is its mean log loss, up to the fold it was pruned at."""

    number: int
    state: str
    value: float | None
    params: dict[str, float]


@dataclass(frozen=True)
class Tuned:
    """The chosen parameters and what they predict out of fold.

    `space` has the bounds of each parameter. `score` is the mean log loss over the matches of the tuning folds. `oof`
    has a row for each match of each fold: match_id, fold, p_home, p_draw, p_away; the highest fold is the one kept for
    selection.
    """

    family: str
    params: dict[str, float]
    space: dict[str, tuple[float, float]]
    score: float
    oof: pl.DataFrame
    trials: tuple[TrialSummary, ...]


def tune(
    family: Family,
    examples: pl.DataFrame,
    columns: Sequence[str],
    folds: Sequence[Fold],
    trials: int,
    seed: int,
    *,
    storage: "str | BaseStorage | None" = None,
    study_name: str | None = None,
    max_rows: int | None = None,
) -> Tuned:
    """Search on all folds but the last, then predict every fold with the best parameters.

    Args:
        family: what to tune; its defaults are the first trial, its `max_trials` bounds `trials`.
        examples: finished matches sorted by match_date, match_id.
        columns: feature columns.
        folds: from `walk_forward_folds`, two at least.
        trials: trials to reach, counting those already in the study and those that other processes add to it.
        seed: of the sampler and of every fit.
        storage: an Optuna storage or its URL; a study found there under `study_name` is continued.
        study_name: name of the study in `storage`.
        max_rows: newest rows before a fold that are learned from; None for all.

    Raises:
        ModelError: fewer than two folds or one trial, a study made of other inputs, or a family cannot be
            fitted.
    """
    import optuna

    if len(folds) < 2 or trials < 1:
        raise ModelError(
            f"Expected at least one trial and two folds (to tune on, to select on), found {trials} and {len(folds)}."
        )
    tuning = [fold.split(examples, max_rows) for fold in folds[:-1]]

    def objective(trial: optuna.Trial) -> float:
        trial.study.sampler = optuna.samplers.TPESampler(seed=seed + trial.number, n_startup_trials=5)
        params = family.suggest(trial)
        losses: list[float] = []
        for step, (train, valid) in enumerate(tuning):
            p = family.fit(train, columns, params, seed).predict(valid)
            losses.extend(log_loss(p, valid["outcome"].to_numpy()))
            trial.report(float(np.mean(losses)), step)
            if step + 1 < len(tuning) and trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(losses))

    with _quiet_optuna():
        study = optuna.create_study(storage=storage, study_name=study_name, load_if_exists=True, direction="minimize")
        _same_inputs(study, _digest(family.name, examples, columns, folds, seed, max_rows))
        study.pruner = optuna.pruners.MedianPruner(n_startup_trials=4)
        study.set_user_attr("search", "TPE, 5 startup trials; median pruner, 4 startup trials")
        budget = min(trials, family.max_trials)
        if not _done(study):
            study.enqueue_trial(dict(family.defaults))
        while len(_done(study)) < budget:
            study.optimize(objective, n_trials=1)
    params = family.suggest(optuna.trial.FixedTrial(study.best_params))  # type: ignore[arg-type]
    oof = pl.concat(
        [_predict(family, *fold.split(examples, max_rows), columns, params, seed, fold.number) for fold in folds]
    )
    judged = oof.filter(pl.col("fold") < folds[-1].number).join(
        examples.select("match_id", "outcome"), on="match_id", maintain_order="left"
    )
    return Tuned(
        family=family.name,
        params=params,
        space={name: (bounds.low, bounds.high) for name, bounds in family.space.items()},
        score=float(log_loss(judged.select(PROBABILITIES).to_numpy(), judged["outcome"].to_numpy()).mean()),
        oof=oof,
        trials=tuple(_summary(trial) for trial in _done(study)),
    )


def learning_curve(
    family: Family,
    examples: pl.DataFrame,
    columns: Sequence[str],
    fold: Fold,
    params: Params,
    seed: int,
    max_rows: int | None = None,
) -> list[tuple[int, float]]:
    """Matches learned from, the newest of those before the fold, and the mean log loss on it: an eighth to all."""
    train, valid = fold.split(examples, max_rows)
    curve = []
    for matches in (len(train) // 8, len(train) // 4, len(train) // 2, len(train)):
        if matches >= LEAST_OF_CURVE:
            p = family.fit(train.tail(matches), columns, params, seed).predict(valid)
            curve.append((matches, float(log_loss(p, valid["outcome"].to_numpy()).mean())))
    return curve


def _predict(
    family: Family,
    train: pl.DataFrame,
    valid: pl.DataFrame,
    columns: Sequence[str],
    params: Params,
    seed: int,
    fold: int,
) -> pl.DataFrame:
    p = family.fit(train, columns, params, seed).predict(valid)
    return valid.select("match_id", pl.lit(fold, dtype=pl.Int64).alias("fold")).with_columns(
        pl.Series(name, p[:, i]) for i, name in enumerate(PROBABILITIES)
    )


def _digest(name: str, examples: pl.DataFrame, columns: Sequence[str], folds: Sequence[Fold], *rest: object) -> str:
    newest = examples["match_date"].max()
    inputs = msgspec.json.encode([name, len(examples), newest, list(columns), list(folds), *rest])
    return hashlib.sha256(inputs).hexdigest()[:12]


def _same_inputs(study: "Study", inputs: str) -> None:
    """Losses on other matches or folds cannot be compared: a study is continued on the same inputs only."""
    inputs_before = study.user_attrs.get("inputs")
    if study.trials and inputs_before != inputs:
        raise ModelError(
            f"Expected study {study.study_name!r} to be of inputs {inputs}, found {inputs_before}: its trials saw "
            "other matches, columns, folds or another seed. Give the study another name, or delete it."
        )
    study.set_user_attr("inputs", inputs)


def _done(study: "Study") -> "list[FrozenTrial]":
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _summary(trial: "FrozenTrial") -> TrialSummary:
    reached = trial.value if trial.value is not None else trial.intermediate_values.get(trial.last_step or 0)
    return TrialSummary(trial.number, trial.state.name.lower(), reached, dict(trial.params))


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
