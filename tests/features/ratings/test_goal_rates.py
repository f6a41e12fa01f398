import numpy as np
import polars as pl
import pytest

from soccer_assets.features.ratings import rate
from soccer_assets.features.ratings.goal_rates import GOALS, SHOTS_ON_TARGET
from tests.features.ratings.conftest import ATTACK, DEFENCE


def test_one_match_by_hand(played, no_prices):
    told = rate(played((0, "a", "b", "3-0")), no_prices).sort("team_id")
    home, away = np.exp(GOALS.level + GOALS.advantage / 2), np.exp(GOALS.level - GOALS.advantage / 2)
    scored, conceded = GOALS.pace * (3 - home), GOALS.pace * (0 - away)
    assert told["goal_attack"].to_list() == pytest.approx([scored, conceded])
    assert told["goal_defence"].to_list() == pytest.approx([-conceded, -scored])


def test_a_figure_never_counted_has_no_rating(played, no_prices):
    told = rate(played((0, "a", "b", "3-0")), no_prices)
    assert told["shot_attack"].to_list() == [None, None]


def test_a_match_without_the_figure_leaves_the_rating_as_it_was(played, no_prices):
    shots = {"home_shots_on_target": 9, "away_shots_on_target": 1}
    told = rate(played((0, "a", "b", "3-0", shots), (7, "a", "b", "0-0")), no_prices).filter(team_id="a")
    first = SHOTS_ON_TARGET.pace * (9 - np.exp(SHOTS_ON_TARGET.level + SHOTS_ON_TARGET.advantage / 2))
    assert told["shot_attack"].to_list() == pytest.approx([first, first])


@pytest.mark.parametrize(
    ("column", "true"),
    [("goal_attack", ATTACK), ("goal_defence", DEFENCE), ("shot_attack", ATTACK), ("shot_defence", DEFENCE)],
)
def test_the_strengths_of_a_league_are_found(rated, column, true):
    told = rated.group_by("team_id", maintain_order=True).agg(pl.col(column).last()).sort("team_id")
    assert np.corrcoef(told[column], [true[club] for club in told["team_id"]])[0, 1] > 0.7


def test_clubs_of_a_lower_tier_enter_lower(played, no_prices):
    told = rate(played((0, "a", "b", "1-1"), league="E2"), no_prices)
    assert max(told["goal_attack"]) < -0.3
