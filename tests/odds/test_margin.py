import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from soccer_assets.odds import margin as module
from soccer_assets.odds.devig import METHODS
from soccer_assets.odds.margin import margin_methods
from soccer_assets.odds.market import devigged
from soccer_assets.odds.plots import methods_plot
from soccer_assets.odds.schema import MARGIN_METHODS, ODDS

MAY = dt.date(2024, 5, 1)
DAY = dt.timedelta(days=1)
SELECTIONS = ("home", "draw", "away")
TOLD = {method: 0.5 for method in METHODS}


def told(
    day: dt.date, match_id: str, bookmaker: str = "pinnacle", league: str = "E0", **p: float
) -> list[dict[str, Any]]:
    """The closing probability each method tells of a home win; the others share the rest."""
    methods = TOLD | p
    shared = {
        "match_date": day,
        "match_id": match_id,
        "league": league,
        "bookmaker": bookmaker,
        "market": "1x2",
        "kind": "closing",
    }
    home = shared | {"selection": "home"} | methods
    rest = {method: (1 - value) / 2 for method, value in methods.items()}
    return [home, *(shared | {"selection": name} | rest for name in ("draw", "away"))]


def played(day: dt.date, match_id: str, goals: tuple[int, int] = (1, 0), status: str = "finished") -> dict[str, Any]:
    home, away = goals
    return {"match_date": day, "match_id": match_id, "status": status, "home_goals": home, "away_goals": away}


def measured(
    rows: list[list[dict[str, Any]]], matches: list[dict[str, Any]], first: dt.date = MAY, last: dt.date = MAY
) -> pl.DataFrame:
    return margin_methods(pl.LazyFrame([row for match in rows for row in match]), pl.LazyFrame(matches), first, last)


def season(n: int, day: dt.date = MAY - 30 * DAY, **columns: Any) -> tuple[list[Any], list[Any]]:
    """`n` home wins of one day."""
    ids = [f"{day} {n}" for n in range(n)]
    return [told(day, i, **columns) for i in ids], [played(day, i) for i in ids]


def choice(rows: pl.DataFrame, league: str = "E0", bookmaker: str = "pinnacle") -> tuple[str, str]:
    ((method, by),) = rows.filter("chosen", league=league, bookmaker=bookmaker).select("method", "chosen_by").rows()
    return method, by


def test_each_method_has_its_log_loss_and_the_difference_to_power():
    rows = measured(
        [told(MAY - DAY, "a", shin=0.7), told(MAY - 2 * DAY, "b", shin=0.4)],
        [played(MAY - DAY, "a"), played(MAY - 2 * DAY, "b", (2, 2))],
    )
    shin, power = (rows.row(by_predicate=(pl.col("league") == "E0") & (pl.col("method") == m), named=True)
                   for m in ("shin", "power"))  # fmt: skip
    losses = -np.log([[0.7, 0.5], [0.3, 0.25]])  # shin and power of what happened
    difference = losses[:, 0] - losses[:, 1]
    assert (shin["match_date"], shin["bookmaker"], shin["matches"]) == (MAY, "pinnacle", 2)
    assert shin["log_loss"] == pytest.approx(losses[:, 0].mean())
    assert shin["minus_power"] == pytest.approx(difference.mean())
    assert shin["standard_error"] == pytest.approx(difference.std() / 2**0.5)
    assert (power["minus_power"], power["standard_error"]) == (0, 0)
    assert set(rows["league"]) == {"E0", "ALL"}
    assert len(rows) == 2 * len(METHODS)


def test_only_firsts_of_a_month_have_rows():
    books, matches = season(3)
    assert_frame_equal(measured(books, matches, MAY + DAY, MAY + 29 * DAY), MARGIN_METHODS.empty())
    two = measured(books, matches, MAY - 3 * DAY, MAY + 31 * DAY)
    assert two["match_date"].unique().to_list() == [MAY, dt.date(2024, 6, 1)]


def test_what_happens_on_the_day_or_later_is_not_seen():
    books, matches = season(3)
    later, known_later = season(5, MAY, shin=0.9)
    assert_frame_equal(measured([*books, *later], [*matches, *known_later]), measured(books, matches))


def test_three_years_of_whole_months_are_looked_at():
    for day, seen in ((dt.date(2021, 5, 1), True), (dt.date(2021, 4, 30), False), (MAY - DAY, True)):
        books, matches = season(1, day)
        assert measured(books, matches).is_empty() != seen
        assert (MAY - day).days <= module.WINDOW_DAYS or not seen


@pytest.mark.parametrize("status", ["awarded", "abandoned", "scheduled", "void"])
def test_a_result_that_was_not_played_says_nothing_about_prices(status):
    assert measured([told(MAY - DAY, "a")], [played(MAY - DAY, "a", status=status)]).is_empty()


def test_closing_prices_alone_are_measured():
    books, matches = season(1)
    early = [[row | {"kind": "pre_match"} for row in book] for book in books]
    assert measured(early, matches).is_empty()


def test_power_stays_unless_another_method_is_better_beyond_chance(monkeypatch):
    monkeypatch.setattr(module, "LEAST_MATCHES", 40)
    sure, matches = season(60, shin=0.52)
    assert choice(measured(sure, matches)) == ("shin", "league")
    assert choice(measured(sure, matches), "ALL") == ("shin", "bookmaker")
    # better by as much on the mean, but now with one match and now with the other
    wild = [told(MAY - 30 * DAY, m["match_id"], shin=0.9 if n % 2 else 0.31) for n, m in enumerate(matches)]
    rows = measured(wild, matches).filter(league="E0", method="shin")
    assert rows["minus_power"].item() < 0
    assert choice(measured(wild, matches)) == ("power", "league")
    worse, _ = season(60, proportional=0.4)
    assert choice(measured(worse, matches)) == ("power", "league")


def test_the_best_of_several_better_methods_is_chosen(monkeypatch):
    monkeypatch.setattr(module, "LEAST_MATCHES", 40)
    books, matches = season(60, shin=0.52, odds_ratio=0.55)
    assert choice(measured(books, matches)) == ("odds_ratio", "league")


def test_a_league_with_few_matches_follows_its_bookmaker_and_a_bookmaker_with_few_keeps_power(monkeypatch):
    monkeypatch.setattr(module, "LEAST_MATCHES", 40)
    books, matches = season(60, shin=0.52)
    few, few_matches = season(10, MAY - 40 * DAY, league="SC0", shin=0.49)
    other, other_matches = season(10, MAY - 50 * DAY, bookmaker="bwin", shin=0.9)
    rows = measured([*books, *few, *other], [*matches, *few_matches, *other_matches])
    assert choice(rows, "SC0") == ("shin", "bookmaker")
    assert choice(rows, "E0", "bwin") == ("power", "default")
    assert choice(rows, "ALL", "bwin") == ("power", "default")


def test_a_longer_range_says_the_same_of_a_month_to_the_last_bit(book):
    chance = np.random.default_rng(5)
    days = [dt.date(2022, 1, 1) + n * DAY for n in range(400)]
    p = chance.dirichlet((4, 3, 3), len(days))
    odds = 1 / (p**0.95 * 1.04)
    rows = []
    for day, prices, name in zip(days, odds, ("bet365", "pinnacle") * 200, strict=True):
        one = book(dict(zip(SELECTIONS, prices.tolist(), strict=True)), str(day), name, kind="closing")
        rows += [row | {"match_date": day} for row in one]
    probabilities, _ = devigged(ODDS.conform(pl.DataFrame(rows, schema=ODDS.schema)).lazy())
    goals = [[(1, 0), (1, 1), (0, 1)][chance.choice(3, p=each)] for each in p]
    matches = pl.LazyFrame([played(day, str(day), score) for day, score in zip(days, goals, strict=True)])
    whole = margin_methods(probabilities.lazy(), matches, days[0], days[-1])
    month = dt.date(2022, 9, 1)
    upto = [frame.filter(pl.col("match_date") < month) for frame in (probabilities.lazy(), matches)]
    assert_frame_equal(margin_methods(*upto, month, month), whole.filter(match_date=month), check_exact=True)
    assert whole["match_date"].n_unique() == 13  # nothing is known on the first


def test_the_plot_shows_each_bookmaker_and_method_but_the_one_compared_with():
    import base64

    books, matches = season(5, shin=0.52)
    other, other_matches = season(5, MAY - 40 * DAY, bookmaker="bwin")
    plot = methods_plot(measured([*books, *other], [*matches, *other_matches]))
    svg = base64.b64decode(plot.rpartition(",")[2].removesuffix(")")).decode()
    assert svg.count("<circle") == 2 * 3
    for words in ("pinnacle", "bwin", "shin", "odds_ratio", "proportional", "0 = power"):
        assert f">{words}<" in svg
    assert (
        "<svg" in base64.b64decode(methods_plot(MARGIN_METHODS.empty()).rpartition(",")[2].removesuffix(")")).decode()
    )
