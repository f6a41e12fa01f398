import numpy as np
import polars as pl
import pytest

from soccer_assets.simulation.club_names import SOURCES, slip
from soccer_assets.simulation.clubs import NAMES
from soccer_assets.simulation.source_identities import SLIPS
from soccer_assets.simulation.transliteration import cyrillic
from soccer_assets.simulation.world import make_world


def test_every_club_has_a_name_at_every_source_and_no_two_share_one(whole):
    names = whole.names
    assert set(names["source"]) == set(SOURCES)
    assert names.group_by("country", "club").len()["len"].unique().to_list() == [len(SOURCES)]
    assert names.select(pl.struct("source", "country", "name").n_unique()).item() == len(names)
    assert (names.filter(source="football_data")["name"] == names.filter(source="football_data")["club"]).all()


def test_fonbet_writes_cyrillic_that_its_code_page_holds_and_the_others_latin(whole):
    names = whole.names
    assert names.filter(source="fonbet")["name"].str.contains(r"^[А-Яа-яЁё \-]+$").all()
    assert not names.filter(pl.col("source") != "fonbet")["name"].str.contains("[А-Яа-яЁё]").any()
    assert all(name.encode("cp1251") for name in names.filter(source="fonbet")["name"])


@pytest.mark.parametrize(
    ("name", "country", "long", "short"),
    [
        ("Ashmere City", "England", "Ашмер Сити", "Ашмер С"),
        ("Ashmere United", "England", "Ашмер Юнайтед", "Ашмер Юн"),
        ("Whitcastle", "England", "Уиткастл", "Уиткастл"),
        ("Real Valdoria", "Spain", "Реал Валдориа", "Реал Валдориа"),
        ("Belmontejo", "Spain", "Белмонтехо", "Белмонтехо"),
        ("Bjørnvik", "Norway", "Бьёрнвик", "Бьёрнвик"),
    ],
)
def test_names_are_written_by_ear(name, country, long, short):
    assert (cyrillic(name, country), cyrillic(name, country, abbreviated=True)) == (long, short)


def test_every_name_of_every_country_can_be_written_in_cyrillic():
    for country, names in NAMES.items():
        assert all(cyrillic(name, country).isprintable() and not cyrillic(name, country).isascii() for name in names)


def test_sources_differ_in_what_they_call_a_club(whole):
    wide = whole.names.pivot(on="source", index=["country", "club"], values="name")
    shares = {source: (wide[source] == wide["football_data"]).mean() for source in SOURCES[1:]}
    assert shares["openfootball"] == shares["fonbet"] == 0
    assert 0.3 < shares["whoscored"] < 0.95
    assert 0.8 < shares["understat"] < 1


def test_each_event_is_one_match_and_each_match_one_event_of_a_source(whole):
    for (source,), events in whole.events.group_by("source"):
        assert events["key"].n_unique() == len(events)
        if source != "openfootball":
            assert events["event_id"].n_unique() == len(events)
    shown = dict(whole.events.group_by("source").agg("key").rows())
    everything = {*whole.matches["key"], *whole.cups["key"]}
    assert set(shown["whoscored"]) == set(shown["fonbet"]) == everything
    assert {key.split("/")[0] for key in shown["understat"]} == {"E0", "SP1"}
    assert {key.split("/")[0] for key in shown["openfootball"]} == {"E0", "E1", "SP1", "Crown Cup", "Copa Corona"}


def test_a_name_is_misspelt_about_as_often_as_stated(whole):
    for source, share in SLIPS.items():
        known = whole.names.filter(source=source)["name"].to_list()
        events = whole.events.filter(source=source)
        wrong = events.filter(~pl.col("home").is_in(known) | ~pl.col("away").is_in(known))
        assert len(wrong) / len(events) == pytest.approx(share, abs=0.006)


def test_a_slip_changes_a_name_by_one_letter_or_two_neighbours():
    rng = np.random.default_rng(1)
    slips = {slip("Larkstone", rng) for _ in range(200)}
    assert "Larkstone" not in slips
    for wrong in slips:
        assert sorted(wrong) == sorted("Larkstone") or len(wrong) == len("Larkstone") - 1
        assert wrong[0] == "L"


def test_a_sideshow_bears_the_names_of_a_match_on_its_day_and_is_marked(whole):
    beside = whole.sideshows
    assert set(beside["kind"]) == {"women", "youth", "reserve", "cyber"}
    assert beside["event_id"].n_unique() == len(beside)
    assert not set(beside["event_id"]) & set(whole.events["event_id"].drop_nulls())
    marks = {"women": " (ж)", "youth": " U21", "reserve": " (р)", "cyber": " (к)"}
    met = beside.join(whole.events.filter(source="fonbet").rename({"home": "h", "away": "a"}), on="key")
    for row in met.iter_rows(named=True):
        assert {row["home"], row["away"]} == {row["h"] + marks[row["kind"]], row["a"] + marks[row["kind"]]}


def test_equal_arguments_give_equal_truths(whole):
    again = make_world(whole.today, seed=11, clubs=12)
    for name in ("matches", "cups", "disruptions", "names", "events", "sideshows"):
        assert getattr(again, name).equals(getattr(whole, name)), name
