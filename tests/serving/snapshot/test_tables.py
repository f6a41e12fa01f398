"""The API imports no stage, so it repeats the columns it reads; here they are held against the stages' own tables."""

import polars as pl
import pytest

from serving.api.matches import MatchStatus
from serving.api.predictions import Line
from serving.api.reports import QualityLine
from serving.snapshot.tables import COLUMNS, read
from soccer_assets.errors import SchemaError
from soccer_assets.matches.schema import MATCHES, STATUSES, TEAMS
from soccer_assets.models.schema import PROMOTIONS, SELECTED_MODEL
from soccer_assets.monitoring.schema import DRIFT_REPORT, QUALITY_REPORT, SETTLED_LINES
from soccer_assets.predictions.schema import LINES, PREDICTIONS, VALUE_BETS
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Table

TABLES = (MATCHES, TEAMS, PREDICTIONS, VALUE_BETS, QUALITY_REPORT, DRIFT_REPORT, SELECTED_MODEL, PROMOTIONS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_read_is_declared_with_that_type(table: Table) -> None:
    declared = {name: table.schema.get(name) for name in COLUMNS[table.name]}
    assert declared == COLUMNS[table.name]


def test_the_tables_read_are_those_declared() -> None:
    assert set(COLUMNS) == {table.name for table in TABLES}


def test_the_words_of_the_filters_are_those_of_the_tables() -> None:
    assert MatchStatus.__args__ == STATUSES  # type: ignore[attr-defined]
    assert Line.__args__ == LINES  # type: ignore[attr-defined]
    assert QualityLine.__args__ == SETTLED_LINES  # type: ignore[attr-defined]


def test_a_table_that_lacks_a_column_is_refused_by_name(lake: Lake) -> None:
    lake.replace("odd/matches", pl.DataFrame({"match_id": ["x"]}), None)
    with pytest.raises(SchemaError, match=r"matches: expected columns \['away', 'away_goals'"):
        read(Lake(f"{lake.url}/odd"), "matches")
