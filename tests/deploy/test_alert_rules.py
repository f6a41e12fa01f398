"""Prometheus' own tool understands the configuration, the alert rules and the queries of the dashboard."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
ALERTS = [rule["alert"] for group in RULES for rule in group["rules"]]
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "platform.json").read_text())
QUERIES = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in DASHBOARD["panels"]}


def promtool(*arguments: str) -> str:
    """What promtool prints, asked in the folder of the rules."""
    answer = subprocess.run(
        ["promtool", *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@pytest.mark.parametrize(
    ("command", "says"),
    [("check config prometheus.yml", "SUCCESS"), ("check rules rules.yml", f"{len(ALERTS)} rules found"),
     ("test rules rules_test.yml", "SUCCESS")],
)  # fmt: skip
def test_promtool_finds_no_fault(command: str, says: str) -> None:
    assert says in promtool(*command.split())


def test_promtool_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    assert {"Snapshot age", "Model version in use", "Reads: time to answer"} <= set(QUERIES)
    expressions = [e.replace("$__rate_interval", "5m") for queries in QUERIES.values() for e in queries]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(file))
