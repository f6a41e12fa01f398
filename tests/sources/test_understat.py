import datetime as dt
import json
from typing import Any

import pytest

from soccer_assets.errors import BlockedError, ShapeError
from soccer_assets.leagues import LEAGUES
from soccer_assets.simulation.faults import BLOCK_PAGE, ERROR_PAGE
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.sources.schema import UNDERSTAT_MATCHES, Parsed
from soccer_assets.sources.spec import Query
from soccer_assets.sources.understat import accept, parse, requests

BASE = "https://s.test"
ADDRESS = f"{BASE}/getLeagueData/La_liga/2020"
SEEN = dt.datetime(2021, 3, 1, 6, tzinfo=dt.UTC)


def match(**changes: Any) -> dict[str, Any]:
    given = {
        "id": "14086",
        "isResult": True,
        "h": {"id": "228", "title": "Alavés", "short_title": "ALA"},
        "a": {"id": "83", "title": "Real Betis", "short_title": "BET"},
        "goals": {"h": "0", "a": "3"},
        "xG": {"h": "0.126327", "a": "2.16287"},
        "datetime": "2020-09-12 21:30:00",
        "forecast": {"w": "0.0037", "d": "0.0476", "l": "0.9487"},
    }
    return {name: value for name, value in (given | changes).items() if value is not ...}


def answer(*matches: Any) -> bytes:
    return json.dumps({"teams": {}, "players": [], "dates": list(matches)}, ensure_ascii=False).encode()


def page(*matches: Any) -> bytes:
    """As earlier pages carried it: every byte that is no letter or digit escaped."""
    plain = json.dumps(list(matches), ensure_ascii=False).encode()
    escaped = "".join(chr(b) if chr(b).isascii() and chr(b).isalnum() else f"\\x{b:02X}" for b in plain)
    return (
        "<!DOCTYPE html><html><head><script>var x = 1;</script></head><body><script>\n"
        f"\tvar datesData = JSON.parse('{escaped}');\n</script>\n"
        "<script>var teamsData = JSON.parse('\\x7B\\x7D');</script></body></html>"
    ).encode()


def read(body: bytes, address: str = ADDRESS) -> Parsed:
    return parse([Answer(address, "b" * 64, SEEN, body)])


COMING = {"isResult": False, "goals": {"h": None, "a": None}, "xG": {"h": None, "a": None}, "forecast": ...}


def test_a_season_is_asked_for_with_its_page_as_mirror():
    today = dt.date(2024, 5, 1)
    found = requests(Query(dt.date(2023, 3, 1), dt.date(2024, 4, 1), today, list(LEAGUES.values()), BASE))
    spain = [r for r in found if "La_liga" in r.address]
    assert [(r.address, r.mirrors, r.final) for r in spain] == [
        (f"{BASE}/getLeagueData/La_liga/2022", (f"{BASE}/league/La_liga/2022",), True),
        (f"{BASE}/getLeagueData/La_liga/2023", (f"{BASE}/league/La_liga/2023",), False),
    ]
    assert len(found) == 12
    assert requests(Query(dt.date(2009, 8, 10), dt.date(2013, 4, 1), today, [LEAGUES["E0"]], BASE)) == []


@pytest.mark.parametrize("form", [answer, page])
def test_a_match_and_its_expected_goals_are_the_same_in_both_forms(form):
    parsed = read(form(match(), match(id="2", datetime="2021-05-22 19:00:00", **COMING)))
    assert parsed.quarantined.is_empty()
    played, coming = parsed.records.to_dicts()
    assert played == {name: None for name in UNDERSTAT_MATCHES.schema} | {
        "match_date": dt.date(2020, 9, 12),
        "_league": "SP1",
        "_address": ADDRESS,
        "_payload_id": "b" * 64,
        "_record": 1,
        "_seen_at": SEEN,
        "understat_id": "14086",
        "kick_off_at": "2020-09-12T21:30:00Z",
        "status": "finished",
        "competition": "La_liga",
        "country": "Spain",
        "season": "2020/21",
        "home": "Alavés",
        "away": "Real Betis",
        "home_source_id": "228",
        "away_source_id": "83",
        "home_goals": "0",
        "away_goals": "3",
        "home_xg": "0.126327",
        "away_xg": "2.16287",
    }
    figures = ("home_goals", "away_goals", "home_xg", "away_xg")
    assert (coming["status"], [coming[name] for name in figures]) == ("scheduled", [None] * 4)


def test_a_page_whose_address_says_nothing_has_no_league():
    record = read(page(match()), "file:///tmp/league.html").records.row(0, named=True)
    assert (record["_league"], record["season"], record["home"]) == (None, None, "Alavés")


@pytest.mark.parametrize(
    ("given", "reason", "date"),
    [
        ({"xG": ...}, "expected a match with h, a, goals, xG and datetime, found another form (Object mis", None),
        ({"datetime": "12.09.2020"}, "expected a time YYYY-MM-DD HH:MM:SS, found '12.09.2020'", None),
        (
            {"goals": {"h": None, "a": None}},
            "expected the goals of a match that has a result, found none",
            dt.date(2020, 9, 12),
        ),
    ],
)
def test_a_record_that_cannot_be_read_is_kept_with_the_reason(given, reason, date):
    parsed = read(answer(match(), match(**given), match(id="3")))
    assert parsed.records["_record"].to_list() == [1, 3]
    bad = parsed.quarantined.row(0, named=True)
    assert bad["reason"].startswith(reason)
    assert (bad["line"], bad["match_date"], json.loads(bad["record"])) == (2, date, match(**given))


SEASON = answer(*[match(id=str(n)) for n in range(10)])


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (ERROR_PAGE, ShapeError, "expected a script with datesData, found a page or text that starts b'<!DOCTYPE"),
        (BLOCK_PAGE, BlockedError, "expected data, found the page of a bot wall ('_Incapsula_Resource')"),
        (SEASON[: len(SEASON) // 2], ShapeError, 'expected JSON with the list dates, found b\'{"teams"'),
        (page(match())[:200], ShapeError, "expected a script with datesData"),
        (SEASON.replace(b'"dates"', b'"matches"'), ShapeError, "expected JSON with the list dates"),
        (SEASON.replace(b'"xG"', b'"xGoals"'), ShapeError, "expected a match with h, a, goals, xG and datetime"),
        (answer(*[match()] * 4), ShapeError, "expected at least 50% of the 10 matches of the last good file, found 4"),
    ],
)
def test_what_is_no_such_answer_is_refused(body, kind, message):
    with pytest.raises(kind) as raised:
        accept(ADDRESS, body, SEASON)
    assert str(raised.value).startswith(f"{ADDRESS}: {message}")


def test_either_form_may_follow_the_other():
    accept(ADDRESS, page(*[match()] * 10), SEASON)
    accept(ADDRESS, SEASON, page(*[match()] * 10))
