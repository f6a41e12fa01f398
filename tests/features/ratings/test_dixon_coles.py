import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.features.ratings import rate
from soccer_assets.features.ratings.dixon_coles import DixonColesParameters, dixon_coles_ratings
from soccer_assets.features.ratings.match_arrays import match_arrays as arrays
from tests.features.ratings.conftest import ATTACK, CLUBS, DEFENCE


def newest(ratings: pl.DataFrame, column: str) -> np.ndarray:
    told = ratings.group_by("team_id", maintain_order=True).agg(pl.col(column).last()).sort("team_id")
    assert told["team_id"].to_list() == list(CLUBS)
    return told[column].to_numpy()


@pytest.mark.parametrize(("column", "true"), [("dc_attack", ATTACK), ("dc_defence", DEFENCE)])
def test_the_strengths_of_a_league_are_found(rated, column, true):
    assert np.corrcoef(newest(rated, column), list(true.values()))[0, 1] > 0.85


def test_a_fit_agrees_with_penaltyblogs(league, prices):
    from penaltyblog.models import DixonColesGoalModel, dixon_coles_weights

    p = DixonColesParameters(prior=0.01, sweeps=40, every=1, window=100_000)
    end = dt.date(2020, 2, 1)
    learned = league.filter(pl.col("match_date") < end)
    asked = league.filter(pl.col("match_date") >= end).head(40)
    first = asked["match_date"].min()
    fit = dixon_coles_ratings(arrays(pl.concat([learned, asked.filter(match_date=first)]), prices), p)
    weights = dixon_coles_weights(learned["match_date"].to_list(), np.log(2) / p.half_life, first)
    columns = ("home_goals", "away_goals", "home_id", "away_id")
    theirs = DixonColesGoalModel(*(learned[name].to_numpy() for name in columns), weights)
    theirs.fit()
    games = asked.filter(match_date=first)
    ours = {
        club: (fit["dc_attack"][len(learned) + row, side], fit["dc_defence"][len(learned) + row, side])
        for row, game in enumerate(games.iter_rows(named=True))
        for side, club in enumerate((game["home_id"], game["away_id"]))
    }
    told = theirs.get_params()
    attack = np.array([told[f"attack_{club}"] for club in ours])
    defence = np.array([-told[f"defence_{club}"] for club in ours])
    mine = np.array(list(ours.values()))
    assert mine[:, 0] - mine[:, 0].mean() == pytest.approx(attack - attack.mean(), abs=0.03)
    assert mine[:, 1] - mine[:, 1].mean() == pytest.approx(defence - defence.mean(), abs=0.03)


def test_a_club_has_no_strength_before_its_first_fit(played, no_prices):
    told = rate(played(*[(day, "a", "b", "2-0") for day in (0, 7, 40)]), no_prices).filter(team_id="a")
    assert told["dc_attack"].is_null().to_list() == [True, False, False]
    assert told["dc_attack"][1] > 0


def test_between_fits_strengths_stay(played, no_prices):
    told = rate(played(*[(day, "a", "b", f"{day}-0") for day in (0, 1, 2, 20, 29)]), no_prices).filter(team_id="a")
    attack = told["dc_attack"].to_list()
    assert attack[1] == attack[2] == attack[3] < attack[4]


def test_a_club_that_never_scored_keeps_a_finite_strength(played, no_prices):
    told = rate(played(*[(day, "a", "b", "0-3") for day in range(0, 100, 5)]), no_prices)
    assert -3 < told.filter(team_id="a")["dc_attack"][-1] < 0
