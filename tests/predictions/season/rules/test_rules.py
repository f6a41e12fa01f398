import pytest

from soccer_assets.errors import SeasonError
from soccer_assets.leagues import LEAGUES
from soccer_assets.predictions.season.rules.league_rules import LEAGUE_RULES
from soccer_assets.predictions.season.rules.rules import rules_of
from soccer_assets.predictions.season.schema import SEASON_EVENTS
from soccer_assets.predictions.season.simulation import CARRIED
from soccer_assets.predictions.season.standings.ranking import CRITERIA

ALL = [(league, rules) for league, every in LEAGUE_RULES.items() for rules in every]


@pytest.mark.parametrize(("league", "rules"), ALL, ids=lambda value: getattr(value, "since", value))
def test_the_rules_of_a_season_are_whole(league, rules):
    assert league in LEAGUES
    assert set(rules.order) | set(rules.order_now) <= set(CRITERIA)
    assert not rules.groups or sum(group.size for group in rules.groups) == rules.clubs
    assert all(0 <= group.meetings <= 2 and group.carried in CARRIED for group in rules.groups)
    assert set(rules.places) <= set(SEASON_EVENTS)
    assert set(rules.assumed) <= {"order", "groups", "places", "europe"}
    spans = {event: rules.span(event) for event in SEASON_EVENTS if rules.span(event)}
    assert all(1 <= first <= last <= rules.clubs for first, last in spans.values())
    # who goes down does not play to stay, nor does who goes up play to go up
    for one, other in (("promotion", "promotion_play_off"), ("relegation_play_off", "relegation")):
        if one in spans and other in spans:
            assert spans[one][1] + 1 == spans[other][0], (league, rules.since)


def test_the_years_of_a_league_ascend_and_every_league_with_odds_has_rules():
    for every in LEAGUE_RULES.values():
        assert [rules.since for rules in every] == sorted({rules.since for rules in every})
    assert {code for code, league in LEAGUES.items() if not league.extra} <= set(LEAGUE_RULES)


def test_a_season_has_the_rules_of_its_year():
    assert rules_of(LEAGUE_RULES, "B1", 2025).groups[0].carried == "half_up"
    assert rules_of(LEAGUE_RULES, "B1", 2026).groups == ()
    assert rules_of(LEAGUE_RULES, "E1", 2025).span("promotion_play_off") == (3, 6)
    assert rules_of(LEAGUE_RULES, "E1", 2026).span("promotion_play_off") == (3, 8)
    assert rules_of(LEAGUE_RULES, "F1", 2021).span("relegation_play_off") == (18, 18)
    assert rules_of(LEAGUE_RULES, "E0", 2018).order == ("goal_difference", "goals_for")


@pytest.mark.parametrize(
    ("league", "start", "found"), [("MEX", 2024, "of none of its seasons"), ("E0", 1995, "from 2004 on")]
)
def test_a_season_without_rules_is_named(league, start, found):
    with pytest.raises(SeasonError, match=f"{league} {start}: expected rules of the season, found rules {found}"):
        rules_of(LEAGUE_RULES, league, start)
