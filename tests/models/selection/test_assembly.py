"""The forecaster made of candidates in a world with known truth."""

import json

import numpy as np
import polars as pl
import pytest

from soccer_assets.errors import ModelError
from soccer_assets.features.catalog import NAMES
from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import selection_fold
from soccer_assets.models.families import FAMILIES
from soccer_assets.models.selection.assembly import OutOfFold, selected
from soccer_assets.models.selection.calibration import Temperature
from soccer_assets.scoring import OUTCOMES, PROBABILITIES, log_loss

FOLDS = (3000, 4500, 6000)  # where the first tuning fold begins, the selection fold, and the end
FAMILIES_HERE = ("climatology", "elo_ordered_logit")


@pytest.fixture(scope="module")
def known(world):
    return world(6000, seed=12, elo_only=True)


@pytest.fixture(scope="module")
def examples(known):
    """The world's matches with every feature of the catalogue; those it does not tell of are zero."""
    absent = [name for name in NAMES if name not in known.examples.columns]
    zeros = (pl.lit(0.0).alias(name) for name in absent)
    return known.examples.with_columns(*zeros, closing_over=pl.lit(None, pl.Float64))


@pytest.fixture(scope="module")
def market(known):
    """The truth as a price, on all matches but the first 500 of the folds; Pinnacle on every other."""
    rows = known.examples.select("match_date", "match_id")
    prices = [pl.Series(name, known.truth[:, place]) for place, name in enumerate(PROBABILITIES)]
    pinnacle = [pl.Series(f"pinnacle_{name}", known.truth[:, place]) for place, name in enumerate(OUTCOMES)]
    rows = rows.with_columns(*prices, *pinnacle, p_over=pl.lit(None, pl.Float64))[3500:].reverse()
    odd = pl.int_range(pl.len()) % 2 == 1
    return rows.with_columns(pl.when(odd).then(f"pinnacle_{name}").alias(f"pinnacle_{name}") for name in OUTCOMES)


@pytest.fixture(scope="module")
def closing(known):
    """The truth at the close too."""
    rows = known.examples.select("match_date", "match_id", p_over=pl.lit(None, pl.Float64))
    return rows.with_columns(pl.Series(name, known.truth[:, place]) for place, name in enumerate(PROBABILITIES))


def _oof(known, p):
    rows = known.examples.select("match_id").with_columns(
        pl.Series(name, p[:, place]) for place, name in enumerate(PROBABILITIES)
    )
    fold = pl.when(pl.int_range(pl.len()) < FOLDS[1]).then(0).otherwise(1).cast(pl.Int64)
    return rows.with_columns(fold=fold)[FOLDS[0] :].select("match_id", "fold", *PROBABILITIES)


@pytest.fixture(scope="module")
def candidates(known, examples):
    sharp = known.truth**1.6 / (known.truth**1.6).sum(axis=1, keepdims=True)
    said = {"climatology": np.tile(known.truth.mean(axis=0), (6000, 1)), "elo_ordered_logit": sharp}
    return [
        {
            "match_date": known.examples["match_date"].max(), "family": name, "complexity": place, "examples": 6000,
            "trained_through": known.examples["match_date"].max(), "parameters": json.dumps({"half_life_days": 900.0}),
            "out_of_fold": _oof(known, said[name]).to_dicts(),
            "estimator": FAMILIES[name].fit(examples, NAMES, FAMILIES[name].defaults, 0).encode(),
        }
        for place, name in enumerate(FAMILIES_HERE)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def row(candidates, examples, market, closing):
    return selected(candidates, examples, market, closing, 0).row(0, named=True)


def test_the_better_family_is_chosen_and_repaired(row):
    forecaster = Forecaster.decode(row["forecaster"])
    assert (row["family"], forecaster.family, row["version"]) == (
        "elo_ordered_logit",
        row["family"],
        forecaster.version,
    )
    assert isinstance(forecaster.calibrator, Temperature)
    assert forecaster.calibrator.exponent == pytest.approx(1 / 1.6, abs=0.05)
    forms = {each["form"]: each["chosen"] for each in row["calibration"]}
    assert [form for form, chosen in forms.items() if chosen] == ["temperature"]
    assert forecaster.goal_rates(pl.DataFrame({"league": ["E0"], **{name: [0.0] for name in NAMES}}))[0].min() > 0.5


def test_the_blend_is_learned_from_the_priced_matches(row):
    blend = Forecaster.decode(row["forecaster"]).market_blend
    assert blend.matches == 2500
    total = blend.model_weight + blend.market_weight
    assert total == pytest.approx(1.0, abs=0.1)  # both are the truth


def test_what_is_selection_fold_the_selection_fold_was_learned_before_it(row, known, examples, market, closing):
    told = selection_fold(row)
    assert told["match_id"].to_list() == known.examples["match_id"].to_list()[FOLDS[1] :]
    p = told.select(PROBABILITIES).to_numpy()
    assert np.abs(p - known.truth[FOLDS[1] :]).max() < 0.05
    # other outcomes of the selection fold change nothing that is said of it
    turned = examples.with_columns(
        outcome=pl.when(pl.int_range(pl.len()) >= FOLDS[1] + 40)
        .then(2 - pl.col("outcome"))
        .otherwise("outcome")
        .cast(pl.Int8)
    )
    candidate = {
        "match_date": row["match_date"], "family": "elo_ordered_logit", "complexity": 1, "examples": 6000,
        "trained_through": row["trained_through"], "parameters": "{}",
        "out_of_fold": _oof(known, known.truth).to_dicts(),
        "estimator": Forecaster.decode(row["forecaster"]).estimator.encode(),
    }  # fmt: skip
    there, here = (
        selected([candidate], each, market, closing, 0)["out_of_fold"].item().to_list() for each in (examples, turned)
    )
    assert there == here


def test_the_lines_stand_beside_the_market(row, known):
    lines = {each["line"]: each for each in row["lines"]}
    assert list(lines) == ["model", "market", "blend"]
    priced = slice(FOLDS[1], None)
    assert lines["market"]["n"] == 1500
    assert lines["market"]["log_loss"] == pytest.approx(log_loss(known.truth[priced], known.y[priced]).mean())
    assert (lines["market"]["difference"], lines["market"]["difference_high"]) == (0.0, 0.0)
    assert lines["blend"]["difference_low"] <= 0.0 <= lines["blend"]["difference_high"]
    assert lines["market"]["divergence"] == 0.0  # the truth before the match and at the close
    assert 0.0 < lines["blend"]["divergence"] < lines["model"]["divergence"]


def test_the_same_candidates_make_the_same_row_to_the_byte(row, candidates, examples, market, closing):
    assert selected(candidates, examples, market, closing, 0).row(0, named=True) == row


def test_without_prices_nothing_is_made_up(candidates, examples, market, closing):
    bare = selected(candidates, examples, market.clear(), closing.clear(), 0).row(0, named=True)
    assert bare["lines"] == []
    assert Forecaster.decode(bare["forecaster"]).market_blend.matches == 0


def test_a_blend_is_to_be_near_the_closing_price_and_where_there_is_none_the_outcome(known, examples, market, closing):
    met = OutOfFold(_oof(known, known.truth), examples, market, closing[: FOLDS[1]], 0)
    expected = np.concatenate([known.truth[FOLDS[0] : FOLDS[1]], np.eye(3)[known.y[FOLDS[1] :]]])
    assert met.closing_or_outcome == pytest.approx(expected)


def test_a_price_of_another_date_of_a_moved_match_is_not_taken(known, examples, market):
    first = market.sort("match_id").head(1).with_columns(pl.col("match_date").dt.offset_by("-30d"))
    met = OutOfFold(_oof(known, known.truth), examples, pl.concat([market, first]), market.clear(), 0)
    assert (len(met.prices), met.priced.sum()) == (3000, 2500)


def test_a_prediction_of_an_unknown_match_is_refused(known, examples, market):
    strange = _oof(known, known.truth).with_columns(match_id=pl.lit("x"))
    with pytest.raises(ModelError, match=r"found 3000 of 3000 without, such as \['x', 'x', 'x', 'x', 'x'\]"):
        OutOfFold(strange, examples, market, market.clear(), 0)
