"""Decision trees as plain numbers, evaluated with numpy alone.

Every node a row does not satisfy strikes out the leaves below it, and the first leaf that is left is the row's
(Lucchese et al., QuickScorer, 2015). What a value of a feature strikes out in all trees is looked up at once, by the
bounds it exceeds.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

MOST_LEAVES = 16
_ROWS_AT_ONCE = 512
_EVERY = (1 << MOST_LEAVES) - 1


class Tree(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tree: node `k` goes to `below[k]` where its feature is at most its bound, else to `above[k]`.

    Node 0 is the root; a negative target `-1 - m` is leaf `m`, leaves counted from below to above.
    """

    feature: tuple[int, ...]
    bound: tuple[float, ...]
    below: tuple[int, ...]
    above: tuple[int, ...]
    leaf: tuple[float, ...]

    def leaves(self, target: int) -> int:
        """Bits of the leaves that can be reached from a target."""
        if target < 0:
            return 1 << (-1 - target)
        return self.leaves(self.below[target]) | self.leaves(self.above[target])


class Forest:
    """Trees side by side."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._leaf = np.zeros((len(trees), MOST_LEAVES))
        nodes: dict[int, list[tuple[float, int, int]]] = {}
        for number, tree in enumerate(trees):
            self._leaf[number, : len(tree.leaf)] = tree.leaf
            for feature, bound, below in zip(tree.feature, tree.bound, tree.below, strict=True):
                nodes.setdefault(feature, []).append((bound, number, _EVERY & ~tree.leaves(below)))
        #: Of each feature that is used, its bounds and, by the number of bounds exceeded, the leaves left in each tree.
        self._left: list[tuple[int, NDArray[np.float64], NDArray[np.uint16]]] = []
        for feature, splits in sorted(nodes.items()):
            bounds = sorted({bound for bound, _, _ in splits})
            left = np.full((len(bounds) + 1, len(trees)), _EVERY, dtype=np.uint16)
            for bound, number, leaves in splits:
                left[bounds.index(bound) + 1 :, number] &= np.uint16(leaves)
            self._left.append((feature, np.array(bounds), left))

    def total(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The leaves of each row of inputs `(n, features)`, added up."""
        total = np.empty(len(inputs))
        every_tree = np.arange(len(self._leaf))
        for begin in range(0, len(inputs), _ROWS_AT_ONCE):
            rows = inputs[begin : begin + _ROWS_AT_ONCE]
            left = np.full((len(rows), len(self._leaf)), _EVERY, dtype=np.uint16)
            for feature, bounds, table in self._left:
                left &= table[np.searchsorted(bounds, rows[:, feature], side="left")]
            first = np.bitwise_count((left & -left) - np.uint16(1))
            total[begin : begin + len(rows)] = self._leaf[every_tree, first].sum(axis=1)
        return total
