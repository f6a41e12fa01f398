from soccer_assets.features.catalog import FEATURES, METRICS, NAMES, WINDOWS
from soccer_assets.features.schema import IDENTITY, MATCH_FEATURES


def test_every_feature_has_its_own_name():
    assert len(set(NAMES)) == len(NAMES)


def test_the_columns_of_match_features_are_the_identity_and_the_catalogue():
    assert list(MATCH_FEATURES.schema) == [*(column.name for column in IDENTITY), *NAMES]


def test_form_is_told_of_every_metric_side_and_window():
    form = {(f.side, f.scope, f.metric, f.window) for f in FEATURES if f.window and f.side in ("home", "away")}
    assert form == {
        (side, scope, metric, window)
        for side in ("home", "away")
        for scope, windows in WINDOWS.items()
        for metric in METRICS
        for window in windows
    }


def test_a_name_says_what_the_feature_is():
    by_name = {feature.name: feature for feature in FEATURES}
    away = by_name["away_shots_on_target_against_venue_last_5"]
    assert (away.side, away.scope, away.metric, away.window) == ("away", "venue", "shots_on_target_against", 5)
    assert away.description == (
        "away club: mean shots on target allowed over the last 5 of its home matches (home club) or away matches "
        "(away club)"
    )


def test_each_feature_is_described_in_words_of_its_own():
    assert len({feature.description for feature in FEATURES}) == len(FEATURES)
