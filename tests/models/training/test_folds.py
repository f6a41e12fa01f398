import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.errors import ModelError
from soccer_assets.models.training.folds import Fold, walk_forward_folds

START = dt.date(2020, 1, 1)


def _days(*offsets: int) -> list[dt.date]:
    return [START + dt.timedelta(days=offset) for offset in offsets]


@given(
    gaps=st.lists(st.integers(0, 7), min_size=60, max_size=120),
    folds=st.integers(1, 4),
    length=st.integers(7, 20),
)
def test_a_fold_trains_strictly_before_the_dates_it_validates_on(gaps, folds, length):
    offsets = [0, *(sum(gaps[: place + 1]) + length * folds for place in range(len(gaps)))]
    dates = _days(*offsets)
    examples = pl.DataFrame({"match_date": dates, "match_id": [str(place) for place in range(len(dates))]})
    made = walk_forward_folds(dates, folds, length)
    validated = []
    for fold in made:
        train, valid = fold.split(examples)
        assert max(train["match_date"]) < fold.valid_from <= min(valid["match_date"])
        assert max(valid["match_date"]) <= fold.valid_to
        validated += valid["match_id"].to_list()
    first = examples.filter(pl.col("match_date") < made[0].valid_from)
    assert first["match_id"].to_list() + validated == examples["match_id"].to_list()
    assert made[-1].valid_to == dates[-1]


def test_blocks_are_contiguous_and_end_at_the_newest_date():
    assert walk_forward_folds(_days(*range(100)), 3, 20) == [
        Fold(0, dt.date(2020, 2, 10), dt.date(2020, 2, 29)),
        Fold(1, dt.date(2020, 3, 1), dt.date(2020, 3, 20)),
        Fold(2, dt.date(2020, 3, 21), dt.date(2020, 4, 9)),
    ]


def test_a_cap_keeps_the_newest_training_rows():
    examples = pl.DataFrame({"match_date": _days(*range(100))})
    train, valid = Fold(0, *_days(80, 89)).split(examples, max_rows=30)
    assert train["match_date"].to_list() == _days(*range(50, 80))
    assert valid["match_date"].to_list() == _days(*range(80, 90))


def test_folds_that_reach_before_the_first_match_are_refused():
    with pytest.raises(ModelError, match="before 2020-01-01 to train the first of 2 folds of 50 days"):
        walk_forward_folds(_days(*range(100)), 2, 50)


def test_a_fold_within_the_summer_is_refused_with_a_length_that_works():
    season_and_next = [*range(300), *range(360, 400)]
    with pytest.raises(ModelError, match="The longest pause is 61 days"):
        walk_forward_folds(_days(*season_and_next), 3, 30)
    assert len(walk_forward_folds(_days(*season_and_next), 3, 61)) == 3


def test_no_dates_and_no_folds_are_refused():
    with pytest.raises(ModelError, match="found none"):
        walk_forward_folds([], 2, 10)
    with pytest.raises(ModelError, match="found 0 of 10 days"):
        walk_forward_folds(_days(1), 0, 10)


def test_unsorted_examples_are_refused():
    with pytest.raises(ModelError, match="sorted by match_date"):
        Fold(0, *_days(1, 2)).split(pl.DataFrame({"match_date": _days(2, 1)}))
