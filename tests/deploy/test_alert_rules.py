"""Prometheus' own tool understands the configuration, and sees each alert fire and stay silent."""

import subprocess
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
COUNT = sum(len(group["rules"]) for group in RULES)


def promtool(*arguments: str) -> str:
    """What promtool prints, asked in the folder of the rules."""
    answer = subprocess.run(
        ["promtool", *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@pytest.mark.parametrize(
    ("command", "says"),
    [("check config prometheus.yml", "SUCCESS"), ("check rules rules.yml", f"{COUNT} rules found"),
     ("test rules rules_test.yml", "SUCCESS")],
)  # fmt: skip
def test_promtool_finds_no_fault(command: str, says: str) -> None:
    assert says in promtool(*command.split())
