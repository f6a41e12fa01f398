"""Dagster's daemon with its code server and the processes of its runs, over a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]


class Daemon:
    """A running daemon, whose schedules and sensors are those of the platform."""

    def __init__(self, var: Path) -> None:
        self._log = (var / "daemon.log").open("ab")
        self._var = var
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "dagster._daemon", "run", "-w", str(ROOT / "workspace.yaml")]
        environment = os.environ | {"SOCCER_VAR": str(self._var), "DAGSTER_HOME": str(ROOT)}
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self._log, stderr=self._log)

    def kill_everything(self) -> None:
        """SIGKILL the daemon and whatever it started."""
        processes = [self._process, *psutil.Process(self._process.pid).children(recursive=True)]
        for process in processes:
            process.kill()
        self._process.wait(15)
        psutil.wait_procs(processes[1:], 15)

    def start_again(self) -> None:
        self._process = self._start()

    def stop(self) -> None:
        self.kill_everything()
        self._log.close()
