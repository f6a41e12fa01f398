from xml.etree import ElementTree

from soccer_assets.predictions.season.date_range import seasons_of_range
from soccer_assets.predictions.season.plots import drawings
from tests.predictions.season.conftest import FIRST, matches_of, rounds


def test_each_league_has_a_small_plot_of_its_clubs(premier_league, make_ratings):
    matches = matches_of("SC0", rounds(list(range(12)), 3))
    rows = seasons_of_range(matches.lazy(), make_ratings(matches).lazy(), FIRST, FIRST, 100, 1).forecasts.rows
    drawn = drawings(rows)
    assert list(drawn) == ["SC0"]
    ElementTree.fromstring(drawn["SC0"])
    assert drawn["SC0"].count("<circle") == 12 and "Club 11" in drawn["SC0"] and "title" in drawn["SC0"]
    assert len(drawn["SC0"]) < 20_000
    assert drawings(rows.clear()) == {}
