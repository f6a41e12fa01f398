"""What `import soccer_assets as sa` gives, with plain frames."""

import datetime as dt
import inspect

import numpy as np
import pandas as pd
import polars as pl
import pytest

import soccer_assets as sa
from soccer_assets.errors import ModelError, NotMaterializedError, OddsError, SchemaError
from soccer_assets.storage.lake import Lake

GAME = {"date": dt.date(2024, 3, 9), "home": "A", "away": "B", "home_goals": 2, "away_goals": 0}


def test_the_public_functions_are_these_and_each_says_what_it_returns():
    assert sa.__all__ == ["devig", "elo", "link", "open_lake", "read", "score_matrix", "settle"]
    for name in sa.__all__:
        assert inspect.isfunction(getattr(sa, name))  # no module of the package hides it
        assert getattr(sa, name).__doc__.startswith("Return ")


def test_a_book_keeps_its_form():
    book = [2.0, 3.5, 4.0]
    one = sa.devig(book, "proportional")
    assert one.tolist() == pytest.approx([0.4827586, 0.2758621, 0.2413793])
    assert sa.devig([book, book], "proportional").tolist() == [one.tolist()] * 2
    for frame in (pl.DataFrame([book], schema=["home", "draw", "away"], orient="row"), pd.DataFrame([book])):
        fair = sa.devig(frame, "proportional")
        assert isinstance(fair, pl.DataFrame)
        assert fair.columns == [str(name) for name in frame.columns]
        assert fair.row(0) == tuple(one)
    with pytest.raises(OddsError, match="expected a method out of proportional, power, shin, odds_ratio, found 'fair'"):
        sa.devig(book, "fair")


def test_a_score_matrix_has_what_it_is_given():
    match = sa.score_matrix(1.6, 1.1, p_1x2=(0.5, 0.3, 0.2), p_over=0.45)
    assert (match.home_win(), match.draw(), match.away_win()) == pytest.approx((0.5, 0.3, 0.2))
    assert match.over(2.5) == pytest.approx(0.45)
    assert match.handicap(-0.5) == pytest.approx(0.5)
    assert match.handicap(0.5, side="away") == pytest.approx(0.5)
    assert match.handicap(0.0) == pytest.approx(0.5 / 0.7)  # a draw gives the stake back
    with pytest.raises(ModelError, match="found p_over alone"):
        sa.score_matrix(1.6, 1.1, p_over=0.5)


def test_bets_of_pandas_are_settled():
    bet = {"market": "asian_handicap", "line": -0.25, "selection": "away", "price": 1.9}
    settled = sa.settle(pd.DataFrame([bet | {"home_goals": 1, "away_goals": 1}]))
    assert settled.select("result", "returned").row(0) == ("half_won", 1.45)


def test_ratings_follow_the_dates_and_are_of_before_the_match():
    later = GAME | {"date": dt.date(2024, 3, 16), "home": "B", "away": "A"}
    rated = sa.elo(pd.DataFrame([later, GAME]).assign(date=lambda rows: pd.to_datetime(rows["date"])))
    assert rated["date"].to_list() == [dt.date(2024, 3, 9), dt.date(2024, 3, 16)]
    first, second = rated.select("home_elo", "away_elo").rows()
    assert first == (1500.0, 1500.0)
    assert second[1] - 1500 == pytest.approx(1500 - second[0]) == pytest.approx(12 * 3**0.9 / (1 + 10 ** (65 / 400)))
    with pytest.raises(SchemaError, match=r"found none named \['home_goals'\]"):
        sa.elo(pl.DataFrame([GAME]).drop("home_goals"))
    with pytest.raises(SchemaError, match=r"found \['XX'\]"):
        sa.elo([GAME | {"league": "XX"}])


def test_plain_tables_are_linked():
    event = {"date": "2024-03-09", "home": "Лацио", "away": "Ювентус"}
    match = {"date": dt.date(2024, 3, 9), "home": "Lazio", "away": "Juventus"}
    linked = sa.link(pd.DataFrame([event]), pl.DataFrame([match]))
    assert linked.select("outcome", "match_home", "match_away").row(0) == ("linked", "Lazio", "Juventus")


def test_a_table_is_read_between_two_dates(tmp_path):
    lake = sa.open_lake(str(tmp_path))
    assert isinstance(lake, Lake)
    days = [dt.date(2024, 3, day) for day in (8, 9, 10)]
    lake.append("predictions", pl.DataFrame({"match_date": days, "p": np.arange(3.0)}))
    assert sa.read("predictions", since=days[1], lake=lake)["p"].sort().to_list() == [1.0, 2.0]
    assert sa.read("predictions", days[0], days[1], lake)["p"].sort().to_list() == [0.0, 1.0]
    with pytest.raises(NotMaterializedError, match="expected the table matches"):
        sa.read("matches", lake=lake)
