"""Linking, from a few lines each; the scorer is a plain likeness, so that no learned number decides a test."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rapidfuzz import fuzz

from soccer_assets.errors import SchemaError
from soccer_assets.linking.link import ALIASES, REJECTED, SEEN, link
from soccer_assets.linking.names import parse

SATURDAY = dt.date(2024, 3, 9)
NOON = dt.datetime(2024, 3, 9, 12, tzinfo=dt.UTC)
#: The clubs, and what another source calls them; of one nobody would guess it.
THEIRS = {
    "Arlov": "Арлов", "Brankin": "Бранкин", "Dunmer": "Дунмер", "Estfal": "Эстфал", "Fenvik": "Фенвик",
    "Garov": "Стальные", "Heldin": "Хелдин", "Kormas": "Кормас",
}  # fmt: skip
CLUBS = list(THEIRS)


class Likeness:
    """P(same club) from the spelling alone; the sex and kind of a side tell it apart."""

    def pairs(self, left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
        return np.array([self._pair(parse(a), parse(b)) for a, b in zip(left, right, strict=True)], dtype=np.float64)

    def _pair(self, a: Any, b: Any) -> float:
        if (a.sex, a.kind) != (b.sex, b.kind):
            return 0.001
        return float(1 / (1 + np.exp(-(fuzz.ratio(a.plain, b.plain) - 65) / 5)))


def table(kind: str, *rows: Sequence[Any], **columns: Sequence[Any]) -> pl.DataFrame:
    """Events or matches: id, date (or days after the Saturday), home, away."""
    data: dict[str, Any] = {
        f"{kind}_id": [row[0] for row in rows],
        "date": [row[1] if isinstance(row[1], dt.date) else SATURDAY + dt.timedelta(days=row[1]) for row in rows],
        "home": [row[2] for row in rows],
        "away": [row[3] for row in rows],
    }
    if kind == "match":
        data |= {"home_id": [f"x.{name}" for name in data["home"]], "away_id": [f"x.{name}" for name in data["away"]]}
    types = {f"{kind}_id": pl.String, "date": pl.Date, "home": pl.String, "away": pl.String}
    return pl.DataFrame(data | columns, schema_overrides=types)


def link_rows(
    events: pl.DataFrame, matches: pl.DataFrame, aliases: pl.DataFrame | None = None, **further: Any
) -> pl.DataFrame:
    return link(events, matches, ALIASES.to_frame() if aliases is None else aliases, Likeness(), **further)


def outcomes(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    return rows.select("event_id", "match_id", "outcome").rows()


def season(days: int) -> list[tuple[int, str, str]]:
    """A round a week in which everybody meets somebody else (day, home, away)."""
    ring, rounds = CLUBS[1:], []
    for week in range(days):
        turn = ring[week % 7 :] + ring[: week % 7]
        pairs = [(CLUBS[0], turn[0]), (turn[1], turn[6]), (turn[5], turn[2]), (turn[3], turn[4])]
        rounds += [(7 * week, a, b) if week % 2 else (7 * week, b, a) for a, b in pairs]
    return rounds


def both_sides(days: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    games = season(days)
    matches = table("match", *[(f"m{n:03}", day, home, away) for n, (day, home, away) in enumerate(games)])
    events = table(
        "event", *[(f"e{n:03}", day, THEIRS[home], THEIRS[away]) for n, (day, home, away) in enumerate(games)]
    )
    return events, matches


def test_names_alone_link_a_day_and_every_row_says_why():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"), ("m2", 0, "Kormas", "Dunmer"))
    row = link_rows(table("event", ("e1", 0, "Кормас", "Dunmer FC")), matches).row(0, named=True)
    assert (row["match_id"], row["candidate_id"], row["method"], row["outcome"]) == ("m2", "m2", "name", "linked")
    assert row["score"] > 1.5
    said = json.loads(row["evidence"])
    assert set(said) == {"home_name", "home_days", "away_name", "away_days", "context"}
    assert said["home_days"] == said["away_days"] == 0.0
    assert row["score"] == pytest.approx(said["home_name"] + said["away_name"] - 1, abs=0.02)


def test_an_event_of_other_clubs_is_no_match():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    events = table("event", ("e1", 0, "Quillford", "Ростовские Медведи"), ("e2", 0, "Arlov", "Quillford"))
    assert outcomes(link_rows(events, matches)) == [("e1", None, "none"), ("e2", None, "none")]


def test_home_and_away_changed_over_is_a_case_for_review():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    rows = link_rows(table("event", ("e1", 0, "Heldin", "Arlov")), matches)
    assert outcomes(rows) == [("e1", None, "review")]
    assert rows["candidate_id"].to_list() == ["m1"]
    assert json.loads(rows["evidence"][0])["swapped"] is True


@pytest.mark.parametrize("days", [-3, -2, 2, 3])
def test_a_match_moved_by_up_to_three_days_is_a_case_for_review(days):
    rows = link_rows(table("event", ("e1", 0, "Arlov", "Heldin")), table("match", ("m1", days, "Arlov", "Heldin")))
    assert outcomes(rows) == [("e1", None, "review")]
    assert json.loads(rows["evidence"][0])["moved_days"] == days


@pytest.mark.parametrize("days", [-5, -4, 4, 5])
def test_a_match_further_away_is_none(days):
    matches = table("match", ("m1", days, "Arlov", "Heldin"))
    assert outcomes(link_rows(table("event", ("e1", 0, "Arlov", "Heldin")), matches)) == [("e1", None, "none")]


def test_a_match_that_has_its_event_is_no_case_of_a_swapped_or_moved_one():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    events = table("event", ("e1", 0, "Arlov", "Heldin"), ("e2", 0, "Heldin", "Arlov"), ("e3", 3, "Arlov", "Heldin"))
    assert outcomes(link_rows(events, matches)) == [("e1", "m1", "linked"), ("e2", None, "none"), ("e3", None, "none")]


def test_a_swapped_match_that_a_person_refused_is_not_proposed_again():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    rejected = pl.DataFrame([{"event_id": "e1", "match_id": "m1"}], schema=REJECTED)
    rows = link_rows(table("event", ("e1", 0, "Heldin", "Arlov")), matches, rejected=rejected)
    assert outcomes(rows) == [("e1", None, "none")]


def test_one_sure_side_is_no_link_when_the_other_speaks_against_it():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    noon = {"kick_off_at": [NOON]}
    aliases = pl.DataFrame([{"source": "s", "name": "Arlov", "team_id": "x.Arlov"}], schema=ALIASES)
    rows = link_rows(
        table("event", ("e1", 0, "Arlov", "Helmar"), **noon), matches.with_columns(kick_off_at=NOON), aliases
    )
    assert rows["score"][0] >= 1.5
    assert outcomes(rows) == [("e1", None, "review")]


@pytest.mark.parametrize("mark", [" (ж)", " U19", " II", " (р)"])
def test_the_women_the_youth_and_the_reserves_are_not_the_club(mark):
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    events = table("event", ("e1", 0, f"Арлов{mark}", f"Хелдин{mark}"), ("e2", 0, "Арлов", "Хелдин"))
    assert outcomes(link_rows(events, matches)) == [("e1", None, "none"), ("e2", "m1", "linked")]


def test_the_same_two_clubs_on_neighbouring_days_are_told_apart():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"), ("m2", 1, "Arlov", "Heldin"))
    events = table("event", ("e2", 1, "Арлов", "Хелдин"), ("e1", 0, "Арлов", "Хелдин"))
    rows = link_rows(events, matches)
    assert outcomes(rows) == [("e1", "m1", "linked"), ("e2", "m2", "linked")]
    assert rows["margin"].to_list() == [4.0, 4.0]


def test_two_matches_of_the_same_clubs_on_one_day_are_told_apart_by_their_kick_off():
    hours = [dt.datetime(2024, 3, 9, hour, tzinfo=dt.UTC) for hour in (12, 18)]
    matches = table("match", ("m1", 0, "Arlov", "Heldin"), ("m2", 0, "Arlov", "Heldin"), kick_off_at=hours)
    events = table("event", ("e2", 0, "Арлов", "Хелдин"), ("e1", 0, "Арлов", "Хелдин"), kick_off_at=hours[::-1])
    rows = link_rows(events, matches)
    assert rows.select("event_id", "candidate_id").rows() == [("e1", "m1"), ("e2", "m2")]


def test_a_date_of_another_time_zone_is_weaker_evidence_unless_the_kick_off_is_the_same():
    late = dt.datetime(2024, 3, 10, 1, 30, tzinfo=dt.UTC)
    matches = table("match", ("m1", 0, "Arlov", "Heldin"), kick_off_at=[late])
    bare = table("event", ("e1", 1, "Arlov", "Heldin"))
    timed = bare.with_columns(kick_off_at=pl.lit(late))
    weak, strong = (link_rows(events, matches).row(0, named=True) for events in (bare, timed))
    assert (weak["outcome"], strong["outcome"]) == ("linked", "linked")
    assert weak["score"] == pytest.approx(14 - 1 - 4, abs=0.3)
    assert strong["score"] == pytest.approx(14 - 1 + 2.5, abs=0.3)
    assert outcomes(link_rows(table("event", ("e1", 2, "Arlov", "Heldin")), matches)) == [("e1", None, "review")]


def test_what_fits_two_matches_equally_is_for_a_person():
    class Undecided(Likeness):
        """The event's names may well be both clubs', which are not one."""

        def _pair(self, a: Any, b: Any) -> float:
            return 0.95 if "Arlov" in (a.text, b.text) or "Heldin" in (a.text, b.text) else 0.01

    matches = table("match", ("m1", 0, "Arlov Town", "Heldin Town"), ("m2", 0, "Arlov Moor", "Heldin Moor"))
    events = table("event", ("e1", 0, "Arlov", "Heldin"))
    row = link(events, matches, ALIASES.to_frame(), Undecided()).row(0, named=True)
    assert (row["outcome"], row["match_id"], row["candidate_id"], row["margin"]) == ("review", None, "m1", 0.0)


def test_what_is_likely_but_not_sure_is_for_a_person():
    matches = table("match", ("m1", 0, "Arlov", "Fenvik Vale"))
    row = link_rows(table("event", ("e1", 0, "Arlov", "Fenton Vast")), matches).row(0, named=True)
    assert (row["outcome"], row["match_id"], row["candidate_id"]) == ("review", None, "m1")
    assert -2 <= row["score"] < 1.5


def test_a_match_that_two_tables_list_under_two_spellings_is_one():
    matches = table("match", ("a1", 0, "Arlov", "Heldin"), ("b1", 0, "Arlov FC", "Heldin"))
    rows = link_rows(table("event", ("e1", 0, "Арлов", "Хелдин")), matches)
    assert outcomes(rows)[0][2] == "linked"
    assert rows["runner_up"].to_list() == [None]


def test_an_event_listed_twice_is_linked_twice_and_a_bet_beside_it_is_not():
    matches = table("match", ("m1", 0, "Brankin", "Heldin"))
    events = table(
        "event",
        ("e1", 0, "Бранкин", "Хелдин"),
        ("e2", 0, "Бранкин", "Хелдин"),
        ("e3", 0, "Брранкин", "Хелдин"),
        ("e4", 0, "голы Бранкин", "Хелдин угловые"),
    )
    assert [row[2] for row in outcomes(link_rows(events, matches))[:3]] == ["linked"] * 3
    assert outcomes(link_rows(events, matches))[3][1] is None


def test_a_name_like_no_other_is_known_by_the_days_its_club_plays():
    events, matches = both_sides(10)
    rows = link_rows(events, matches)
    assert rows["match_id"].to_list() == matches["match_id"].to_list()
    named = rows.with_columns(home=events["home"], away=events["away"])
    strange = named.filter((pl.col("home") == "Стальные") | (pl.col("away") == "Стальные"))
    assert set(strange["method"]) == {"fixture"}
    # one day alone does not show it
    day = events.filter(pl.col("date") == SATURDAY)
    alone = link_rows(day, matches).with_columns(home=day["home"], away=day["away"])
    assert alone.filter(pl.col("home").eq("Стальные") | pl.col("away").eq("Стальные"))["match_id"].to_list() == [None]


def test_what_was_seen_on_earlier_days_counts():
    events, matches = both_sides(1)
    strange = events.filter(pl.col("home").eq("Стальные") | pl.col("away").eq("Стальные"))
    seen = pl.DataFrame({"name": ["Стальные"], "team_id": ["x.Garov"], "days": [12]}, schema=SEEN)
    rows = link_rows(strange, matches, seen=seen)
    assert (rows["outcome"].to_list(), rows["method"].to_list()) == (["linked"], ["fixture"])


def test_a_decision_comes_before_all_else():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"), ("m2", 0, "Garov", "Estfal"))
    aliases = pl.DataFrame(
        [("fonbet", "Стальные", None, "x.Garov"), ("fonbet", "Рыжие", None, "x.Estfal")],
        schema=ALIASES,
        orient="row",
    )
    rows = link_rows(table("event", ("e1", 0, "Стальные", "Рыжие"), ("e2", 0, "Рыжие", "Хелдин")), matches, aliases)
    assert outcomes(rows) == [("e1", "m2", "linked"), ("e2", None, "none")]
    assert rows["method"].to_list()[0] == "alias"
    # a name that is decided is no other club, however alike
    moved = aliases.with_columns(name=pl.Series(["Arlov", "Heldin"]))
    assert outcomes(link_rows(table("event", ("e1", 0, "Arlov", "Heldin")), matches, moved)) == [("e1", "m2", "linked")]


@pytest.mark.parametrize("order", [1, -1])
def test_a_decision_of_a_country_comes_before_one_for_all(order):
    matches = table("match", ("m1", 0, "Garov", "Heldin"), ("m2", 0, "Kormas", "Brankin"))
    events = table("event", ("e1", 0, "Sokol", "Heldin"), ("e2", 0, "Sokol", "Brankin"), country=["Chile", "Peru"])
    decided = [("s", "Sokol", None, "x.Kormas"), ("s", "Sokol", "Chile", "x.Garov")][::order]
    rows = link_rows(events, matches, pl.DataFrame(decided, schema=ALIASES, orient="row"))
    assert rows["match_id"].to_list() == ["m1", "m2"]


def test_an_alias_of_one_country_says_nothing_in_another():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    aliases = pl.DataFrame([("fonbet", "Arlov", "Chile", "y.Arlov")], schema=ALIASES, orient="row")
    events = table("event", ("e1", 0, "Arlov", "Heldin"), ("e2", 0, "Arlov", "Heldin"), country=["Chile", "England"])
    assert [row[2] for row in outcomes(link_rows(events, matches, aliases))] == ["none", "linked"]


def test_what_was_rejected_is_never_proposed_again():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    events = table("event", ("e1", 0, "Arlov", "Heldin"))
    event = pl.DataFrame([(None, None, "e1", "m1")], schema=REJECTED, orient="row")
    name = pl.DataFrame([("Arlov", "x.Arlov", None, None)], schema=REJECTED, orient="row")
    for rejected in (event, name):
        row = link_rows(events, matches, rejected=rejected).row(0, named=True)
        assert (row["outcome"], row["candidate_id"]) == ("none", None)


def test_competitions_in_two_languages_learn_what_the_other_calls_them():
    events, matches = both_sides(6)
    events = events.with_columns(competition=pl.lit("Англия. Вторая лига"))
    matches = matches.with_columns(competition=pl.lit("E2"))
    other = table("match", ("z1", 0, "Arlov", "Heldin")).with_columns(
        competition=pl.lit("CHL"), home_id=pl.lit("y.Arlov"), away_id=pl.lit("y.Heldin")
    )
    rows = link_rows(events, pl.concat([matches, other], how="diagonal"))
    said = [json.loads(text)["context"] for text in rows["evidence"]]
    assert min(said) > 0
    assert rows["outcome"].to_list() == ["linked"] * len(events)


def test_clocks_of_another_zone_are_as_good_as_ours():
    events, matches = both_sides(4)
    at = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(hours=15)
    rows = link_rows(
        events.with_columns(kick_off_at=at + pl.duration(hours=3)),
        matches.with_columns(kick_off_at=at),
    )
    assert {json.loads(text)["context"] for text in rows["evidence"]} == {2.5}


def test_rows_without_a_side_or_a_date_are_none():
    events = table("event", ("e1", 0, None, "Heldin"), ("e2", 0, "Arlov", "Heldin"))
    events = pl.concat([events, events.tail(1).with_columns(event_id=pl.lit("e3"), date=pl.lit(None, dtype=pl.Date))])
    rows = link_rows(events, table("match", ("m1", 0, "Arlov", "Heldin")))
    assert outcomes(rows) == [("e1", None, "none"), ("e2", "m1", "linked"), ("e3", None, "none")]


def test_nothing_to_link_gives_a_table_all_the_same():
    matches = table("match", ("m1", 0, "Arlov", "Heldin"))
    assert link_rows(table("event"), matches).is_empty()
    assert outcomes(link_rows(table("event", ("e1", 0, "Arlov", "Heldin")), matches.clear())) == [("e1", None, "none")]


def test_tables_that_cannot_be_linked_are_refused():
    events, matches = table("event", ("e1", 0, "A", "B")), table("match", ("m1", 0, "A", "B"))
    with pytest.raises(
        SchemaError, match=r"events to link: expected columns \['event_id', 'date', 'home', 'away'\], found"
    ):
        link_rows(events.drop("home"), matches)
    with pytest.raises(SchemaError, match=r"matches to link: expected each match_id once, found \['m1'\] repeatedly"):
        link_rows(events, pl.concat([matches, matches]))


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_tables_changes_nothing(random):
    events, matches = both_sides(3)
    order, of_matches = list(range(len(events))), list(range(len(matches)))
    random.shuffle(order)
    random.shuffle(of_matches)
    assert link_rows(events[order], matches[of_matches]).equals(link_rows(events, matches))


@settings(max_examples=6, deadline=None)
@given(st.text("бгдклмнпрстф", min_size=4, max_size=12), st.integers(0, 21))
def test_an_event_that_has_nothing_to_do_with_it_changes_no_link(name, day):
    events, matches = both_sides(3)
    before = link_rows(events, matches)
    further = pl.concat([events, table("event", ("z", day, name, name[::-1]))])
    after = link_rows(further, matches)
    rival = ["runner_up", "margin"]  # it may be one, far behind
    assert after.filter(pl.col("event_id") != "z").drop(rival).equals(before.drop(rival))
    assert after.filter(pl.col("event_id") == "z")["match_id"].to_list() == [None]
