import datetime as dt
import math
from typing import Any

import msgspec
import polars as pl
import pytest

from soccer_assets.errors import NotMaterializedError
from soccer_assets.matches.schema import MATCHES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.models.goals_model import GoalsModel
from soccer_assets.models.schema import PROMOTIONS
from soccer_assets.models.selection.blending import Blend
from soccer_assets.models.selection.calibration import Identity
from soccer_assets.models.totals_model import Regression, TotalsModel
from soccer_assets.models.training_data import Scaling
from soccer_assets.models.trees import Forest
from soccer_assets.predictions.forecast import forecast

MARCH = dt.date(2025, 3, 1)
POOL = Blend(0.2, 0.8, None, matches=0)
PRICES = ("p_home", "p_draw", "p_away", "pinnacle_home", "pinnacle_draw", "pinnacle_away", "p_over")
NO_MARKET = pl.DataFrame(schema={"match_date": pl.Date, "match_id": pl.String, **dict.fromkeys(PRICES, pl.Float64)})


def prices(name: str, *p: float | None) -> pl.DataFrame:
    """What is quoted for a match of the first of March: the average, Pinnacle's prices and, where given, the total."""
    row = {"match_date": MARCH, "match_id": name} | dict(zip(PRICES, p, strict=False))
    return pl.DataFrame([row], schema=NO_MARKET.schema)


def match(day: int, name: str, status: str = "scheduled") -> dict[str, Any]:
    date = dt.date(2025, 3, day)
    return {
        "match_date": date, "match_id": name, "league": "E0", "season": "2024/25", "status": status,
        "kick_off_at": dt.datetime(2025, 3, day, 15, tzinfo=dt.UTC), "home": f"Home {name}", "away": f"Away {name}",
        "home_id": f"home-{name}", "away_id": f"away-{name}", "leg": 1, "source": "football-data", "payload_id": "0" * 64, "line": 2,
    }  # fmt: skip


def matches(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in MATCHES.schema}, schema=MATCHES.schema)


def features(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("match_date", "match_id", "league", "season", "home_id", "away_id")


def model(day: int, p_home: float) -> dict[str, Any]:
    """A model of a day in March that gives every home club the same chance."""
    chances = (p_home, 0.25, 0.75 - p_home)
    estimator = ClimatologyEstimator(("E0",), (chances,), chances)
    date = dt.date(2025, 3, day)
    # home clubs score three times their chance of winning
    goals = GoalsModel(Scaling((), (), (), (), ()), ((), ()), (math.log(3 * p_home), 0.0), -p_home / 10)
    forecaster = Forecaster(estimator, Identity(), POOL, (), date - dt.timedelta(days=1), goals)
    return {"match_date": date, "forecaster": forecaster.encode(), "version": forecaster.version}


def move(made: dict[str, Any], since: int | None = None, accepted: bool = True) -> dict[str, Any]:
    """The gate's verdict on a model, effective from its own date or another day of March."""
    return {
        "moved_at": dt.datetime(2025, 3, since or made["match_date"].day, 7, tzinfo=dt.UTC),
        "effective_from": dt.date(2025, 3, since) if since else made["match_date"], "alias": "champion",
        "version": made["version"], "model_date": made["match_date"], "previous": None, "registry_version": "1",
        "accepted": accepted, "conditions": [], "reason": "so it was" if accepted else "ECE: found 0.1",
    }  # fmt: skip


def forecast_rows(
    rows: pl.DataFrame,
    models: list[dict[str, Any]],
    market: pl.DataFrame = NO_MARKET,
    moves: list[dict[str, Any]] | None = None,
) -> pl.DataFrame:
    """Forecasts where every model was accepted, unless the moves are told."""
    moved = pl.DataFrame([move(each) for each in models] if moves is None else moves, schema=PROMOTIONS.schema)
    made = pl.LazyFrame(models, schema={"match_date": pl.Date, "forecaster": pl.String, "version": pl.String})
    return forecast(rows, features(rows), made, moved, market)


def test_two_models_serve_a_range_each_from_its_own_date_on():
    rows = matches(*(match(day, str(day)) for day in (1, 9, 10, 11, 20)))
    early, late = model(1, 0.4), model(10, 0.5)
    forecasts = forecast_rows(rows, [late, early])
    assert forecasts.select("match_id", "p_home", "model_version", "trained_through").rows() == [
        ("1", pytest.approx(0.4), early["version"], dt.date(2025, 2, 28)),
        ("9", pytest.approx(0.4), early["version"], dt.date(2025, 2, 28)),
        ("10", pytest.approx(0.5), late["version"], dt.date(2025, 3, 9)),
        ("11", pytest.approx(0.5), late["version"], dt.date(2025, 3, 9)),
        ("20", pytest.approx(0.5), late["version"], dt.date(2025, 3, 9)),
    ]


def test_a_model_that_no_match_needs_is_not_even_read():
    broken = {"match_date": dt.date(2025, 3, 20), "forecaster": "not a forecaster", "version": "x"}
    forecasts = forecast_rows(matches(match(1, "a")), [model(1, 0.4), broken])
    assert forecasts["match_id"].to_list() == ["a"]


def test_a_priced_match_has_a_market_and_a_blend_of_both():
    rows = matches(match(1, "priced"), match(1, "unpriced"))
    market = prices("priced", 0.6, 0.2, 0.2, None, None, None)
    lines = {(r["match_id"], r["line"]): r for r in forecast_rows(rows, [model(1, 0.4)], market).iter_rows(named=True)}
    assert set(lines) == {("priced", "model"), ("priced", "market"), ("priced", "blend"), ("unpriced", "model")}
    priced = lines["priced", "market"]
    assert (priced["p_home"], priced["p_draw"], priced["p_away"]) == (0.6, 0.2, 0.2)
    assert (priced["model_version"], priced["trained_through"]) == (None, None)
    # the pool weighs the market four times the model
    weights = [m**0.2 * q**0.8 for m, q in zip((0.4, 0.25, 0.35), (0.6, 0.2, 0.2), strict=True)]
    blend = lines["priced", "blend"]
    assert [blend[f"p_{o}"] for o in ("home", "draw", "away")] == pytest.approx([w / sum(weights) for w in weights])
    assert blend["model_version"] == lines["priced", "model"]["model_version"]


@pytest.mark.parametrize(("status", "n"), [("scheduled", 1), ("finished", 1), ("abandoned", 1), ("postponed", 0)])
def test_every_match_but_a_postponed_one_is_forecast(status, n):
    assert len(forecast_rows(matches(match(1, "a", status)), [model(1, 0.4)])) == n


def test_a_forecast_names_the_match_as_its_source_does():
    (row,) = forecast_rows(matches(match(1, "a")), [model(1, 0.4)]).iter_rows(named=True)
    assert (row["home"], row["away"], row["league"], row["season"]) == ("Home a", "Away a", "E0", "2024/25")
    assert row["kick_off_at"] == dt.datetime(2025, 3, 1, 15, tzinfo=dt.UTC)


def test_without_a_model_as_old_as_the_first_match_the_command_is_named():
    with pytest.raises(
        NotMaterializedError,
        match="of 2025-03-01 or before, found the oldest of 2025-03-10: run `uv run soccer train 2025-03-01`",
    ):
        forecast_rows(matches(match(1, "a"), match(12, "b")), [model(10, 0.4)])
    with pytest.raises(NotMaterializedError, match="of 2025-03-01 or before, found none"):
        forecast_rows(matches(match(1, "a")), [])


def test_without_matches_there_is_nothing_to_forecast_and_no_model_is_needed():
    assert forecast_rows(matches(match(1, "a")).clear(), []).rows() == []


def test_a_refused_model_forecasts_beside_the_champion_as_challenger():
    rows = matches(match(1, "a"), match(9, "b"), match(12, "c"), match(20, "d"))
    champion, refused, third = model(1, 0.4), model(9, 0.6), model(15, 0.5)
    moves = [move(champion), move(refused, accepted=False), move(third)]
    forecasts = forecast_rows(rows, [champion, refused, third], moves=moves)
    assert forecasts.sort("match_date", "line").select("match_id", "line", "model_version").rows() == [
        ("a", "model", champion["version"]),
        ("b", "challenger", refused["version"]),
        ("b", "model", champion["version"]),
        ("c", "challenger", refused["version"]),
        ("c", "model", champion["version"]),
        ("d", "model", third["version"]),
    ]
    assert forecasts.filter(line="challenger")["p_home"].to_list() == pytest.approx([0.6, 0.6])


def test_after_a_rollback_the_champion_before_forecasts_and_the_newer_model_goes_on_as_challenger():
    rows = matches(match(10, "a"), match(20, "b"))
    first, second = model(1, 0.4), model(8, 0.6)
    forecasts = forecast_rows(rows, [first, second], moves=[move(first), move(second), move(first, since=15)])
    assert forecasts.select("match_id", "line", "model_version").rows() == [
        ("a", "model", second["version"]),
        ("b", "challenger", second["version"]),
        ("b", "model", first["version"]),
    ]


def test_a_move_to_a_model_made_anew_since_is_void():
    gone, first, second = model(8, 0.7), model(1, 0.4), model(8, 0.6)
    moves = [move(first), move(gone), move(second, accepted=False)]
    forecasts = forecast_rows(matches(match(10, "a")), [first, second], moves=moves)
    assert dict(forecasts.select("line", "model_version").rows()) == {
        "model": first["version"],
        "challenger": second["version"],
    }


def test_every_line_has_the_goals_of_its_model_and_the_blend_is_between_model_and_market():
    rows = matches(match(9, "a").copy())
    market = prices("a", 0.6, 0.2, 0.2, 0.7, 0.15, 0.15).with_columns(match_date=dt.date(2025, 3, 9))
    champion, refused = model(1, 0.4), model(9, 0.6)
    forecasts = forecast_rows(rows, [champion, refused], market, [move(champion), move(refused, accepted=False)])
    goals = {row["line"]: row for row in forecasts.iter_rows(named=True)}
    assert sorted(goals) == ["blend", "challenger", "market", "model"]
    for line, p in (("blend", 0.4), ("market", 0.4), ("model", 0.4), ("challenger", 0.6)):
        row = goals[line]
        expected = (3 * p, 1.0, -p / 10)
        assert (row["home_goals_expected"], row["away_goals_expected"], row["rho"]) == pytest.approx(expected)
    weights = [m**0.2 * q**0.8 for m, q in zip((0.4, 0.25, 0.35), (0.6, 0.2, 0.2), strict=True)]
    assert goals["blend"]["p_home"] == pytest.approx(weights[0] / sum(weights))


def constant(p: float, *leagues: str) -> Regression:
    """Log-odds of one probability in these leagues."""
    scaling = Scaling((), (), (), (), leagues)
    return Regression(scaling, (0.0,) * len(leagues), math.log(p / (1 - p)), Forest.from_trees([], 1), 1000)


def test_each_line_has_the_total_of_what_it_knows():
    made = Forecaster.decode(model(1, 0.4)["forecaster"])
    totals = TotalsModel(constant(0.55, "E0"), None)
    made = msgspec.structs.replace(made, totals=totals)
    row = {"match_date": dt.date(2025, 3, 1), "forecaster": made.encode(), "version": made.version}
    rows = matches(match(1, "a"), match(1, "b"), match(1, "c"))
    market = pl.concat([prices("a", 0.4, 0.3, 0.3, None, None, None, 0.6), prices("b", 0.4, 0.3, 0.3)])
    known = features(rows).with_columns(market_goals_log_odds=pl.lit(0.2))
    promoted = pl.DataFrame([move(row)], schema=PROMOTIONS.schema)
    forecasts = forecast(rows, known, pl.LazyFrame([row]), promoted, market)
    over = {(match_id, line): p for match_id, line, p in forecasts.select("match_id", "line", "p_over").rows()}
    assert over == pytest.approx(
        {("a", "model"): 0.55, ("a", "market"): 0.6, ("a", "blend"): 0.6, ("b", "model"): 0.55, ("b", "market"): 0.55,
         ("b", "blend"): 0.55, ("c", "model"): 0.55}
    )  # fmt: skip


def test_where_every_model_was_refused_the_reason_and_the_way_out_are_told():
    lone = model(1, 0.4)
    with pytest.raises(
        NotMaterializedError,
        match=f"a champion of 2025-03-05 or before, found none; {lone['version']} was refused: ECE",
    ):
        forecast_rows(matches(match(5, "a")), [lone], moves=[move(lone, accepted=False)])
