"""A table of the lake as one commit left it, and what is computed from it as long as it lasts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable

#: Name, size and time of each commit of a table, which change with every change of it.
Log = tuple[tuple[str, int, int], ...]


class LocalTable(DeltaTable):
    """A table in a folder of this machine.

    Delta percent-encodes the paths of its files, and polars takes a path as it stands.
    """

    folder: Path

    def file_uris(self, *arguments: Any, **named: Any) -> list[str]:
        """The paths of the table's files; they all lie in its folder, since no table has partitions."""
        return [f"{self.folder}/{uri.rpartition('/')[2]}" for uri in super().file_uris(*arguments, **named)]


@dataclass(frozen=True)
class TableState:
    """A table as it was when it was opened, with what was computed from it; nobody writes to this object.

    `log` is that of the commits that were there before it was opened.
    """

    name: str
    log: Log
    table: DeltaTable
    _derived: dict[Callable[["TableState"], pl.DataFrame], pl.DataFrame] = field(default_factory=dict)

    @property
    def rows(self) -> pl.LazyFrame:
        return pl.scan_delta(self.table)

    def derived(self, compute: Callable[["TableState"], pl.DataFrame]) -> pl.DataFrame:
        """What a function computes from this state, computed once."""
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        return self._derived[compute]
