"""Real Prometheus and Alertmanager over real processes: queries find data, and each severity reaches its receiver."""

import datetime as dt
import json
import shutil
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from soccer_assets.storage.lake import Lake
from tests.serving.processes import Process, Processes, free_port, until

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
QUERIES = {
    (path.stem, panel["title"], target["expr"])
    for path in BOARDS
    for panel in json.loads(path.read_text())["panels"]
    for target in panel["targets"]
}
#: What a platform that just started and was asked nothing has no data of.
QUIET = {"Forecasts on demand per second", "Answers that are not 2xx or 3xx, per second", "Worker: time to forecast",
         "Daemon silent for", "Since a schedule or sensor ticked", "Age of the oldest run"}  # fmt: skip


@contextmanager
def started(*command: str, folder: Path) -> Iterator[None]:
    """A program that runs until the end of the block."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def prometheus(season: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus with our rules that scrapes an API, a worker and `soccer metrics` each second."""
    folder = tmp_path_factory.mktemp("prometheus")
    lake = Lake(str(shutil.copytree(season.lake.url, folder / "lake")))
    shutil.copytree(season.var / "mlflow", folder / "mlflow")
    shutil.copytree(season.var / "dagster", folder / "dagster")
    ports = {"worker": free_port(), "pipeline": free_port()}
    processes = Processes(
        lake.url, SOCCER_TODAY=str(season.clock_day), SERVING_WORKER_METRICS_PORT=str(ports["worker"])
    )
    metrics: Process = processes.start_command(folder, "metrics", "--port", str(ports["pipeline"]))
    ports["api"] = processes.start_whole(folder).port
    until(lambda: "metrics  http" in metrics.output)
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus" / "rules.yml")]
    del config["alerting"]
    config["scrape_configs"] = [
        {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for name, port in ports.items()
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    arguments = [f"--web.listen-address=127.0.0.1:{port}", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    with started("prometheus", *arguments, folder=folder):
        yield f"http://127.0.0.1:{port}"
    processes.stop()


def value_of(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """What Prometheus finds for an expression; nothing while it starts."""
    try:
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": expression}, timeout=10)
    except httpx.TransportError:
        return []
    if answer.status_code == 503:  # it listens before its data are read
        return []
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["result"])


def test_three_dashboards_ask_for_what_is_there(prometheus: str) -> None:
    assert [path.stem for path in BOARDS] == ["forecasts", "pipeline", "serving"]
    until(lambda: len(value_of(prometheus, "up == 1")) == 3)
    until(lambda: value_of(prometheus, "soccer:slow_reads:ratio_rate1h"), 60)
    without = {
        title
        for _, title, expression in sorted(QUERIES)
        if not value_of(prometheus, expression.replace("$__rate_interval", "1m").replace("[1h]", "[1m]"))
    }
    assert without <= QUIET


def test_the_platform_of_the_tests_is_well(prometheus: str) -> None:
    until(lambda: len(value_of(prometheus, "up == 1")) == 3)
    until(lambda: value_of(prometheus, 'ALERTS{alertname="Watchdog"}'), 30)
    (intact,) = value_of(prometheus, "soccer_ledger_intact")
    assert intact["value"][1] == "1"
    assert value_of(prometheus, 'ALERTS{alertstate="firing", severity="page"}') == []


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [("severity=page", "pages"), ("severity=ticket cause=source", "tickets"), ("severity=none", "watchdog")],
)
def test_each_severity_has_its_receiver(labels: str, receiver: str) -> None:
    command = ["amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels.split()]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (answer.returncode, answer.stdout.strip()) == (0, receiver)


def test_a_receiver_hears_of_each_alert_once_and_not_of_what_follows_from_it(tmp_path: Path) -> None:
    heard: defaultdict[str, set[str]] = defaultdict(set)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard[self.path] |= {alert["labels"]["alertname"] for alert in message["alerts"]}
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, peer = free_port(), free_port()
    config = ALERTMANAGER.read_text().replace("receiver:9095", f"127.0.0.1:{server.server_port}")
    (tmp_path / "alertmanager.yml").write_text(config.replace("group_wait: 30s", "group_wait: 1s"))
    arguments = [f"--web.listen-address=127.0.0.1:{port}", f"--cluster.listen-address=127.0.0.1:{peer}",
                 "--cluster.advertise-address=127.0.0.1:1", "--config.file=alertmanager.yml", "--storage.path=data"]  # fmt: skip
    alerts = {"RedisDown": "page", "WorkerMissing": "page", "ChecksFail": "ticket", "Watchdog": "none"}
    sent = [
        {"labels": {"alertname": name, "severity": severity}, "startsAt": dt.datetime.now(dt.UTC).isoformat()}
        for name, severity in alerts.items()
    ]
    program = shutil.which("prometheus-alertmanager") or "alertmanager"
    with started(program, *arguments, folder=tmp_path):

        def accepted() -> bool:
            try:
                return httpx.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=sent).status_code == 200
            except httpx.TransportError:
                return False

        until(accepted)
        until(lambda: len(heard) == 3, 30)
    server.shutdown()
    server.server_close()
    assert heard == {"/pages": {"RedisDown"}, "/tickets": {"ChecksFail"}, "/watchdog": {"Watchdog"}}
