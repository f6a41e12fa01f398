"""Laws of features that hold for any matches: hypothesis looks for the ones that break them."""

import datetime as dt

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soccer_assets.features.history import READ
from soccer_assets.features.leak import leaking_features, make_features
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import MATCHES

FIRST = dt.date(2021, 8, 1)
CLUBS = st.lists(st.sampled_from("abcdef"), min_size=2, max_size=2, unique=True)
COUNT = st.none() | st.integers(0, 20)
LAW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def worlds(draw):
    """Matches of six clubs in two leagues over three seasons, some of a club on one day, with prices of some."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, 900), CLUBS, st.sampled_from(["E0", "E1"]), st.integers(0, 5), st.integers(0, 5),
                      COUNT, COUNT, st.sampled_from(["finished"] * 6 + ["scheduled", "postponed", "awarded"]),
                      st.booleans()),
            min_size=2, max_size=40,
        )
    )  # fmt: skip
    rows, prices = [], []
    for number, (day, (home, away), league, hg, ag, shots, on_target, status, priced) in enumerate(drawn):
        date, told = FIRST + dt.timedelta(days=day), status in ("finished", "awarded")
        start = LEAGUES[league].season_start(date)
        rows.append({
            "match_date": date, "match_id": f"{number:02d}", "league": league, "status": status,
            "season": f"{start}/{(start + 1) % 100:02d}", "home_id": f"england.{home}", "away_id": f"england.{away}",
            "home_goals": hg if told else None, "away_goals": ag if told else None,
            "home_shots": shots, "away_shots": on_target, "home_shots_on_target": on_target,
            "away_shots_on_target": shots,
        })  # fmt: skip
        if priced:
            odds = (1.0 + hg, 1.5, 1.0 + ag)
            prices.append((date, f"{number:02d}", *(o / sum(odds) for o in odds), 0.5 if shots is None else 0.45))
    columns = {name: [row.get(name) for row in rows] for name in READ}
    matches = pl.DataFrame(columns, schema={name: MATCHES.schema[name] for name in READ})
    chances = dict.fromkeys(("p_home", "p_draw", "p_away", "p_over"), pl.Float64)
    return matches, pl.DataFrame(prices, schema={"match_date": pl.Date, "match_id": pl.String, **chances}, orient="row")


@LAW
@given(worlds(), st.data())
def test_nothing_of_the_day_itself_or_later_reaches_a_feature(world, data):
    matches, prices = world
    day = data.draw(st.sampled_from(matches["match_date"].unique().sort().to_list()))
    assert leaking_features(matches, prices, day, data.draw(st.integers(0, 99))) == []


@LAW
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_matches_and_prices_does_not_matter(world, random):
    matches, prices = world
    orders = [random.sample(range(len(frame)), len(frame)) for frame in world]
    assert make_features(matches[orders[0]], prices[orders[1]], matches).equals(make_features(matches, prices, matches))


@LAW
@given(worlds())
def test_a_fixture_is_told_the_same_alone(world):
    matches, prices = world
    together = make_features(matches, prices, matches)
    alone = [make_features(matches, prices, matches[place : place + 1]) for place in range(0, len(matches), 5)]
    assert pl.concat(alone).equals(together.gather_every(5))


@LAW
@given(worlds())
def test_what_is_known_of_home_and_away_club_changes_places_with_them(world):
    """Two clubs that meet both ways on a day: but for venue and ground, each is told the same."""
    matches, prices = world
    turned = matches.rename({"home_id": "away_id", "away_id": "home_id"})
    told, back = make_features(matches, prices, matches), make_features(matches, prices, turned)
    same = ["elo", "rest_days", "points_last_5", "goals_against_last_20", "table_points", "last_season_position"]
    for name in same:
        assert told[f"home_{name}"].equals(back[f"away_{name}"], check_names=False)
