"""`soccer doctor`, `soccer backup` and `soccer restore` on a small platform with all of its embedded stores."""

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import AssetMaterialization
from polars.testing import assert_frame_equal

from soccer_assets.commands import materialize as materialize  # definitions take the settings of their first import
from soccer_assets.commands.backup import CONTENTS
from soccer_assets.commands.doctor import Doctor
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.champion.registry_repair import differences
from soccer_assets.settings import Settings
from soccer_assets.storage.damage import examine
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Fetch, Payloads
from tests.models.champion.test_registry import decide, selected, store

FIRST = dt.date(2025, 3, 1)
FETCHED = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
BODIES = (b"first file", b"second file")


def rows(number: int, text: str = "as it was") -> pl.DataFrame:
    day = FIRST + dt.timedelta(days=number)
    return pl.DataFrame({"match_date": [day] * 50, "row": range(50), "text": text})


def payloads(var: Path) -> Payloads:
    return Payloads(str(var / "payloads"), Lake(str(var / "lake")))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a platform: tables, payloads, two models in MLflow, a database in use, keys."""
    var = tmp_path_factory.mktemp("platform") / "var"
    lake = Lake(str(var / "lake"))
    for name in ("matches", "teams"):
        for number in range(3):
            day = FIRST + dt.timedelta(days=number)
            lake.replace_dates(name, rows(number), day, day)
    kept = payloads(var)
    kept.record([
        Fetch(f"https://example.org/{n}", FETCHED, "accepted", status=200, payload_id=kept.put(body))
        for n, body in enumerate(BODIES)
    ])  # fmt: skip
    registry = Registry(Settings(var=str(var), today=Settings.read().today))
    models = (selected(1), selected(8, p_home=0.5))
    store(lake, *models)
    for model in models:
        decide(lake, registry, model)
    (var / "keys.json").write_text("[]")
    (var / "dagster").mkdir()
    with sqlite3.connect(var / "dagster" / "used.db") as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table numbers (number integer)")
        database.execute("insert into numbers values (1)")
    yield var
    database.close()


@pytest.fixture(scope="module")
def kept(platform: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the platform, taken by the command."""
    from click.testing import CliRunner

    from soccer_assets.commands import cli

    folder = tmp_path_factory.mktemp("backups") / "backup"
    ran = CliRunner().invoke(cli.soccer, ["backup", str(folder)], env={"SOCCER_VAR": str(platform)})
    assert ran.exit_code == 0 and ran.output.startswith("5 tables, "), ran.output
    return folder


@pytest.fixture
def var(kept: Path, tmp_path: Path, soccer: Any) -> Path:
    """The platform in another folder, restored by the command."""
    var = tmp_path / "var"
    ran = soccer("restore", kept, SOCCER_VAR=str(var))
    assert ran.exit_code == 0, ran.stderr
    return var


def test_a_backup_restored_into_empty_stores_is_the_same_platform(platform: Path, var: Path, soccer: Any) -> None:
    before, after = Lake(str(platform / "lake")), Lake(str(var / "lake"))
    assert after.names() == before.names() == ["fetch_log", "matches", "promotions", "selected_model", "teams"]
    for name in before.names():
        assert after.version(name) == before.version(name)
        assert_frame_equal(after.read(name), before.read(name))
        assert examine(after, name).is_sound and not examine(after, name).unproven
    earlier = [pl.scan_delta(lake.table("matches", 1)).collect() for lake in (before, after)]
    assert_frame_equal(earlier[1], earlier[0])
    assert payloads(var).sizes() == payloads(platform).sizes()
    registry = Registry(Settings(var=str(var)))
    assert registry.champion_version() == "2" and differences(registry, after) == []
    assert registry.load("2").version == selected(8, p_home=0.5)["version"]
    with sqlite3.connect(var / "mlflow" / "mlflow.db") as database:
        addresses = [address for (address,) in database.execute("select artifact_uri from runs")]
    assert all(address.startswith(var.as_uri()) for address in addresses) and len(addresses) == 2
    with sqlite3.connect(var / "dagster" / "used.db") as database:
        assert database.execute("select number from numbers").fetchall() == [(1,)]
    assert (var / "keys.json").read_text() == "[]"
    ran = soccer("doctor", SOCCER_VAR=str(var))
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.startswith("lake: 5 tables\npayloads: 2 payloads")


def test_a_backup_taken_while_writers_write_holds_one_state_of_each_table(
    var: Path, tmp_path: Path, soccer: Any
) -> None:
    lake, stopped = Lake(str(var / "lake")), threading.Event()
    written: list[Any] = []

    def write() -> None:
        while not stopped.is_set():
            written.append(lake.replace_dates("matches", rows(1, f"number {len(written)}"), FIRST + dt.timedelta(days=1),
                                              FIRST + dt.timedelta(days=1)))  # fmt: skip

    writer = threading.Thread(target=write)
    writer.start()
    try:
        ran = soccer("backup", tmp_path / "backup", SOCCER_VAR=str(var))
    finally:
        stopped.set()
        writer.join()
    assert ran.exit_code == 0, ran.stderr
    assert soccer("restore", tmp_path / "backup", SOCCER_VAR=str(tmp_path / "again")).exit_code == 0
    restored = Lake(str(tmp_path / "again" / "lake"))
    pinned = json.loads((tmp_path / "backup" / CONTENTS).read_bytes())["tables"]["matches"]
    assert restored.version("matches") == pinned
    assert_frame_equal(restored.read("matches"), pl.scan_delta(lake.table("matches", pinned)).collect())


def test_a_damaged_backup_and_stores_in_use_are_refused_before_anything_is_written(
    kept: Path, platform: Path, tmp_path: Path, soccer: Any
) -> None:
    refused = soccer("restore", kept, SOCCER_VAR=str(platform))
    assert refused.exit_code == 1 and "expected an empty store, found" in refused.stderr
    refused = soccer("backup", kept, SOCCER_VAR=str(platform))
    assert refused.exit_code == 1 and "expected an empty store, found" in refused.stderr
    spoilt = Path(shutil.copytree(kept, tmp_path / "spoilt"))
    next((spoilt / "payloads").iterdir()).write_bytes(b"other bytes")
    refused = soccer("restore", spoilt, SOCCER_VAR=str(tmp_path / "var"))
    assert refused.exit_code == 1 and "found 1 others, such as ['payloads/" in refused.stderr
    contents = json.loads((spoilt / CONTENTS).read_bytes())
    beyond = json.dumps(contents | {"files": {"var/../../keys.json": [0, ""]}})
    for text, message in (
        ("", "as `soccer backup` wrote it"), ("{}", "as `soccer backup` wrote it"), (beyond, "expected paths of files in it"),
    ):  # fmt: skip
        (spoilt / CONTENTS).write_text(text)
        refused = soccer("restore", spoilt, SOCCER_VAR=str(tmp_path / "var"))
        assert refused.exit_code == 1 and message in refused.stderr
    (spoilt / CONTENTS).unlink()
    refused = soccer("restore", spoilt, SOCCER_VAR=str(tmp_path / "var"))
    assert refused.exit_code == 1 and "it is no backup, or one not done" in refused.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("within", ["backup", "lake/backup", "payloads/backup"])
def test_a_backup_does_not_go_into_what_it_copies(var: Path, soccer: Any, within: str) -> None:
    refused = soccer("backup", var / within, SOCCER_VAR=str(var))
    assert refused.exit_code == 1 and f"{var / within}: expected a place outside of {var}" in refused.stderr
    assert not (var / within).exists()


def test_a_backup_at_an_address_of_another_kind_is_refused_in_a_sentence(soccer: Any, tmp_path: Path) -> None:
    for command in ("backup", "restore"):
        refused = soccer(command, "ftp://host/x", SOCCER_VAR=str(tmp_path / "var"))
        assert refused.exit_code == 1
        assert refused.stderr == (
            "error: expected a folder, or an address that begins with file:// or s3://, found 'ftp://host/x'\n"
        )


def test_the_doctor_names_what_is_lost_and_the_repair_brings_back_what_can_be(
    platform: Path, var: Path, soccer: Any
) -> None:
    lake = Lake(str(var / "lake"))
    day = FIRST + dt.timedelta(days=1)
    newest = var / "lake" / "teams" / "_delta_log" / f"{2:020}.json"
    newest.write_bytes(b"")
    spoilt = next(
        path for path in (var / "lake" / "matches").glob("*.parquet") if pl.read_parquet(path)["match_date"][0] == day
    )
    spoilt.write_bytes(spoilt.read_bytes().replace(b"as it was", b"as it wss"))
    first, second = sorted((var / "payloads").iterdir())
    lost = {path.name: path.read_bytes() for path in (first, second)}
    first.unlink()
    second.write_bytes(b"something else")
    shutil.rmtree(var / "mlflow")
    (var / "dagster" / "used.db").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)

    found = soccer("doctor", SOCCER_VAR=str(var))
    assert found.exit_code == 4
    named = found.stderr
    assert f"matches: {spoilt.name} holds other bytes than were written, match dates {day} to {day}" in named
    assert f"-> uv run soccer doctor --repair, then SOCCER_REPLAY=true uv run soccer backfill {day} {day}" in named
    assert "teams: teams: expected the 3 files of version 2, which was written, found 2 in version 2" in named
    assert f"payloads: {first.name} of https://example.org/" in named and "is missing" in named
    assert f"payloads: {second.name} of https://example.org/" in named and "has 14 bytes with the hash" in named
    assert "used.db is damaged" in named

    repaired = soccer("doctor", "--repair", SOCCER_VAR=str(var))
    assert repaired.exit_code == 4  # what only a backup or a source has is still missing
    assert (
        f"matches: rows of match dates {day} to {day} are lost -> SOCCER_REPLAY=true uv run soccer" in repaired.stdout
    )
    assert "teams: 1 files of lost commits were brought back, 0 were dropped" in repaired.stdout
    assert "registry: the alias champion points at" in repaired.stdout
    assert "registry:" not in repaired.stderr and "teams:" not in repaired.stderr and "matches:" not in repaired.stderr
    before = Lake(str(platform / "lake"))
    assert_frame_equal(lake.read("teams").sort("match_date", "row"), before.read("teams").sort("match_date", "row"))

    lake.replace_dates("matches", rows(1), day, day)
    for name, body in lost.items():
        (var / "payloads" / name).write_bytes(body)
    (var / "dagster" / "used.db").unlink()
    ran = soccer("doctor", SOCCER_VAR=str(var))
    assert ran.exit_code == 0, ran.stderr
    assert_frame_equal(lake.read("matches").sort("match_date", "row"), before.read("matches").sort("match_date", "row"))


def test_a_damaged_database_of_the_registry_is_set_aside_and_begun_anew_from_the_lake(var: Path, soccer: Any) -> None:
    database = var / "mlflow" / "mlflow.db"
    database.write_bytes(b"no database" * 1000)
    (var / "dagster" / "used.db").write_bytes(b"no database" * 1000)
    ran = soccer("doctor", "--quick", SOCCER_VAR=str(var))
    assert ran.exit_code == 4
    assert f"{database} is damaged (file is not a database)\n  -> uv run soccer doctor --repair" in ran.stderr
    assert "used.db is damaged (file is not a database)\n  -> uv run soccer restore FROM, of a backup" in ran.stderr
    command = [str(Path(sys.executable).with_name("soccer")), "doctor", "--repair"]  # MLflow keeps what it has open
    variables = os.environ | {"SOCCER_VAR": str(var)}
    repaired = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert f"registry: {database} is damaged and was set aside; it is begun anew" in repaired.stdout
    assert "registry: the alias champion points at" in repaired.stdout
    assert "registry:" not in repaired.stderr and "mlflow.db" not in repaired.stderr
    (kept,) = database.parent.glob("mlflow.db.damaged-*")
    assert kept.read_bytes().startswith(b"no database")


def test_the_doctor_sees_a_clock_that_is_behind_what_was_written(var: Path, soccer: Any) -> None:
    ran = soccer("doctor", "--quick", SOCCER_VAR=str(var), SOCCER_TODAY="2026-02-27")
    assert ran.exit_code == 4
    assert "UTC, and fetch_log was written at 2026-03-01 12:00" in ran.stderr
    assert "-> set the clock of this machine, or SOCCER_TODAY" in ran.stderr


def test_a_table_that_never_had_a_row_is_not_missed_by_the_doctor(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SOCCER_VAR", str(tmp_path))
    with materialize.instance() as instance:
        for name, rows in (("prediction_ledger", 0), ("promotions", 0), ("promotions", 1), ("promotions", 0)):
            instance.report_runless_asset_event(AssetMaterialization(name, metadata={"dagster/row_count": rows}))
    findings = Doctor(Settings(var=str(tmp_path))).findings()
    assert [finding.wrong for finding in findings if finding.store == "lake"] == [
        "Dagster has promotions as made, and there is no such table"
    ]
