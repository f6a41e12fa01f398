"""deploy/verify without Docker: a program of that name notes what it is asked, and fails where a test says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOCKER = """#!/bin/sh
echo "$*" >>"$CALLS"
if echo "$*" | grep -Eq -e "$FAILING"; then echo 'no space left on device' >&2; exit 1; fi
case "$*" in *"--format {{.Size}}"*) echo 5000000 ;; *"config --format json"*) cat "$SERVICES" ;; esac
"""


def verify(folder: Path, failing: str) -> tuple[int, list[str], list[str]]:
    """Its exit code, the lines that it prints, and what it asks Docker; commands that match `failing` fail."""
    docker, calls, services = folder / "docker", folder / "calls", folder / "services.json"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    services.write_text(json.dumps(COMPOSE))
    variables = {"CALLS": str(calls), "FAILING": failing, "SERVICES": str(services)}
    environment = os.environ | variables | {"PATH": f"{folder}:{os.environ['PATH']}"}
    command = [sys.executable, str(DEPLOY / "verify"), "--base-image=ours:1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), calls.read_text().splitlines()


def test_a_failed_step_is_printed_and_everything_is_taken_down(tmp_path: Path) -> None:
    code, lines, calls = verify(tmp_path, "--target worker")
    assert code == 1
    assert re.match(r"FAILED images are built +\d+ s  docker build --build-arg=PYTHON_IMAGE=ours:1 ", lines[0])
    assert lines[1] == "no space left on device"
    assert re.match(r"held   taken down +\d+ s  no container, network or volume is left", lines[-1])
    assert calls[-1].endswith("down --volumes --remove-orphans --timeout 20")
    assert not any(" up " in call for call in calls)


def test_images_that_the_hub_does_not_give_have_stand_ins_and_what_has_none_is_left_out(tmp_path: Path) -> None:
    code, lines, calls = verify(tmp_path, "^pull| up ")
    assert code == 1
    others = {name for name, service in COMPOSE["services"].items() if "build" not in service}
    assert re.match("held   images are built +[0-9]+ s  python 5 MB, api 5 MB, worker 5 MB, pipeline 5 MB", lines[0])
    assert re.match("held   images of others ", lines[1])
    stand_ins, left_out = lines[1].split("stand-ins: ")[1].split("; left out: ")
    assert (set(stand_ins.split()), left_out) == (others - {"grafana"}, "grafana")
    (up,) = (call for call in calls if " up " in call)
    assert set(COMPOSE["services"]) - set(up.split()) == {"grafana"}
