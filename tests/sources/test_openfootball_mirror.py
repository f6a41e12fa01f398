"""Every match of a whole mirror of football.json is read: the real one beside the repository, else one written here."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from soccer_assets.leagues import LEAGUES, NAMES_AT
from soccer_assets.resources import build
from soccer_assets.settings import Settings
from soccer_assets.sources.acquisition import Acquired

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw" / "openfootball" / "football.json"
MIRRORS = ["written", *(["published"] if PUBLISHED.is_dir() else [])]
FIRST, LAST, TODAY = dt.date(2010, 7, 1), dt.date(2024, 6, 30), dt.date(2024, 7, 1)


def written(folder: Path) -> Path:
    """A few files in either style, one of a league that is none of ours."""
    for place in ("2010-11/en.1", "2023-24/de.1", "2019/br.1", "2018-19/ar.1", "2022-23/uefa.cl"):
        year = place[:4]
        matches = [{"date": f"{year}-08-{n}", "team1": f"Ember {n}", "team2": "Gale"} for n in range(10, 20)]
        path = folder / f"{place}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"name": f"League {year}", "matches": matches}))
    return folder


@pytest.fixture(params=MIRRORS, scope="module")
def mirror(request, tmp_path_factory) -> tuple[Path, Acquired]:
    folder = tmp_path_factory.mktemp(request.param)
    base = PUBLISHED if request.param == "published" else written(folder / "mirror")
    settings = Settings(var=str(folder), source_urls={"openfootball": base.as_uri()}, http_pause_seconds=0.0)
    return base, build(settings)["acquisitions"]["openfootball_matches"].acquire(FIRST, LAST, TODAY)


def test_every_match_of_the_leagues_followed_is_read_and_none_is_in_quarantine(mirror):
    base, acquired = mirror
    known = {file: code for code, file in NAMES_AT["openfootball"].items()}
    files = [path for path in base.glob("*/*.json") if path.stem in known]
    truth: Counter[tuple[Any, ...]] = Counter()
    for path in files:
        for match in json.loads(path.read_text())["matches"]:
            stage = (match.get("round") or match.get("stage") or "").lower()
            promotion = "aufstieg" in f"{stage} {match.get('stage')}".lower()
            after_season = "final" in stage or stage == "playoffs" or promotion
            league = None if after_season and not LEAGUES[known[path.stem]].extra else known[path.stem]
            truth[league, match["date"], match["team1"].strip(), match["team2"].strip()] += 1
    found = Counter(
        (league, str(day), home, away)
        for league, day, home, away in acquired.rows.select("_league", "match_date", "home", "away").iter_rows()
    )
    assert (found - truth, truth - found) == (Counter(), Counter())
    assert (acquired.files, acquired.quarantined, acquired.problem) == (len(files), 0, "")
    assert acquired.lines == acquired.records == len(acquired.rows) == sum(truth.values()) >= 40
