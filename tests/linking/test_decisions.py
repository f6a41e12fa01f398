"""The ledger of decisions: replayed in its order, anything in it undone."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.errors import SoccerError
from soccer_assets.linking import decisions
from soccer_assets.linking.schema import LINK_DECISIONS
from soccer_assets.storage.lake import Lake

AT = dt.datetime(2024, 3, 9, 12, tzinfo=dt.UTC)


def ledger(*entries: dict[str, Any]) -> pl.DataFrame:
    rows = [{"decision_id": n, "decided_at": AT, "decided_by": "ann", **entry} for n, entry in enumerate(entries, 1)]
    return LINK_DECISIONS.conform(pl.DataFrame(rows, schema=LINK_DECISIONS.schema))


def accept(name: str, team: str, country: str | None = None, **further: Any) -> dict[str, Any]:
    return {"action": "accept", "source": "fonbet", "name": name, "team_id": team, "country": country, **further}


def reject(name: str, team: str) -> dict[str, Any]:
    return {"action": "reject", "source": "fonbet", "name": name, "team_id": team}


def undo(number: int) -> dict[str, Any]:
    return {"action": "undo", "undoes": number}


def alias_rows(entries: pl.DataFrame) -> list[tuple[str, str | None, str]]:
    return decisions.aliases(entries).select("name", "country", "team_id").rows()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_the_last_word_on_a_name_counts_and_is_signed():
    entries = ledger(
        accept("Арсенал", "england.arsenal"), accept("Арсенал", "russia.tula", "Russia"), accept("Арсенал", "x")
    )
    assert alias_rows(entries) == [("Арсенал", None, "x"), ("Арсенал", "Russia", "russia.tula")]
    assert decisions.aliases(entries)["decision_id"].to_list() == [3, 2]
    assert decisions.aliases(entries)["decided_by"].to_list() == ["ann", "ann"]


def test_a_rejection_lifts_the_alias_and_a_later_acceptance_the_rejection():
    first = [accept("Арсенал", "x"), reject("Арсенал", "x")]
    assert alias_rows(ledger(*first)) == []
    assert decisions.rejected(ledger(*first)).rows() == [("fonbet", "Арсенал", "x", None, None)]
    again = ledger(*first, accept("Арсенал", "x"))
    assert (alias_rows(again), decisions.rejected(again).rows()) == ([("Арсенал", None, "x")], [])


def test_the_rejection_of_an_event_is_of_that_event_alone():
    event = {"action": "reject", "source": "fonbet", "event_id": "7", "match_id": "m"}
    entries = ledger(accept("Арсенал", "x"), event)
    assert alias_rows(entries) == [("Арсенал", None, "x")]
    assert decisions.rejected(entries).rows() == [("fonbet", None, None, "7", "m")]
    lifted = ledger(event, accept("Арсенал", "x", event_id="7", match_id="m"))
    assert decisions.rejected(lifted).rows() == []


def test_a_split_parts_the_name_from_the_club_it_was_taken_for():
    split = {"action": "split", "source": "fonbet", "name": "Арсенал", "team_id": "x"}
    entries = ledger(accept("Арсенал", "x"), accept("Арсенал", "y", "Russia"), split)
    assert alias_rows(entries) == [("Арсенал", "Russia", "y")]
    assert decisions.rejected(entries).select("name", "team_id").rows() == [("Арсенал", "x")]


def test_merged_ids_are_one_wherever_they_stand():
    merge = [{"action": "merge", "team_id": a, "other_team_id": b} for a, b in (("b", "c"), ("a", "b"))]
    entries = ledger(accept("Арсенал", "c"), *merge)
    assert decisions.merged(entries) == {"b": "a", "c": "a"}
    assert alias_rows(entries) == [("Арсенал", None, "a")]
    assert decisions.merged(ledger(*merge, undo(2))) == {"c": "b"}
    round_trip = ledger(*({"action": "merge", "team_id": a, "other_team_id": b} for a, b in (("a", "b"), ("b", "a"))))
    assert decisions.merged(round_trip) == {"b": "a"}


def test_an_undo_can_be_undone():
    entries = [accept("Арсенал", "x"), undo(1)]
    assert alias_rows(ledger(*entries)) == []
    assert alias_rows(ledger(*entries, undo(2))) == [("Арсенал", None, "x")]
    assert alias_rows(ledger(*entries, undo(2), undo(3))) == []


ENTRIES = st.lists(
    st.tuples(st.sampled_from(["accept", "reject", "split", "merge"]), st.sampled_from("AB"), st.sampled_from("xyz"), st.sampled_from("xyz")),
    max_size=6,
)  # fmt: skip


def made(drawn: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"action": action, "team_id": team, "other_team_id": other}
        if action == "merge"
        else {"action": action, "source": "fonbet", "name": name, "team_id": team}
        for action, name, team, other in drawn
    ]


def state(entries: pl.DataFrame) -> tuple[Any, ...]:
    return alias_rows(entries), decisions.rejected(entries).rows(), decisions.merged(entries)


@settings(max_examples=30, deadline=None)
@given(ENTRIES, ENTRIES)
def test_whatever_was_added_and_undone_has_never_been(before, after):
    past, further = made(before), made(after)
    undone = [undo(len(past) + n) for n in range(len(further), 0, -1)]
    assert state(ledger(*past, *further, *undone)) == state(ledger(*past))
    redone = [undo(len(past) + len(further) + n) for n in range(1, len(undone) + 1)]
    assert state(ledger(*past, *further, *undone, *redone)) == state(ledger(*past, *further))


@settings(max_examples=30, deadline=None)
@given(ENTRIES)
def test_no_name_is_both_a_club_and_not(drawn):
    entries = ledger(*made(drawn))
    refused = decisions.rejected(entries).select("name", "team_id").rows()
    assert not {(name, team) for name, _, team in alias_rows(entries)} & set(refused)


def test_the_ledger_in_the_lake_is_only_ever_added_to(lake):
    assert decisions.ledger(lake).is_empty()
    assert decisions.record(lake, [accept("A", "x"), accept("B", "y")], "ann", AT) == [1, 2]
    assert decisions.record(lake, [undo(1)], "bob", AT + dt.timedelta(hours=1)) == [3]
    entries = decisions.ledger(lake)
    assert entries.select("decision_id", "decided_by", "action", "undoes").rows() == [
        (1, "ann", "accept", None), (2, "ann", "accept", None), (3, "bob", "undo", 1),
    ]  # fmt: skip
    assert alias_rows(entries) == [("B", None, "y")]
    assert lake.version("link_decisions") == 1


def test_what_is_not_there_cannot_be_undone(lake):
    with pytest.raises(SoccerError, match=r"expected the number of one decision \(there is none yet\), found 4"):
        decisions.record(lake, [undo(4)], "ann", AT)
    decisions.record(lake, [accept("A", "x")], "ann", AT)
    with pytest.raises(SoccerError, match=r"expected the number of one decision \(1 to 1\), found 4, which 0 have"):
        decisions.record(lake, [undo(4)], "ann", AT)
    assert lake.version("link_decisions") == 0


def test_aliases_travel_as_a_file(lake, tmp_path):
    file = tmp_path / "aliases.csv"
    decisions.record(lake, [accept("Арсенал", "x"), accept('"Юг", Сочи', "y", "Russia")], "ann", AT)
    assert decisions.export_aliases(lake, file) == 2
    assert file.read_text() == 'source,name,country,team_id\nfonbet,"""Юг"", Сочи",Russia,y\nfonbet,Арсенал,,x\n'
    other = Lake(str(tmp_path / "other"))
    assert decisions.import_aliases(other, file, "bob", AT) == [1, 2]
    assert alias_rows(decisions.ledger(other)) == alias_rows(decisions.ledger(lake))
    assert decisions.ledger(other)["reason"].to_list() == ["imported from aliases.csv"] * 2
    assert decisions.import_aliases(other, file, "bob", AT) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source,name\nfonbet,A", r"expected the columns \['source', 'name', 'country', 'team_id'\], found"),
        ("source,name,country,team_id\nfonbet,A,,x\nfonbet,B,, ", r"expected source, name and team_id on every line, found one empty on lines \[3\]"),
        ("source,name,country,team_id\nfonbet,A,England,?", r"expected source, name and team_id on every line, found one empty on lines \[2\]"),
        ("source,name,country,team_id\nFonbet,A,,x", r"expected a source out of fonbet, found \['Fonbet'\] on lines \[2\]"),
        ("source,name,country,team_id\nfonbet,A,Englnd,x", r"expected a country as `links review` writes it, found \['Englnd'\] on lines \[2\]"),
        ("source,name,country,team_id\nfonbet,A,,x\nfonbet,A,,y", r"expected one club for a name, found \['A'\] on lines \[2, 3\]"),
    ],
)  # fmt: skip
def test_a_file_of_aliases_that_lacks_something_is_refused_whole(lake, tmp_path, text, message):
    (tmp_path / "aliases.csv").write_text(text)
    with pytest.raises(SoccerError, match=message):
        decisions.import_aliases(lake, tmp_path / "aliases.csv", "ann", AT, ["fonbet"])
    with pytest.raises(SoccerError, match="found no file"):
        decisions.import_aliases(lake, tmp_path / "none.csv", "ann", AT)
    assert not lake.exists("link_decisions")
