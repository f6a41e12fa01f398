"""`soccer links`, on a lake of three events."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soccer_assets.linking import decisions
from soccer_assets.matches.schema import MATCHES
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.storage.lake import Lake

DAY = dt.date(2024, 3, 9)
NOON = dt.datetime(2024, 3, 9, 12, tzinfo=dt.UTC)


def event(event_id: str, home: str, away: str, outcome: str, **further: Any) -> dict[str, Any]:
    return {
        "match_date": DAY, "event_id": event_id, "source": "fonbet", "league": "E0", "competition": "Премьер-лига",
        "country": "England", "home": home, "away": away, "kick_off_at": NOON, "evidence": "{}", "outcome": outcome,
        "decided_at": NOON, "decided_by": "linker", **further,
    }  # fmt: skip


def match(match_id: str, home: str, away: str) -> dict[str, Any]:
    clubs = {"home": home, "away": away, "home_id": f"england.{home.lower()}", "away_id": f"england.{away.lower()}"}
    return clubs | {
        "match_date": DAY, "match_id": match_id, "league": "E0", "season": "2023/24", "kick_off_at": NOON,
        "status": "scheduled", "leg": 1, "source": "football-data", "payload_id": "f", "line": 2,
    }  # fmt: skip


EVENTS = [
    event("1", "Арлов", "Бранкин", "linked", match_id="m1", candidate_id="m1", home_id="england.arlov",
          away_id="england.brankin", method="name", score=8.0),
    event("2", "Стальные", "Дунмер", "review", candidate_id="m2", method="name", score=0.5, runner_up=-4.25, margin=4.75),
    event("3", "Чужие", "Другие, и ко", "none"),
]  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    matches = [match("m1", "Arlov", "Brankin"), match("m2", "Garov", "Dunmer"), match("m3", "Estfal", "Heldin")]
    lake.replace_dates("matches", MATCHES.conform(pl.DataFrame(matches, schema=MATCHES.schema)), DAY, DAY)
    lake.replace_dates("odds_links", ODDS_LINKS.conform(pl.DataFrame(EVENTS, schema=ODDS_LINKS.schema)), DAY, DAY)
    return lake


@pytest.fixture
def links(lake, soccer) -> Callable[..., list[str]]:
    """Run a command on the lake, by the machine's clock, as the commits of the lake are; the lines it prints."""

    def run(*command: str, code: int = 0) -> list[str]:
        done = soccer("links", *command, SOCCER_LAKE_URL=lake.url, SOCCER_TODAY=None)
        assert (done.exit_code, done.stderr == "") == (code, code == 0)
        return [line.strip() for line in done.output.splitlines()]

    return run


def aliases(lake: Lake) -> list[tuple[str, str | None, str]]:
    return decisions.aliases(decisions.ledger(lake)).select("name", "country", "team_id").rows()


def test_the_queue_shows_each_case_with_both_sides_fixtures_and_alias_lines(links):
    assert links("review") == [
        "all times are UTC",
        "case 2: 2024-03-09 12:00  Стальные - Дунмер",
        "fonbet, Премьер-лига, England",
        "probability 62.2%, runner-up 1.4%, no evidence",
        "candidate: 2024-03-09 12:00  Garov - Dunmer  m2",
        "other events: 2024-03-09 12:00  Арлов - Бранкин  m1",
        "other events: 2024-03-09 12:00  Чужие - Другие, и ко",
        "matches: 2024-03-09 12:00  Arlov - Brankin  m1",
        "matches: 2024-03-09 12:00  Estfal - Heldin  m3",
        "alias line: fonbet,Стальные,England,england.garov",
        "alias line: fonbet,Дунмер,England,england.dunmer",
        "",
        "case 3: 2024-03-09 12:00  Чужие - Другие, и ко",
        "fonbet, Премьер-лига, England",
        "other events: 2024-03-09 12:00  Арлов - Бранкин  m1",
        "other events: 2024-03-09 12:00  Стальные - Дунмер",
        "matches: 2024-03-09 12:00  Arlov - Brankin  m1",
        "matches: 2024-03-09 12:00  Estfal - Heldin  m3",
        "matches: 2024-03-09 12:00  Garov - Dunmer  m2",
        "alias line: fonbet,Чужие,England,?",
        'alias line: fonbet,"Другие, и ко",England,?',
        "",
        "2 open cases: uv run soccer links accept CASE | reject CASE | import FILE of alias lines",
    ]


def test_an_accepted_case_makes_aliases_of_both_names(links, lake):
    assert links("accept", "2", "--reason", "seen on their site")[-1].endswith(
        "take it back with: uv run soccer links undo 1 2"
    )
    assert aliases(lake) == [("Дунмер", "England", "england.dunmer"), ("Стальные", "England", "england.garov")]
    assert set(decisions.ledger(lake)["reason"]) == {"seen on their site"}
    assert set(decisions.ledger(lake)["match_id"]) == {"m2"}
    links("undo", "1", "2")
    assert aliases(lake) == []


def test_another_match_than_the_candidate_can_be_named(links, lake):
    links("accept", "3", "m3")
    assert aliases(lake) == [("Другие, и ко", "England", "england.heldin"), ("Чужие", "England", "england.estfal")]


def test_a_case_or_one_of_its_names_is_rejected(links, lake):
    links("reject", "2")
    links("reject", "2", "home")
    assert decisions.rejected(decisions.ledger(lake)).rows() == [
        ("fonbet", None, None, "2", "m2"),
        ("fonbet", "Стальные", "england.garov", None, None),
    ]


@pytest.mark.parametrize(
    ("evidence", "actual"),
    [
        ('{"swapped":true,"moved_days":0}', "home and away swapped"),
        ('{"swapped":false,"moved_days":-2}', "one moved by -2"),
    ],
)
def test_a_swapped_or_moved_case_is_no_link_and_its_names_are_their_own_clubs(links, lake, evidence, actual):
    is_swapped = "true" in evidence
    names = ("Дунмер", "Гаров") if is_swapped else ("Гаров", "Дунмер")
    case = event("2", *names, "review", candidate_id="m2", evidence=evidence, score=0.5)
    lake.replace_dates("odds_links", ODDS_LINKS.conform(pl.DataFrame([case], schema=ODDS_LINKS.schema)), DAY, DAY)
    lines = [line for line in links("review") if line.startswith("alias line")]
    assert sorted(lines) == [
        "alias line: fonbet,Гаров,England,england.garov", "alias line: fonbet,Дунмер,England,england.dunmer",
    ]  # fmt: skip
    (error,) = links("accept", "2", code=1)
    assert f"expected the day and the sides of the match, found {actual}" in error
    links("reject", "2", "away")
    assert decisions.rejected(decisions.ledger(lake)).select("name", "team_id").rows() == [
        ("Гаров", "england.garov") if is_swapped else ("Дунмер", "england.dunmer")
    ]


def test_a_name_is_parted_from_the_club_it_is_linked_to(links, lake):
    links("split", "fonbet", "Арлов")
    assert decisions.rejected(decisions.ledger(lake)).select("name", "team_id").rows() == [("Арлов", "england.arlov")]


def test_two_ids_are_made_one_club(links, lake):
    links("merge", "england.arlov", "england.garov")
    assert decisions.merged(decisions.ledger(lake)) == {"england.garov": "england.arlov"}


def test_a_club_is_not_merged_with_itself(links, lake):
    (error,) = links("merge", "england.arlov", "england.arlov", code=1)
    assert error.startswith("error: expected the ids of two clubs, found england.arlov twice")
    assert not lake.exists("link_decisions")


def test_aliases_go_out_and_come_in(links, lake, tmp_path):
    links("accept", "2")
    assert links("export", str(tmp_path / "a.csv")) == [f"2 aliases written to {tmp_path / 'a.csv'}"]
    links("undo", "1", "2")
    assert links("import", str(tmp_path / "a.csv")) == ["2 new aliases; the next run of odds_links uses it"]
    assert len(aliases(lake)) == 2
    (tmp_path / "b.csv").write_text("source,name,country,team_id\nfonbet,Чужие,England,england.nobody\n")
    assert "; no match has the clubs england.nobody: correct" in links("import", str(tmp_path / "b.csv"))[0]


def test_the_history_tells_which_links_a_decision_changed(links, lake):
    links("accept", "2")
    after = EVENTS[1] | {"outcome": "linked", "match_id": "m2", "home_id": "england.garov", "away_id": "england.dunmer",
                         "method": "alias"}  # fmt: skip
    rows = ODDS_LINKS.conform(pl.DataFrame([EVENTS[0], after, EVENTS[2]], schema=ODDS_LINKS.schema))
    lake.replace_dates("odds_links", rows, DAY, DAY)
    printed = links("history", "Стальные")
    assert printed[0].endswith(
        "action=accept source=fonbet name=Стальные country=England team_id=england.garov event_id=2 match_id=m2"
    )
    assert printed[1:] == [
        "2024-03-09 2 Стальные - Дунмер: no match -> m2",
        "Стальные is england.garov: 1 links by alias, 2024-03-09 to 2024-03-09",
    ]
    links("undo", "1")
    assert [line.endswith("(undone)") for line in links("history", "Стальные")] == [True, False, False, False]
    assert [line[:1] for line in links("history")] == ["1", "2", "2", "2", "3"]


def test_without_cases_there_is_nothing_to_do(links, lake):
    lake.replace_dates("odds_links", ODDS_LINKS.conform(pl.DataFrame(EVENTS[:1], schema=ODDS_LINKS.schema)), DAY, DAY)
    assert links("review") == ["no open cases"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("accept", "9"), "expected the number of an event in odds_links, found 9"),
        (("accept", "3"), "case 3 has no candidate; name one: uv run soccer links accept CASE MATCH_ID"),
        (("accept", "3", "m9"), "expected the id of a match, found m9"),
        (("merge", "england.arlov", "england.nobody"), "expected the id of a club that plays in matches, .* found england.nobody"),
        (("split", "fonbet", "Никто"), "expected a name of fonbet that is taken for a club, found Никто"),
        (("undo", "4"), r"expected the number of one decision \(there is none yet\), found 4"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_and_nothing_is_written(links, lake, command, message):
    (error,) = links(*command, code=1)
    assert re.match(f"error: {message}", error)
    assert not lake.exists("link_decisions")
