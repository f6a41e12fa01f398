"""Forests: read as the library that grew them reads them."""

import msgspec
import numpy as np
import pytest

from soccer_assets.models.families.boosted_trees import inputs, soft_gradients
from soccer_assets.models.trees import ROWS_AT_ONCE, Forest, Node

#: x0 <= 1 goes left (a missing one too): 10; else x1 <= 0 (a missing one goes right): 20 or 30.
TREE = [
    Node(0, 1.0, True, 1, 2, 0.0),
    Node(-1, 0.0, False, 0, 0, 10.0),
    Node(1, 0.0, False, 3, 4, 0.0),
    Node(-1, 0.0, False, 0, 0, 20.0),
    Node(-1, 0.0, False, 0, 0, 30.0),
]
STUMP = [Node(-1, 0.0, False, 0, 0, 0.5)]


def test_a_row_goes_left_up_to_the_threshold_and_a_missing_value_where_it_was_told():
    rows = np.array([[1.0, 9.0], [1.1, 0.0], [1.1, 0.1], [np.nan, 0.1], [2.0, np.nan]])
    assert Forest.from_trees([TREE], 1).scores(rows)[:, 0].tolist() == [10.0, 20.0, 30.0, 10.0, 30.0]


def test_trees_add_to_the_outputs_in_turn():
    forest = Forest.from_trees([TREE, STUMP, STUMP, STUMP], 2)
    assert forest.scores(np.array([[0.0, 0.0], [5.0, 5.0]])).tolist() == [[10.5, 1.0], [30.5, 1.0]]


def test_a_forest_without_trees_adds_nothing_and_no_row_gets_no_score():
    assert Forest.from_trees([], 3).scores(np.ones((4, 2))).tolist() == [[0.0] * 3] * 4
    assert Forest.from_trees([TREE], 1).scores(np.empty((0, 2))).shape == (0, 1)


def test_many_rows_are_read_in_parts_to_the_same_scores():
    rows = np.random.default_rng(0).normal(size=(ROWS_AT_ONCE + 3, 2)) * 2
    whole = Forest.from_trees([TREE], 1).scores(rows)
    assert np.vstack(
        [Forest.from_trees([TREE], 1).scores(rows[:5]), Forest.from_trees([TREE], 1).scores(rows[5:])]
    ).tolist() == (whole.tolist())


@pytest.fixture(scope="module")
def data():
    """Four hundred rows of single precision, some of them missing, with weights and soft labels."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(400, 4)).astype(np.float32).astype(np.float64)
    x[draw.random(x.shape) < 0.1] = np.nan
    told = draw.dirichlet(np.ones(3) * 4, size=400)
    return x, told, draw.random(400) + 0.5


def test_trees_of_lightgbm_are_read_as_lightgbm_reads_them(data):
    import lightgbm

    from soccer_assets.models.families.lightgbm import FIXED, _nodes

    x, told, w = data
    x = x.copy()
    x[:, 3] = np.nan_to_num(x[:, 3])  # a column that had nothing missing when it was learned
    settings = {**FIXED, "num_leaves": 8, "objective": lambda scores, _: soft_gradients(scores, told, w)}
    booster = lightgbm.train(settings, lightgbm.Dataset(x, init_score=np.zeros((400, 3))), 12)
    forest = Forest.from_trees((list(_nodes(tree["tree_structure"])) for tree in booster.dump_model()["tree_info"]), 3)
    x[::7, 3] = np.nan
    assert len(forest.roots) == 36
    assert forest.scores(x) == pytest.approx(booster.predict(x, raw_score=True), abs=1e-12)


def test_trees_of_xgboost_are_read_as_xgboost_reads_them(data):
    import json

    import xgboost

    from soccer_assets.models.families.xgboost import FIXED, _nodes

    x, told, w = data
    booster = xgboost.train(
        {**FIXED, "max_depth": 4},
        xgboost.QuantileDMatrix(x, max_bin=64, base_margin=np.zeros((400, 3))),
        12,
        obj=lambda scores, _: soft_gradients(np.asarray(scores, dtype=np.float64).reshape(-1, 3), told, w),
    )
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    forest = Forest.from_trees(map(_nodes, model["trees"]), 3)
    theirs = booster.predict(xgboost.DMatrix(x), output_margin=True)
    assert len(forest.roots) == 36 and max(forest.feature) == 3
    assert forest.scores(x) == pytest.approx(theirs, abs=1e-5)  # XGBoost adds in single precision


def test_trees_of_scikit_learn_are_read_as_scikit_learn_reads_them(data):
    from sklearn.ensemble import HistGradientBoostingRegressor

    from soccer_assets.models.families.histogram_gradient_boosting import _nodes

    x, told, w = data
    grown = HistGradientBoostingRegressor(max_iter=30, early_stopping=False, random_state=0)
    grown.fit(x, told[:, 0], sample_weight=w)
    forest = Forest.from_trees((_nodes(stage[0].nodes) for stage in grown._predictors), 1)
    ours = forest.scores(x)[:, 0] + grown._baseline_prediction.item()
    assert ours == pytest.approx(grown.predict(x), abs=1e-12)


def test_the_gradient_of_soft_labels_is_that_of_their_cross_entropy(data):
    _, told, w = data
    scores = np.random.default_rng(4).normal(size=(400, 3))

    def loss(moved):
        return -(w[:, None] * told * (moved - np.log(np.exp(moved).sum(axis=1, keepdims=True)))).sum(axis=1)

    gradient, curvature = soft_gradients(scores, told, w)
    for outcome in range(3):
        step = np.zeros(3)
        step[outcome] = 1e-5
        slope = (loss(scores + step) - loss(scores - step)) / 2e-5
        assert gradient[:, outcome] == pytest.approx(slope, abs=1e-7)
    assert curvature.min() > 0


def test_inputs_are_rounded_to_single_precision(world, columns):
    rounded = inputs(world(50).examples, columns)
    assert rounded.tolist() == rounded.astype(np.float32).tolist() or np.isnan(rounded).any()
    assert rounded[:, 0] == pytest.approx(world(50).examples["elo_diff"].to_numpy(), rel=1e-6)


def test_a_split_at_infinity_is_kept_and_read_again():
    known_or_missing = [Node(0, np.inf, False, 1, 2, 0.0), *STUMP, Node(-1, 0.0, False, 0, 0, 7.0)]
    kept = msgspec.json.decode(msgspec.json.encode(Forest.from_trees([known_or_missing], 1)), type=Forest)
    assert kept.scores(np.array([[1e300], [np.nan]]))[:, 0].tolist() == [0.5, 7.0]
