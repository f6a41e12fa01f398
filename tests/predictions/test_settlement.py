from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.errors import SchemaError
from soccer_assets.predictions.schema import SELECTIONS
from soccer_assets.predictions.settlement import settled

FEW = settings(max_examples=40, deadline=None)
GOALS = st.integers(0, 9)
QUARTERS = st.integers(-20, 20)
#: Share of the price that comes back, and of the stake.
WORTH: dict[str, tuple[Fraction | int, Fraction | int]] = {"won": (1, 0), "half_won": (Fraction(1, 2), Fraction(1, 2)), "push": (0, 1), "half_lost": (0, Fraction(1, 2)),
         "lost": (0, 0), "void": (0, 1)}  # fmt: skip


def bets(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Market, line, selection, home goals, away goals and, where it is not finished, status; at a price of 3."""
    names = ["market", "line", "selection", "home_goals", "away_goals", "status"]
    schema = {"market": pl.String, "line": pl.Float64, "selection": pl.String, "home_goals": pl.Int16,
              "away_goals": pl.Int16, "status": pl.String}  # fmt: skip
    cells = [dict(zip(names, [*row, "finished"][:6], strict=True)) for row in rows]
    return pl.DataFrame(cells, schema=schema).with_columns(price=3.0)


def results(*rows: tuple[Any, ...]) -> list[str]:
    return settled(bets(*rows))["result"].to_list()


@pytest.mark.parametrize(
    ("market", "line", "selection", "score", "result"),
    [
        ("1x2", None, "home", (1, 0), "won"),
        ("1x2", None, "home", (1, 1), "lost"),
        ("1x2", None, "draw", (2, 2), "won"),
        ("1x2", None, "draw", (2, 1), "lost"),
        ("1x2", None, "away", (0, 3), "won"),
        ("double_chance", None, "home_draw", (0, 0), "won"),
        ("double_chance", None, "home_draw", (0, 1), "lost"),
        ("double_chance", None, "home_away", (0, 1), "won"),
        ("double_chance", None, "home_away", (1, 1), "lost"),
        ("double_chance", None, "draw_away", (2, 2), "won"),
        ("double_chance", None, "draw_away", (2, 1), "lost"),
        ("draw_no_bet", None, "home", (1, 0), "won"),
        ("draw_no_bet", None, "home", (1, 1), "push"),
        ("draw_no_bet", None, "away", (1, 0), "lost"),
        ("over_under", 2.5, "over", (2, 1), "won"),
        ("over_under", 2.5, "under", (2, 1), "lost"),
        ("over_under", 3.0, "over", (2, 1), "push"),
        ("over_under", 3.0, "under", (1, 1), "won"),
        ("over_under", 2.75, "over", (2, 1), "half_won"),
        ("over_under", 2.75, "over", (1, 1), "lost"),
        ("over_under", 2.75, "over", (2, 2), "won"),
        ("over_under", 2.75, "under", (2, 1), "half_lost"),
        ("over_under", 2.25, "over", (1, 1), "half_lost"),
        ("over_under", 2.25, "under", (1, 1), "half_won"),
        ("over_under", 2.25, "under", (1, 0), "won"),
        ("asian_handicap", 0.0, "home", (1, 1), "push"),
        ("asian_handicap", -0.25, "home", (1, 1), "half_lost"),
        ("asian_handicap", -0.25, "away", (1, 1), "half_won"),
        ("asian_handicap", -0.5, "home", (1, 1), "lost"),
        ("asian_handicap", -0.75, "home", (1, 0), "half_won"),
        ("asian_handicap", -0.75, "away", (1, 0), "half_lost"),
        ("asian_handicap", -0.75, "home", (2, 0), "won"),
        ("asian_handicap", -1.0, "home", (1, 0), "push"),
        ("asian_handicap", -1.25, "home", (1, 0), "half_lost"),
        ("asian_handicap", -1.25, "away", (1, 0), "half_won"),
        ("asian_handicap", 1.75, "home", (0, 2), "half_lost"),
        ("asian_handicap", 1.75, "home", (0, 1), "won"),
        ("asian_handicap", 1.75, "away", (0, 2), "half_won"),
        ("asian_handicap", 2.25, "home", (0, 2), "half_won"),
        ("both_teams_to_score", None, "yes", (1, 1), "won"),
        ("both_teams_to_score", None, "yes", (3, 0), "lost"),
        ("both_teams_to_score", None, "no", (0, 0), "won"),
        ("both_teams_to_score", None, "no", (2, 1), "lost"),
        ("win_to_nil", None, "home", (2, 0), "won"),
        ("win_to_nil", None, "home", (2, 1), "lost"),
        ("win_to_nil", None, "home", (0, 0), "lost"),
        ("win_to_nil", None, "away", (0, 1), "won"),
        ("win_to_nil", None, "away", (1, 0), "lost"),
        ("correct_score", None, "2-1", (2, 1), "won"),
        ("correct_score", None, "2-1", (1, 2), "lost"),
        ("correct_score", None, "other", (6, 0), "won"),
        ("correct_score", None, "other", (5, 5), "lost"),
    ],
)  # fmt: skip
def test_a_finished_match_settles_by_its_score(market, line, selection, score, result):
    (bet,) = settled(bets((market, line, selection, *score))).iter_rows(named=True)
    assert bet["result"] == result
    price, stake = WORTH[result]
    assert bet["returned"] == float(price * 3 + stake)


def test_every_selection_there_is_is_settled_by_every_score():
    rows = [
        (market, 2.25 if market in ("over_under", "asian_handicap") else None, selection, home, away)
        for market, selections in SELECTIONS.items()
        for selection in selections
        for home in range(8)
        for away in range(8)
    ]
    told = settled(bets(*rows))
    assert told["result"].null_count() == told["returned"].null_count() == 0
    one_wins = told.filter(pl.col("market").is_in(["1x2", "correct_score", "both_teams_to_score"]))
    winners = one_wins.group_by("market", "home_goals", "away_goals").agg((pl.col("result") == "won").sum())
    assert winners["result"].unique().to_list() == [1]


@pytest.mark.parametrize(
    ("bet", "score", "result"),
    [
        (("over_under", 2.5, "over"), (2, 1), "won"),
        (("over_under", 2.5, "under"), (2, 1), "lost"),
        (("over_under", 2.5, "over"), (1, 1), "void"),
        (("over_under", 3.0, "over"), (2, 1), "void"),  # a fourth goal would have won it
        (("over_under", 2.75, "over"), (2, 1), "void"),  # half won, and a fourth goal would have won it all
        (("over_under", 2.75, "over"), (2, 2), "won"),
        (("over_under", 2.25, "under"), (2, 1), "lost"),
        (("both_teams_to_score", None, "yes"), (1, 1), "won"),
        (("both_teams_to_score", None, "no"), (1, 1), "lost"),
        (("both_teams_to_score", None, "no"), (4, 0), "void"),
        (("win_to_nil", None, "home"), (3, 1), "lost"),
        (("win_to_nil", None, "home"), (3, 0), "void"),
        (("win_to_nil", None, "away"), (1, 2), "lost"),
        (("correct_score", None, "1-1"), (2, 0), "lost"),
        (("correct_score", None, "1-1"), (1, 1), "void"),
        (("correct_score", None, "other"), (6, 0), "won"),
        (("correct_score", None, "other"), (5, 5), "void"),
        (("1x2", None, "home"), (7, 0), "void"),
        (("double_chance", None, "home_draw"), (7, 0), "void"),
        (("draw_no_bet", None, "home"), (7, 0), "void"),
        (("asian_handicap", -0.5, "home"), (7, 0), "void"),
        (("over_under", 2.5, "over"), (None, None), "void"),
    ],
)
def test_an_abandoned_match_settles_only_what_no_goal_could_have_changed(bet, score, result):
    assert results((*bet, *score, "abandoned")) == [result]


@pytest.mark.parametrize("status", ["postponed", "awarded", "void"])
def test_a_match_that_was_not_played_to_a_score_gives_the_stake_back(status):
    (bet,) = settled(bets(("1x2", None, "home", 3, 0, status))).iter_rows(named=True)
    assert (bet["result"], bet["returned"]) == ("void", 1.0)


@pytest.mark.parametrize("status", ["scheduled", "in_play"])
def test_a_match_that_is_not_over_leaves_the_bet_open(status):
    (bet,) = settled(bets(("over_under", 2.5, "over", 3, 0, status))).iter_rows(named=True)
    assert (bet["result"], bet["returned"]) == (None, None)


@FEW
@given(QUARTERS, GOALS, GOALS)
def test_the_sides_of_a_line_share_out_two_stakes(quarters, home, away):
    """At even prices what one side gains the other loses."""
    for market, sides in (("asian_handicap", ("home", "away")), ("over_under", ("over", "under"))):
        line = quarters / 4 if market == "asian_handicap" else abs(quarters) / 4
        both = settled(bets(*((market, line, side, home, away) for side in sides)).with_columns(price=2.0))
        assert both["returned"].sum() == 2.0


@FEW
@given(QUARTERS, GOALS, GOALS)
def test_a_quarter_line_is_half_a_stake_on_the_lines_beside_it(quarters, home, away):
    line = (2 * quarters + 1) / 4
    for market, side in (("asian_handicap", "home"), ("asian_handicap", "away"), ("over_under", "over")):
        told = settled(bets(*((market, line + aside, side, home, away) for aside in (-0.25, 0.0, 0.25))))
        below, at, above = told["returned"]
        assert at == (below + above) / 2


@FEW
@given(QUARTERS, GOALS, GOALS)
def test_a_better_handicap_never_pays_less(quarters, home, away):
    line = quarters / 4
    worse, better = settled(bets(*(("asian_handicap", at, "home", home, away) for at in (line, line + 0.25))))[
        "returned"
    ]
    assert better >= worse


def test_the_order_and_the_further_columns_of_the_bets_stay():
    rows = bets(("1x2", None, "home", 1, 0), ("over_under", 2.5, "over", 1, 0), ("1x2", None, "home", 0, 0))
    told = settled(rows.with_columns(name=pl.Series(["a", "b", "c"])))
    assert told.columns == [*rows.columns, "name", "result", "returned"]
    assert told.select("name", "result").rows() == [("a", "won"), ("b", "lost"), ("c", "lost")]


def test_without_bets_there_is_nothing_to_settle():
    assert settled(bets()).select("result", "returned").schema == {"result": pl.String, "returned": pl.Float64}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            ("corners", 2.5, "over", 1, 0),
            "expected a selection of one of the markets 1x2, .* found 1 rows without, .*corners",
        ),
        (("1x2", None, "over", 1, 0), "expected a selection of one of the markets"),
        (("1x2", None, "home", 1, 0, "played"), "expected a status out of scheduled, "),
        (("over_under", None, "over", 1, 0), "expected a line in quarters of a goal, found 1 rows without"),
        (("asian_handicap", 0.3, "home", 1, 0), "expected a line in quarters of a goal"),
        (("1x2", None, "home", None, None), "expected the score of a finished match, found 1 rows without"),
    ],
)
def test_a_bet_that_cannot_be_settled_is_shown(row, message):
    with pytest.raises(SchemaError, match=message):
        settled(bets(("1x2", None, "home", 1, 0), row))


def test_a_bet_without_a_price_is_shown():
    with pytest.raises(SchemaError, match="expected a price of at least 1, found 1 rows without"):
        settled(bets(("1x2", None, "home", 1, 0)).with_columns(price=pl.lit(None, dtype=pl.Float64)))
