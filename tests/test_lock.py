"""The lock, the project and the resolution tell the same: what is installed here is what the image installs.

`uv.lock` is written on each machine by `uv run`; `exclude-newer` freezes the resolution, so it is the same everywhere.
"""

import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = "deploy/requirements.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TEXT = (ROOT / LOCK).read_text()


def pins() -> list[tuple[Requirement, list[str]]]:
    """Every requirement of the lock with its hashes."""
    lines = (line.split() for line in TEXT.replace("\\\n", " ").splitlines())
    split = ([[w for w in line if w.startswith("--") == option] for option in (False, True)] for line in lines)
    return [(Requirement(" ".join(requirement)), hashes) for requirement, hashes in split]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_dependency_is_pinned_once_to_a_version_that_fits(python: str) -> None:
    there = {**default_environment(), "python_version": python, "python_full_version": f"{python}.9"}
    dependencies = [Requirement(dependency) for dependency in PROJECT["dependencies"]]
    assert len(dependencies) >= 30
    for dependency in dependencies:
        pinned = [
            str(pin.specifier).removeprefix("==")
            for pin, _ in pins()
            if canonicalize_name(pin.name) == canonicalize_name(dependency.name)
            and (pin.marker is None or pin.marker.evaluate(there))
        ]
        assert len(pinned) == 1, f"{dependency}: {pinned}"
        assert dependency.specifier.contains(pinned[0]), f"{dependency} does not allow {pinned[0]}"


def test_exporting_the_resolution_again_gives_the_same_text() -> None:
    recipe = (ROOT / "justfile").read_text().replace("\\\n", " ")
    (flags,) = re.findall(rf"^ +uv export (.*) --output-file {LOCK}$", recipe, re.MULTILINE)
    command = [os.environ.get("UV", "uv"), "export", *shlex.split(flags)]
    assert "--frozen" in command
    exported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert exported.stdout == TEXT, f"{LOCK} is not what uv.lock resolves to: `just lock` writes it anew"


def test_every_requirement_has_an_exact_version_and_a_hash() -> None:
    assert len(pins()) > 150
    for pin, hashes in pins():
        assert re.fullmatch(r"==[\w.!+]+", str(pin.specifier)), pin
        assert hashes, pin
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), pin


def test_the_lock_names_no_address_and_no_index() -> None:
    assert re.findall(r"//|\bfile:|@|--(?!hash=)\S+|\.(?:org|com|io|net)\b", TEXT) == []


def test_the_lock_leaves_out_what_only_tests_and_graphics_cards_need() -> None:
    names = {canonicalize_name(pin.name) for pin, _ in pins()}
    assert names & {"pytest", "moto", "mypy", "ruff", "hypothesis", "soccer-assets"} == set()
    assert not any(name.startswith("nvidia-") for name in names)
