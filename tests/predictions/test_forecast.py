import datetime as dt

import polars as pl
import pytest

from soccer_assets.errors import NotMaterializedError
from soccer_assets.matches.schema import MATCHES
from soccer_assets.models.blending import Blend
from soccer_assets.models.calibration import Identity
from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.models.forecaster import Forecaster
from soccer_assets.predictions.forecast import forecast

MARCH = dt.date(2025, 3, 1)
POOL = Blend(model_weight=0.2, market_weight=0.8, biases=(0.0, 0.0, 0.0), matches=0)
NO_MARKET = pl.DataFrame(
    schema={
        "match_date": pl.Date,
        "match_id": pl.String,
        "p_home": pl.Float64,
        "p_draw": pl.Float64,
        "p_away": pl.Float64,
    }
)


def match(day: int, name: str, status: str = "scheduled") -> dict:
    date = dt.date(2025, 3, day)
    return {
        "match_date": date, "match_id": name, "league": "E0", "season": "2024/25", "status": status,
        "kick_off_at": dt.datetime(2025, 3, day, 15, tzinfo=dt.UTC), "home": f"Home {name}", "away": f"Away {name}",
        "home_id": f"home-{name}", "away_id": f"away-{name}", "leg": 1, "source": "football-data", "payload_id": "0" * 64, "line": 2,
    }  # fmt: skip


def matches(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in MATCHES.schema}, schema=MATCHES.schema)


def features(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("match_date", "match_id", "league", "season", "home_id", "away_id")


def model(day: int, p_home: float) -> dict:
    """A model of a day in March that gives every home club the same chance."""
    chances = (p_home, 0.25, 0.75 - p_home)
    estimator = ClimatologyEstimator(("E0",), (chances,), chances)
    date = dt.date(2025, 3, day)
    forecaster = Forecaster(estimator, Identity(), POOL, (), date - dt.timedelta(days=1))
    return {"match_date": date, "forecaster": forecaster.encode(), "version": forecaster.version}


def told(rows: pl.DataFrame, models: list[dict], market: pl.DataFrame = NO_MARKET) -> pl.DataFrame:
    return forecast(rows, features(rows), pl.DataFrame(models), market)


def test_two_models_serve_a_range_each_from_its_own_date_on():
    rows = matches(*(match(day, str(day)) for day in (1, 9, 10, 11, 20)))
    early, late = model(1, 0.4), model(10, 0.5)
    forecasts = told(rows, [late, early])
    assert forecasts.select("match_id", "p_home", "model_version", "trained_through").rows() == [
        ("1", pytest.approx(0.4), early["version"], dt.date(2025, 2, 28)),
        ("9", pytest.approx(0.4), early["version"], dt.date(2025, 2, 28)),
        ("10", pytest.approx(0.5), late["version"], dt.date(2025, 3, 9)),
        ("11", pytest.approx(0.5), late["version"], dt.date(2025, 3, 9)),
        ("20", pytest.approx(0.5), late["version"], dt.date(2025, 3, 9)),
    ]


def test_a_model_that_no_match_needs_is_not_even_read():
    broken = {"match_date": dt.date(2025, 3, 20), "forecaster": "not a forecaster", "version": "x"}
    forecasts = told(matches(match(1, "a")), [model(1, 0.4), broken])
    assert forecasts["match_id"].to_list() == ["a"]


def test_a_priced_match_has_a_market_and_a_blend_of_both():
    rows = matches(match(1, "priced"), match(1, "unpriced"))
    market = pl.DataFrame(
        {"match_date": [MARCH], "match_id": ["priced"], "p_home": [0.6], "p_draw": [0.2], "p_away": [0.2]}
    )
    lines = {(r["match_id"], r["line"]): r for r in told(rows, [model(1, 0.4)], market).iter_rows(named=True)}
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
    assert len(told(matches(match(1, "a", status)), [model(1, 0.4)])) == n


def test_a_forecast_names_the_match_as_its_source_does():
    (row,) = told(matches(match(1, "a")), [model(1, 0.4)]).iter_rows(named=True)
    assert (row["home"], row["away"], row["league"], row["season"]) == ("Home a", "Away a", "E0", "2024/25")
    assert row["kick_off_at"] == dt.datetime(2025, 3, 1, 15, tzinfo=dt.UTC)


def test_without_a_model_as_old_as_the_first_match_the_command_is_named():
    with pytest.raises(
        NotMaterializedError,
        match="of 2025-03-01 or before, found the oldest of 2025-03-10: run `just train 2025-03-01`",
    ):
        told(matches(match(1, "a"), match(12, "b")), [model(10, 0.4)])
    with pytest.raises(NotMaterializedError, match="of 2025-03-01 or before, found none"):
        forecast(rows := matches(match(1, "a")), features(rows), pl.DataFrame([model(1, 0.4)]).clear(), NO_MARKET)


def test_without_matches_there_is_nothing_to_forecast_and_no_model_is_needed():
    rows = matches(match(1, "a")).clear()
    assert forecast(rows, features(rows), pl.DataFrame([model(1, 0.4)]).clear(), NO_MARKET).rows() == []
