"""The README and CONTRIBUTING name recipes, commands, folders and pages that exist."""

import re
from pathlib import Path

import pytest

from soccer_assets.commands.cli import soccer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
JUSTFILE = (ROOT / "justfile").read_text()
RECIPES = set(re.findall(r"^([a-z-]+)(?: [^:=\n]*)?:(?!=)", JUSTFILE, flags=re.MULTILINE))


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_recipe_that_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"uv run just ([a-z-]+)", (ROOT / document).read_text()))
    assert named, f"{document} names no recipe"
    assert named <= RECIPES


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"uv run soccer ([a-z-]+)", README))
    assert {"backfill", "train", "predict", "up"} <= named
    assert named <= {*soccer.commands, "--help"}


def test_the_justfile_holds_what_a_developer_runs() -> None:
    wanted = {"audit", "bench", "check", "check-definitions", "default", "demo", "dev", "docs", "fix", "fuzz", "licences", "load", "lock", "test",
              "test-deploy", "test-faults"}  # fmt: skip
    assert wanted == RECIPES


@pytest.mark.parametrize("folder", re.findall(r"^\| `([a-z_/]+/)` \|", README, flags=re.MULTILINE))
def test_every_folder_that_the_readme_names_is_there(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_page_that_a_document_links_is_there(document: str) -> None:
    linked = re.findall(r"\]\(([\w./]+)\)", (ROOT / document).read_text())
    assert linked
    assert [page for page in linked if not (ROOT / page).exists()] == []
