"""One world for the tests of what it holds and of what each source shows of it."""

import datetime as dt

import pytest

from soccer_assets.simulation.world import World, make_world

TODAY = dt.date(2024, 2, 29)


@pytest.fixture(scope="session")
def whole() -> World:
    """Two and a half seasons with cups, disruptions, names and sideshows."""
    return make_world(TODAY, seed=11, clubs=12)


@pytest.fixture(scope="session")
def morning() -> dt.datetime:
    """Early on the day the world was made for."""
    return dt.datetime.combine(TODAY, dt.time(5), dt.UTC)
