"""Assets of a tiny graph on a real lake."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import AssetIn, AssetsDefinition, DagsterInstance, ExecuteInProcessResult, materialize

from soccer_assets.errors import NotMaterializedError, SchemaError
from soccer_assets.orchestration.io_manager import DeltaIOManager, dated_asset, markdown
from soccer_assets.orchestration.partitions import look_back, match_dates, range_tags
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.tables import Column, Replacement, Table, TableRows, quarantine

GOALS = Table(
    "goals",
    "One match and its goals.",
    (Column("match_date", pl.Date, "the date"), Column("goals", pl.Int64, "in the match", nullable=True)),
    ("match_date",),
)
TOTALS = Table("totals", "The goals so far.", GOALS.columns, ("match_date",))
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SEEN: dict[str, Any] = {}


def goals_asset(rows: dict[dt.date, int | None]) -> AssetsDefinition:
    """An asset that gives these rows, whatever range it is asked for."""

    @dated_asset(GOALS)
    def goals() -> pl.DataFrame:
        """One match and its goals."""
        return pl.DataFrame({"match_date": list(rows), "goals": list(rows.values())}, schema=GOALS.schema)

    return goals


@dated_asset(TOTALS, name="lazy_total", ins={"goals": AssetIn(partition_mapping=look_back(2))})
def lazy_total(goals: pl.LazyFrame) -> pl.DataFrame:
    """Reads lazily, two days back."""
    SEEN["lazy"] = goals
    return goals.sort("match_date").tail(1).with_columns(goals=goals.collect()["goals"].sum()).collect()


@dated_asset(TOTALS, name="eager_total", ins={"goals": AssetIn(partition_mapping=look_back(until=-1))})
def eager_total(goals: pl.DataFrame) -> pl.DataFrame:
    """Reads whole, everything before."""
    SEEN["eager"] = goals
    return TOTALS.empty()


@pytest.fixture
def days() -> list[dt.date]:
    """The first ten match dates of the graph."""
    start = match_dates.start.date()
    return [start + dt.timedelta(days=n) for n in range(10)]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def make(lake: Lake) -> Any:
    """Materialize some assets of a range; what comes first has its rows on the way in."""

    def run(
        asset: AssetsDefinition, first: dt.date, last: dt.date, *upstream: AssetsDefinition
    ) -> ExecuteInProcessResult:
        with DagsterInstance.ephemeral() as instance:
            return materialize(
                [*upstream, asset],
                selection=[asset],
                instance=instance,
                resources={"io_manager": DeltaIOManager(lake)},
                tags=range_tags(first, last),
                run_config=QUIET,
            )

    return run


def test_a_range_is_written_in_one_commit_and_the_ui_is_told_of_it(lake, make, days):
    result = make(goals_asset({days[2]: 3, days[0]: 1}), days[0], days[4])
    (event,) = [e for e in result.all_events if e.event_type_value == "HANDLED_OUTPUT"]
    told = {name: value.value for name, value in event.event_specific_data.metadata.items()}
    assert told == {
        "dagster/row_count": 2,
        "match dates with rows": 2,
        "Delta version": 0,
        "dagster/uri": f"{lake.url}/goals",
    }
    assert lake.read("goals").rows() == [(days[0], 1), (days[2], 3)]
    assert {e.partition for e in result.get_asset_materialization_events()} == {str(day) for day in days[:5]}


def test_a_range_made_again_replaces_its_own_dates_and_no_other(lake, make, days):
    make(goals_asset({day: 1 for day in days[:6]}), days[0], days[5])
    make(goals_asset({days[2]: 7}), days[1], days[3])
    assert lake.read("goals").sort("match_date").rows() == [(days[0], 1), (days[2], 7), (days[4], 1), (days[5], 1)]
    assert lake.version("goals") == 1
    make(goals_asset({}), days[4], days[5])
    assert lake.read("goals").sort("match_date").rows() == [(days[0], 1), (days[2], 7)]
    assert lake.version("goals") == 2


def test_a_range_without_rows_makes_an_empty_table_with_its_columns(lake, make, days):
    make(goals_asset({}), days[0], days[1])
    assert lake.read("goals").schema == GOALS.schema
    assert lake.read("goals").rows() == []


def test_rows_of_other_dates_are_refused_and_nothing_is_written(lake, make, days):
    stray = goals_asset({days[1]: 1, days[5]: 2, days[6]: 3})
    with pytest.raises(SchemaError, match=f"goals: expected match dates from {days[0]} to {days[4]}, found 2 others"):
        make(stray, days[0], days[4])
    assert not lake.exists("goals")


def test_an_input_is_lazy_or_whole_as_it_is_annotated(lake, make, days):
    goals = goals_asset({day: n for n, day in enumerate(days)})
    make(goals, days[0], days[9])
    make(lazy_total, days[5], days[5], goals)
    make(eager_total, days[5], days[5], goals)
    assert isinstance(SEEN["lazy"], pl.LazyFrame)
    assert isinstance(SEEN["eager"], pl.DataFrame)


def test_an_asset_sees_the_dates_its_mapping_names_and_no_others(lake, make, days):
    goals = goals_asset({day: n for n, day in enumerate(days)})
    make(goals, days[0], days[9])
    make(lazy_total, days[5], days[6], goals)
    assert SEEN["lazy"].collect().sort("match_date").rows() == [(days[n], n) for n in (3, 4, 5, 6)]
    make(eager_total, days[5], days[6], goals)
    assert SEEN["eager"].sort("match_date").rows() == [(days[n], n) for n in range(6)]


def test_who_looks_back_from_the_first_date_sees_no_rows(lake, make, days):
    goals = goals_asset({day: n for n, day in enumerate(days)})
    make(goals, days[0], days[9])
    make(eager_total, days[0], days[0], goals)
    assert SEEN["eager"].rows() == []
    assert SEEN["eager"].schema == GOALS.schema


def test_an_input_that_was_never_made_is_named(make, days):
    with pytest.raises(NotMaterializedError, match="expected the table goals under .*, found none"):
        make(lazy_total, days[5], days[5], goals_asset({}))


def test_an_enumeration_is_written_as_text(lake, make, days):
    kinds = pl.Enum(["early", "late"])
    table = Table("kinds", "One kind.", (GOALS.columns[0], Column("kind", kinds, "when")), ("match_date",))

    @dated_asset(table, name="kinds")
    def made() -> pl.DataFrame:
        """One kind."""
        return pl.DataFrame({"match_date": days[:2], "kind": ["late", "early"]}, schema=table.schema)

    make(made, days[0], days[1])
    assert lake.read("kinds").schema["kind"] == pl.String
    assert lake.read("kinds")["kind"].to_list() == ["late", "early"]


def test_the_ui_shows_the_columns_of_the_table_and_its_key():
    (spec,) = goals_asset({}).specs
    columns = spec.metadata["dagster/column_schema"].columns
    assert [(c.name, c.type, c.description, c.constraints.nullable) for c in columns] == [
        ("match_date", "Date", "the date", False),
        ("goals", "Int64", "in the match", True),
    ]
    assert spec.metadata["key"] == "match_date"


def test_a_small_table_in_markdown():
    frame = pl.DataFrame(
        {"club": ["Arsenal", "A|B\nC", "x" * 81], "elo": [1623.456789, None, 0.0], "day": dt.date(2026, 1, 2)}
    )
    assert markdown(frame).splitlines() == [
        "| club | elo | day |",
        "| --- | --- | --- |",
        "| Arsenal | 1623.4568 | 2026-01-02 |",
        r"| A\|B C |  | 2026-01-02 |",
        f"| {'x' * 80}… | 0.0000 | 2026-01-02 |",
    ]


def test_what_comes_with_the_rows_is_written_beside_them(lake, make, days):
    bad = {"origin": "http://site", "payload_id": None, "line": 3, "record": "?", "reason": "expected goals, found ?"}
    refused = pl.DataFrame([bad | {"match_date": day} for day in days[:2]], schema=quarantine("goals").schema)
    one = GOALS.conform(pl.DataFrame({"match_date": days[:1], "goals": [1]}))
    moved = GOALS.conform(pl.DataFrame({"match_date": days[5:6], "goals": [9]}))

    @dated_asset(GOALS)
    def goals() -> TableRows:
        """One match and its goals."""
        return TableRows(one, refused, beyond=lambda stored: [Replacement(moved, f"match_date = '{days[5]}'")])

    make(goals_asset({days[5]: 2}), days[5], days[5])
    done = make(goals, days[0], days[1])
    assert lake.read("goals").sort("match_date").rows() == [(days[0], 1), (days[5], 9)]
    assert lake.read("goals_quarantine").select("match_date", "line").sort("match_date").rows() == [
        (days[0], 3),
        (days[1], 3),
    ]
    made, *_ = done.asset_materializations_for_node("goals")
    assert made.metadata["quarantined"].value == 2
    assert made.metadata["quarantined by reason"].value == {"expected goals": 2}
