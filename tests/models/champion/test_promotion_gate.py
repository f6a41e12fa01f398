"""The gate, on forecasts whose truth is known."""

import datetime as dt

import msgspec
import numpy as np
import polars as pl
import pytest

from soccer_assets.models.champion.forecaster import Forecaster
from soccer_assets.models.champion.promotion_gate import champion_on, judge, ledger, standing
from soccer_assets.models.families.climatology import ClimatologyEstimator
from soccer_assets.models.goals_model import GoalsModel
from soccer_assets.models.schema import PREDICTION, PROMOTIONS, SELECTED_MODEL
from soccer_assets.models.selection.blending import DEFAULT_BLEND
from soccer_assets.models.selection.calibration import Identity
from soccer_assets.models.training_data import Scaling
from soccer_assets.storage.lake import Lake

GOALS = GoalsModel(Scaling((), (), (), (), ()), ((), ()), (0.4, 0.1), -0.05)
EVEN = (0.45, 0.25, 0.30)


@pytest.fixture(scope="module")
def known(world):
    return world(4000, seed=8)


def model(world, p, day, through=None, n=2000, estimator_says=EVEN):
    """A row of `selected_model` that said `p` of the newest `n` matches, and whose estimator always says the same."""
    through = through or day - dt.timedelta(days=1)
    estimator = ClimatologyEstimator(("E0",), (estimator_says,), estimator_says)
    forecaster = Forecaster(estimator, Identity(), DEFAULT_BLEND, (), through, GOALS)
    ids = world.examples["match_id"].to_list()[-n:]
    told = [dict(zip(PREDICTION, (match, *row), strict=True)) for match, row in zip(ids, p[-n:].tolist(), strict=False)]
    return {
        "match_date": day, "family": "climatology", "trained_through": through, "examples": 4000, "parameters": "{}",
        "version": forecaster.version + str(day), "log_loss": 1.0, "comparison": [], "reason": "it is here.",
        "calibration": [], "lines": [], "out_of_fold": told, "forecaster": forecaster.encode(),
    }  # fmt: skip


def move(row, since, at=0, accepted=True):
    return {
        "moved_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=at), "effective_from": since,
        "alias": "champion", "version": row["version"], "model_date": row["match_date"], "previous": None,
        "registry_version": "1", "accepted": accepted, "conditions": [], "reason": "",
    }  # fmt: skip


def moves(*rows):
    return pl.DataFrame(list(rows), schema=PROMOTIONS.schema)


def verdict(world, row, *earlier, checks=(), least=150):
    models = pl.DataFrame(list(earlier), schema=SELECTED_MODEL.schema).lazy()
    held = moves(*(move(each, each["match_date"], place) for place, each in enumerate(earlier)))
    return judge(row, models, held, world.examples, checks, least)


def holding(told):
    return {condition.name.split(" ")[0]: condition.holds for condition in told.conditions}


def noisy(p, size, seed=0):
    p = p * np.exp(np.random.default_rng(seed).normal(size=p.shape) * size)
    return p / p.sum(axis=1, keepdims=True)


def days(known):
    newest = known.examples["match_date"].max()
    return newest - dt.timedelta(days=27), newest + dt.timedelta(days=1)


def test_the_first_model_needs_only_the_floor(known):
    told = verdict(known, model(known, known.truth, days(known)[1]))
    assert told.accepted and told.previous is None
    assert holding(told) == {"learned": True, "checks": True, "matches": True, "ECE": True}
    assert told.reason == "every condition of the gate holds"


def test_a_biased_model_is_refused_and_the_reason_gives_its_ece(known):
    biased = known.truth * np.array([1.35, 1.0, 1.0])
    biased /= biased.sum(axis=1, keepdims=True)
    told = verdict(known, model(known, biased, days(known)[1]))
    assert not told.accepted and holding(told)["ECE"] is False
    assert told.reason.startswith("ECE: found 0.0") and told.reason.endswith("needed at most 0.0200")


def test_a_calibrated_model_is_not_refused_for_the_luck_of_few_matches(world):
    few = [world(300, seed=seed) for seed in range(20)]
    told = [verdict(each, model(each, each.truth, days(each)[1], n=300)) for each in few]
    assert sum(holding(each)["ECE"] for each in told) >= 18


def test_too_few_matches_are_refused(known):
    told = verdict(known, model(known, known.truth, days(known)[1], n=100))
    assert told.reason == "matches: found 100, needed at least 150"
    nothing = verdict(known, model(known, known.truth[:0], days(known)[1], n=4000) | {"out_of_fold": []})
    assert nothing.reason == "matches: found 0, needed at least 150"


def test_a_failed_check_and_a_model_that_saw_its_date_are_refused(known):
    _, day = days(known)
    told = verdict(known, model(known, known.truth, day), checks=["matches: goals_are_whole"])
    assert told.reason == "checks: found matches: goals_are_whole, needed no blocking check failed"
    late = verdict(known, model(known, known.truth, day, through=day))
    assert holding(late)["learned"] is False


def test_a_clearly_worse_model_is_refused_and_one_that_cannot_be_told_apart_accepted(known):
    first, day = days(known)
    champion = model(known, known.truth, first, through=day)  # its forecasts of every match are those out of fold
    worse = verdict(known, model(known, np.tile(known.truth.mean(axis=0), (4000, 1)), day), champion)
    assert holding(worse) == {"learned": True, "checks": True, "matches": True, "ECE": True, "log": False}
    assert worse.previous == champion["version"]
    assert worse.reason.startswith(f"log loss against {champion['version']}: found +0.")
    alike = verdict(known, model(known, noisy(known.truth, 0.01), day), champion)
    assert alike.accepted
    better = verdict(known, model(known, known.truth, day), model(known, noisy(known.truth, 0.4), first, through=day))
    assert better.accepted


def test_a_champion_is_asked_itself_of_the_matches_after_it_and_out_of_fold_before(known):
    first, day = days(known)
    # out of fold it knew the truth, but ever since it has said the same of every match
    champion = model(known, known.truth, first, estimator_says=(0.2, 0.2, 0.6))
    challenger = model(known, known.truth, day)
    told = verdict(known, challenger, champion)
    assert told.accepted
    found = told.conditions[-1].value
    since = known.examples["match_date"].to_numpy() >= np.datetime64(first)
    y = known.y[since]
    gain = (np.log(np.array([0.2, 0.2, 0.6])[y]) - np.log(known.truth[since][np.arange(len(y)), y])).sum() / 2000
    assert found.startswith(f"{gain:+.4f} ")


def test_the_gate_decides_on_matches_that_both_forecast_unseen(known):
    first, day = days(known)
    champion = model(known, known.truth, first, through=day, n=120)
    told = verdict(known, model(known, known.truth, day), champion)
    assert told.reason == "matches: found 120, needed at least 150"


def test_the_same_verdict_twice(known):
    first, day = days(known)
    champion = model(known, noisy(known.truth, 0.1), first)
    pair = [verdict(known, model(known, known.truth, day), champion) for _ in range(2)]
    assert pair[0] == pair[1]
    assert msgspec.json.encode(pair[0].conditions) == msgspec.json.encode(pair[1].conditions)


def test_a_model_made_again_is_judged_as_the_first_time_was(known):
    first, day = days(known)
    champion, challenger = model(known, known.truth, first, through=day), model(known, known.truth, day)
    models = pl.DataFrame([champion, challenger], schema=SELECTED_MODEL.schema).lazy()
    held = moves(move(champion, first), move(challenger, day, 1))
    assert judge(challenger, models, held, known.examples, [], 150).previous == champion["version"]


def test_a_date_is_forecast_by_the_last_move_that_holds_on_it():
    rows = [{"version": name, "match_date": dt.date(2025, 3, 1)} for name in "abcd"]
    march = [dt.date(2025, 3, day) for day in (1, 10, 10, 20)]
    told = moves(
        move(rows[1], march[1], 0),
        move(rows[0], march[0], 5),  # the past made later: it changes nothing from the 10th on
        move(rows[2], march[2], 9),  # made again for the same date
        move(rows[3], march[3], 10, accepted=False),
    )
    asked = [dt.date(2025, 3, day) for day in (25, 1, 9, 10, 28)] + [dt.date(2025, 2, 28)]
    assert champion_on(told, asked).to_list() == ["c", "a", "a", "c", "c", None]
    assert champion_on(standing(told, ["a", "b"]), asked).to_list() == ["b", "a", "a", "b", "b", None]


def test_an_empty_ledger_names_nobody(tmp_path):
    empty = ledger(Lake(str(tmp_path)))
    assert empty.schema == PROMOTIONS.schema
    assert champion_on(empty, [dt.date(2025, 3, 1)]).to_list() == [None]
    assert champion_on(empty, []).to_list() == []
