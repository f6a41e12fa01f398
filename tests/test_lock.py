"""The pins of the project, the lock of the image and what is installed here tell the same.

`uv.lock` is written on each machine by `uv run` and follows the pins, whatever the registry shows that day.
"""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = "deploy/requirements.lock"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
PINNED = [Requirement(pin) for pin in PYPROJECT["tool"]["uv"]["constraint-dependencies"]]
TEXT = (ROOT / LOCK).read_text()
#: The project itself, and what a virtual environment may bring.
SEEDS = {"soccer-assets", "pip", "setuptools", "wheel"}


def pins() -> list[tuple[Requirement, list[str]]]:
    """Every requirement of the lock with its hashes."""
    lines = (line.split() for line in TEXT.replace("\\\n", " ").splitlines())
    split = ([[w for w in line if w.startswith("--") == option] for option in (False, True)] for line in lines)
    return [(Requirement(" ".join(requirement)), hashes) for requirement, hashes in split]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_dependency_is_pinned_once_to_a_version_that_fits(python: str) -> None:
    there = {"python_version": python, "python_full_version": f"{python}.9"}
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


def test_the_image_installs_the_versions_that_are_pinned() -> None:
    in_image = {(canonicalize_name(pin.name), str(pin.specifier)) for pin, _ in pins()}
    pinned = {(canonicalize_name(pin.name), str(pin.specifier)) for pin in PINNED}
    assert in_image - pinned == set(), f"{LOCK} is not what pyproject.toml pins: `just lock` writes both anew"


def test_what_is_installed_here_is_what_is_pinned() -> None:
    pinned = {canonicalize_name(p.name): str(p.specifier) for p in PINNED if p.marker is None or p.marker.evaluate()}
    installed = {canonicalize_name(d.name): f"=={d.version}" for d in distributions()}
    ours = {name: version for name, version in installed.items() if name not in SEEDS}
    assert len(ours) > 200
    assert {name: version for name, version in ours.items() if pinned.get(name) != version} == {}


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
