import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from soccer_assets.linking.names.trees import MOST_LEAVES, Forest, Tree

BOUNDS = st.sampled_from([-1.0, 0.0, 0.5, 2.0])


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A tree of at most 16 leaves over three features."""
    feature: list[int] = []
    bound: list[float] = []
    targets: list[tuple[int, int]] = []
    leaf: list[float] = []

    def grow(room: int) -> int:
        if room == 1 or (feature and draw(st.booleans())):
            leaf.append(draw(st.integers(-8, 8)) / 4)
            return -len(leaf)
        here = len(feature)
        feature.append(draw(st.integers(0, 2)))
        bound.append(draw(BOUNDS))
        targets.append((0, 0))
        below = grow(room // 2)
        targets[here] = below, grow(room - room // 2)
        return here

    grow(MOST_LEAVES)
    below, above = zip(*targets, strict=True)
    return Tree(tuple(feature), tuple(bound), below, above, tuple(leaf))


def walked(tree: Tree, row: list[float]) -> float:
    node = 0
    while node >= 0:
        node = tree.below[node] if row[tree.feature[node]] <= tree.bound[node] else tree.above[node]
    return tree.leaf[-1 - node]


VALUES = st.one_of(BOUNDS, st.floats(-3, 3))


@given(st.lists(trees(), min_size=1, max_size=4), st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=5))
def test_all_trees_at_once_give_what_walking_down_each_gives(forest: list[Tree], rows: list[list[float]]) -> None:
    inputs = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    assert Forest(forest).total(inputs).tolist() == [sum(walked(tree, row) for tree in forest) for row in rows]
