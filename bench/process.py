"""Benchmarks in processes of their own: the peak memory, the imports and the environment of each are its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def measured_by(module: str, *args: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a module of `bench` in a new process and return the JSON object on its last line.

    Args:
        module: its dotted name.
        args: arguments of its command line.
        environment: variables that the process has beside those of this one.

    Raises:
        subprocess.CalledProcessError: the process failed; its error output is that of this one.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *args],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured
