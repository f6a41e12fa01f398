"""The services of deploy/compose.yaml as a Compose project of its own: images built, pulled or replaced; up; down."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from secret_files import write_secrets

HERE = Path(__file__).resolve().parent
SETTINGS = {"RUN_CPUS": "2", "SOCCER_ENV": "staging", "SOCCER_LEAGUES": "E0,E1,NOR"}


class StepError(Exception):
    """What a step expected and what it found."""


def run(*command: str) -> str:
    """What a command prints on stdout.

    Raises:
        StepError: its exit code is not 0.
    """
    environment = os.environ | {"DOCKER_BUILDKIT": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise StepError(f"{' '.join(command)}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-6000:]}")
    return done.stdout


def is_pulled(image: str) -> bool:
    """Whether the hub gave an image."""
    return subprocess.run(("docker", "pull", "--quiet", image), capture_output=True, check=False).returncode == 0


class Stack:
    """The services, with new secrets and the sources of a synthetic world."""

    def __init__(self, folder: Path, build_options: Sequence[str], *, asks_hub: bool) -> None:
        """`folder` is for the files of this project alone; `build_options` are of `docker build`."""
        self._build_options, self._asks_hub = build_options, asks_hub
        self._world, self._replaced, env = folder / "world.env", folder / "replaced.json", folder / "env"
        variables = SETTINGS | {"WORLD": str(self._world)}
        env.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        self._world.touch()
        self._replaced.write_text("{}")
        files = {name: {"file": str(folder / "secrets" / name)} for name in write_secrets(folder / "secrets")}
        passwords = folder / "passwords.json"
        passwords.write_text(json.dumps({"secrets": files}))
        self._command = ["docker", "compose", "--project-name", "soccer-verify", "--env-file", str(env)]
        for file in (HERE.parent / "compose.yaml", HERE / "compose.yaml", passwords, self._replaced):
            self._command += ["--file", str(file)]
        self._services: list[str] = []

    def compose(self, *arguments: str) -> str:
        """What `docker compose` prints for all services, those of profiles included."""
        return run(*self._command, "--profile", "*", *arguments)

    def containers(self, *services: str) -> list[str]:
        """The ids of the running containers."""
        return self.compose("ps", "--quiet", *services).split()

    def _build(self, target: str, tag: str, folder: Path) -> None:
        run("docker", "build", *self._build_options, "--target", target, "--tag", tag, str(folder))

    def build(self) -> str:
        """Build our images, and their base to compare with."""
        sizes = []
        for target in ("python", "api", "worker", "pipeline"):
            self._build(target, tag := f"soccer-assets-{target}", HERE.parent.parent)
            size = int(run("docker", "image", "inspect", "--format", "{{.Size}}", tag))
            sizes.append(f"{target} {size / 1e6:.0f} MB")
        return ", ".join(sizes)

    def pull(self) -> str:
        """Pull the images of others, or build their stand-ins."""
        services: dict[str, Any] = json.loads(self.compose("config", "--format", "json"))["services"]
        others = {name: s["image"] for name, s in services.items() if not s["image"].startswith("soccer-assets-")}
        targets = re.findall(r"^FROM \S+ AS (\S+)$", (HERE / "Dockerfile").read_text(), re.MULTILINE)
        absent = {name for name, image in others.items() if not self._asks_hub or not is_pulled(image)}
        replaced = {name: {"image": f"soccer-stand-in-{name}"} for name in sorted(absent & set(targets))}
        for name, service in replaced.items():
            self._build(name, service["image"], HERE)
        self._replaced.write_text(json.dumps({"services": replaced}))
        left_out = absent - set(replaced)
        self._services = [name for name in services if name not in left_out]
        return f"stand-ins: {' '.join(replaced) or 'none'}; left out: {' '.join(left_out) or 'none'}"

    def start(self) -> str:
        """Start every service and wait until each is healthy."""
        world = ("python", "-m", "soccer_assets.simulation", "--settings")
        self._world.write_text(run("docker", "run", "--rm", "--network", "none", "soccer-assets-pipeline", *world))
        self.compose("up", "--detach", "--no-build", "--wait", "--wait-timeout", "600", *self._services)
        return f"{len(self.containers())} containers of {len(self._services)} services are healthy"

    def restart(self, service: str) -> None:
        """Start what is down of a service and wait until it is healthy."""
        self.compose("up", "--detach", "--no-build", "--no-recreate", "--wait", "--wait-timeout", "120", service)

    def stop(self) -> str:
        """Remove containers, networks and volumes."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
        return "no container, network or volume is left"
