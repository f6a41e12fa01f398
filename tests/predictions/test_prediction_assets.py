"""The assets as Dagster runs them, on a lake of one match."""

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest

from soccer_assets.errors import NotMaterializedError
from soccer_assets.odds.schema import BEST_PRICES, MARKET_PROBABILITIES
from soccer_assets.predictions.ledger import as_sealed, verify
from soccer_assets.predictions.schema import MARKETS, PREDICTION_LEDGER, VALUE_BETS
from soccer_assets.settings import Clock, Settings
from soccer_assets.storage.lake import Lake

CLOCK = Clock.from_settings(Settings.read())
TODAY = CLOCK.today()
PAST, COMING = TODAY - dt.timedelta(days=3), TODAY + dt.timedelta(days=3)
P = {"model": (0.55, 0.25, 0.2), "market": (0.42, 0.28, 0.30), "blend": (0.44, 0.28, 0.28)}


@pytest.fixture
def lake(tmp_path: Path, predictions) -> Lake:
    """A match three days ago and one in three days, forecast on three lines; the coming one is priced."""
    lake = Lake(str(tmp_path / "lake"))
    told = predictions(*(
        {"match_date": day, "match_id": f"m{day}", "line": line, "p_home": p[0], "p_draw": p[1], "p_away": p[2],
         "p_over": 0.47}
        for day in (PAST, COMING)
        for line, p in P.items()
    ))  # fmt: skip
    average = {"match_date": COMING, "match_id": f"m{COMING}", "league": "E0", "bookmaker": "average",
               "market": "over_under", "line": 2.5, "kind": "pre_match", "price": 2.0, "overround": 1.05}  # fmt: skip
    quotes = [average | {"selection": "over", "power": 0.47}, average | {"selection": "under", "power": 0.53}]
    best = {"match_date": COMING, "match_id": f"m{COMING}", "league": "E0", "market": "1x2", "selection": "home",
            "bookmakers": 5, "best_price": 2.5, "best_bookmaker": "bet365",
            "best_quoted_at": CLOCK.now()}  # fmt: skip
    tables = {
        "predictions": told,
        "market_probabilities": pl.DataFrame(quotes, schema=MARKET_PROBABILITIES.schema),
        "best_prices": pl.DataFrame([best], schema=BEST_PRICES.schema),
        "matches": told.select("match_date", "match_id", status=pl.lit("scheduled")).unique(),
        "match_features": told.select("match_date", "match_id").unique().with_columns(
            home_matches_known=pl.lit(40), away_matches_known=pl.lit(3)
        ),
    }  # fmt: skip
    for name, rows in tables.items():
        lake.replace_dates(name, rows, PAST, COMING)
    return lake


def materialize(lake: Lake, *names: str):
    """A run of the assets named, or of all with the check of the ledger."""
    from dagster import AssetSpec
    from dagster import materialize as run

    import soccer_assets.definitions  # noqa: F401  # the I/O manager knows the tables of the assets that are loaded
    from soccer_assets.orchestration.io_manager import DeltaIOManager
    from soccer_assets.orchestration.partitions import match_dates, range_tags
    from soccer_assets.predictions import assets
    from soccer_assets.settings import Settings

    wanted = [assets.markets, assets.value_bets, assets.prediction_ledger, assets.the_ledger_is_as_it_was_sealed]
    wanted = [getattr(assets, name) for name in names] or wanted
    given: tuple[str, ...] = ("matches", "predictions", "market_probabilities", "best_prices", "match_features")
    given += ("markets",) if names == ("value_bets",) else ()
    stored = [AssetSpec(name, partitions_def=match_dates) for name in given]
    resources = {"io_manager": DeltaIOManager(lake), "lake": lake, "settings": Settings(), "clock": CLOCK}
    return run([*stored, *wanted], resources=resources, tags=range_tags(PAST, COMING))


def test_markets_bets_and_the_ledger_follow_from_the_forecasts(lake):
    done = materialize(lake)
    assert done.success
    (check,) = done.get_asset_check_evaluations()
    assert check.passed
    # a date counts as materialized whether something was sealed on it or not
    ledger = [
        event for event in done.get_asset_materialization_events() if event.asset_key.path == ["prediction_ledger"]
    ]
    assert sorted(event.partition for event in ledger) == [str(PAST + dt.timedelta(days=n)) for n in range(7)]
    told = lake.read("markets")
    assert told.columns == MARKETS.schema.names()
    over = told.filter(pl.col("goals_line") == 2.5, pl.col("selection") == "over", pl.col("match_date") == COMING)
    assert dict(over.select("line", "won").rows())["blend"] == pytest.approx(0.47)
    bets = lake.read("value_bets")
    assert bets.columns == VALUE_BETS.schema.names()
    assert bets.select("match_date", "line", "selection", "few_matches").rows() == [(COMING, "model", "home", True)]


def test_a_run_again_adds_nothing_and_a_past_date_is_never_sealed(lake):
    assert materialize(lake).success
    rows, version = lake.read(PREDICTION_LEDGER.name), lake.version(PREDICTION_LEDGER.name)
    assert rows.sort("number").select("match_date", "line").rows() == [
        (COMING, "blend"), (COMING, "market"), (COMING, "model"),
    ]  # fmt: skip
    assert materialize(lake).success
    assert lake.version(PREDICTION_LEDGER.name) == version
    changed = lake.read("predictions").with_columns(rho=pl.lit(0.0))
    lake.replace_dates("predictions", changed, PAST, COMING)
    assert materialize(lake).success
    assert lake.read(PREDICTION_LEDGER.name).height == 6
    assert verify(lake).broken is None


@pytest.mark.parametrize("name", ["markets", "value_bets", "prediction_ledger"])
def test_without_forecasts_of_matches_that_are_there_nothing_is_made_and_the_command_is_named(lake, name):
    lake.replace_dates("predictions", lake.read("predictions").clear(), PAST, COMING)
    lake.replace_dates("markets", MARKETS.empty(), PAST, COMING)
    told = f"expected predictions of 2 matches on {PAST}, {COMING}, found none: run `uv run soccer predict {PAST} {COMING}`"
    with pytest.raises(NotMaterializedError, match=re.escape(told)):
        materialize(lake, name)


def test_without_matches_there_is_nothing_to_forecast_and_nothing_is_wrong(lake):
    for name in ("matches", "predictions"):
        lake.replace_dates(name, lake.read(name).clear(), PAST, COMING)
    assert materialize(lake).success
    assert lake.read("markets").is_empty()


def test_a_sealed_forecast_stands_when_its_match_has_kicked_off(lake):
    """As it was sealed last, by the same model; others, and matches to come, are forecast anew."""
    assert materialize(lake).success
    sealed = lake.read("predictions")
    anew = sealed.with_columns(p_home=pl.lit(0.4), p_draw=pl.lit(0.3), p_away=pl.lit(0.3))
    before, after = CLOCK.now(), CLOCK.now() + dt.timedelta(days=4)
    assert as_sealed(lake, anew, before).equals(anew)
    coming = pl.col("match_date") == COMING
    stands = as_sealed(lake, anew, after)
    assert stands.filter(coming).equals(sealed.filter(coming))
    assert stands.filter(~coming).equals(anew.filter(~coming))  # it was never sealed
    by_another = anew.with_columns(model_version=pl.lit("v2"))
    assert as_sealed(lake, by_another, after).equals(by_another)
