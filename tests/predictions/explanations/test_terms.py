"""The terms of the season's forecasts, and of every family that can be selected, fitted on the season."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import NotMaterializedError
from soccer_assets.features.catalog import FEATURES, GROUPS, NAMES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.conditional_logit import log_odds, of_log_odds
from soccer_assets.models.families import FAMILIES, stack
from soccer_assets.models.families.stack import StackEstimator
from soccer_assets.models.goals_model import fit_goals
from soccer_assets.models.selection.blending import Blend
from soccer_assets.models.selection.calibration import Isotonic, LeagueScaling
from soccer_assets.models.selection.closing_line import fit_move
from soccer_assets.models.training.training import examples
from soccer_assets.odds.consensus import closing_prices, pre_match_prices
from soccer_assets.predictions.explanations.terms import TOLERANCE, explanations, largest_error
from soccer_assets.predictions.markets import forecast_matrices
from soccer_assets.score_matrices import result_probabilities
from soccer_assets.scoring import PROBABILITIES

GRID = (0.0, 0.2, 0.35, 0.6, 1.0)
CALIBRATORS = {
    "league_scaling": LeagueScaling(0.9, ("E0",), ((0.05, -0.02, -0.03),), (0.0, 0.01, -0.01)),
    "isotonic": Isotonic((GRID,) * 3, ((0.01, 0.22, 0.33, 0.62, 0.98),) * 3),
}


@pytest.fixture(scope="module")
def learned(season):
    """A week of the season, what was known of it, and what there was to learn from before it."""
    tables = ("match_features", "matches", "market_probabilities")
    features, matches, market = (season.lake.scan(name) for name in tables)
    known = examples(features, matches, market, season.first, season.today)
    predictions = season.lake.read("predictions", season.today, season.last)
    features = season.lake.read("match_features", season.today, season.last)
    return known, predictions, features, pre_match_prices(season.lake.scan("market_probabilities"))


@pytest.fixture(scope="module")
def estimators(learned):
    known = learned[0]
    fitted = {name: family.fit(known, NAMES, family.defaults, 0) for name, family in FAMILIES.items()}
    return fitted | {stack.NAME: StackEstimator(tuple(fitted.values()), (0.05, 0.1, 0.1, 0.1, 0.3, 0.2, 0.1, 0.2))}


@pytest.fixture(scope="module")
def move(season, learned):
    """How prices went until the close, learned from the season twice over: there are few matches."""
    known, _, _, prices = learned
    keys = ["match_date", "match_id"]
    closing = closing_prices(season.lake.scan("market_probabilities"))
    before, after = (
        known.select(keys).join(each, on=keys, how="left", maintain_order="left") for each in (prices, closing)
    )
    shares = after.select(pl.col(PROBABILITIES).fill_null(np.nan)).to_numpy()
    return fit_move(pl.concat([known, known]), NAMES, pl.concat([before, before]), np.vstack([shares, shares]))


@pytest.mark.parametrize("calibrator", CALIBRATORS.values(), ids=CALIBRATORS)
@pytest.mark.parametrize("family", [*FAMILIES, stack.NAME])
def test_the_terms_of_every_family_sum_to_its_forecasts(family, calibrator, learned, estimators, move):
    known, predictions, features, prices = learned
    blend = Blend(0.15, 0.88, move, matches=500)
    forecaster = Forecaster(estimators[family], calibrator, blend, NAMES, dt.date(2026, 10, 1), fit_goals(known, NAMES))
    keys = ["match_date", "match_id"]
    quoted = features.select(keys).join(prices, on=keys, how="left", maintain_order="left")
    p = {"model": forecaster.predict(features)}
    p["blend"] = forecaster.blend(p["model"], quoted, features)
    named = features.select(*keys).join(
        predictions.unique("match_id").drop(keys[0]), on="match_id", maintain_order="left"
    )
    forecasts = pl.concat(
        named.with_columns(
            *(pl.Series(name, shares[:, column]) for column, name in enumerate(PROBABILITIES)),
            line=pl.lit(line),
            model_version=pl.lit(forecaster.version),
        ).filter(pl.col("p_home").is_not_nan())
        for line, shares in p.items()
    ).drop_nulls("league")
    assert forecasts["line"].value_counts().height == 2
    models = pl.LazyFrame({"version": [forecaster.version], "forecaster": [forecaster.encode()]})
    rows = explanations(forecasts, features, models, prices)
    assert largest_error(rows, forecasts) <= TOLERANCE
    assert "revision" not in rows["term"].to_list()
    sums = rows.group_by("match_id", "line").agg(pl.col("home_away", "draw").sum())
    told = forecasts.join(sums, on=["match_id", "line"], maintain_order="left")
    again = of_log_odds(told.select("home_away", "draw").to_numpy())
    np.testing.assert_allclose(again, told.select(PROBABILITIES).to_numpy(), rtol=0, atol=1e-9)


def test_the_asset_explains_every_forecast_of_the_season(season):
    rows, predictions = (season.lake.read(name) for name in ("explanations", "predictions"))
    keys = ["match_date", "match_id", "line"]
    assert rows.select(keys).unique().height == predictions.height > 0
    assert largest_error(rows, predictions) <= TOLERANCE
    assert rows.filter(pl.col("term") == "revision").is_empty()
    by_line = dict(rows.group_by("line").agg(pl.col("term").unique().sort()).iter_rows())
    assert by_line["market"] == ["base", "prices"]
    assert {"base", "calibration", "prices", "price_move"} <= set(by_line["blend"])
    assert "prices" not in by_line["model"]


def test_the_words_are_those_of_the_catalogue(season):
    rows = season.lake.read("explanations").filter(pl.col("feature").is_not_null())
    words = {feature.name: (feature.description, feature.group) for feature in FEATURES}
    for name, description, term in rows.select("feature", "feature_description", "term").unique().iter_rows():
        assert (description, term) == words[name]
    features = season.lake.read("match_features").unpivot(index="match_id", on=NAMES, variable_name="feature")
    joined = rows.join(features, on=["match_id", "feature"], how="left")
    assert (joined["feature_value"] - joined["value"]).abs().max() == 0
    assert set(GROUPS) == {feature.group for feature in FEATURES}


def test_a_forecast_that_stands_as_it_was_sealed_says_what_was_revised(season):
    predictions = season.lake.read("predictions", season.today, season.last)
    features = season.lake.read("match_features", season.today, season.last)
    prices = pre_match_prices(season.lake.scan("market_probabilities"))
    sealed = predictions.with_columns(p_home=pl.col("p_home") - 0.01, p_away=pl.col("p_away") + 0.01)
    rows = explanations(sealed, features, season.lake.scan("selected_model"), prices)
    assert largest_error(rows, sealed) <= TOLERANCE
    revised = rows.filter(pl.col("term") == "revision")
    assert revised.height == sealed.filter(pl.col("line") != "market").height
    assert (revised["home_away"] < 0).all()


def test_a_model_that_is_gone_is_named(season):
    predictions = season.lake.read("predictions", season.today, season.last)
    none = season.lake.scan("selected_model").filter(pl.lit(False))
    prices = pre_match_prices(season.lake.scan("market_probabilities"))
    with pytest.raises(NotMaterializedError, match="expected the model [0-9a-f]{12} in selected_model, found 0 others"):
        explanations(predictions, season.lake.read("match_features"), none, prices)


def test_the_score_matrix_has_the_forecasts_own_1x2_so_it_adds_no_term(season):
    predictions = season.lake.read("predictions", season.today, season.last)
    for total in (np.nan, 0.55):
        matrices = forecast_matrices(predictions.with_columns(p_over=pl.lit(total)))
        expected = predictions.select(PROBABILITIES).to_numpy()
        np.testing.assert_allclose(log_odds(result_probabilities(matrices)), log_odds(expected), rtol=0, atol=1e-9)


def test_no_forecast_has_no_terms(season):
    none = season.lake.read("predictions").clear()
    prices = pre_match_prices(season.lake.scan("market_probabilities"))
    rows = explanations(none, season.lake.read("match_features"), season.lake.scan("selected_model"), prices)
    assert rows.is_empty()
    assert largest_error(rows, none) == 0
