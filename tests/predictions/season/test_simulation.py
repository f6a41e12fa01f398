import dataclasses

import numpy as np
import pytest

from soccer_assets.predictions.season.forecast import simulate
from soccer_assets.predictions.season.forecast_rows import bounds, forecast_rows, settled_events
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import Group, Rules, rules_of
from soccer_assets.predictions.season.schema import SEASON_EVENTS
from soccer_assets.predictions.season.simulation import ODDS, goals, mixed, play, uniform
from soccer_assets.predictions.season.standings.counting import season_state
from soccer_assets.predictions.season.strengths import RHO, strengths_of
from soccer_assets.score_matrices import dixon_coles
from tests.predictions.season.conftest import FIRST, WEEK, matches_of, rounds

E0 = rules_of(LEAGUE_RULES, "E0", 2023)
HALF = FIRST + 19 * WEEK


@pytest.fixture(scope="module")
def half_time(premier_league, make_ratings):
    """E0 at half time and the strengths of its clubs."""
    state = season_state(premier_league, E0, HALF)
    return state, strengths_of(state, make_ratings(premier_league))


@pytest.mark.parametrize("rates", [(1.5, 1.1), (0.3, 2.8)])
def test_scores_are_drawn_from_the_matrix_of_dixon_and_coles(rates):
    runs, n = 200_000, 2
    totals, pairs = np.zeros((n, 5), np.int64), np.zeros((n, n, 3), np.int64)
    table = np.broadcast_to(np.array(rates, dtype=np.float32), (n, n, len(ODDS), 2)).copy()
    none = np.array([], dtype=np.int64)
    differences = np.empty((runs, n), np.int16)
    outcomes = np.empty((runs, 1), np.int8)
    play(np.uint64(1), np.array([3, 5], np.uint64), totals, pairs, np.zeros(n, np.int64), np.array([[0, 1, 0, 0]]),
         np.zeros((runs, 1, n), np.float32), np.zeros(n), table, RHO, none, none, none, np.full(n, -1),
         np.zeros((n, n), np.int64), np.array([0]), 1, np.empty((runs, n), np.int8), np.empty((runs, n), np.int16),
         differences, outcomes)  # fmt: skip
    matrix = dixon_coles(np.array([rates]), np.array([RHO]))[0]
    error = 4 * np.sqrt(0.25 / runs)
    for gap in range(-3, 4):
        assert (differences[:, 0] == gap).mean() == pytest.approx(np.trace(matrix, -gap), abs=error)
    assert (outcomes[:, 0] == 1).mean() == pytest.approx(np.trace(matrix), abs=error)


def test_goals_by_inversion_have_their_probabilities():
    u = (np.arange(10_000) + 0.5) / 10_000
    drawn = np.array([goals(1.4, 1.0, 1.0, x) for x in u])
    poisson = np.exp(-1.4) * np.array([1, 1.4, 1.4**2 / 2, 1.4**3 / 6])
    assert [(drawn == k).mean() for k in range(4)] == pytest.approx(poisson.tolist(), abs=2e-4)


def test_random_numbers_are_uniform_and_differ():
    x = np.array([uniform(np.uint64(mixed(np.uint64(k)))) for k in range(20_000)])
    assert np.histogram(x, bins=10, range=(0, 1))[0] / 2000 == pytest.approx(np.ones(10), abs=0.1)
    assert len(np.unique(x)) == len(x)


def test_the_same_seed_gives_the_same_runs_and_another_one_others(half_time):
    state, strengths = half_time
    one, again, other = (simulate(state, strengths, 300, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.positions, again.positions) and np.array_equal(one.points, again.points)
    assert not np.array_equal(one.points, other.points)
    assert one.points.mean() == pytest.approx(other.points.mean(), abs=0.3)


def test_the_order_of_the_matches_left_changes_nothing(half_time):
    state, strengths = half_time
    order = np.random.default_rng(0).permutation(len(state.left))
    shuffled = dataclasses.replace(state, left=state.left[order], days_ahead=state.days_ahead[order])
    one, other = (simulate(s, strengths, 200, 1) for s in (state, shuffled))
    assert np.array_equal(one.points, other.points) and np.array_equal(one.positions, other.positions)


def test_more_runs_begin_with_the_fewer(half_time):
    state, strengths = half_time
    few, many = (simulate(state, strengths, runs, 1) for runs in (50, 120))
    assert np.array_equal(few.points, many.points[:50])


def test_every_place_is_taken_once_and_no_run_leaves_the_bounds(half_time, premier_league, make_ratings):
    for day in (HALF, FIRST + 33 * WEEK):
        state = season_state(premier_league, E0, day)
        made = simulate(state, strengths_of(state, make_ratings(premier_league)), 500, 1)
        places = made.places()
        assert places.sum(axis=0) == pytest.approx(np.ones(20)) and places.sum(axis=1) == pytest.approx(np.ones(20))
        best, worst = bounds(state)
        assert (made.positions >= best).all() and (made.positions <= worst).all()
        assert (made.points >= state.points).all()


def test_a_season_that_is_over_ends_as_it_stands(premier_league, make_ratings):
    state = season_state(premier_league, E0, FIRST + 40 * WEEK)
    made = simulate(state, strengths_of(state, make_ratings(premier_league)), 100, 1)
    assert (made.points == state.points).all()
    assert (made.positions == state.table(final=True)).all()
    assert bounds(state)[0].tolist() == bounds(state)[1].tolist() == state.table(final=True).tolist()
    events = [event for event in SEASON_EVENTS if state.rules.span(event)]
    assert settled_events(state, *bounds(state)) == [events] * 20


def test_an_event_that_arithmetic_settles_has_the_probability_that_it_says(premier_league, make_ratings):
    state = season_state(premier_league, E0, FIRST + 36 * WEEK)
    strengths = strengths_of(state, make_ratings(premier_league))
    rows = forecast_rows(state, strengths, simulate(state, strengths, 300, 1), 1)
    events = [(row[f"p_{event}"], event) for row in rows.iter_rows(named=True) for event in row["settled"]]
    assert {p for p, _ in events} == {0.0, 1.0} and {"title", "relegation"} <= {event for _, event in events}
    last = rows.filter(position=20).row(0, named=True)
    assert "title" in last["settled"] and last["p_title"] == 0.0


@pytest.mark.parametrize("carried", ["full", "half_up", "half_down"])
def test_clubs_stay_in_the_half_they_split_into_and_carry_their_points(carried, make_ratings):
    rules = Rules(2023, 4, 2, (Group(2, 2, carried), Group(2, 0, carried)))
    matches = matches_of("B1", rounds([0, 1, 2, 3], 2))
    ratings = make_ratings(matches)
    state = season_state(matches, rules, FIRST + 6 * WEEK)
    made = simulate(state, strengths_of(state, ratings), 400, 1)
    upper = state.group == 0
    assert (made.positions[:, upper] <= 2).all() and (made.positions[:, ~upper] >= 3).all()
    assert (made.points[:, ~upper] == state.points[~upper]).all()  # they play no more
    assert (made.points[:, upper].sum(axis=1) >= state.points[upper].sum() + 4).all()  # two matches, 2 or 3 points each
    # before the split, who is in which half is open
    early = simulate(season_state(matches, rules, FIRST), strengths_of(state, ratings), 400, 1)
    assert 0 < (early.positions[:, 0] <= 2).mean() < 1
    most = {"full": 18, "half_up": 9, "half_down": 9}[carried] + 6
    assert early.points.max() <= most
