"""Examples of a synthetic season, and candidates trained on matches whose truth is known."""

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
from soccer_assets.models.estimators import decode
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.families.stack import StackEstimator, pooled
from soccer_assets.models.schema import CANDIDATES
from soccer_assets.models.training.candidate_page import plots, row_metadata
from soccer_assets.models.training.training import (
    candidate,
    chosen_families,
    examples,
    out_of_fold,
    refit,
    stacked,
    trained,
)
from soccer_assets.scoring import PROBABILITIES, log_loss
from soccer_assets.settings import Settings

ELO, LOGISTIC = FAMILIES["elo_ordered_logit"], FAMILIES["logistic_regression"]
MATCHES_A_DAY = 10


def learned(season: Any, since: dt.date | None = None, before: dt.date | None = None) -> pl.DataFrame:
    features, matches, market = (
        season.lake.scan(name) for name in ("match_features", "matches", "market_probabilities")
    )
    return examples(features, matches, market, since or season.first, before or season.today)


@pytest.fixture(scope="module")
def known(world) -> pl.DataFrame:
    """Two hundred and fifty match days with every column of the catalogue; all but two of them are null."""
    made = world(2500).examples
    return made.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in NAMES if name not in made.columns)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=str(tmp_path), trials=3, folds=2, fold_days=40)


def of(frame: pl.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = frame.row(0, named=True)
    return row


def day_after(known: pl.DataFrame) -> dt.date:
    newest = known["match_date"].max()
    assert isinstance(newest, dt.date)
    return newest + dt.timedelta(days=1)


def trials_of(row: pl.DataFrame) -> list[dict[str, Any]]:
    trials: list[dict[str, Any]] = json.loads(row["trials"].item())
    return trials


def test_examples_are_the_matches_finished_before_the_date(season):
    day = season.model_dates[0]
    since = season.first + dt.timedelta(days=50)
    found = learned(season, since, day)
    finished = season.lake.read("matches").filter(
        pl.col("status") == "finished", pl.col("match_date") >= since, pl.col("match_date") < day
    )
    assert sorted(found["match_id"]) == sorted(finished["match_id"])
    assert found["match_date"].is_sorted()


def test_the_outcome_of_an_example_is_0_for_home_1_for_a_draw_2_for_away(season):
    found = learned(season)
    sign = (found["away_goals"] - found["home_goals"]).sign() + 1
    assert found["outcome"].to_list() == sign.to_list()
    assert set(found["outcome"]) == {0, 1, 2}


def test_an_example_has_the_newest_price_of_its_match_or_null(season):
    found = learned(season)
    prices = found.select("closing_home", "closing_draw", "closing_away")
    assert prices.drop_nulls().height > 0
    assert prices.drop_nulls().select(pl.sum_horizontal(pl.all())).to_series().to_list() == pytest.approx(
        [1.0] * prices.drop_nulls().height
    )
    none = examples(
        season.lake.scan("match_features"),
        season.lake.scan("matches"),
        season.lake.scan("market_probabilities").clear(),
        season.first,
        season.today,
    )
    market = (*prices.columns, "closing_over")
    assert none.drop(market).equals(found.drop(market))
    assert none["closing_home"].null_count() == len(none)


def test_with_nothing_to_learn_from_the_command_that_helps_is_named(season):
    since, day = season.first, season.first
    told = f"expected finished matches with features from {since} to the day before {day}, found none: run `uv run soccer backfill"
    with pytest.raises(ModelError, match=told):
        learned(season, since, day)


def test_too_few_matches_to_fold_are_refused_with_the_dates(known, settings):
    with pytest.raises(ModelError, match="Expected matches before .* to train the first of 2 folds of 40 days"):
        candidate(ELO, known.tail(500), day_after(known), settings)


def test_a_candidate_made_twice_is_the_same_to_the_last_byte(known, settings, tmp_path):
    first, second = (
        candidate(ELO, known, day_after(known), msgspec.structs.replace(settings, var=str(tmp_path / place))).row(0)
        for place in "ab"
    )
    assert first == second


def test_a_candidate_tells_what_it_learned_from_and_how_it_was_tuned(known, settings):
    day = day_after(known)
    row = of(candidate(ELO, known, day, settings))
    assert (row["family"], row["complexity"], row["match_date"], row["tuned_on"]) == ("elo_ordered_logit", 1, day, day)
    assert (row["trained_through"], row["examples"]) == (known["match_date"].max(), len(known))
    trials = json.loads(row["trials"])
    assert [trial["number"] for trial in trials] == [0, 1, 2]
    assert trials[0]["params"] == ELO.defaults
    best = min((trial for trial in trials if trial["state"] == "complete"), key=lambda trial: trial["value"])
    assert json.loads(row["parameters"]) == best["params"]
    assert row["tuning_log_loss"] == pytest.approx(best["value"])
    assert json.loads(row["space"])["half_life_days"] == [365.0, 7300.0]
    told = out_of_fold(row)
    newest = known.filter(pl.col("match_date") > known["match_date"].max() - dt.timedelta(days=2 * 40))
    assert sorted(told["match_id"]) == sorted(newest["match_id"])
    assert decode(row["estimator"]).predict(known).sum(axis=1) == pytest.approx(np.ones(len(known)))


def test_columns_that_tell_nothing_are_left_out_and_said_so(known, settings):
    row = of(candidate(ELO, known, day_after(known), msgspec.structs.replace(settings, trials=1)))
    left_out = row["left_out"]
    assert set(NAMES) - set(left_out) == {"elo_diff"} | ({*NAMES} & {*known.columns[:9]})
    assert row_metadata(row)["columns left out, for they tell nothing"] == left_out


def test_the_page_of_a_candidate_has_its_search_and_its_curves(known, settings):
    row = of(candidate(ELO, known, day_after(known), settings))
    page = row_metadata(row)
    assert page["best trial"]["value"] == pytest.approx(row["tuning_log_loss"])
    assert page["trials"] == {"complete": 3, "pruned": 0}
    assert page["search space"] == {"half_life_days": [365.0, 7300.0], "league_spread": [0.005, 0.3]}
    assert set(plots(row)) == {"search", "learning"}
    assert all(plot.startswith("![") and "data:image/svg+xml" in plot for plot in plots(row).values())


def test_an_interrupted_study_goes_on_where_it_stopped(known, settings):
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    day = day_after(known)
    begun = trials_of(candidate(ELO, known, day, msgspec.structs.replace(settings, trials=1)))
    continued = trials_of(candidate(ELO, known, day, settings))
    assert [len(begun), len(continued)] == [1, 3]
    assert continued[0] == begun[0]
    assert trials_of(candidate(ELO, known, day, settings)) == continued
    journal = JournalStorage(JournalFileBackend(f"{settings.var}/optuna/journal.log"))
    (study,) = optuna.get_all_study_summaries(journal)
    assert study.n_trials == 3  # nothing was tried again


def test_other_matches_are_another_study(known, settings):
    candidate(ELO, known, day_after(known), settings)
    corrected = known.with_columns(
        outcome=pl.when(pl.int_range(pl.len()) == 7).then(1).otherwise("outcome").cast(pl.Int8)
    )
    made = trials_of(candidate(ELO, corrected, day_after(known), msgspec.structs.replace(settings, trials=1)))
    assert len(made) == 1


def test_a_study_may_live_in_a_database(known, settings, tmp_path):
    import optuna

    day, url = day_after(known), f"sqlite:///{tmp_path / 'studies.db'}"
    in_database = candidate(ELO, known, day, msgspec.structs.replace(settings, optuna_url=url))
    (name,) = optuna.get_all_study_names(url)
    assert name.startswith(f"candidate_elo_ordered_logit {day} ")
    assert in_database.row(0) == candidate(ELO, known, day, settings).row(0)


def test_a_refit_keeps_the_parameters_and_goes_on_with_forecasts_the_earlier_model_made(known, settings):
    then = known.head(2200)
    earlier = of(candidate(ELO, then, day_after(then), settings))
    row = of(refit(ELO, earlier, known, day_after(known), settings))
    assert (row["parameters"], row["tuned_on"], row["trials"]) == (
        earlier["parameters"], earlier["tuned_on"], earlier["trials"]
    )  # fmt: skip
    assert (row["match_date"], row["examples"]) == (day_after(known), 2500)
    fitted = ELO.fit(known, NAMES, json.loads(row["parameters"]), settings.seed)
    assert row["estimator"] == fitted.encode()
    oof = out_of_fold(row).join(known, on="match_id", maintain_order="left")
    newest = known["match_date"].max()
    assert len(oof) == 80 * MATCHES_A_DAY
    assert oof["match_date"].is_sorted()
    assert oof.filter(fold=1)["match_date"].min() == newest - dt.timedelta(days=39)
    since = oof.filter(pl.col("match_date") > earlier["trained_through"])
    assert len(since) == 300
    told = decode(earlier["estimator"]).predict(since)
    assert since.select(PROBABILITIES).to_numpy() == pytest.approx(told, abs=1e-12)
    before = out_of_fold(earlier).join(oof, on="match_id", maintain_order="left")
    assert before["p_home"].equals(before["p_home_right"])


def test_a_family_is_tuned_anew_when_its_search_is_old_or_was_of_other_folds(known, settings):
    then = known.head(2200)
    first, day = day_after(then), day_after(known)
    made = trained(ELO, then, first, settings, CANDIDATES.empty().lazy())
    assert of(made)["tuned_on"] == first
    again = trained(ELO, known, day, settings, made.lazy())
    assert of(again)["tuned_on"] == first
    past = pl.concat([made, again]).lazy()
    assert of(trained(ELO, known, day, settings, past)) == of(again)  # its own date is not looked at
    for other in (
        msgspec.structs.replace(settings, retune_days=(day - first).days - 1),
        msgspec.structs.replace(settings, fold_days=41),
        msgspec.structs.replace(settings, seed=1),
    ):
        assert of(trained(ELO, known, day, other, past))["tuned_on"] == day


@pytest.fixture(scope="module")
def pair(known, tmp_path_factory) -> list[dict[str, Any]]:
    own = Settings(var=str(tmp_path_factory.mktemp("pair")), trials=1, folds=3, fold_days=40)
    names = ("climatology", "elo_ordered_logit", "logistic_regression")
    return [of(candidate(FAMILIES[name], known, day_after(known), own)) for name in names]


def test_a_stack_pools_its_members_by_weights_that_beat_equal_ones(pair, known):
    row = of(stacked(pair, known, day_after(known)))
    assert (row["family"], row["examples"], row["trials"]) == ("stack", len(known), "[]")
    weights = json.loads(row["parameters"])
    assert set(weights) <= {"climatology", "elo_ordered_logit", "logistic_regression"} and min(weights.values()) > 0
    estimator = decode(row["estimator"])
    assert isinstance(estimator, StackEstimator)
    assert estimator.weights == tuple(weights[each["family"]] for each in pair if each["family"] in weights)
    assert estimator.predict(known).sum(axis=1) == pytest.approx(np.ones(len(known)))

    def newest(told: dict[str, Any]) -> pl.DataFrame:
        return out_of_fold(told).filter(fold=2)

    y = newest(row).join(known, on="match_id", maintain_order="left")["outcome"]
    equal = pooled([newest(each).select(PROBABILITIES).to_numpy() for each in pair], [1 / 3] * 3)
    assert log_loss(newest(row).select(PROBABILITIES), y).mean() < log_loss(equal, y).mean() - 0.005


def test_a_fold_of_the_stack_is_predicted_by_what_earlier_folds_teach(pair, known):
    def first_two_folds(outcomes: pl.DataFrame) -> list[Any]:
        told = out_of_fold(of(stacked(pair, outcomes, day_after(known))))
        return told.filter(pl.col("fold") < 2).rows()

    newest = known["match_date"].max() - dt.timedelta(days=79)  # turns the results of folds 1 and 2
    turned = known.with_columns(
        outcome=pl.when(pl.col("match_date") >= newest).then(2 - pl.col("outcome")).otherwise("outcome")
    )
    assert first_two_folds(turned) == first_two_folds(known)


def test_candidates_judged_on_other_matches_are_not_stacked(pair, known, settings):
    other = of(candidate(ELO, known, day_after(known), settings))
    with pytest.raises(
        ModelError, match="Expected elo_ordered_logit to be judged on the 1200 matches and folds of clim"
    ):
        stacked([pair[0], other], known, day_after(known))


def test_the_rows_of_all_families_fit_their_table(pair, known):
    for row in (*pair, of(stacked(pair, known, day_after(known)))):
        frame = pl.DataFrame([row], schema=CANDIDATES.schema)
        assert CANDIDATES.validate(frame).equals(frame)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", [*FAMILIES, "stack"]),
        ("lightgbm", ["lightgbm"]),
        (" climatology , elo_ordered_logit,", ["climatology", "elo_ordered_logit"]),
    ],
)
def test_families_are_chosen_by_name(names, expected):
    assert chosen_families(names) == expected


def test_an_unknown_family_is_named_beside_the_known_ones():
    with pytest.raises(
        ModelError, match=r"SOCCER_FAMILIES: expected names out of \['climatology', .*\], found \['magic'\]"
    ):
        chosen_families("climatology,magic")


def test_a_stack_of_one_family_is_refused():
    with pytest.raises(ModelError, match=r"at least two families to stack, found \['lightgbm', 'stack'\]"):
        chosen_families("lightgbm,stack")
