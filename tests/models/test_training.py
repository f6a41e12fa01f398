"""Training on the matches of a synthetic season."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import NAMES
from soccer_assets.models.families import FAMILIES, decode
from soccer_assets.models.forecaster import Forecaster
from soccer_assets.models.training import candidate, chosen_families, examples, selected
from soccer_assets.odds.market import consensus
from soccer_assets.settings import Settings

ELO = FAMILIES["elo_ordered_logit"]


def learned(season: Any, since: dt.date | None = None, before: dt.date | None = None) -> pl.DataFrame:
    features, matches = season.lake.scan("match_features"), season.lake.scan("matches")
    return examples(features, matches, since or season.first, before or season.today)


@pytest.fixture
def settings(season: Any, tmp_path: Path) -> Settings:
    return Settings(var=str(tmp_path), trials=3, folds=2, fold_days=91, train_since=season.first)


def trials_of(row: pl.DataFrame) -> list[dict[str, Any]]:
    trials: list[dict[str, Any]] = json.loads(row["trials"].item())
    return trials


def test_examples_are_the_matches_finished_before_the_date(season):
    day = season.model_dates[0]
    since = season.first + dt.timedelta(days=50)
    known = learned(season, since, day)
    finished = season.lake.read("matches").filter(
        pl.col("status") == "finished", pl.col("match_date") >= since, pl.col("match_date") < day
    )
    assert sorted(known["match_id"]) == sorted(finished["match_id"])
    assert known["match_date"].is_sorted()


def test_the_outcome_of_an_example_is_0_for_home_1_for_a_draw_2_for_away(season):
    known = learned(season).join(season.lake.read("matches"), on=["match_id", "match_date"])
    sign = (known["away_goals"].cast(int) - known["home_goals"].cast(int)).sign() + 1
    assert known["outcome"].to_list() == sign.to_list()
    assert set(known["outcome"]) == {0, 1, 2}


def test_with_nothing_to_learn_from_the_command_that_helps_is_named(season):
    since, day = season.first, season.first
    told = (
        f"expected finished matches with features from {since} to the day before {day}, found none: run `just backfill"
    )
    with pytest.raises(ModelError, match=told):
        learned(season, since, day)


def test_too_few_matches_to_fold_are_refused_with_the_dates(season, settings):
    known = learned(season, season.today - dt.timedelta(days=60))
    with pytest.raises(ModelError, match="Expected matches before .* to train the first of 2 folds of 91 days"):
        candidate(ELO, known, season.today, settings)


def test_a_candidate_made_twice_is_the_same_to_the_last_byte(season, settings, tmp_path):
    known = learned(season)
    first, second = (
        candidate(ELO, known, season.today, msgspec.structs.replace(settings, var=str(tmp_path / place))).row(0)
        for place in "ab"
    )
    assert first == second


def test_a_candidate_tells_what_it_learned_from_and_how_it_was_tuned(season, settings):
    known = learned(season)
    (row,) = candidate(ELO, known, season.today, settings).iter_rows(named=True)
    assert (row["family"], row["complexity"], row["match_date"]) == ("elo_ordered_logit", 1, season.today)
    assert (row["trained_through"], row["examples"]) == (known["match_date"].max(), len(known))
    trials = json.loads(row["trials"])
    assert [trial["number"] for trial in trials] == [0, 1, 2]
    assert trials[0]["params"] == ELO.defaults
    best = min((trial for trial in trials if trial["state"] == "complete"), key=lambda trial: trial["value"])
    assert json.loads(row["parameters"]) == best["params"]
    assert row["tuning_log_loss"] == pytest.approx(best["value"])
    told = pl.DataFrame(json.loads(row["out_of_fold"]))
    newest = known.filter(pl.col("match_date") > known["match_date"].max() - dt.timedelta(days=2 * 91))
    assert sorted(told["match_id"]) == sorted(newest["match_id"])
    assert decode(row["estimator"]).predict(known).sum(axis=1) == pytest.approx(np.ones(len(known)))


def test_an_interrupted_study_goes_on_where_it_stopped(season, settings):
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    known = learned(season)
    begun = trials_of(candidate(ELO, known, season.today, msgspec.structs.replace(settings, trials=1)))
    continued = trials_of(candidate(ELO, known, season.today, settings))
    assert [len(begun), len(continued)] == [1, 3]
    assert continued[0] == begun[0]
    assert trials_of(candidate(ELO, known, season.today, settings)) == continued
    journal = JournalStorage(JournalFileBackend(f"{settings.var}/optuna/journal.log"))
    (study,) = optuna.get_all_study_summaries(journal)
    assert study.n_trials == 3  # nothing was tried again


def test_other_matches_are_another_study(season, settings):
    known = learned(season)
    candidate(ELO, known, season.today, settings)
    corrected = known.with_columns(
        outcome=pl.when(pl.int_range(pl.len()) == 7).then(1).otherwise("outcome").cast(pl.Int8)
    )
    made = trials_of(candidate(ELO, corrected, season.today, msgspec.structs.replace(settings, trials=1)))
    assert len(made) == 1


def test_a_study_may_live_in_a_database(season, settings, tmp_path):
    import optuna

    url = f"sqlite:///{tmp_path / 'studies.db'}"
    known = learned(season)
    in_database = candidate(ELO, known, season.today, msgspec.structs.replace(settings, optuna_url=url))
    (name,) = optuna.get_all_study_names(url)
    assert name.startswith(f"candidate_elo_ordered_logit {season.today} ")
    assert in_database.row(0) == candidate(ELO, known, season.today, settings).row(0)


def test_lightgbm_learns_the_same_season(season, settings):
    known = learned(season)
    quick = msgspec.structs.replace(settings, trials=1)
    (row,) = candidate(FAMILIES["lightgbm"], known, season.today, quick).iter_rows(named=True)
    coming = season.lake.read("match_features", season.today).with_columns(pl.col(pl.Float32).cast(pl.Float64))
    p = decode(row["estimator"]).predict(coming)
    assert p.shape == (len(coming), 3)
    assert p.sum(axis=1) == pytest.approx(np.ones(len(coming)))
    assert row["tuning_log_loss"] < np.log(3)  # better than guessing


def test_the_selected_model_is_the_best_candidate_with_its_calibration_and_blend(season, settings):
    known = learned(season)
    rows = [candidate(FAMILIES[name], known, season.today, settings).row(0, named=True)
            for name in ("climatology", "elo_ordered_logit")]  # fmt: skip
    market = consensus(season.lake.scan("market_probabilities"), "pre_match")
    (row,) = selected(rows, known, market, season.today).iter_rows(named=True)
    comparison = {entry["name"]: entry for entry in json.loads(row["comparison"])}
    assert set(comparison) == {"climatology", "elo_ordered_logit"}
    assert row["log_loss"] == comparison[row["family"]]["log_loss"]
    assert row["family"] in row["reason"]
    forecaster = Forecaster.decode(row["forecaster"])
    assert (forecaster.family, forecaster.version, forecaster.columns) == (row["family"], row["version"], NAMES)
    assert (forecaster.trained_through, row["examples"]) == (known["match_date"].max(), len(known))
    mine = next(candidate for candidate in rows if candidate["family"] == row["family"])
    assert forecaster.estimator.encode() == mine["estimator"]
    # the blend was learned, or left at its default, on the priced matches among those predicted out of fold
    told = pl.DataFrame(json.loads(mine["out_of_fold"])).join(market, on="match_id")
    assert forecaster.market_blend.matches == (len(told) if len(told) >= 300 else 0)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", list(FAMILIES)),
        ("lightgbm", ["lightgbm"]),
        (" climatology , elo_ordered_logit,", ["climatology", "elo_ordered_logit"]),
    ],
)
def test_families_are_chosen_by_name(names, expected):
    assert [family.name for family in chosen_families(names)] == expected


def test_an_unknown_family_is_named_beside_the_known_ones():
    with pytest.raises(
        ModelError, match=r"SOCCER_FAMILIES: expected names out of \['climatology', .*\], found \['magic'\]"
    ):
        chosen_families("climatology,magic")
