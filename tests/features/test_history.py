import datetime as dt

import polars as pl
import pytest

from soccer_assets.features.history import History

#: Six matches of four clubs over six weeks; a meets b twice.
SIX = (
    (0, "a", "b", "2-1", {"home_shots": 10, "away_shots": 4, "home_corners": 7, "away_corners": 1}),
    (7, "c", "d", "0-0"),
    (14, "b", "c", "1-0"),
    (21, "d", "a", "0-3", {"home_shots": 6, "away_shots": 20}),
    (28, "b", "a", "2-2"),
    (35, "a", "c", "0-4"),
)
FIRST = dt.date(2024, 8, 1)


@pytest.fixture
def known(played):
    """The features of one fixture after the six matches, by name."""

    def of(home, away, day=42, matches=SIX):
        fixture = played((day, home, away, "scheduled"))
        every = pl.concat([played(*matches), fixture]) if matches else fixture
        return History.build(every).features(fixture).row(0, named=True)

    return of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # a: 2-1 at home, 3-0 away, 2-2 away, 0-4 at home, oldest first
        ("home_points_last_1", 0),
        ("home_points_last_3", (3 + 1 + 0) / 3),
        ("home_points_last_5", (3 + 3 + 1 + 0) / 4),
        ("home_goals_for_last_3", (3 + 2 + 0) / 3),
        ("home_goals_against_last_3", (0 + 2 + 4) / 3),
        ("home_goals_for_last_20", (2 + 3 + 2 + 0) / 4),
        ("home_shots_for_last_5", (10 + 20) / 2),  # known of two matches only
        ("home_shots_against_last_5", (4 + 6) / 2),
        ("home_corners_for_last_10", 7),
        ("home_shots_on_target_for_last_5", None),
        # at home a played 2-1 and 0-4
        ("home_points_venue_last_5", 3 / 2),
        ("home_goals_against_venue_last_10", 5 / 2),
        # d: 0-0 away, 0-3 at home; away it drew its only match
        ("away_points_last_1", 0),
        ("away_points_last_5", 1 / 2),
        ("away_points_venue_last_5", 1),
        ("away_goals_against_venue_last_5", 0),
        ("away_shots_for_last_3", 6),
        # 3, 1 and 0 points a match; the others have played on
        ("home_matches_known", 4),
        ("away_matches_known", 2),
        ("home_rest_days", 7),
        ("away_rest_days", 21),
        ("tier", 1),
    ],
)
def test_form_by_hand(known, name, expected):
    assert known("a", "d")[name] == (None if expected is None else pytest.approx(expected))


def test_the_rating_is_the_one_after_the_last_match(played, known):
    from soccer_assets.features.elo import rate

    newest = rate(played(*SIX)).sort("match_date").group_by("team_id").agg(pl.col("elo_after").last())
    elo = dict(newest.rows())
    told = known("b", "c")
    assert (told["home_elo"], told["away_elo"]) == (pytest.approx(elo["b"]), pytest.approx(elo["c"]))
    assert told["elo_diff"] == pytest.approx(elo["b"] - elo["c"], abs=1e-4)


def test_the_table_by_hand(known):
    """a 7 points of 4 matches (7:7), b 4 of 3 (4:4), c 4 of 3 (4:1), d 1 of 2 (0:3)."""
    positions = {}
    for home, away in (("a", "b"), ("c", "d")):
        told = known(home, away)
        positions |= {home: told["home_table_position"], away: told["away_table_position"]}
    assert positions == {"a": 1, "c": 2, "b": 3, "d": 4}  # c before b by goal difference
    told = known("c", "b")
    assert told["home_table_points"] == pytest.approx(4 / 3)
    assert told["home_table_goal_difference"] == pytest.approx(3 / 3)
    assert told["away_table_goal_difference"] == pytest.approx(0)
    assert (told["home_table_played"], told["away_table_played"]) == (3, 3)


def test_clubs_level_on_points_and_goals_stand_in_the_order_of_their_ids(known):
    level = ((0, "a", "b", "1-1"), (0, "d", "c", "1-1"))
    places = [known(home, away, 7, level)[f"{side}_table_position"]
              for home, away, side in (("a", "b", "home"), ("a", "b", "away"), ("c", "d", "home"), ("c", "d", "away"))]  # fmt: skip
    assert places == [1, 2, 3, 4]


def test_a_club_before_its_first_match_stands_in_the_table_without_points(known):
    told = known("new", "a")
    assert (told["home_table_points"], told["home_table_played"]) == (0, 0)
    assert told["home_table_position"] == 5  # level with nobody: d has a point
    assert (told["home_elo"], told["home_points_last_5"], told["home_rest_days"]) == (None, None, None)
    assert told["meetings_known"] == 0


def test_the_table_starts_anew_with_the_season(played):
    last_season = played(*SIX, season="2023/24")
    fixture = played((365, "a", "b", "scheduled"))
    told = History.build(pl.concat([last_season, fixture])).features(fixture).row(0, named=True)
    assert (told["home_table_points"], told["home_table_position"], told["away_table_position"]) == (0, 1, 2)
    assert told["home_points_last_3"] == pytest.approx(4 / 3)  # form knows no season


def test_meetings_by_hand_are_told_for_the_home_club_whoever_was_at_home(known):
    """a beat b 2-1, b and a drew 2-2."""
    for_a, for_b = known("a", "b"), known("b", "a")
    assert for_a["meetings_goal_difference"] == pytest.approx(1 / 2)
    assert for_a["meetings_points"] == pytest.approx((3 + 1) / 2)
    assert for_b["meetings_goal_difference"] == pytest.approx(-1 / 2)
    assert for_b["meetings_points"] == pytest.approx((0 + 1) / 2)
    assert (for_a["meetings_known"], known("a", "d")["meetings_known"], known("b", "d")["meetings_known"]) == (2, 1, 0)
    assert known("b", "d")["meetings_points"] is None


def test_only_the_last_six_meetings_count(known):
    seven = ((0, "a", "b", "9-0"), *((day * 7, "b", "a", "1-0") for day in range(1, 7)))
    told = known("a", "b", 60, seven)
    assert (told["meetings_goal_difference"], told["meetings_points"], told["meetings_known"]) == (-1, 0, 6)


def test_rest_counts_from_the_last_match_played_or_due(known):
    due = (*SIX, (40, "d", "b", "scheduled"))
    assert known("a", "d", 42, due)["away_rest_days"] == 2
    given_up = (*SIX, (40, "d", "b", "postponed"))
    assert known("a", "d", 42, given_up)["away_rest_days"] == 21
    assert known("a", "d", 300)["home_rest_days"] == 60  # at most


def test_a_match_of_the_same_day_is_not_known(known):
    same_day = (*SIX, (42, "b", "d", "7-0"))
    assert known("a", "d", 42, same_day) == known("a", "d", 42)


def test_no_more_than_forty_matches_count_as_known(known):
    assert known("a", "b", 100, tuple((day, "a", "b", "1-0") for day in range(45)))["home_matches_known"] == 40


def test_without_any_past_the_features_are_unknown(known):
    told = known("a", "b", 0, ())
    assert {name for name, value in told.items() if value is not None} == {
        "match_date", "match_id", "league", "season", "home_id", "away_id", "tier", "meetings_known",
        *(f"{side}_table_{name}" for side in ("home", "away")
          for name in ("position", "points", "goal_difference", "played")),
    }  # fmt: skip
    assert told["meetings_known"] == 0


def test_a_fixture_has_the_same_features_alone_and_among_others(season):
    matches = season.lake.read("matches")
    history = History.build(matches, season.lake.read("team_ratings"))
    fixtures = matches.filter(pl.col("status") != "postponed").sort("match_date", "match_id")
    together = history.features(fixtures)
    assert together.drop_nulls("home_elo").height > 700
    for place in range(0, len(fixtures), 23):
        assert history.features(fixtures[place : place + 1]).equals(together[place : place + 1])


def test_later_matches_do_not_change_what_was_known_of_an_earlier_one(season):
    matches = season.lake.read("matches")
    whole = History.build(matches)
    for days_ago in (300, 60, 7, 0):
        day = season.today - dt.timedelta(days=days_ago)
        until = matches.filter(pl.col("match_date") <= day)
        fixtures = until.filter(pl.col("match_date") > day - dt.timedelta(days=14))
        assert fixtures.height > 0
        assert History.build(until).features(fixtures).equals(whole.features(fixtures))


def test_the_order_of_the_fixtures_is_kept(season):
    matches = season.lake.read("matches")
    shuffled = matches.sample(fraction=1.0, shuffle=True, seed=1)
    assert History.build(matches).features(shuffled)["match_id"].equals(shuffled["match_id"])


def test_the_table_in_the_lake_is_what_the_history_says(season):
    matches = season.lake.read("matches")
    stored = season.lake.read("match_features").sort("match_date", "match_id")
    fixtures = matches.filter(pl.col("status") != "postponed").sort("match_date", "match_id")
    assert (
        History.build(matches)
        .features(fixtures)
        .equals(stored.select(History.build(matches).features(fixtures).columns))
    )
