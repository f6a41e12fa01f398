"""Which club a source means by a name."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from soccer_assets.linking.names import Scorer
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches.clubs import identify
from soccer_assets.matches.records import FORM

UNDECIDED = LINK_DECISIONS.empty()
CLUBS = ("Man United", "Man City", "Nott'm Forest", "Sheffield Weds", "Wolves", "Newcastle")
FIRST = dt.date(2023, 8, 12)


def rounds(clubs: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """Day and sides of a single round robin, a round a week."""
    order, found = list(clubs), []
    for week in range(len(clubs) - 1):
        half = len(order) // 2
        found += [(7 * week, a, b) for a, b in zip(order[:half], reversed(order[half:]), strict=True)]
        order = [order[0], order[-1], *order[1:-1]]
    return found


def record(source: str, line: int, days: int, home: str, away: str, **more: Any) -> dict[str, Any]:
    return {"source": source, "league": "E0", "season": "2023/24", "match_date": FIRST + dt.timedelta(days), "line": line,
            "status": "scheduled", "home": home, "away": away, "payload_id": source} | more  # fmt: skip


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in FORM} for row in rows], schema=FORM)


def base(clubs: tuple[str, ...] = CLUBS) -> pl.DataFrame:
    rows = frame([record("football-data", n, *match) for n, match in enumerate(rounds(clubs))])
    ids = {f"{side}_id": "england." + pl.col(side).str.to_lowercase() for side in ("home", "away")}
    return rows.drop("reason").with_columns(**ids)


def accepted(*decisions: tuple[str, str, str, str]) -> pl.DataFrame:
    """A ledger: source, name, country and club of each acceptance."""
    rows = [
        {"decision_id": n, "decided_at": dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "decided_by": "me", "action": "accept",
         **dict(zip(("source", "name", "country", "team_id"), words, strict=True))}
        for n, words in enumerate(decisions, start=1)
    ]  # fmt: skip
    return pl.DataFrame(
        [{name: row.get(name) for name in LINK_DECISIONS.schema} for row in rows], schema=LINK_DECISIONS.schema
    )


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.shipped()


def known(records: pl.DataFrame) -> dict[str, tuple[str | None, str | None]]:
    sides = [records.select(name=s, id=f"{s}_id", by=f"{s}_by") for s in ("home", "away")]
    return {name: (club, by) for name, club, by in pl.concat(sides).unique().rows()}


def test_a_name_is_the_club_whose_matches_it_plays(scorer):
    theirs = dict(zip(CLUBS, ("Manchester United", "Manchester City", "Nottingham Forest", "Sheffield Wednesday",
                              "Wolverhampton Wanderers", "Newcastle United"), strict=True))  # fmt: skip
    records = frame([record("whoscored", n, day, theirs[a], theirs[b]) for n, (day, a, b) in enumerate(rounds(CLUBS))])
    found = known(identify(records, base(), UNDECIDED, scorer))
    assert found == {name: (f"england.{club.lower()}", "fixture") for club, name in theirs.items()}


def test_a_name_that_has_no_match_in_common_is_known_by_its_likeness_alone(scorer):
    records = frame(
        [record("openfootball", 1, 400, "Nottingham Forest FC", "Sheffield Wednesday FC", season="2024/25")]
    )
    found = known(identify(records, base(), UNDECIDED, scorer))
    assert found == {
        "Nottingham Forest FC": ("england.nott'm forest", "name"),
        "Sheffield Wednesday FC": ("england.sheffield weds", "name"),
    }


def test_a_name_like_no_other_is_a_new_club(scorer):
    records = frame([record("openfootball", 1, 400, "Quarrington Rovers", "Newcastle", season="2024/25")])
    found = known(identify(records, base(), UNDECIDED, scorer))
    assert found == {
        "Quarrington Rovers": ("england.quarrington-rovers", "new"),
        "Newcastle": ("england.newcastle", "name"),
    }


def test_a_name_that_may_be_two_clubs_is_nobody_s_until_somebody_decides(scorer):
    records = frame([record("openfootball", 1, 400, "Manchester", "Newcastle", season="2024/25")])
    unsure = identify(records, base(), UNDECIDED, scorer)
    assert unsure["home_id"].to_list() == [None]
    assert unsure["reason"].to_list() == [
        "expected the name of one club, found Manchester, which may be several clubs' or a new one's"
    ]
    decided = accepted(("openfootball", "Manchester", "England", "england.man city"))
    sure = identify(records, base(), decided, scorer)
    assert known(sure)["Manchester"] == ("england.man city", "alias")
    assert sure["reason"].to_list() == [None]


def test_a_decision_of_another_country_or_source_does_not_count(scorer):
    records = frame([record("openfootball", 1, 400, "Manchester", "Newcastle", season="2024/25")])
    elsewhere = accepted(
        ("whoscored", "Manchester", "England", "england.man city"), ("openfootball", "Manchester", "Spain", "x")
    )
    assert identify(records, base(), elsewhere, scorer)["home_id"].to_list() == [None]
