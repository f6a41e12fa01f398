import math

import pytest

from soccer_assets.errors import SchemaError
from soccer_assets.features.catalog import (
    BOTH,
    FEATURES,
    METRICS,
    NAMES,
    PRICED,
    RATINGS,
    RESULTS,
    SCOPES,
    Feature,
    grid,
)
from soccer_assets.features.history import History
from soccer_assets.features.schema import IDENTITY, MATCH_FEATURES, TEAM_RATINGS
from soccer_assets.matches.schema import MATCHES


def test_every_feature_has_its_own_name_and_description():
    assert len({feature.name for feature in FEATURES}) == len({f.description for f in FEATURES}) == len(FEATURES)


def test_the_columns_of_match_features_are_the_identity_and_the_catalogue():
    assert list(MATCH_FEATURES.schema) == [*(column.name for column in IDENTITY), *NAMES]


def test_every_rating_that_is_told_is_a_column_of_team_ratings():
    assert {column for column, *_ in RATINGS.values()} <= set(TEAM_RATINGS.schema)


def test_the_set_of_results_leaves_out_what_was_learned_from_prices():
    groups = {feature.name: feature.group for feature in FEATURES}
    assert {groups[name] for name in RESULTS} == {feature.group for feature in FEATURES} - set(PRICED)
    assert set(NAMES) - set(RESULTS) == {name for name, group in groups.items() if group in PRICED}


def test_the_form_of_the_home_club_is_told_of_the_away_club_too():
    form = [feature for feature in FEATURES if feature.window and feature.scope != "head_to_head"]
    of = {side: [(f.scope, f.metric, f.window) for f in form if f.side == side] for side in BOTH}
    assert len(of["home"]) > 30
    assert of["home"] == of["away"]


def test_the_grid_has_every_combination_once():
    sides, windows = ("home", "away", "difference"), (1, 2, 3, 5, 7, 10, 12)
    every = list(grid(sides, SCOPES, METRICS, windows))
    assert len({feature.name for feature in every}) == len(every)
    assert len(every) == math.prod(map(len, (sides, SCOPES, METRICS, windows)))


def test_an_entry_of_the_catalogue_alone_says_where_its_value_is_to_be_computed():
    entry = Feature("home_luck", "home", "all", "luck", 0, "home club: luck", "luck")
    history = History.build(MATCHES.empty(), TEAM_RATINGS.empty())
    with pytest.raises(SchemaError, match=r"expected a value for home_luck .* found none: compute luck in `features/h"):
        history.features(MATCH_FEATURES.empty(), [*FEATURES, entry])


@pytest.mark.parametrize(
    ("point", "name", "description"),
    [
        (("away", "venue", "shots_on_target_against", 5), "away_shots_on_target_against_venue_last_5",
         "away club: mean shots on target of its opponents over the last 5 of its home matches (home club) or away "
         "matches (away club)"),
        (("difference", "all", "points", 10), "points_last_10_diff",
         "home club less away club: mean league points (3, 1, 0) over the last 10 of all its matches"),
        (("home", "season", "xg_known", 3), "home_xg_known_season_last_3",
         "home club: share of the last 3 of its matches of this season with the expected goals known"),
    ],
)  # fmt: skip
def test_a_name_says_what_the_feature_is(point, name, description):
    (feature,) = grid(*([part] for part in point))
    assert (feature.side, feature.scope, feature.metric, feature.window) == point
    assert (feature.name, feature.description) == (name, description)
