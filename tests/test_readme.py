"""The README tells the truth of today: its tables and commands are those of the code."""

import re
import typing
from pathlib import Path

import click
import msgspec
import pytest

from soccer_assets.commands.cli import soccer
from soccer_assets.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
JUSTFILE = (ROOT / "justfile").read_text()
RECIPES = set(re.findall(r"^([a-z-]+)(?: [^:=\n]*)?:(?!=)", JUSTFILE, flags=re.MULTILINE))


def test_every_setting_is_in_the_readme_with_its_default_and_what_it_is() -> None:
    table = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    told = [tuple(cell.strip() for cell in row.split("|")[1:4]) for row in table.strip().splitlines()[2:]]
    described = typing.get_type_hints(Settings, include_extras=True)
    expected = [
        (
            f"`{PREFIX}{'<SOURCE>_URL' if field.name == 'source_urls' else field.name.upper()}`",
            "" if field.default in ("", None, msgspec.NODEFAULT) else f"`{field.default}`",
            described[field.name].__metadata__[0].description,
        )
        for field in msgspec.structs.fields(Settings)
    ]
    assert told == expected


def test_the_readme_stays_short() -> None:
    """Besides its tables of assets and settings, which are looked things up in."""
    prose = re.sub(r"<!-- (\w+) -->.*?<!-- /\1 -->", "", README, flags=re.DOTALL)
    assert len(prose.splitlines()) <= 120


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_recipe_that_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"uv run just ([a-z-]+)", (ROOT / document).read_text()))
    assert named, f"{document} names no recipe"
    assert named <= RECIPES


def test_every_command_that_the_readme_names_exists() -> None:
    named = re.findall(r"uv run\s+soccer ([a-z-]+)(?: ([a-z]+))?", README)
    assert len(named) > 10
    for name, below in named:
        command = soccer.commands[name]
        assert not isinstance(command, click.Group) or not below or below in command.commands, (name, below)


def test_the_justfile_holds_what_a_developer_runs() -> None:
    wanted = {"bench", "check", "default", "demo", "dev", "docs", "fix", "fuzz", "lock", "test", "test-deploy"}
    assert wanted == RECIPES


@pytest.mark.parametrize("place", re.findall(r"^\| `([a-z_/]+/)` \|", README, flags=re.MULTILINE))
def test_every_folder_the_readme_names_is_there(place: str) -> None:
    assert (ROOT / place).is_dir()
