import json

import numpy as np
import polars as pl
import pytest

from soccer_assets.features.catalog import FEATURES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.model_card import LEAST_IN_LEAGUE, card
from soccer_assets.models.champion.promotion_gate import Condition, Verdict
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.goals_model import GoalsModel
from soccer_assets.models.schema import PREDICTION
from soccer_assets.models.selection.blending import DEFAULT_BLEND
from soccer_assets.models.selection.calibration import Identity
from soccer_assets.models.training_data import Scaling
from soccer_assets.scoring import summary

KNOWN_FEATURES = ("elo_diff", "noise")
REFUSED = Verdict((Condition("ECE", False, "0.0500", "at most 0.0200"),), None)


@pytest.fixture(scope="module")
def known(world):
    return world(3000, seed=12, elo_only=True)


@pytest.fixture(scope="module")
def model(known):
    family = FAMILIES["logistic_regression"]
    estimator = family.fit(known.examples, KNOWN_FEATURES, family.defaults, 0)
    goals = GoalsModel(Scaling((), (), (), (), ()), ((), ()), (0.4, 0.1), -0.05)
    through = known.examples["match_date"].max()
    forecaster = Forecaster(estimator, Identity(), DEFAULT_BLEND, KNOWN_FEATURES, through, goals)
    ids = known.examples["match_id"].to_list()[2000:]
    told = [
        dict(zip(PREDICTION, (match, *p), strict=True))
        for match, p in zip(ids, known.truth[2000:].tolist(), strict=True)
    ]
    return {
        "match_date": through, "family": "logistic_regression", "trained_through": through, "examples": 3000,
        "parameters": json.dumps({"penalty": 1000.0}), "version": forecaster.version, "log_loss": 1.0,
        "comparison": [], "reason": "it is the best.", "calibration": [],
        "lines": [{"line": "model", "log_loss": 0.98765}], "out_of_fold": told,
        "forecaster": forecaster.encode(),
    }  # fmt: skip


@pytest.fixture(scope="module")
def row(model, known):
    return card(model, known.examples, REFUSED, 1).row(0, named=True)


def test_the_card_tells_what_the_model_is_and_what_it_learned_from(row, model, known):
    first, last = known.examples["match_date"].min(), known.examples["match_date"].max()
    assert (row["version"], row["family"], row["accepted"]) == (model["version"], "logistic_regression", False)
    assert (row["learned_from"], row["trained_through"], row["examples"]) == (first, last, 3000)
    group = next(feature.group for feature in FEATURES if feature.name == "elo_diff")
    assert row["features"] == [{"group": group, "features": ["elo_diff"]}]
    assert row["conditions"] == [{"name": "ECE", "holds": False, "value": "0.0500", "needed": "at most 0.0200"}]


def test_scores_by_league_are_those_of_the_selection_fold(row, known):
    leagues = {each["league"]: {name: each[name] for name in each if name != "league"} for each in row["leagues"]}
    assert set(leagues) == {"D1", "E0"}
    mine = (known.examples["league"] == "D1").to_numpy() & (np.arange(3000) >= 2000)
    assert leagues["D1"] == pytest.approx(summary(known.truth[mine], known.y[mine]))


def test_a_league_of_few_matches_is_not_scored_alone(model, known):
    rare = pl.when(pl.int_range(pl.len()) >= 3001 - LEAST_IN_LEAGUE).then(pl.lit("NOR")).otherwise("league")
    leagues = card(model, known.examples.with_columns(league=rare), REFUSED, 1)["leagues"].to_list()[0]
    assert [each["league"] for each in leagues] == ["D1", "E0"]


def test_reliability_counts_every_match_once_an_outcome_and_is_near_the_diagonal_for_the_truth(row):
    reliability = pl.DataFrame(row["reliability"])
    assert reliability.group_by("outcome", maintain_order=True).agg(pl.col("matches").sum()).rows() == [
        ("home", 1000), ("draw", 1000), ("away", 1000),
    ]  # fmt: skip
    many = reliability.filter(pl.col("matches") >= 100)
    assert max((many["forecast"] - many["happened"]).abs()) < 0.12


def test_what_the_model_relies_on_costs_most_when_shuffled(row):
    importances = row["importances"]
    assert [each["feature"] for each in importances] == ["elo_diff", "noise"]
    assert importances[0]["lost"] > 0.03 > 0.005 > abs(importances[1]["lost"])


def test_the_same_seed_makes_the_same_card(row, model, known):
    assert card(model, known.examples, REFUSED, 1).row(0, named=True) == row


def test_the_page_has_every_part(row):
    text = row["text"]
    assert text.startswith(f"# logistic_regression {row['version']} of {row['match_date']}\n\n3,000 matches from ")
    assert "it is the best." in text
    assert "## The gate: refused\n\n| name | holds | value | needed |" in text
    assert "| model | 0.9877 |" in text
    assert "![calibration](data:image/svg+xml;base64," in text
    assert "| penalty |\n| --- |\n| 1000.0000 |" in text
    assert all(f"- {limit}" in text for limit in row["limits"])
