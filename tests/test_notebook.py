"""What `import soccer_assets as sa` gives, with plain frames."""

import datetime as dt
import inspect
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import soccer_assets as sa
from soccer_assets.errors import ModelError, NotMaterializedError, OddsError, SchemaError, SettingsError, SoccerError
from soccer_assets.storage.lake import Lake

#: A notebook checks no types.
notebook: Any = sa
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
    with pytest.raises(
        SchemaError, match=r"'home_goals', 'away_goals'\], found \['date', 'home', 'away', 'away_goals'\]"
    ):
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
    for since in ("2024-03-09", "09.03.24", dt.datetime(2024, 3, 9, 18), np.datetime64("2024-03-09")):
        assert len(notebook.read("predictions", since, lake=tmp_path)) == 2
    lake.append("shapes", pl.DataFrame({"n": [1]}))
    for arguments, error, message in (
        (("matches",), NotMaterializedError, "expected the table matches .*; tables of this lake: predictions, shapes"),
        (
            ("predictions", days[1], days[0]),
            SchemaError,
            "expected since at or before until, found 2024-03-09 and 2024",
        ),
        (("predictions", "yesterday"), SchemaError, r"since: expected dates like .* such as \['yesterday'\]"),
        (("predictions", 2024), SchemaError, "since: expected dates like"),
        (("shapes", days[1]), SchemaError, "shapes: expected a table with match_date .* leave them out"),
    ):
        with pytest.raises(error, match=message):
            notebook.read(*arguments, lake=lake)
    with pytest.raises(SettingsError, match="expected a folder of tables, found the file"):
        sa.open_lake(__file__)


BET = {"market": "over_under", "line": 2.25, "selection": "over", "price": 2.0, "home_goals": 1, "away_goals": 1}
EVENT = {"date": "2024-03-09", "home": "A", "away": "B"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: notebook.devig([2.0, 3.5, 4.0], ["shin"]), r"expected a method out of .*, found \['shin'\]"),
        (lambda: notebook.devig([[2.0, 3.5, 4.0], [1.9, 1.9]]), "expected books of one length"),
        (lambda: notebook.devig(pd.DataFrame([[2.0, 3.5]], columns=["h", "h"])), "prices: expected a frame of polars or pandas"),
        (lambda: notebook.score_matrix("many", 1), "expected a number as home_goals, found 'many'"),
        (lambda: notebook.score_matrix([1.6], [1.1]), r"expected a number as home_goals, found \[1.6\]"),
        (lambda: notebook.score_matrix(1.6, 1.1, rho=None), "expected a number as rho, found None"),
        (lambda: notebook.score_matrix(1.6, 1.1, p_1x2=(0.5, 0.5)), r"expected 3 numbers as p_1x2, found \(0.5, 0.5\)"),
        (lambda: notebook.score_matrix(1.6, 1.1, p_1x2=(0.5, 0.3, 0.2), p_over=np.nan), "expected a number as p_over, found nan"),
        (lambda: notebook.score_matrix(1.6, 1.1).score(-1, 0), "expected whole numbers of goals from 0 to 15, found -1"),
        (lambda: notebook.score_matrix(1.6, 1.1).handicap("0/0.5"), r"expected numbers in line, found .* \['0/0.5'\]"),
        (lambda: notebook.score_matrix(1.6, 1.1).over(2.1), "expected a line in quarters of a goal, found 1 rows without"),
        (lambda: notebook.settle("bets.csv"), "bets: expected a frame of polars or pandas, .* found str"),
        (lambda: notebook.settle([BET | {"home_goals": -1}]), r"bets: expected whole numbers from 0 in home_goals, .* \[-1\]"),
        (lambda: notebook.settle([BET | {"away_goals": 1.5}]), r"bets: expected whole numbers from 0 in away_goals, .* \[1.5\]"),
        (lambda: notebook.settle([BET | {"price": np.inf}]), "bets: expected a price of at least 1"),
        (lambda: notebook.settle([BET | {"line": 1e19}]), "bets: expected a line in quarters of a goal"),
        (lambda: notebook.settle([{"market": "1x2"}]), r"bets: expected the columns .*, found \['market'\]; rename"),
        (lambda: notebook.link([EVENT | {"event_id": None}], [EVENT]), "events: expected event_id in every row, found 1 of 1"),
        (lambda: notebook.link([EVENT | {"date": 20240309}], [EVENT]), r"events: expected dates like .* \['20240309'\]"),
        (lambda: notebook.link([EVENT | {"kick_off": 1930}], [EVENT]), r"events: expected kick-offs like .* \['1930'\]"),
        (lambda: notebook.link([EVENT | {"home": ["A"]}], [EVENT]), "events: expected texts in home"),
        (lambda: notebook.elo([GAME | {"date": "soon"}]), r"matches: expected dates like .* \['soon'\]"),
        (lambda: notebook.elo([GAME | {"home": None}]), "matches: expected home in every row, found 1 of 1 without"),
        (lambda: notebook.elo([GAME | {"away": "A"}]), "matches: expected two clubs in every row"),
        (lambda: notebook.elo([GAME | {"home_goals": -2}]), "matches: expected whole numbers from 0 in home_goals"),
        (lambda: notebook.elo([GAME | {"home_goals": None}]), "matches: expected goals of both sides or of none"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_in_a_sentence(call, message):
    with pytest.raises(SoccerError, match=message):
        call()


def test_tables_come_in_any_form_and_their_cells_as_texts():
    texts = [{name: str(value) for name, value in BET.items()}]
    for bets in (texts, BET, pl.LazyFrame(texts), pl.DataFrame(texts), pd.DataFrame(texts).astype("category")):
        assert notebook.settle(bets)["returned"].item() == 0.5
    assert (
        notebook.settle({"market": "1x2", "selection": "away", "price": 3, "home_goals": 0, "away_goals": 1})[
            "result"
        ].item()
        == "won"
    )
    match = EVENT | {"match_id": 7, "home_id": 1, "away_id": None}
    for events in (EVENT, pl.LazyFrame([EVENT | {"kick_off": None}]), pd.DataFrame([EVENT]).astype("category")):
        assert notebook.link(events, [match])["match_id"].item() == 7
    assert notebook.link(EVENT | {"date": "09/03/24"}, match)["outcome"].item() == "linked"


def test_a_match_that_is_not_played_moves_no_rating():
    dates = ["2024-03-09", "2024-03-16", "2024-03-23"]
    rated = notebook.elo(
        [
            GAME | {"date": date} | ({"home_goals": None, "away_goals": None} if date == dates[1] else {})
            for date in dates
        ]
    )
    assert rated["home_elo"][1] == rated["home_elo"][2] > 1500
