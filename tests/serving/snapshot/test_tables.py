"""What is read of a table: the columns that its schema declares, in their declared types."""

import polars as pl
import pytest

from serving.snapshot.tables import scan, table_version
from soccer_assets.errors import SchemaError
from soccer_assets.matches.schema import MATCHES
from soccer_assets.storage.lake import Lake


def test_declared_columns_come_from_storage_in_their_declared_types(lake: Lake) -> None:
    rows = lake.read("matches").with_columns(pl.col("home_goals", "away_goals").cast(pl.Int64), further=pl.lit(1))
    lake.replace("odd/matches", rows, None)
    odd = Lake(f"{lake.url}/odd")
    matches = scan(odd, MATCHES, table_version(odd, "matches")).collect()
    assert matches.schema == MATCHES.schema and len(matches) == 43


def test_a_table_that_lacks_a_column_is_refused_by_name(lake: Lake) -> None:
    lake.replace("odd/matches", pl.DataFrame({"match_id": ["x"]}), None)
    odd = Lake(f"{lake.url}/odd")
    with pytest.raises(SchemaError, match=r"matches: expected columns \['away', 'away_id'"):
        scan(odd, MATCHES, table_version(odd, "matches"))


def test_an_earlier_state_of_a_table_can_be_read(lake: Lake) -> None:
    first = table_version(lake, "matches")
    lake.replace("matches", lake.read("matches").head(5), None)
    assert len(scan(lake, MATCHES, first).collect()) == 43
    assert len(scan(lake, MATCHES, table_version(lake, "matches")).collect()) == 5
    assert scan(lake, MATCHES, None).collect().equals(MATCHES.empty())
