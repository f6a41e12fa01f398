from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.models.tree_contributions import shapley_values
from soccer_assets.models.trees import Forest, Node


def shapley(forest: Forest, x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The mean over all orders of what each input changes when it takes the place of the reference's."""
    values = np.zeros((len(x), forest.outputs))
    orders = list(permutations(range(len(x))))
    for order in orders:
        row = reference.copy()
        before = forest.scores(row[None])[0]
        for feature in order:
            row[feature] = x[feature]
            after = forest.scores(row[None])[0]
            values[feature] += (after - before) / len(orders)
            before = after
    return values


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, np.nan]), min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_contributions_are_the_mean_over_all_orders_of_inputs(row, seed):
    draw = np.random.default_rng(seed)
    reference, x = draw.choice([0.0, 0.5, 1.0, 2.0], 3), np.array(row)

    def grown(depth: int) -> list[Node]:
        """A tree whose paths split on a feature more than once."""
        nodes, waiting = [], [depth]
        for left in waiting:
            if left == 0:
                nodes.append(Node(-1, 0.0, False, 0, 0, float(draw.normal())))
                continue
            split = int(draw.integers(3)), float(draw.choice([0.0, 0.5, 1.0])), bool(draw.integers(2))
            nodes.append(Node(*split, len(waiting), len(waiting) + 1, 0.0))
            waiting += [left - 1, left - 1]
        return nodes

    forest = Forest.from_trees([grown(4), grown(3), grown(1), grown(0)], 2)
    contributions = shapley_values(forest, x[None], reference)[0]
    assert contributions == pytest.approx(shapley(forest, x, reference), abs=1e-12)
    difference = forest.scores(x[None])[0] - forest.scores(reference[None])[0]
    assert contributions.sum(axis=0) == pytest.approx(difference, abs=1e-12)


def test_a_forest_without_splits_has_no_contributions():
    forest = Forest.from_trees([[Node(-1, 0.0, False, 0, 0, 3.0)]], 2)
    assert shapley_values(forest, np.ones((2, 3)), np.zeros(3)).tolist() == np.zeros((2, 3, 2)).tolist()
    assert shapley_values(Forest.from_trees([], 1), np.empty((0, 3)), np.zeros(3)).shape == (0, 3, 1)
