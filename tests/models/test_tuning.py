import optuna
import polars as pl
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from soccer_assets.errors import ModelError
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.families.logistic_regression import LogisticRegression
from soccer_assets.models.folds import walk_forward_folds
from soccer_assets.models.tuning import tune
from soccer_assets.scoring import PROBABILITIES, log_loss

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@pytest.fixture(scope="module")
def examples(world):
    return world(2500).examples


@pytest.fixture(scope="module")
def folds(examples):
    return walk_forward_folds(examples["match_date"].to_list(), 3, 30)


@pytest.fixture
def journal(tmp_path):
    return JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))


def _tune(family, examples, columns, folds, trials=3, **options):
    return tune(family, examples, columns, folds, trials, seed=5, **options)


@every_family
def test_tuning_twice_gives_the_same(family, examples, columns, folds):
    one, two = (_tune(family, examples, columns, folds) for _ in range(2))
    assert one.params == two.params and one.score == two.score and one.trials == two.trials
    assert one.oof.equals(two.oof)


def test_the_first_trial_is_the_defaults_and_the_best_is_no_worse(examples, columns, folds):
    tuned = _tune(LogisticRegression(), examples, columns, folds, trials=6)
    assert tuned.family == "logistic_regression"
    assert tuned.trials[0].params == dict(LogisticRegression.defaults)
    assert tuned.score <= tuned.trials[0].value
    assert tuned.score == pytest.approx(min(t.value for t in tuned.trials if t.state == "complete"))
    assert [t.number for t in tuned.trials] == list(range(6))


def test_every_match_of_every_fold_is_predicted_once_out_of_fold(examples, columns, folds):
    tuned = _tune(LogisticRegression(), examples, columns, folds)
    expected = [fold.split(examples)[1]["match_id"].to_list() for fold in folds]
    assert tuned.oof.columns == ["match_id", "fold", *PROBABILITIES]
    assert [tuned.oof.filter(fold=number)["match_id"].to_list() for number in (0, 1, 2)] == expected
    assert tuned.oof.select(pl.sum_horizontal(PROBABILITIES)).to_series().to_list() == pytest.approx([1.0] * 900)
    last = tuned.oof.filter(fold=2).join(examples, on="match_id", maintain_order="left")
    again = LogisticRegression().fit(folds[2].split(examples)[0], columns, tuned.params, 5)
    assert last.select(PROBABILITIES).to_numpy() == pytest.approx(again.predict(last), abs=1e-12)
    assert log_loss(last.select(PROBABILITIES), last["outcome"]).mean() < 1.0


def test_the_last_fold_has_no_say(examples, columns, folds):
    turned = examples.with_columns(
        outcome=pl.when(pl.col("match_date") >= folds[-1].valid_from).then(2 - pl.col("outcome")).otherwise("outcome")
    )
    one, two = (_tune(LogisticRegression(), each, columns, folds, trials=5) for each in (examples, turned))
    assert one.params == two.params and one.trials == two.trials
    assert one.oof.equals(two.oof)  # not even its own predictions: they come from earlier dates


def test_a_trial_worse_than_the_median_is_pruned_and_not_chosen(examples, columns, folds):
    tuned = _tune(LogisticRegression(), examples, columns, folds, trials=12)
    complete = [t for t in tuned.trials if t.state == "complete"]
    pruned = [t for t in tuned.trials if t.state == "pruned"]
    assert len(complete) >= 4 and pruned and len(complete) + len(pruned) == 12
    assert tuned.params == min(complete, key=lambda t: t.value).params


def test_a_small_search_space_takes_fewer_trials(examples, columns, folds):
    assert len(_tune(Climatology(), examples, columns, folds, trials=50).trials) == Climatology.max_trials


def test_a_cap_changes_what_trials_learn_from_but_not_what_is_predicted(examples, columns, folds):
    capped = _tune(LogisticRegression(), examples, columns, folds, trials=1, max_tuning_rows=300)
    whole = _tune(LogisticRegression(), examples, columns, folds, trials=1)
    assert capped.trials[0].value != whole.trials[0].value
    assert capped.oof.equals(whole.oof) and capped.score == whole.score


def test_a_study_that_was_cut_off_is_continued(examples, columns, folds, journal):
    place = {"storage": journal, "study_name": "candidate"}
    first = _tune(LogisticRegression(), examples, columns, folds, trials=2, **place)
    second = _tune(LogisticRegression(), examples, columns, folds, trials=4, **place)
    assert second.trials[:2] == first.trials
    assert len(second.trials) == 4
    assert _tune(LogisticRegression(), examples, columns, folds, trials=4, **place).trials == second.trials


def test_a_study_of_other_matches_is_not_continued(examples, columns, folds, journal):
    place = {"storage": journal, "study_name": "candidate"}
    _tune(Climatology(), examples, columns, folds, trials=1, **place)
    with pytest.raises(ModelError, match="'candidate' to be of inputs"):
        _tune(Climatology(), examples[1:], columns, folds, trials=1, **place)


def test_optuna_says_nothing_and_is_as_loud_as_before_afterwards(examples, columns, folds, capfd):
    before = optuna.logging.get_verbosity()
    _tune(Climatology(), examples, columns, folds, trials=1)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_one_fold_is_not_enough(examples, columns, folds):
    with pytest.raises(ModelError, match="found 3 and 1"):
        _tune(Climatology(), examples, columns, folds[:1])
