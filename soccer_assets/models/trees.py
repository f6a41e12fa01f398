"""Forests of regression trees as plain numbers.

Whatever library grew the trees, they are kept and read in this one form: JSON that needs numpy only, so that a forecast
is made without the seconds that importing the library takes.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from soccer_assets.scoring import Floats

ROWS_AT_ONCE = 4096
#: Where a library splits the known from the missing, at infinity; JSON has no infinite numbers.
LARGEST = float(np.finfo(np.float64).max)


class Node(NamedTuple):
    """A split, `left` where `x <= threshold`; or a leaf, whose `feature` is -1 and whose `value` is added.

    `left` and `right` are places in the node's own tree, later than the node itself.
    """

    feature: int
    threshold: float
    missing_left: bool
    left: int
    right: int
    value: float


class Forest(msgspec.Struct, frozen=True, dict=True, eq=False, forbid_unknown_fields=True):
    """Nodes of all trees, one after the other; tree `t` starts at `roots[t]` and adds to score `t % outputs`."""

    outputs: int
    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    missing_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    @classmethod
    def from_trees(cls, trees: Iterable[Sequence[Node]], outputs: int) -> "Forest":
        """A forest of trees, each a list of nodes with its root first; a leaf leads to itself."""
        roots: list[int] = []
        rows: list[Node] = []
        for tree in trees:
            start = len(rows)
            roots.append(start)
            for i, node in enumerate(tree):
                leaf = node.feature < 0
                rows.append(
                    Node(
                        int(node.feature),
                        0.0 if leaf else min(max(float(node.threshold), -LARGEST), LARGEST),
                        bool(node.missing_left),
                        start + (i if leaf else int(node.left)),
                        start + (i if leaf else int(node.right)),
                        float(node.value) if leaf else 0.0,
                    )
                )
        columns = zip(*rows, strict=True) if rows else ((),) * 6
        return cls(outputs, tuple(roots), *columns)

    @cached_property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        fields = ("roots", "feature", "threshold", "missing_left", "left", "right", "value")
        return tuple(np.array(getattr(self, name)) for name in fields)

    def scores(self, inputs: Floats) -> Floats:
        """Sums of the leaves reached, `(n, outputs)`, for inputs `(n, k)` with NaN where unknown."""
        scores = np.zeros((len(inputs), self.outputs))
        if self.roots:
            for start in range(0, len(inputs), ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                scores[part] = self._scores(inputs[part])
        return scores

    def _scores(self, inputs: Floats) -> Floats:
        roots, feature, threshold, missing_left, left, right, value = self._arrays
        row = np.arange(len(inputs))[:, None]
        at = np.broadcast_to(roots, (len(inputs), len(roots)))
        while (feature[at] >= 0).any():
            x = inputs[row, feature[at]]  # a leaf reads the last column, and stays where it is
            goes_left = (x <= threshold[at]) | (np.isnan(x) & missing_left[at])
            at = np.where(goes_left, left[at], right[at])
        reached = value[at].reshape(len(inputs), -1, self.outputs)
        return np.asarray(reached.cumsum(axis=1)[:, -1])  # in the order of the trees, whatever the number of rows
