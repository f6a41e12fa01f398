import datetime as dt

import polars as pl
import pytest

from soccer_assets.features import history
from soccer_assets.features.catalog import NAMES, grid
from soccer_assets.features.history import DATED, History, of_their_countries
from soccer_assets.features.ratings import rate
from soccer_assets.features.schema import MATCH_FEATURES

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
def known(played, history_of):
    """The features of one fixture after the six matches, by name."""

    def of(home, away, day=42, matches=SIX):
        fixture = played((day, home, away, "scheduled"))
        every = pl.concat([played(*matches), fixture]) if matches else fixture
        return history_of(every).features(fixture).row(0, named=True)

    return of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # a: 2-1 at home, 3-0 away, 2-2 away, 0-4 at home, oldest first
        ("home_points_last_5", (3 + 3 + 1 + 0) / 4),
        ("home_goals_for_last_20", (2 + 3 + 2 + 0) / 4),
        ("home_goals_against_last_5", (1 + 0 + 2 + 4) / 4),
        ("home_shots_for_last_5", (10 + 20) / 2),  # known of two matches only
        ("home_shots_against_last_5", (4 + 6) / 2),
        ("home_shots_known_last_20", 2 / 20),
        ("home_corners_for_last_20", 7),
        ("home_shots_on_target_for_last_5", None),
        ("home_xg_known_last_20", 0),
        # at home a played 2-1 and 0-4
        ("home_goals_for_venue_last_20", 1),
        ("home_goals_against_venue_last_20", 5 / 2),
        # d: 0-0 away, 0-3 at home; away it drew its only match
        ("away_points_last_5", 1 / 2),
        ("away_goals_against_venue_last_20", 0),
        ("away_shots_for_last_5", 6),
        ("away_goals_balance_season_last_20", -3 / 2),
        ("away_shots_balance_season_last_20", 6 - 20),
        ("home_matches_known", 4),
        ("away_matches_known", 2),
        ("home_rest_days", 7),
        ("away_rest_days", 21),
        ("home_matches_7_days", 1),
        ("home_matches_30_days", 3),
        ("away_matches_30_days", 1),
        ("tier", 1),
        # the league's first season: how long it will be, and where the clubs come from, is not known
        ("home_matches_left", None),
        ("season_phase", None),
        ("home_last_season_points", None),
        ("home_tier_change", None),
    ],
)
def test_form_by_hand(known, name, expected):
    assert known("a", "d")[name] == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (("home", "all", "points", 1), 0),
        (("home", "all", "points", 3), (3 + 1 + 0) / 3),
        (("home", "all", "goals_for", 3), (3 + 2 + 0) / 3),
        (("away", "all", "points", 1), 0),
        (("difference", "all", "goals_against", 2), (2 + 4) / 2 - (0 + 3) / 2),
        (("home", "venue", "points", 1), 0),
        (("home", "venue", "points", 7), 3 / 2),
        (("away", "venue", "points_known", 2), 1 / 2),
        (("home", "all", "cards_for", 12), (1 + 4) / 2),
        (("home", "all", "cards_balance", 12), (1 + 4) / 2 - (0 + 2) / 2),
        (("home", "competition", "points", 10), 7 / 4),
        (("home", "head_to_head", "points", 3), 3),
    ],
)
def test_any_point_of_the_grid_by_hand(played, history_of, point, expected):
    """Cards: a yellow one counts once, a red one twice, and of a match where none are told nothing is known."""
    cards = ({"home_yellow_cards": 1, "home_red_cards": 0, "away_yellow_cards": 0},
             {"home_yellow_cards": 0, "home_red_cards": 1, "away_yellow_cards": 2, "away_red_cards": 1})  # fmt: skip
    told = [SIX[0][:4], *SIX[1:3], SIX[3][:4], *SIX[4:]]
    matches = played((*told[0], cards[0]), *told[1:3], (*told[3], cards[1]), *told[4:])
    fixture = played((42, "a", "d", "scheduled"))
    features = history_of(pl.concat([matches, fixture])).features(fixture, list(grid(*([part] for part in point))))
    assert features.to_series(-1).to_list() == [expected if expected is None else pytest.approx(expected)]


def test_the_scope_of_a_competition_begins_anew_in_another_league_and_all_does_not(played, history_of):
    up = played((0, "a", "b", "1-0"), (7, "b", "a", "0-2"), league="E1", season="2023/24")
    fixture = played((365, "a", "c", "scheduled"))
    points = list(grid(["home"], ["all", "competition", "season"], ["points"], [5]))
    assert history_of(pl.concat([up, fixture])).features(fixture, points).row(0)[-3:] == (3, None, None)


def test_the_rating_is_the_one_after_the_last_match(played, known, no_prices):
    newest = rate(played(*SIX), no_prices).sort("match_date").group_by("team_id").agg(pl.col("elo_after").last())
    elo = dict(newest.rows())
    told = known("b", "c")
    assert (told["home_elo"], told["away_elo"]) == (pytest.approx(elo["b"]), pytest.approx(elo["c"]))
    assert told["elo_diff"] == pytest.approx(elo["b"] - elo["c"], abs=1e-4)


def test_the_table_by_hand(known):
    """a 7 points of 4 matches (7:7), b 4 of 3 (4:4), c 4 of 3 (4:1), d 1 of 2 (0:3)."""
    positions: dict[str, int] = {}
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
    assert (told["home_matches_known"], told["home_points_known_head_to_head_last_6"]) == (0, 0)


@pytest.fixture
def after_a_season(played, history_of):
    """The features of `(home, away)` in E0 a year after the six matches, by name.

    In the year before a, b, c and d were in E0 and x and y in E1; x is in E0 now.
    """
    second = played((0, "x", "y", "1-1"), (7, "y", "x", "0-2"), league="E1", season="2023/24")
    past = pl.concat([played(*SIX, season="2023/24"), second])

    def of(home, away, *matches, day=365):
        now = played(*matches, (day, home, away, "scheduled"))
        return history_of(pl.concat([past, now])).features(now[-1:]).row(0, named=True)

    return of


def test_the_table_starts_anew_with_the_season(after_a_season):
    told = after_a_season("a", "b")
    assert (told["home_table_points"], told["home_table_position"], told["away_table_position"]) == (0, 1, 2)
    assert told["home_points_last_20"] == pytest.approx(7 / 4)  # form knows no season
    assert told["home_points_season_last_20"] is None


def test_the_season_before_by_hand(after_a_season):
    """a had 7 points of 4 matches and was first, c 4 of 3 and second, x first of E1 with 4 of 2."""
    told = after_a_season("c", "x")
    assert (told["home_last_season_points"], told["home_last_season_position"]) == (pytest.approx(4 / 3), 2)
    assert (told["away_last_season_points"], told["away_last_season_position"]) == (2, 1)
    assert (told["home_tier_change"], told["away_tier_change"]) == (0, 1)


def test_a_club_of_no_followed_league_came_up(after_a_season):
    told = after_a_season("new", "a")
    assert (told["home_tier_change"], told["home_last_season_points"]) == (1, None)


def test_the_season_before_stays_when_the_new_one_is_under_way(after_a_season):
    told = after_a_season("a", "c", (365, "a", "x", "1-0"), (372, "c", "x", "0-0"), day=380)
    assert (told["home_last_season_points"], told["home_tier_change"]) == (pytest.approx(7 / 4), 0)


def test_a_club_relegated_by_two_tiers(played, history_of):
    top = played((0, "a", "b", "1-0"), season="2023/24")
    fixture = played((365, "a", "c", "scheduled"), league="E2")
    before = played((0, "c", "d", "1-0"), season="2023/24", league="E2")
    told = history_of(pl.concat([top, before, fixture])).features(fixture).row(0, named=True)
    assert (told["home_tier_change"], told["away_tier_change"]) == (-2, 0)


def test_matches_left_count_on_a_season_as_long_as_the_last(after_a_season):
    """In the season before nobody in E0 played more than the 4 matches of a."""
    assert [after_a_season("a", "c")[name] for name in ("home_matches_left", "season_phase")] == [4, 0]
    told = after_a_season("a", "c", (365, "a", "x", "1-0"), (372, "c", "x", "0-0"), (376, "b", "c", "0-0"), day=380)
    assert (told["home_matches_left"], told["away_matches_left"], told["season_phase"]) == (3, 2, pytest.approx(3 / 8))
    long = [(365 + n, "a", "x", "1-0") for n in range(6)]
    assert after_a_season("a", "x", *long, day=380)["home_matches_left"] == 0


def test_an_awarded_match_counts_in_the_table_and_in_nothing_else(played, history_of):
    fixture = played((50, "b", "d", "scheduled"))
    awarded = played((42, "b", "a", "awarded", {"home_goals": 3, "away_goals": 0}))
    told, without = (
        history_of(pl.concat([played(*SIX), *more, fixture])).features(fixture).row(0, named=True)
        for more in ([awarded], [])
    )
    changed = {name for name, value in told.items() if value != without[name]}
    assert (without["home_table_points"], told["home_table_points"]) == (pytest.approx(4 / 3), 7 / 4)
    assert changed <= {"home_table_position", "home_table_points", "home_table_goal_difference", "home_table_played",
                       "home_rest_days", "home_matches_30_days", "away_table_position"}  # fmt: skip


def test_meetings_by_hand_are_told_for_the_home_club_whoever_was_at_home(known):
    """a beat b 2-1, b and a drew 2-2."""
    goals, points, share = (f"home_{name}_head_to_head_last_6" for name in ("goals_balance", "points", "points_known"))
    for_a, for_b = known("a", "b"), known("b", "a")
    assert (for_a[goals], for_a[points]) == (pytest.approx(1 / 2), pytest.approx((3 + 1) / 2))
    assert (for_b[goals], for_b[points]) == (pytest.approx(-1 / 2), pytest.approx((0 + 1) / 2))
    told = [known("a", away)[share] for away in ("b", "d")] + [known("b", "d")[share]]
    assert told == [pytest.approx(2 / 6), pytest.approx(1 / 6), 0]
    assert known("b", "d")[points] is None


def test_only_the_last_six_meetings_count(known):
    seven = ((0, "a", "b", "9-0"), *((day * 7, "b", "a", "1-0") for day in range(1, 7)))
    told = known("a", "b", 60, seven)
    names = (f"home_{name}_head_to_head_last_6" for name in ("goals_balance", "points", "points_known"))
    assert [told[name] for name in names] == [-1, 0, 1]


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
    zeros = {name for name, value in told.items() if value == 0}
    assert {name for name, value in told.items() if value is not None} - zeros == {
        "match_date", "match_id", "league", "season", "home_id", "away_id", "tier",
        "home_table_position", "away_table_position",
    }  # fmt: skip
    assert zeros == {
        "home_points_known_head_to_head_last_6",
        *(f"{side}_{name}" for side in ("home", "away") for name in (
            "matches_known", "matches_7_days", "matches_30_days", "table_points", "table_goal_difference",
            "table_played", "shots_known_last_20", "xg_known_last_20")),
    }  # fmt: skip


def test_a_club_that_nobody_knows_is_told_as_new(played, history_of):
    """As it is asked for over the API: neither club nor season occur in the matches."""
    fixture = played((400, "unheard", "a", "scheduled"), season="2025/26")
    told = history_of(played(*SIX)).features(fixture).row(0, named=True)
    assert (told["home_matches_known"], told["home_elo"], told["home_table_position"]) == (0, None, None)
    assert (told["away_matches_known"], told["away_points_last_20"]) == (4, pytest.approx(7 / 4))
    assert (told["home_tier_change"], told["away_tier_change"]) == (1, 0)


def test_a_league_without_any_statistics_is_told_by_its_results(played, history_of):
    """Twenty matches of four clubs: what is never known is null, and every column keeps its type."""
    pairs = [(home, away) for home in "abcd" for away in "abcd" if home != away]
    twenty = played(*((7 * n, *pairs[n % 12], f"{n % 3}-{n % 2}") for n in range(20)))
    features = MATCH_FEATURES.conform(history_of(twenty).features(twenty))
    nulls = {name: features[name].null_count() for name in features.columns}
    never = {name for name, count in nulls.items() if count == 20}
    statistics = {name for name in NAMES if any(what in name for what in ("shots", "corners", "xg"))}
    assert {name for name in statistics if "known" not in name} <= never
    assert nulls["home_points_last_5"] < 5 and features["tier"].to_list() == [1] * 20


def test_two_matches_of_a_club_on_one_day_know_nothing_of_each_other(played, history_of):
    day = played(*SIX, (42, "a", "b", "5-0"), (42, "a", "c", "0-5"))
    fixtures = day.filter(match_date=FIRST + dt.timedelta(days=42))
    apart = [history_of(pl.concat([played(*SIX), fixtures[n : n + 1]])).features(fixtures[n : n + 1]) for n in (0, 1)]
    assert history_of(day).features(fixtures).equals(pl.concat(apart))
    later = played((49, "a", "d", "scheduled"))
    told = history_of(pl.concat([day, later])).features(later)
    assert (told["home_matches_known"].item(), told["home_points_last_5"].item()) == (6, pytest.approx((3 + 1 + 3) / 5))


def test_a_moved_match_is_told_as_of_its_new_day_and_its_old_day_is_forgotten(played, history_of):
    old, new = played((30, "a", "d", "postponed")), played((50, "a", "d", "scheduled"))
    told = history_of(pl.concat([played(*SIX), old, new])).features(new)
    assert told.equals(history_of(pl.concat([played(*SIX), new])).features(new))


def test_a_fixture_has_the_same_features_alone_and_among_others(season):
    matches = season.lake.read("matches")
    history = History.build(matches, season.lake.read("team_ratings"))
    fixtures = matches.filter(pl.col("status") != "postponed").sort("match_date", "match_id")
    together = history.features(fixtures)
    assert together.drop_nulls("home_elo").height > 700
    for place in range(0, len(fixtures), 23):
        assert history.features(fixtures[place : place + 1]).equals(together[place : place + 1])


def test_batches_of_any_size_tell_the_same(season, monkeypatch):
    matches = season.lake.read("matches")
    built = History.build(matches, season.lake.read("team_ratings"))
    whole = built.features(matches)
    monkeypatch.setattr(history, "BATCH", 37)
    assert built.features(matches).equals(whole)


def test_later_matches_do_not_change_what_was_known_of_an_earlier_one(season, history_of):
    matches = season.lake.read("matches")
    whole = history_of(matches)
    for days_ago in (300, 60, 7, 0):
        day = season.today - dt.timedelta(days=days_ago)
        until = matches.filter(pl.col("match_date") <= day)
        fixtures = until.filter(pl.col("match_date") > day - dt.timedelta(days=14))
        assert fixtures.height > 0
        assert history_of(until).features(fixtures).equals(whole.features(fixtures))


def test_the_order_of_the_fixtures_is_kept_and_that_of_the_matches_does_not_matter(season):
    matches, ratings = season.lake.read("matches"), season.lake.read("team_ratings")
    shuffled = matches.sample(fraction=1.0, shuffle=True, seed=1)
    told = History.build(matches, ratings).features(shuffled)
    assert told["match_id"].equals(shuffled["match_id"])
    assert told.equals(History.build(shuffled, ratings[::-1]).features(shuffled))


def test_the_matches_of_other_countries_are_not_needed(season):
    matches, ratings = season.lake.read("matches"), season.lake.read("team_ratings")
    fixtures = matches.filter(pl.col("league") == "E1").tail(20)
    needed = [of_their_countries(rows.lazy(), fixtures).collect() for rows in (matches, ratings)]
    assert set(needed[0]["league"]) == {"E0", "E1"} != set(matches["league"])
    assert History.build(*needed).features(fixtures).equals(History.build(matches, ratings).features(fixtures))


def test_the_table_in_the_lake_is_what_the_history_says(season):
    matches, ratings = season.lake.read("matches"), season.lake.read("team_ratings")
    stored = season.lake.read("match_features").sort("match_date", "match_id")
    fixtures = matches.filter(pl.col("status") != "postponed").sort("match_date", "match_id")
    told = History.build(matches, ratings).features(fixtures)
    assert told.equals(stored.select(told.columns))


def test_without_its_last_result_a_club_is_as_it_was_before_that_match(played, history_of):
    fixture = played((42, "a", "b", "scheduled"))
    history = history_of(pl.concat([played(*SIX), fixture]))
    now, without = history.features(fixture), history.without_last_result(fixture, "home")
    before = history.features(fixture.with_columns(match_date=FIRST + dt.timedelta(days=35)))  # a's last match
    own = [name for name in NAMES if name.startswith("home_") and name not in DATED]
    assert without.select(own).equals(before.select(own))
    kept = sorted({name for name in NAMES if name.startswith("away_")} | DATED)
    assert without.select(kept).equals(now.select(kept))
    assert without["elo_diff"].item() == pytest.approx(without["home_elo"].item() - now["away_elo"].item(), abs=1e-3)
    assert without["home_points_last_5"].item() == pytest.approx((3 + 3 + 1) / 3)
    assert now["home_points_last_5"].item() == pytest.approx((3 + 3 + 1 + 0) / 4)


def test_a_club_that_has_not_played_has_no_last_result(played, history_of):
    fixture = played((42, "new", "b", "scheduled"))
    history = history_of(pl.concat([played(*SIX), fixture]))
    assert history.without_last_result(fixture, "home").is_empty()
    assert len(history.without_last_result(fixture, "away")) == 1
