import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.models.selection.selection import CandidateScores, select
from soccer_assets.scoring import PROBABILITIES, log_loss


def _candidate(name, complexity, p):
    frame = pl.DataFrame({"match_id": [f"m{place}" for place in range(len(p))]})
    return CandidateScores(
        name,
        complexity,
        frame.with_columns(pl.Series(column, p[:, place]) for place, column in enumerate(PROBABILITIES)),
    )


def _noisy(p, size, seed=0):
    p = p * np.exp(np.random.default_rng(seed).normal(size=p.shape) * size)
    return p / p.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def fold(world):
    return world(4000, seed=3)


def test_the_better_candidate_wins_when_it_is_clearly_better(fold):
    simple, rich = _candidate("simple", 0, _noisy(fold.truth, 0.6)), _candidate("rich", 3, fold.truth)
    selection = select([simple, rich], fold.y, np.eye(3)[fold.y], fold.dates)
    assert selection.name == "rich"
    assert selection.table["name"].to_list() == ["rich", "simple"]
    assert selection.reasons[1] == "rich has the lowest expected log loss, and no simpler one equals it: chosen."
    assert selection.reasons[0].startswith("simple loses +0.") and selection.reasons[0].endswith("worse.")


def test_the_simple_candidate_wins_when_the_matches_cannot_tell_them_apart(fold):
    simple, rich = _candidate("simple", 0, _noisy(fold.truth, 0.02)), _candidate("rich", 3, fold.truth)
    selection = select([rich, simple], fold.y, np.eye(3)[fold.y], fold.dates)
    assert selection.name == "simple"
    assert selection.table.filter(name="rich")["log_loss"].item() < fold.truth.shape[1]


def test_the_simplest_of_several_equals_wins_and_the_reasons_say_so(fold):
    candidates = [
        _candidate("coarse", 0, np.tile(fold.truth.mean(axis=0), (4000, 1))),
        _candidate("simple", 1, fold.truth),
        _candidate("middle", 2, fold.truth),
        _candidate("rich", 3, _noisy(fold.truth, 0.01)),
    ]
    selection = select(candidates, fold.y, np.eye(3)[fold.y], fold.dates)
    assert selection.name == "simple"
    verdicts = [reason.rsplit(": ", 1)[-1] for reason in selection.reasons]
    assert verdicts[0] == "worse."
    assert verdicts[1] == "chosen." or verdicts[1] == "not distinguishable, and the simplest such: chosen."
    assert sum("chosen." in reason for reason in selection.reasons) == 1


def test_exactly_equal_candidates_are_decided_by_complexity(fold):
    twins = [_candidate("rich", 3, fold.truth), _candidate("simple", 1, fold.truth)]
    assert select(twins, fold.y, np.eye(3)[fold.y], fold.dates).name == "simple"


def test_the_table_has_every_metric_and_the_difference_with_its_interval(fold):
    worse = _noisy(fold.truth, 0.6)
    table = select(
        [_candidate("a", 0, worse), _candidate("b", 1, fold.truth)], fold.y, np.eye(3)[fold.y], fold.dates
    ).table
    row = table.row(1, named=True)
    assert list(row) == [
        *("name", "complexity", "n", "log_loss", "rps", "brier", "accuracy", "ece"),
        *("expected_log_loss", "difference", "difference_low", "difference_high"),
    ]
    assert (row["name"], row["n"]) == ("a", 4000)
    assert row["log_loss"] == pytest.approx(log_loss(worse, fold.y).mean())
    gap = log_loss(worse, fold.y).mean() - log_loss(fold.truth, fold.y).mean()
    assert row["difference"] == pytest.approx(gap)
    assert 0 < row["difference_low"] < gap < row["difference_high"]
    assert table.row(0, named=True)["difference"] == 0.0


def test_candidates_of_other_matches_are_refused(fold):
    one = _candidate("one", 0, fold.truth)
    two = CandidateScores("two", 1, one.oof.reverse())
    with pytest.raises(ModelError, match="predictions of two to be of the same 4000 matches in the same order"):
        select([one, two], fold.y, np.eye(3)[fold.y], fold.dates)
    with pytest.raises(ModelError, match="found 3990, of which 3990 in common"):
        select([one, CandidateScores("two", 1, one.oof[10:])], fold.y, np.eye(3)[fold.y], fold.dates)


def test_nothing_to_select_from_is_refused(fold):
    with pytest.raises(ModelError, match="found 0 and 4000"):
        select([], fold.y, np.eye(3)[fold.y], fold.dates)
    with pytest.raises(ModelError, match="found 1 and 0"):
        select([_candidate("one", 0, fold.truth[:0])], [], np.empty((0, 3)), [])
