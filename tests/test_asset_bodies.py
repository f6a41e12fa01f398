"""Whatever an asset reads is an edge, and whatever it writes goes through the I/O manager.

So no body is given the lake, or anything that holds it, and no module of a stage opens one. Who is, is named here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import AssetsDefinition, ResourceParam

from soccer_assets.definitions import STAGES, defs
from soccer_assets.models.champion.registry import Registry
from soccer_assets.orchestration.io_manager import dated_asset
from soccer_assets.resources import build
from soccer_assets.settings import Settings
from soccer_assets.sources.catalog import SOURCES
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Payloads
from soccer_assets.storage.tables import Column, Table

ROOT = Path(__file__).parent.parent / "soccer_assets"
GOALS = Table("goals", "One goal.", (Column("match_date", pl.Date, "day"),), ("match_date",))

ACQUIRED = "the raw answers and the log of fetches are no tables of match dates; the records it gave before are its own"
#: Asset and resource -> why its body is given something that holds the lake.
EXCEPTIONS = {
    **{(spec.table.name, "acquisitions"): ACQUIRED for source in SOURCES for spec in source.tables},
    ("predictions", "lake"): "it reads prediction_ledger, which is made of it: a graph has no cycle",
    ("selected_model", "lake"): "it reads promotions, which are made of it: a graph has no cycle",
}


def holds_lake(value: object, depth: int = 4) -> bool:
    """Whether a resource is the lake, or has it in one of its attributes, or theirs."""
    if isinstance(value, Lake):
        return True
    held = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return depth > 0 and any(holds_lake(one, depth - 1) for one in held.values())


def holders(assets: list[AssetsDefinition], resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Asset and resource of each body that could read or write a table behind the graph's back."""
    for asset in assets:
        for name in sorted(asset.required_resource_keys - {"io_manager"}):
            if holds_lake(resources[name]):
                yield from ((key.path[-1], name) for key in asset.keys)


def openings(source: str) -> Iterator[str]:
    """What in the code of a stage opens a table by itself: a lake that is made, or Delta Lake asked directly."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="Lake" | "DeltaTable" | "write_deltalake" as name)):
                yield name
            case ast.Attribute(attr="scan_delta" | "read_delta" | "write_delta" as name):
                yield name
            case ast.ImportFrom(module="deltalake") | ast.Import(names=[ast.alias(name="deltalake")]):
                yield "deltalake"


def test_no_body_is_given_the_lake_but_those_named_with_a_reason():
    assets = [asset for asset in defs.assets or [] if isinstance(asset, AssetsDefinition)]
    assert len(assets) > 30
    assert set(holders(assets, build(Settings.read()))) == set(EXCEPTIONS)


@pytest.mark.parametrize("stage", [*STAGES, "linking"])
def test_no_module_of_a_stage_opens_a_table_by_itself(stage):
    found = {file.name: list(openings(file.read_text())) for file in (ROOT / stage).rglob("*.py")}
    assert {name: what for name, what in found.items() if what} == {}


def test_a_planted_read_or_write_is_found(tmp_path):
    lake = Lake(str(tmp_path))

    @dated_asset(GOALS)
    def goals(lake: ResourceParam[Lake]) -> pl.DataFrame:
        """One goal, read from a table that is no input."""
        return lake.read("matches")

    @dated_asset(GOALS, name="logged_goals")
    def logged_goals(payloads: ResourceParam[Payloads], registry: ResourceParam[Registry]) -> pl.DataFrame:
        """One goal, read by way of another resource."""
        return payloads.fetches()

    resources = {"lake": lake, "payloads": Payloads(str(tmp_path), lake), "registry": Registry(Settings())}
    assert set(holders([goals, logged_goals], resources)) == {("goals", "lake"), ("logged_goals", "payloads")}
    assert list(openings("def f(s):\n    return Lake(s.lake).read('matches')")) == ["Lake"]
    assert list(openings("import deltalake\nrows = pl.scan_delta('var/lake/matches')")) == ["deltalake", "scan_delta"]
