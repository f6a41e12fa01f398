"""Each source's files, read by the platform's own reader of that source, say what the world knows."""

import datetime as dt
import itertools
import json
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soccer_assets.errors import BlockedError, ShapeError
from soccer_assets.simulation import fonbet, football_data, openfootball, whoscored
from soccer_assets.simulation import site_contents as published
from soccer_assets.simulation.public_state import shown_by
from soccer_assets.simulation.site import BLOCKED, EMPTY, HALF_PACKET, HTML, Changed, Site, renamed
from soccer_assets.simulation.world import World, make_world
from soccer_assets.sources import openfootball as openfootball_source
from soccer_assets.sources import understat as understat_source
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.fonbet import events as fonbet_source
from soccer_assets.sources.fonbet import results as results_source
from soccer_assets.sources.fonbet.source import day_files, packets
from soccer_assets.sources.spec import Query
from soccer_assets.sources.whoscored import feeds as whoscored_source
from soccer_assets.sources.whoscored.source import requests as requests_of_feeds

QUERY = "lang=ru&version=0&scopeMarket=1600"
ROOT = "http://site/"


@pytest.fixture(scope="module")
def site(whole, morning):
    return published.files(whole, morning)


def read(source, files: dict[str, Any], prefix: str, query: str = "", at: dt.datetime | None = None) -> pl.DataFrame:
    """The records of all files below a folder; nothing is refused."""
    answers = []
    for address, found in files.items():
        if address.startswith(prefix):
            body = found if isinstance(found, bytes) else found(query)
            source.accept(ROOT + address, body, None)
            answers.append(Answer(ROOT + address, address, at or dt.datetime(2024, 2, 29, tzinfo=dt.UTC), body))
    return source.parse(answers).records


def counts(records: pl.DataFrame) -> dict[str, int]:
    return dict(records["status"].value_counts().sort("status").rows())


def expected(world: World, source: str, at: dt.datetime) -> pl.DataFrame:
    """What the source shows of each match, as its table writes it."""
    return shown_by(source, world, at).with_columns(at=pl.col("kick_off_at").dt.to_string("%Y-%m-%dT%H:%M:%SZ"))


def test_football_data_is_at_the_root_as_of_the_morning(whole, morning, site):
    mine = football_data.files(whole, morning.date())
    assert {address: site[address] for address in mine} == mine


def test_every_source_is_found_where_the_settings_send_the_platform(site):
    addresses = published.settings("http://127.0.0.1:8000")
    assert addresses == {
        "SOCCER_FOOTBALL_DATA_URL": "http://127.0.0.1:8000",
        "SOCCER_OPENFOOTBALL_URL": "http://127.0.0.1:8000/openfootball",
        "SOCCER_UNDERSTAT_URL": "http://127.0.0.1:8000/understat",
        "SOCCER_WHOSCORED_URL": "http://127.0.0.1:8000/whoscored",
        "SOCCER_FONBET_URL": "http://127.0.0.1:8000/fonbet",
    }
    folders = {address.split("/")[0] for address in site}
    assert folders >= {"openfootball", "understat", "whoscored", "fonbet"}


def test_the_addresses_are_those_the_readers_ask_for(site):
    day = dt.date(2024, 2, 27)
    asked = [
        *requests_of_feeds(Query(day, day, day, base="whoscored")),
        Request(f"whoscored/tournaments/{whoscored.stage_id('E0', 2023)}/data/?d=202402&isAggregate=false"),
        *packets(Query(day, day, day, base="fonbet")),
        *day_files(Query(day, day, day, base="fonbet")),
    ]
    for request in asked:
        assert request.address in site or request.address.split("?")[0] in site


def test_openfootball_says_what_the_world_knows(whole, morning, site):
    records = read(openfootball_source, site, "openfootball/")
    truth = expected(whole, "openfootball", morning)
    assert counts(records)["awarded"] == truth.filter(status="awarded").height > 0
    shown = records.filter(_league="E0").select("kick_off_at", "home", "away", "home_goals", "away_goals", "status")
    known = truth.filter(league="E0").select("at", "home", "away", pl.col("FTHG", "FTAG").cast(pl.String), "status")
    assert sorted(shown.rows(), key=str) == sorted(known.rows(), key=str)
    shoot_outs = [match for file in openfootball.files(whole, morning).values() for match in json.loads(file)["matches"]
                  if "p" in match.get("score", {})]  # fmt: skip
    assert len(shoot_outs) == truth["PHG"].drop_nulls().len() > 0


def test_understat_says_the_same_in_both_its_forms_and_measures_the_mean_goals(whole, morning, site):
    ajax, pages = (read(understat_source, site, f"understat/{form}/") for form in ("getLeagueData", "league"))
    same = pl.exclude("_address", "_payload_id")
    assert ajax.select(same).equals(pages.select(same))
    truth = expected(whole, "understat", morning).join(whole.matches.select("key", "p_home"), on="key")
    met = ajax.join(truth, left_on="understat_id", right_on="event_id", validate="1:1")
    assert len(met) == len(truth) == len(ajax)
    assert (met["kick_off_at"] == met["at"]).all()
    played = met.filter(pl.col("home_xg").is_not_null())
    assert (played["status"] == "finished").all()
    error = played["home_xg"].cast(pl.Float64) - played["home_rate"]
    assert error.mean() == pytest.approx(0, abs=0.1)
    assert played.select(pl.corr(pl.col("home_xg").cast(pl.Float64), "home_rate")).item() > 0.4


def test_whoscored_shows_every_match_of_a_day_and_of_a_stage(whole, morning, site):
    truth = expected(whole, "whoscored", morning)
    day = morning.date() - dt.timedelta(days=morning.weekday() + 2)  # the last Saturday
    records = read(whoscored_source, site, f"whoscored/livescores/data?d={day:%Y%m%d}")
    columns = ["whoscored_id", "kick_off_at", "home", "away", "home_goals", "status"]
    known = truth.filter(pl.col("match_date") == day).select(
        "event_id", "at", "home", "away", pl.col("FTHG").cast(pl.String), status=pl.lit("finished")
    )
    assert sorted(records.select(columns).rows()) == sorted(known.rows())
    assert len(records) > 5
    stage = read(whoscored_source, site, f"whoscored/tournaments/{whoscored.stage_id('SP1', 2022)}/")
    assert (len(stage), stage["_league"].unique().to_list()) == (132, ["SP1"])
    assert stage["season"].unique().to_list() == ["2022/2023"]


def test_whoscored_shows_postponed_and_abandoned_matches_and_cups_after_extra_time(whole):
    def one(key: str, at: dt.datetime) -> dict[str, Any]:
        files = whoscored.files(whole, at)
        row = expected(whole, "whoscored", at).filter(key=key).row(0, named=True)
        records = read(whoscored_source, files, f"livescores/data?d={row['kick_off_at']:%Y%m%d}", at=at)
        return records.filter(whoscored_id=row["event_id"]).row(0, named=True)

    for kind, status, goals in (("postponed", "postponed", None), ("awarded", "abandoned", None)):
        change = whole.disruptions.filter(kind=kind).row(0, named=True)
        found = one(change["key"], dt.datetime.combine(change["from_date"], dt.time(23), dt.UTC))
        assert (found["status"], found["home_goals"]) == (status, goals)
    shot = whole.cups.filter(pl.col("PHG").is_not_null()).row(0, named=True)
    found = one(shot["key"], dt.datetime.combine(shot["match_date"] + dt.timedelta(days=1), dt.time(5), dt.UTC))
    assert found["elapsed"] == "PEN"
    assert (found["home_goals"], found["home_goals_final"]) == (str(shot["FTHG"]), str(shot["FTHG"] + shot["ETHG"]))
    assert found["_league"] is None


def test_a_match_page_holds_the_statistics_of_the_match(whole, morning, site):
    match = shown_by("whoscored", whole, morning).filter(league="E0", status="finished").row(7, named=True)
    records = read(whoscored_source, site, f"whoscored/Matches/{match['event_id']}/Live")
    (row,) = records.iter_rows(named=True)
    assert (row["whoscored_id"], row["_league"], row["home"]) == (match["event_id"], "E0", match["home"])
    names = {"home_shots": "HS", "away_shots_on_target": "AST", "home_corners": "HC", "away_fouls": "AF",
             "home_yellow_cards": "HY", "away_red_cards": "AR", "away_goals": "FTAG", "home_goals_half_time": "HTHG"}  # fmt: skip
    assert {name: row[name] for name in names} == {name: str(match[column]) for name, column in names.items()}
    assert row["referee"] == match["Referee"]


def test_the_line_of_fonbet_holds_the_coming_matches_between_other_things(whole, morning, site):
    records = read(fonbet_source, site, "fonbet/events/list", QUERY)
    truth = expected(whole, "fonbet", morning)
    coming = truth.filter(pl.col("kick_off_at").is_between(morning, morning + fonbet.ANNOUNCED))
    first = records.filter(sex="men", kind="first")
    assert sorted(first.select("event_id", "kick_off_at", "home", "away").rows()) == sorted(
        coming.select("event_id", "at", "home", "away").rows()
    )
    leagues = first.join(coming.select("event_id", "league"), on="event_id")
    assert leagues.filter(
        pl.col("_league").ne_missing(pl.col("league")), pl.col("league").str.len_chars() < 4
    ).is_empty()
    assert len(records) > len(first)
    packet = json.loads(site["fonbet/events/list"](QUERY))
    assert {event["level"] for event in packet["events"]} == {1, 2}
    assert any(event["team1"].startswith("Победитель") for event in packet["events"])
    assert any("Киберфутбол" in sport["name"] for sport in packet["sports"])


def result_prices(packet: dict[str, Any]) -> dict[int, list[float]]:
    return {
        entry["e"]: [f["v"] for f in entry["factors"] if f["f"] in (921, 922, 923)] for entry in packet["customFactors"]
    }


def test_prices_move_between_two_snapshots_towards_the_closing_view(whole, morning):
    coming = expected(whole, "fonbet", morning).filter(pl.col("status") == "scheduled")
    match = coming.filter(pl.col("kick_off_at") > morning + dt.timedelta(days=1)).row(0, named=True)
    kick_off, number = match["kick_off_at"], int(match["event_id"])
    hours = (120, 60, 24, 1)
    moments = [kick_off - dt.timedelta(hours=h) for h in hours]
    homes = [1 / result_prices(fonbet.packet(whole, at))[number][0] for at in moments]
    assert len(set(homes)) > 1
    steps = [after - before for before, after in itertools.pairwise(homes)]
    assert all(step >= -1e-3 for step in steps) or all(step <= 1e-3 for step in steps)


def test_the_margin_of_fonbet_is_its_own(whole, morning):
    books = [prices for prices in result_prices(fonbet.packet(whole, morning)).values() if len(prices) == 3]
    assert len(books) > 20
    assert sum(sum(1 / price for price in book) for book in books) / len(books) == pytest.approx(1.07, abs=0.003)


def test_a_packet_and_its_increment_make_the_packet_of_later(whole, morning, site):
    later = morning + dt.timedelta(days=2, hours=10)
    full = json.loads(site["fonbet/events/list"](QUERY))
    after: Any = fonbet.files(whole, later)["events/list"]
    change = json.loads(after(f"lang=ru&version={full['packetVersion']}&scopeMarket=1600"))
    assert change["fromVersion"] == full["packetVersion"] < change["packetVersion"]
    now = json.loads(after(QUERY))
    assert 0 < len(change["customFactors"]) < len(now["customFactors"])
    folded = {entry["e"]: entry for entry in full["customFactors"] + change["customFactors"]}
    assert all(folded[entry["e"]] == entry for entry in now["customFactors"])
    answers = [Answer(ROOT, name, at, json.dumps(body).encode()) for name, at, body in (
        ("full", morning, full), ("change", later, change))]  # fmt: skip
    told = fonbet_source.parse(answers).records.filter(_payload_id="change", status="scheduled")
    alone = fonbet_source.parse([Answer(ROOT, "now", later, json.dumps(now).encode())]).records
    alone = alone.filter(status="scheduled")
    columns = ["event_id", "home", "away", "kick_off_at", "blocked"]
    assert sorted(told.select(columns).rows()) == sorted(alone.select(columns).rows())


def test_the_results_of_fonbet_are_those_of_the_world_with_sideshows_and_sums_between(whole, morning, site):
    records = read(results_source, site, "fonbet/results/")
    first = records.filter(sex="men", kind="first")
    since = records["match_date"].min()
    truth = (
        expected(whole, "fonbet", morning).filter(status="finished").with_columns(day=pl.col("kick_off_at").dt.date())
    )
    truth = truth.filter(pl.col("day") >= since)
    columns = ["match_date", "home", "away", "home_goals", "away_goals"]
    known = truth.select("day", "home", "away", pl.col("FTHG", "FTAG").cast(pl.String))
    assert sorted(first.select(columns).rows()) == sorted(known.rows())
    assert len(records) > len(first)
    bodies = [body.decode("cp1251") for address, body in site.items() if address.startswith("fonbet/results/")]
    assert any(re.search(r"^0;0;Eng\. \d+ матчей\. Хозяева;Гости;0;0\r$", body, re.MULTILINE) for body in bodies)


@pytest.mark.parametrize(
    ("source", "address", "field"),
    [
        (openfootball_source, "openfootball/2023-24/en.1.json", "team1"),
        (understat_source, "understat/getLeagueData/EPL/2023", "dates"),
        (understat_source, "understat/league/EPL/2023", "datesData"),
        (whoscored_source, "whoscored/tournaments/{stage}/data/?d=202312&isAggregate=false", "startTimeUtc"),
        (fonbet_source, "fonbet/events/list", "events"),
    ],
)
def test_every_reader_refuses_what_the_faults_make_of_its_files(site, source, address, field):
    address = address.format(stage=whoscored.stage_id("E0", 2023))
    body = site[address] if isinstance(site[address], bytes) else site[address](QUERY)
    source.accept(ROOT + address, body, body)
    with pytest.raises(BlockedError):
        source.accept(ROOT + address, BLOCKED.change(body), body)
    wrong = [HTML, renamed(field, "somethingElse"), Changed(lambda body: body[: len(body) // 2])]
    wrong += [HALF_PACKET, EMPTY] if body.startswith(b"{") else []
    for fault in wrong:
        with pytest.raises(ShapeError):
            source.accept(ROOT + address, fault.change(body), body)


@given(today=st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31)), hour=st.integers(0, 23), seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_whatever_the_day_every_file_is_read_by_its_reader(today, hour, seed):
    moment = dt.datetime.combine(today, dt.time(hour), dt.UTC)
    files = published.files(make_world(today, seed, seasons=1.5, clubs=4), moment)
    assert len(read(openfootball_source, files, "openfootball/")) > 0
    assert len(read(understat_source, files, "understat/getLeagueData/")) > 0
    assert len(read(whoscored_source, files, "whoscored/livescores/")) > 0
    assert len(read(fonbet_source, files, "fonbet/events/list", QUERY)) > 0
    read(results_source, files, "fonbet/results/")


def test_equal_worlds_publish_equal_bytes(whole, morning, site):
    again = published.files(make_world(whole.today, seed=11, clubs=12), morning)

    def fixed(files):
        return {address: body if isinstance(body, bytes) else body(QUERY) for address, body in files.items()}

    assert fixed(again) == fixed(site)


@pytest.mark.enable_socket
def test_a_site_serves_all_of_it(site):
    import httpx

    with Site(site) as running, httpx.Client(trust_env=False) as client:
        stage = whoscored.stage_id("E0", 2023)
        for address in (
            "fixtures.csv", f"fonbet/events/list?{QUERY}", "understat/getLeagueData/EPL/2023",
            f"whoscored/tournaments/{stage}/data/?d=202402&isAggregate=false", "openfootball/2023-24/en.1.json",
        ):  # fmt: skip
            answer = client.get(f"{running.url}/{address}")
            assert answer.status_code == 200, address
            body = site.get(address) or site[address.split("?")[0]](QUERY)
            assert answer.content == body
