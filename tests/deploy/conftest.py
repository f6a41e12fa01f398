"""This suite asks programs that no Python package brings: `just test-deploy` runs it, `just test` leaves it out."""

import shutil

import pytest

#: Program -> how Debian installs it.
PROGRAMS = {
    "amtool": "apt-get install prometheus-alertmanager",
    "chromium": "apt-get install chromium",
    "promtool": "apt-get install prometheus",
}


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """End the run with a sentence where a program is missing."""
    missing = [f"{name} ({how})" for name, how in PROGRAMS.items() if shutil.which(name) is None]
    if missing:
        pytest.exit(f"expected on PATH, found none: {', '.join(missing)}", returncode=2)
