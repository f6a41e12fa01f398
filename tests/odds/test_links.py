"""Events of a bookmaker, linked date by date; then the asset and its check on a small lake."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from dagster import DagsterInstance, ExecuteInProcessResult, materialize
from numpy.typing import NDArray

from soccer_assets.linking import decisions
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.matches.schema import MATCHES
from soccer_assets.odds.links import alias_line, odds_links, renamed, unlinked
from soccer_assets.odds.schema import ODDS_LINKS
from soccer_assets.sources.schema import FONBET_EVENTS
from soccer_assets.storage.lake import Lake

DAY = dt.date(2024, 3, 9)
SEEN = dt.datetime(2024, 3, 8, 6, tzinfo=dt.UTC)
CLUBS = {"Арлов": "Arlov", "Бранкин": "Brankin", "Дунмер": "Dunmer", "Эстфал": "Estfal", "Стальные": "Garov"}


class ClubNames:
    """Knows the names it is told, and nothing else."""

    def pairs(self, left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
        same_club = [a == b or (CLUBS.get(a) == b and a != "Стальные") for a, b in zip(left, right, strict=True)]
        return np.where(same_club, 0.999, 0.02)


def events(*rows: tuple[Any, ...], **further: Any) -> pl.DataFrame:
    """Events of Fonbet's line: id, date (or days after), home, away."""
    records = [
        {
            "match_date": DAY + dt.timedelta(days=days), "_league": "E0", "_address": "x", "_payload_id": "p",
            "_record": n, "_seen_at": SEEN, "event_id": event_id, "quoted_at": "2024-03-08T06:00:00Z",
            "kick_off_at": f"{DAY + dt.timedelta(days=days)}T15:00:00Z", "competition": "Англия. Премьер-Лига",
            "country": "England", "home": home, "away": away, "sex": "men", "kind": "first", **further,
        }
        for n, (event_id, days, home, away) in enumerate(rows, 1)
    ]  # fmt: skip
    return pl.DataFrame(records, schema=FONBET_EVENTS.schema)


def matches(*rows: tuple[Any, ...], league: str = "E0") -> pl.DataFrame:
    """Matches: id, days after, home, away."""
    records = [
        {
            "match_date": DAY + dt.timedelta(days=days), "match_id": match_id, "league": league, "season": "2023/24",
            "kick_off_at": dt.datetime.combine(DAY + dt.timedelta(days=days), dt.time(15), dt.UTC), "status": "scheduled",
            "home": home, "away": away, "home_id": f"england.{home.lower()}", "away_id": f"england.{away.lower()}",
            "leg": 1, "source": "football-data", "payload_id": "f", "line": 2,
        }
        for match_id, days, home, away in rows
    ]  # fmt: skip
    return pl.DataFrame(records, schema=MATCHES.schema)


NONE = ODDS_LINKS.empty()
NO_DECISIONS = LINK_DECISIONS.empty()


def linked(
    of: pl.DataFrame, to: pl.DataFrame, history: pl.DataFrame = NONE, ledger: pl.DataFrame = NO_DECISIONS
) -> pl.DataFrame:
    return odds_links(of, to, history, ledger, ClubNames())


def short(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    return rows.select("event_id", "match_id", "method", "outcome").rows()


def test_an_event_in_many_snapshots_is_one_row_as_last_seen():
    later = SEEN + dt.timedelta(hours=4)
    many = pl.concat(
        [events(("7", 0, "Арлов", "Бранкин")), events(("7", 0, "Арлов", "Бранкин"), _seen_at=later, _payload_id="q")]
    )
    row = linked(many, matches(("m", 0, "Arlov", "Brankin"))).row(0, named=True)
    assert (row["event_id"], row["match_id"], row["outcome"], row["method"]) == ("7", "m", "linked", "name")
    assert (row["home_id"], row["away_id"], row["league"]) == ("england.arlov", "england.brankin", "E0")
    assert (row["decided_at"], row["decided_by"]) == (later, "linker")
    assert row["kick_off_at"] == dt.datetime(2024, 3, 9, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize("mark", [{"sex": "women"}, {"kind": "youth"}, {"kind": "reserve"}])
def test_sides_that_are_not_followed_are_none_and_of_no_league(mark):
    rows = linked(events(("7", 0, "Арлов", "Бранкин"), **mark), matches(("m", 0, "Arlov", "Brankin")))
    assert short(rows) == [("7", None, None, "none")]
    assert rows["league"].to_list() == [None]


def test_the_match_of_the_day_beside_is_found_and_no_other():
    to = matches(("m1", -1, "Arlov", "Brankin"), ("m2", 3, "Dunmer", "Estfal"))
    rows = linked(events(("7", 0, "Арлов", "Бранкин"), ("8", 0, "Дунмер", "Эстфал")), to)
    assert rows["match_id"].to_list() == ["m1", None]


def test_a_match_that_is_off_is_no_match():
    to = matches(("m", 0, "Arlov", "Brankin")).with_columns(status=pl.lit("postponed"))
    assert short(linked(events(("7", 0, "Арлов", "Бранкин")), to)) == [("7", None, None, "none")]


def weeks(count: int, strange: str = "Стальные") -> tuple[pl.DataFrame, pl.DataFrame]:
    """A club with a strange name meets one known club a week."""
    opponents = [("Арлов", "Arlov"), ("Бранкин", "Brankin"), ("Дунмер", "Dunmer"), ("Эстфал", "Estfal")]
    games = [(7 * week, *opponents[week % 4]) for week in range(count)]
    return (
        events(*((f"e{days}", days, strange, theirs) for days, theirs, _ in games)),
        matches(*((f"m{days}", days, "Garov", ours) for days, _, ours in games)),
    )


def test_a_decision_is_used_and_signed_and_its_undo_forgotten():
    of, to = weeks(1)
    entry = {
        "decision_id": 1,
        "decided_at": SEEN + dt.timedelta(days=2),
        "decided_by": "ann",
        "action": "accept",
        "source": "fonbet",
    }
    names = [("Стальные", "england.garov"), ("Арлов", "england.arlov")]
    entries = [entry | {"decision_id": n, "name": name, "team_id": team} for n, (name, team) in enumerate(names, 1)]
    ledger = LINK_DECISIONS.conform(pl.DataFrame(entries, schema=LINK_DECISIONS.schema))
    row = linked(of, to, ledger=ledger).row(0, named=True)
    assert (row["match_id"], row["method"], row["decided_by"]) == ("m0", "alias", "ann")
    assert row["decided_at"] == SEEN + dt.timedelta(days=2)
    undo = entry | {"decision_id": 3, "action": "undo", "undoes": 1, "source": None}
    undone = LINK_DECISIONS.conform(pl.DataFrame([*entries, undo], schema=LINK_DECISIONS.schema))
    assert short(linked(of, to, ledger=undone)) == [("e0", None, "fixture", "review")]


def test_merged_clubs_are_known_by_either_id():
    of, to = weeks(1)
    entry = {"decided_at": SEEN, "decided_by": "ann", "source": "fonbet"}
    entries = [
        entry | {"decision_id": 1, "action": "accept", "name": "Стальные", "team_id": "england.steel"},
        entry | {"decision_id": 2, "action": "merge", "team_id": "england.steel", "other_team_id": "england.garov"},
    ]
    ledger = LINK_DECISIONS.conform(pl.DataFrame(entries, schema=LINK_DECISIONS.schema))
    assert linked(of, to, ledger=ledger)["home_id"].to_list() == ["england.steel"]


def test_a_range_of_dates_gives_what_its_dates_give_one_by_one():
    of, to = weeks(6)
    one_by_one = NONE
    for (_,), of_day in of.partition_by("match_date", as_dict=True).items():
        one_by_one = pl.concat([one_by_one, linked(of_day, to, one_by_one)])
    assert linked(of, to).equals(one_by_one)


def test_a_name_that_was_linked_before_is_known_and_a_later_date_tells_nothing():
    of, to = weeks(2)
    same_club = linked(of.head(1), to)
    assert same_club["outcome"].to_list() != ["linked"]
    past = same_club.with_columns(
        match_date=pl.lit(DAY - dt.timedelta(days=7)), outcome=pl.lit("linked"), home_id=pl.lit("england.garov"),
        away_id=pl.lit("england.other"), away=pl.lit("Другие"),
    )  # fmt: skip
    history = pl.concat([past.with_columns(match_date=pl.lit(DAY - dt.timedelta(days=7 * n))) for n in range(1, 30)])
    rows = linked(of, to, ODDS_LINKS.conform(history))
    assert short(rows) == [("e0", "m0", "fixture", "linked"), ("e7", "m7", "fixture", "linked")]


def test_the_share_of_unlinked_events_is_of_leagues_that_play():
    of = pl.concat(
        [
            events(("7", 0, "Арлов", "Бранкин"), ("8", 0, "Чужие", "Другие, и ко")),
            events(("9", 0, "А", "Б"), _league="D1"),
        ]
    )
    to = matches(("m", 0, "Arlov", "Brankin"))
    (league,) = unlinked(linked(of, to), to)
    assert (league["league"], league["events"], league["unlinked"], league["share"]) == ("E0", 2, 1, 0.5)
    assert league["examples"] == [
        {
            "match_date": "2024-03-09", "event_id": "8", "home": "Чужие", "away": "Другие, и ко", "outcome": "none",
            "alias lines": ["fonbet,Чужие,England,?", 'fonbet,"Другие, и ко",England,?'],
        }
    ]  # fmt: skip
    assert (
        alias_line({"source": "fonbet", "home": "Арлов", "country": None}, "home", "england.arlov")
        == "fonbet,Арлов,,england.arlov"
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_a_league_under_another_name_is_known_by_its_matches():
    unknown = {"_league": None, "competition": "Англия. Главная лига"}
    round_of = [("Arlov", "Brankin"), ("Dunmer", "Estfal"), ("Fenvik", "Garov"), ("Heldin", "Kormas")]
    to = matches(*((f"m{n}", 0, *clubs) for n, clubs in enumerate(round_of)))
    of = [(str(n), 0, *clubs) for n, clubs in enumerate(round_of)]
    rows = linked(events(*of, **unknown), to)
    assert set(rows["outcome"]) == {"review"}
    assert renamed(rows, to).rows() == [("Англия. Главная лига", "E0", 4)]
    assert renamed(linked(events(*of[:2], **unknown), to), to).is_empty()  # two may be of a cup
    both = pl.concat([events(*of), events(*((f"1{row[0]}", *row[1:]) for row in of), **unknown)])
    assert renamed(linked(both, to), to).is_empty()
    others = events(*of[:3], *((f"2{n}", 0, f"Other{n}", f"Club{n}") for n in range(3)), **unknown)
    assert renamed(linked(others, to), to).is_empty()


def run(lake: Lake, of: pl.DataFrame, to: pl.DataFrame, first: dt.date, last: dt.date) -> ExecuteInProcessResult:
    """The asset and its check, as the graph runs them."""
    from soccer_assets.odds import assets
    from soccer_assets.orchestration.io_manager import DeltaIOManager, dated_asset, written_elsewhere
    from soccer_assets.orchestration.partitions import range_tags
    from soccer_assets.settings import Settings

    @dated_asset(FONBET_EVENTS)
    def fonbet_events() -> pl.DataFrame:
        """The events."""
        return of

    @dated_asset(MATCHES)
    def matches() -> pl.DataFrame:
        """The matches."""
        return to

    with DagsterInstance.ephemeral() as instance:
        return materialize(
            [
                written_elsewhere(LINK_DECISIONS),
                fonbet_events,
                matches,
                assets.odds_links,
                assets.unlinked_events_are_few,
                assets.no_league_bears_an_unknown_name,
            ],
            instance=instance,
            resources={"io_manager": DeltaIOManager(lake), "lake": lake, "settings": Settings()},
            tags=range_tags(first, last),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )


@pytest.fixture
def partitioned() -> dt.date:
    """A date of the graph, and the days from DAY to it."""
    from soccer_assets.orchestration.partitions import match_dates

    return match_dates.start.date() + dt.timedelta(days=30)


def moved(rows: pl.DataFrame, to: dt.date) -> pl.DataFrame:
    return rows.with_columns(match_date=pl.lit(to))


def test_the_asset_links_and_its_check_blocks_when_too_many_are_left(lake, partitioned):
    to = moved(matches(("m1", 0, "Arsenal", "Chelsea"), ("m2", 0, "Everton", "Fulham")), partitioned)
    to = to.with_columns(kick_off_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    good = moved(events(("1", 0, "Arsenal", "Chelsea"), ("2", 0, "Everton", "Fulham"), kick_off_at=None), partitioned)
    assert run(lake, good, to, partitioned, partitioned).success
    assert short(lake.read("odds_links").sort("event_id")) == [
        ("1", "m1", "name", "linked"),
        ("2", "m2", "name", "linked"),
    ]

    bad = moved(events(("1", 0, "Arsenal", "Chelsea"), ("2", 0, "Синие", "Белые"), kick_off_at=None), partitioned)
    result = run(lake, bad, to, partitioned, partitioned)
    check = next(one for one in result.get_asset_check_evaluations() if one.blocking)
    assert (check.check_name, check.passed, check.blocking) == ("unlinked_events_are_few", False, True)
    leagues: Any = check.metadata["leagues with too many"].value
    (league,) = leagues
    assert (league["league"], league["share"], league["examples"][0]["event_id"]) == ("E0", 0.5, "2")
    warning = next(one for one in result.get_asset_check_evaluations() if not one.blocking)
    assert (warning.check_name, warning.passed) == ("no_league_bears_an_unknown_name", True)

    team = {"action": "accept", "source": "fonbet"}
    clubs = [("Синие", "england.everton"), ("Белые", "england.fulham")]
    decisions.record(lake, [team | {"name": name, "team_id": club} for name, club in clubs], "ann", SEEN)
    assert run(lake, bad, to, partitioned, partitioned).success
    assert short(lake.read("odds_links").sort("event_id"))[1] == ("2", "m2", "alias", "linked")
