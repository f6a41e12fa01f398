"""What docs/ says is true of the code: its tables, its commands, its words; the tour of one match runs."""

import ast
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
import pytest
import yaml

from serving.app import create_app
from serving.pages.routes import ADDRESSES
from serving.resources.catalog import RESOURCES
from serving.settings import ServingSettings
from soccer_assets.commands.cli import SECTIONS, soccer
from soccer_assets.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "pages"


def text(page: str) -> str:
    return (PAGES / page).read_text()


def table(page: str, name: str) -> list[tuple[str, ...]]:
    """The cells of the table between the marks of a name, without its header."""
    (marked,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text(page), re.DOTALL)
    rows = marked.strip().splitlines()[2:]
    return [tuple(cell.strip() for cell in row.strip("|").split(" | ")) for row in rows]


def test_every_setting_has_its_default_and_description() -> None:
    described = typing.get_type_hints(Settings, include_extras=True)
    assert [tuple(cell.strip("| ") for cell in row) for row in table("operating.md", "settings")] == [
        (
            f"`{PREFIX}{'<SOURCE>_URL' if field.name == 'source_urls' else field.name.upper()}`",
            "" if field.default in ("", None, msgspec.NODEFAULT) else f"`{field.default}`",
            described[field.name].__metadata__[0].description,
        )
        for field in msgspec.structs.fields(Settings)
    ]


def test_every_resource_of_the_api_has_its_path_row_and_filters() -> None:
    assert [tuple(cell.strip("| ") for cell in row) for row in table("api.md", "resources")] == [
        (
            resource.tag,
            f"`{resource.path.replace(':str', '')}`" + (f", `{{{resource.key}}}`" if resource.key else ""),
            resource.row,
            ", ".join(f"`{name}`" for name in resource.parameters),
        )
        for resource in RESOURCES
    ]


def test_every_route_and_test_of_the_parity_table_exists(tmp_path: Path) -> None:
    app = create_app(Settings(var=str(tmp_path)), ServingSettings())
    served = set(app.openapi_schema.paths or ()) | {route.path for route in app.routes} | set(ADDRESSES)
    schemas = app.openapi_schema.paths or {}
    for theirs, ours, test in parity():
        for method, path in re.findall(r"`(?:(GET|POST|DELETE) )?(/[^` ]*)`", ours):
            assert path in served, path
            assert not method or getattr(schemas[path], method.lower()) is not None, (method, path)
        for name in re.findall(r"`soccer ([a-z-]+)`", ours):
            assert name in soccer.commands, name
        for name in re.findall(r"asset `(\w+)`", ours):
            assert f"| `{name}` |" in text("graph.md"), name
        for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", ours):
            assert f"alert: {name}\n" in (ROOT / "deploy" / "prometheus" / "rules.yml").read_text(), name
        if test:
            file, name = test.strip("`").split("::")
            assert f"def {name}(" in (ROOT / file).read_text(), test
        else:
            assert ours.startswith("not served"), theirs


def parity() -> list[tuple[str, ...]]:
    """What the reference systems have, where it is here, and the test that proves it."""
    names = ("parity", "parity of monitoring", "parity of engine")
    return [tuple(cell.strip("| ") for cell in row) for name in names for row in table("api.md", name)]


def test_every_fault_has_its_test_alert_and_runbook() -> None:
    rows = [tuple(cell.strip("| ") for cell in row) for row in table("reliability.md", "faults")]
    alerts = set(re.findall(r"alert: (\w+)", (ROOT / "deploy" / "prometheus" / "rules.yml").read_text()))
    sections = set(re.findall(r"^## (.+)$", text("runbooks.md"), re.MULTILINE))
    assert len(rows) > 20 and len({row[0] for row in rows}) == len(rows)
    for fault, promise, seen, test, alert, runbook in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", test)
        assert named and all(f"def {name}(" in (ROOT / file).read_text() for file, name in named), test
        assert promise and seen and alert in alerts | {"-"} and runbook in sections | {"-"}, fault


def test_what_is_not_served_is_a_small_part_of_what_others_have() -> None:
    missing = [theirs for theirs, ours, _ in parity() if ours.startswith("not served")]
    assert len(parity()) > 95 and len(missing) <= 11, missing


def commands() -> Iterator[tuple[str, str, str]]:
    """Section, words and first sentence of every command that runs something."""
    for section, names in SECTIONS.items():
        for name in names:
            command = soccer.commands[name]
            below = command.commands if isinstance(command, click.Group) else {"": command}
            for word, leaf in below.items():
                assert leaf.help is not None
                yield section.lower(), f"`soccer {name} {word}".strip() + "`", leaf.help.splitlines()[0]


def test_every_command_has_its_section_and_help() -> None:
    assert table("operating.md", "commands") == list(commands())


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_every_command_that_a_page_names_exists(page: str) -> None:
    for name, below in re.findall(r"uv run\s+soccer ([a-z][a-z-]+)(?: ([a-z]+))?", text(page)):
        command = soccer.commands[name]
        assert not isinstance(command, click.Group) or not below or below in command.commands, (name, below)


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = re.findall(r"`((?:[\w.]+/)+[\w.]*)`", text(page))
    folders = (ROOT, ROOT / "soccer_assets", ROOT / "soccer_assets" / "models" / "families")
    made = ("var/", "deploy/.env", "deploy/secrets", "application/", "text/")  # the last two begin media types
    assert [n for n in named if not n.startswith(made) and not any((folder / n).exists() for folder in folders)] == []


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_every_setting_of_serving_that_a_page_names_exists(page: str) -> None:
    known = {f"SERVING_{field.name.upper()}" for field in msgspec.structs.fields(ServingSettings)}
    assert set(re.findall(r"SERVING_[A-Z_]+", text(page))) - known == set()


def test_the_tour_of_one_match_runs_and_agrees_with_itself(season: Any) -> None:
    world: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", text("tour.md"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 9
    for block in blocks:
        exec(compile(block, "tour.md", "exec"), world)
    match, record, parsed, blend = (world[name] for name in ("match", "record", "parsed", "blend"))
    assert match["match_date"] > season.today
    assert world["line"].startswith(match["league"] + ",")
    assert f",{match['home']},{match['away']}," in world["line"]
    published = [name for name, value in record.items() if value is not None and not name.startswith("_")]
    assert len(published) > 10
    assert {name: parsed[name] for name in published} == {name: record[name] for name in published}
    assert (world["league"], world["season"]) == (match["league"], match["season"].replace("/", ""))
    assert world["fair"].sum() == pytest.approx(1, abs=1e-12)
    assert (world["fair"] < [1 / world["prices"][side] for side in ("home", "draw", "away")]).all()
    assert np.isfinite(world["elo_difference"])
    assert {"model", "market", "blend"} <= set(world["lines"])
    assert world["matrix"].sum() == pytest.approx(1, abs=1e-12)
    assert world["home_win"] == pytest.approx(blend["p_home"], abs=1e-9)
    assert world["answer"].status_code == 200
    assert (world["body"]["home"], world["body"]["match_id"]) == (match["home"], match["match_id"])
    assert world["body"]["blend"]["home"] == pytest.approx(blend["p_home"], abs=1e-6)


def names(path: Path) -> Iterator[str]:
    """Names of functions, classes, parameters, variables and attributes that a file makes, without underscores."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name.strip("_").lower()
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name.strip("_").lower()


BANNED = set(re.findall(r"`(\w+)`", text("glossary.md").split("is no name:")[1].split(".")[0]))


def test_no_name_is_a_banned_word() -> None:
    assert len(BANNED) == 13
    files = [path for folder in ("soccer_assets", "serving", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert [(str(path), name) for path in files for name in names(path) if name in BANNED] == []


def test_a_banned_name_is_seen(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        "SHOWN = 5\nasync def _met(about: int) -> int:\n    told = about\n    cls.place = told\n    return told\n"
    )
    assert set(names(tmp_path / "module.py")) & BANNED == {"about", "met", "place", "shown", "told"}


def test_every_alert_has_a_severity_and_leads_to_its_runbook() -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    sections = re.findall(r"^## (\w+)$", text("runbooks.md"), re.MULTILINE)
    assert sections == [rule["alert"] for rule in rules]
    for rule in rules:
        assert rule["labels"]["severity"] in (("none",) if rule["alert"] == "Watchdog" else ("page", "ticket"))
        assert rule["annotations"]["runbook_url"] == f"docs/pages/runbooks.md#{rule['alert'].lower()}"


def test_what_the_runbooks_name_exists(tmp_path: Path) -> None:
    book = text("runbooks.md")
    commands = re.findall(r"`uv run soccer ([a-z-]+)", book)
    assert len(commands) > 15 and set(commands) <= soccer.commands.keys()
    app = create_app(Settings(var=str(tmp_path)), ServingSettings())
    served = {re.sub(r":\w+", "", path) for path in (*(app.openapi_schema.paths or ()), *ADDRESSES)}
    assert {path.partition("?")[0] for path in re.findall(r"`(/[^` ]+)`", book) if "/problems/" not in path} <= served
    settings = {f"SERVING_{name.upper()}" for name in ServingSettings.__struct_fields__}
    settings |= {f"SOCCER_{name.upper()}" for name in Settings.__struct_fields__}
    assert set(re.findall(r"`((?:SERVING|SOCCER)_[A-Z_]+)`", book)) <= settings


def test_every_page_is_in_the_table_of_pages() -> None:
    assert sorted(row[0].strip(" |`") for row in table("pages.md", "pages")) == sorted(
        address.replace(":str", "") for address in ADDRESSES
    )


def test_every_word_of_the_glossary_stands_once_and_in_order() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", text("glossary.md"), re.MULTILINE)[2:]
    assert words == sorted(set(words), key=str.lower)


def test_there_are_twelve_decisions() -> None:
    headings = re.findall(r"^## (\d+)\. ", text("decisions.md"), re.MULTILINE)
    assert headings == [str(number) for number in range(1, 13)]


def test_the_plots_of_the_gallery_are_there_and_small() -> None:
    named = re.findall(r"\((plots/\w+\.svg)\)", text("gallery.md"))
    assert sorted(named) == sorted(f"plots/{path.name}" for path in (PAGES / "plots").iterdir())
    assert max((PAGES / name).stat().st_size for name in named) < 100_000
