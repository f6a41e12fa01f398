import polars as pl
import pytest

from soccer_assets.predictions.schema import SCENARIOS
from soccer_assets.scoring import OUTCOMES, PROBABILITIES

KEYS = ["match_date", "match_id"]


@pytest.fixture(scope="module")
def rows(season) -> pl.DataFrame:
    return season.lake.read("forecast_scenarios", season.today, season.last)


@pytest.fixture(scope="module")
def predictions(season) -> pl.DataFrame:
    return season.lake.read("predictions", season.today, season.last)


def test_without_a_price_the_blend_is_the_model(rows, predictions):
    without = rows.filter(scenario="no_price").sort(KEYS)
    blend = predictions.filter(line="blend").sort(KEYS)
    model = predictions.filter(line="model").join(blend.select(KEYS), on=KEYS).sort(KEYS)
    assert without["line"].unique().to_list() == ["blend"]
    assert without.select(KEYS).equals(blend.select(KEYS))
    assert without.select(PROBABILITIES).equals(model.select(PROBABILITIES))


def test_a_change_is_to_the_forecast_and_the_probabilities_sum_to_one(rows, predictions):
    joined = rows.join(predictions, on=[*KEYS, "line"], suffix="_stored")
    assert len(joined) == len(rows) > 0
    for outcome in OUTCOMES:
        change = joined[f"p_{outcome}"] - joined[f"p_{outcome}_stored"]
        assert (change - joined[f"change_{outcome}"]).abs().max() < 1e-12
    assert (rows.select(total=pl.sum_horizontal(PROBABILITIES))["total"] - 1).abs().max() < 1e-9


def test_both_lines_have_the_scenarios_of_both_clubs_and_results_matter(rows, predictions):
    counts = dict(rows.group_by("scenario").len().iter_rows())
    lines = predictions.filter(pl.col("line").is_in(["model", "blend"])).height
    assert set(counts) == set(SCENARIOS)
    assert counts["home_without_last_result"] == counts["away_without_last_result"] == lines
    last = rows.filter(pl.col("scenario") != "no_price", pl.col("line") == "model")
    assert (last["change_home"].abs() > 1e-6).mean() > 0.9
    assert last["change_home"].abs().max() < 0.2
