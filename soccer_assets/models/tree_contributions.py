"""Shapley values of a forest: what each input adds to the scores of a reference row (Lundberg and others 2020).

Where an input and the reference's go different ways at a split, both are followed: of the leaves reached, each needs a
inputs of the row and b of the reference. Its value is what those a bring about if none of the b comes with them, so an
input's share of the value is (a - 1)! b! / (a + b)!, or less a! (b - 1)! / (a + b)! for one of the b. This is exact.
"""

from math import comb

import numpy as np
from numba import njit
from numpy.typing import NDArray

from soccer_assets.models.trees import Forest
from soccer_assets.scoring import Bools, Floats, Ints

#: Features of a path that go different ways, at most.
MOST_FEATURES = 64
#: (a - 1)! b! / (a + b)! = 1 / (a C(a + b, a)), by a and b.
SHARES = np.array(
    [[1 / (a * comb(a + b, a)) if a else 0.0 for b in range(MOST_FEATURES)] for a in range(MOST_FEATURES)]
)


def shapley_values(forest: Forest, inputs: Floats, reference: Floats) -> Floats:
    """Return the contributions `(n, k, outputs)` of inputs `(n, k)`, NaN where unknown, to the scores of the reference.

    The sum over the inputs is the forest's score less that of `reference`, `(k,)`.
    """
    roots, feature, left, right = (
        np.array(each, dtype=np.int64) for each in (forest.roots, forest.feature, forest.left, forest.right)
    )
    threshold, value = (np.array(each, dtype=np.float64) for each in (forest.threshold, forest.value))
    missing_left = np.array(forest.missing_left, dtype=np.bool_)
    inputs = np.ascontiguousarray(inputs)
    nodes = feature, left, right, threshold, missing_left, value
    return np.asarray(_follow(inputs, reference, forest.outputs, roots, *nodes, SHARES))


@njit(cache=True)
def _follow(
    inputs: Floats, reference: Floats, outputs: int, roots: Ints, feature: Ints, left: Ints, right: Ints,
    threshold: Floats, missing_left: Bools, value: Floats, shares: Floats,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the contributions `(n, k, outputs)`.

    Args:
        inputs: (n, k), NaN where unknown.
        reference: (k,), NaN where unknown.
        outputs: scores of the forest; tree t adds to score t % outputs.
        roots: (trees,) node of each root.
        feature: (nodes,) column that a split reads; -1 for a leaf.
        left: (nodes,) node after a split where the input is at most the threshold.
        right: (nodes,) node after a split otherwise.
        threshold: (nodes,) of the splits.
        missing_left: (nodes,) whether NaN goes left.
        value: (nodes,) of the leaves.
        shares: share of a leaf's value by the numbers of inputs of the row and of the reference that it needs.
    """
    values = np.zeros((len(inputs), inputs.shape[1], outputs))
    # splits at which the ways part, on the path: the feature, and whether the row's way is taken
    parted, taken = np.empty(len(shares), dtype=np.int64), np.empty(len(shares), dtype=np.bool_)
    waiting, depths = np.empty(len(shares), dtype=np.int64), np.empty(len(shares), dtype=np.int64)
    for row in range(len(inputs)):
        for tree in range(len(roots)):
            output, open_ways, depth, node = tree % outputs, 0, 0, roots[tree]
            while True:
                while feature[node] >= 0:
                    x, theirs = inputs[row, feature[node]], reference[feature[node]]
                    goes_left = missing_left[node] if np.isnan(x) else x <= threshold[node]
                    they_go_left = missing_left[node] if np.isnan(theirs) else theirs <= threshold[node]
                    if goes_left != they_go_left:
                        before = 0
                        while before < depth and parted[before] != feature[node]:
                            before += 1
                        if before == depth:
                            waiting[open_ways] = left[node] if they_go_left else right[node]
                            depths[open_ways] = depth
                            open_ways += 1
                            parted[depth], taken[depth] = feature[node], True
                            depth += 1
                        elif not taken[before]:
                            goes_left = they_go_left
                    node = left[node] if goes_left else right[node]
                a = 0
                for split in range(depth):
                    a += taken[split]
                b = depth - a
                for split in range(depth):
                    share = shares[a, b] if taken[split] else -shares[b, a]
                    values[row, parted[split], output] += share * value[node]
                if open_ways == 0:
                    break
                open_ways -= 1
                node, depth = waiting[open_ways], depths[open_ways] + 1
                taken[depth - 1] = False  # the feature is as it was, the reference's way is followed
    return values
