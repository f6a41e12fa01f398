"""A source is its module, its table in `sources/schema.py` and its line in `sources/catalog.py`; nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TABLE = """
TOY_MATCHES = Table(
    "toy_matches",
    "One match as published by the toy source; all published columns are strings.",
    (
        *RECORD_PROVENANCE,
        *_texts(status="where the match stands", season="2026/27", home="home side", away="away side"),
        *_sides(goals="goals of the {} side"),
    ),
    RECORD_KEY,
)
"""
MODULE = '''"""The toy source: one file of all its matches."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.fetching.json_text import decode
from soccer_assets.sources.fetching.response_checks import refuse_shrunken
from soccer_assets.sources.records import Record, RecordCollector, UnreadError
from soccer_assets.sources.schema import TOY_MATCHES, Parsed
from soccer_assets.sources.spec import Query, SourceSpec, TableSpec


def requests(query: Query) -> list[Request]:
    return [Request(f"{query.base}/matches.json")]


def accept(address: str, body: bytes, before: bytes | None) -> None:
    found, had = (len(_read(address, text)) if text else 0 for text in (body, before))
    refuse_shrunken(address, found, had, "matches of the last good file")


def parse(answers: Sequence[Answer]) -> Parsed:
    collected = RecordCollector(TOY_MATCHES)
    for answer in answers:
        for position, match in enumerate(_read(answer.address, answer.body), start=1):
            collected.accept(answer, position, partial(_record, match), partial(str, match))
    return collected.parsed()


def _record(match: dict[str, Any]) -> Record:
    if "score" not in match:
        raise UnreadError(f"expected a score, found {sorted(match)}")
    goals = dict(zip(("home_goals", "away_goals"), match["score"].split("-"), strict=True))
    teams = {side: match[side] for side in ("home", "away")}
    return Record(dt.date.fromisoformat(match["date"]), "E0", {"status": "finished", **teams, **goals})


def _read(address: str, body: bytes) -> list[dict[str, Any]]:
    return decode(address, body, list[dict[str, Any]], "a JSON list of matches")


SOURCE = SourceSpec(
    name="toy",
    address="https://toy.example",
    tables=(TableSpec(TOY_MATCHES, requests, accept, parse),),
    trust=4,
    league_names={"E0": "the league"},
)
'''
IMPORT, LINE = (
    ("import openfootball, schema,", "import openfootball, schema, toy,"),
    ("    fonbet.SOURCE,\n", "    fonbet.SOURCE,\n    toy.SOURCE,\n"),
)
#: Two clubs of a league nobody else has, and a record that cannot be read.
MATCHES = [
    {"date": "2026-10-24", "home": "Ember", "away": "Gale", "score": "2-1"},
    {"date": "2026-10-25", "home": "Hale", "away": "Isle", "score": "0-0"},
    {"date": "2026-10-25", "home": "Ash", "away": "Birch"},
]
RUN = """
import datetime as dt, json
from dagster import AssetSelection
from soccer_assets.commands import materialize as runs
from soccer_assets.settings import Settings
from soccer_assets.storage.lake import Lake
days = dt.date(2026, 10, 24), dt.date(2026, 10, 25)
with runs.instance() as instance:
    runs.materialize(AssetSelection.groups("sources", "matches"), *days, instance, lambda line: None)
lake = Lake(Settings.read().lake)
shown = {"matches": ["home", "away", "home_goals", "source"], "match_links": ["home", "source"],
         "source_health": ["source", "parsed", "state"], "toy_matches_quarantine": ["line", "reason"]}
print(json.dumps({name: sorted(lake.read(name).select(columns).rows()) for name, columns in shown.items()}))
"""


def edited(folder: Path, schema: bool = True, module: bool = True, line: bool = True) -> Path:
    """A copy of the package with the source in all three places, or in some."""
    shutil.copytree(ROOT / "soccer_assets", folder / "soccer_assets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dagster.yaml", folder)
    sources = folder / "soccer_assets" / "sources"
    if schema:
        (sources / "schema.py").write_text((sources / "schema.py").read_text() + TABLE)
    if module:
        (sources / "toy.py").write_text(MODULE)
    if line:
        text = (sources / "catalog.py").read_text()
        for old, new in (IMPORT, LINE):
            assert text.count(old) == 1
            text = text.replace(old, new)
        (sources / "catalog.py").write_text(text)
    return folder


def python(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("SOCCER_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=folder, env=plain | {"PYTHONPATH": str(folder)} | variables,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_a_source_in_three_places_is_acquired_judged_and_becomes_matches(tmp_path):
    assert len((TABLE + MODULE).splitlines()) + 2 < 120
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "matches.json").write_text(json.dumps(MATCHES))
    done = python(
        edited(tmp_path), RUN, SOCCER_VAR=str(tmp_path / "var"), SOCCER_SOURCES="toy", SOCCER_TODAY="2026-10-28",
        SOCCER_TOY_URL=(tmp_path / "toy").as_uri(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "matches": [["Ember", "Gale", 2, "toy"], ["Hale", "Isle", 0, "toy"]],
        "match_links": [["Ember", "toy"], ["Hale", "toy"]],
        "source_health": [["toy", 1, "ok"], ["toy", 1, "ok"]],
        "toy_matches_quarantine": [[3, "expected a score, found ['away', 'date', 'home']"]],
    }


@pytest.mark.parametrize(
    ("forgotten", "sentence"),
    [
        (
            "line",
            "sources/catalog.py: expected a source for every table of sources/schema.py, found none for "
            "['toy_matches']: add the SOURCE of its module to SOURCES",
        ),
        ("module", "cannot import name 'toy' from 'soccer_assets.sources'"),
        ("schema", "cannot import name 'TOY_MATCHES' from 'soccer_assets.sources.schema'"),
    ],
)
def test_a_place_that_is_forgotten_is_told(tmp_path, forgotten, sentence):
    failed = python(edited(tmp_path, **{forgotten: False}), "import soccer_assets.sources.catalog")
    assert failed.returncode == 1
    assert sentence in failed.stderr.splitlines()[-1]


def test_a_table_declared_in_the_module_is_told(tmp_path):
    folder = edited(tmp_path, schema=False)
    module = folder / "soccer_assets" / "sources" / "toy.py"
    own = "from soccer_assets.sources.schema import RECORD_KEY, RECORD_PROVENANCE, Parsed, _sides, _texts"
    own += "\nfrom soccer_assets.storage.tables import Table\n" + TABLE
    module.write_text(MODULE.replace("from soccer_assets.sources.schema import TOY_MATCHES, Parsed\n", own))
    failed = python(folder, "import soccer_assets.sources.catalog")
    sentence = "sources/schema.py: expected the table of every source, found none named ['toy_matches']: add it"
    assert sentence in failed.stderr.splitlines()[-1]
