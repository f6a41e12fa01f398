import pytest

from soccer_assets.models.families.climatology import Climatology
from soccer_assets.models.families.lightgbm import LightGbm
from soccer_assets.scoring import log_loss, paired_difference


@pytest.fixture(scope="module")
def estimator(world, columns):
    return LightGbm().fit(world(8000).examples, columns, LightGbm.defaults, 0)


def test_it_beats_climatology(estimator, world, columns):
    examples, later = world(8000).examples, world(3000, seed=1)
    climatology = Climatology().fit(examples, columns, Climatology.defaults, 0)
    ours, theirs = (log_loss(each.predict(later.examples), later.y) for each in (estimator, climatology))
    assert paired_difference(ours, theirs, later.dates).high < -0.05


def test_another_seed_grows_other_trees_that_are_as_good(estimator, world, columns):
    other, later = LightGbm().fit(world(8000).examples, columns, LightGbm.defaults, 1), world(3000, seed=1)
    assert other.forest.roots != estimator.forest.roots or other.forest.value != estimator.forest.value
    one, two = (log_loss(each.predict(later.examples), later.y).mean() for each in (estimator, other))
    assert one == pytest.approx(two, abs=0.02)
