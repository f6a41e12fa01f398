import datetime as dt
import gzip
import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import polars as pl
import pytest

from soccer_assets.errors import BlockedError, ShapeError, SourceError
from soccer_assets.leagues import NAMES_AT
from soccer_assets.sources.fetching.client import Answer, Request
from soccer_assets.sources.schema import WHOSCORED_MATCHES, Parsed
from soccer_assets.sources.spec import Query
from soccer_assets.sources.whoscored.feeds import accept, parse
from soccer_assets.sources.whoscored.records import LEAGUE_OF_NAME, STATUS_OF_CODE, STATUS_OF_WORD
from soccer_assets.sources.whoscored.source import match_centres, requests

DAY = "https://site/livescores/data?d=20240501&isSummary=false"
PAGE = "https://site/Matches/7/Live"
NOW = dt.datetime(2024, 5, 2, 6, 30, tzinfo=dt.UTC)


def fixture(**changes: Any) -> dict[str, Any]:
    """A record of a feed; a change to None takes the key out."""
    record = {
        "id": 7, "startTimeUtc": "2024-05-01T18:30:00.0000000Z", "status": 6, "elapsed": "FT", "homeScore": 2,
        "awayScore": 1, "homeId": 11, "homeName": "Alba", "homeRedCards": 1, "homeYellowCards": 3, "awayId": 12,
        "awayName": "Borea", "awayRedCards": 0, "awayYellowCards": 2,
    } | changes  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}


def day_feed(*matches: dict[str, Any], **changes: Any) -> dict[str, Any]:
    tournament = {
        "tournamentId": 2, "tournamentName": "Premier League", "regionCode": "gb-eng", "regionName": "England",
        "seasonName": "2023/2024", "stageId": 900, "stageName": "Premier League", "sex": 1, "matches": list(matches),
    } | changes  # fmt: skip
    return {"tournaments": [tournament]}


def stage_feed(*matches: dict[str, Any]) -> dict[str, Any]:
    place = "http://site/Regions/206/Tournaments/4/Seasons/5435/Stages/900"
    return {"id": 900, "name": "LaLiga", "regionCode": "es", "tournamentId": 4, "wsStatisticsUrl": place,
            "fixtures": list(matches)}  # fmt: skip


def centre(**changes: Any) -> dict[str, Any]:
    def side(name: str, number: int, touches: int, **stats: Any) -> dict[str, Any]:
        cards = [{"cardType": {"displayName": "Yellow"}}, {"cardType": {"displayName": "SecondYellow"}}, {}]
        return {"teamId": number, "name": name, "incidentEvents": cards[: number - 10],
                "stats": {"possession": {"0": touches}, **stats}}  # fmt: skip

    return {
        "home": side("Alba", 11, 30, shotsTotal={"3": 2, "88": 1}, passesTotal={"0": 20}),
        "away": side("Borea", 12, 10, passesTotal={"0": 9}),
        "statusCode": 6, "elapsed": "FT", "startTime": "2024-05-01T20:30:00", "startDate": "2024-05-01T00:00:00",
        "score": "2 : 1", "htScore": "0 : 1", "ftScore": "2 : 1", "etScore": "", "attendance": 4100,
        "venueName": "The Yard", "referee": {"name": "N. N."},
    } | changes  # fmt: skip


def page(script: str) -> bytes:
    crumbs = (
        '<div id="breadcrumb-nav"><span>Spain</span><a href="/Regions/206/Tournaments/4/Seasons/9149/x">'
        "LaLiga - 2023/2024</a></div>"
    )
    head = '<!DOCTYPE html><html><head><title>Alba 2-1 Borea</title><link rel="canonical" href="https://site/matches/7/live/x">'
    return f"{head}</head><body>{crumbs}<script>var a = 1;</script><script>{script}</script></body></html>".encode()


def answer(value: Any, address: str = DAY) -> Answer:
    """The value as an answer that is accepted."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    accept(address, body, None)
    return Answer(address, hashlib.sha256(body).hexdigest(), NOW, body)


def read(value: Any, address: str = DAY) -> Parsed:
    parsed = parse([answer(value, address)])
    return Parsed(WHOSCORED_MATCHES.conform(parsed.records), parsed.quarantined)


def row(value: Any, address: str = DAY) -> dict[str, Any]:
    parsed = read(value, address)
    assert parsed.quarantined["reason"].to_list() == []
    return parsed.records.row(0, named=True)


# What is asked for


def test_each_day_has_a_feed_and_each_match_a_page():
    asked = requests(Query(dt.date(2024, 4, 30), dt.date(2024, 5, 1), dt.date(2024, 5, 1), base="https://site"))
    # a day of the league's zone may lie on two days of UTC
    assert asked == [
        Request(f"https://site/livescores/data?d={day}&isSummary=false")
        for day in (20240429, 20240430, 20240501, 20240502)
    ]
    assert match_centres("https://site", ["7"]) == [Request(PAGE, final=True)]


# Feeds


def test_a_match_of_a_day_feed_is_read_with_its_tournament():
    found = row(day_feed(fixture()))
    assert {name: value for name, value in found.items() if value is not None} == {
        "match_date": dt.date(2024, 5, 1), "_league": "E0", "_address": DAY, "_payload_id": answer(day_feed(fixture())).payload_id, "_record": 1,
        "_seen_at": NOW, "whoscored_id": "7", "kick_off_at": "2024-05-01T18:30:00Z", "status": "finished",
        "elapsed": "FT", "competition": "Premier League", "tournament_id": "2", "stage": "Premier League",
        "stage_id": "900", "country": "England", "region_code": "gb-eng", "season": "2023/2024", "home": "Alba",
        "away": "Borea", "home_source_id": "11", "away_source_id": "12", "sex": "men", "kind": "first",
        "home_goals": "2", "away_goals": "1", "home_goals_final": "2", "away_goals_final": "1",
        "home_yellow_cards": "3", "away_yellow_cards": "2", "home_red_cards": "1", "away_red_cards": "0",
    }  # fmt: skip


def test_a_stage_feed_names_season_stage_and_country():
    found = row(stage_feed(fixture()))
    assert (found["_league"], found["season_id"], found["stage_id"], found["country"]) == (
        "SP1",
        "5435",
        "900",
        "Spain",
    )


def test_the_later_names_of_the_sides_are_read_as_the_earlier_ones():
    later = fixture(homeName=None, awayName=None, homeTeamName="Alba", awayTeamName="Borea", homeTeamId=11)
    found = row(day_feed(later))
    assert (found["home"], found["away"], found["home_source_id"]) == ("Alba", "Borea", "11")


def test_a_line_a_match_is_read_with_periods_and_statistics():
    live = {
        "incidentTimeline": [
            {"minute": 5, "homeIncidents": [{"type": 2, "subType": 1}], "awayIncidents": [{"type": 2, "subType": 3}]},
            {"minute": 9, "homeIncidents": [{"type": 1, "subType": 1}], "awayIncidents": []},
        ],
        "liveStatistics": {
            "home": {"stats": {"shots": 13, "shotsOnTarget": 2, "ballPossession": 41, "totalPasses": 344, "tackles": 20,
                               "aerialsWon": 57, "corners": 7}, "players": [{"stats": {"fouls": 2}}, {"stats": {"fouls": 1}}]},
            "away": {"stats": {"shots": 9}, "players": []},
        },
    }  # fmt: skip
    info = fixture(tournamentName="Championship", regionCode="gb-eng", regionName="England", stageId=13,
                   periodResults="HT 1:0 - FT 1:1 - ET 2:1", elapsed="AET")  # fmt: skip
    lines = [{"info": info | {"id": 0}, "id": 7, "liveMatch": live}, {"info": info, "id": 8}]
    parsed = read("\n".join(json.dumps(line) for line in lines).encode())
    first, second = parsed.records.to_dicts()
    assert (first["whoscored_id"], second["whoscored_id"], first["_league"], second["_record"]) == ("7", "8", "E1", 2)
    goals = ("goals_half_time", "goals", "goals_final")
    assert [(first[f"home_{name}"], first[f"away_{name}"]) for name in goals] == [("1", "0"), ("1", "1"), ("2", "1")]
    statistics = ("shots", "shots_on_target", "possession", "passes", "aerials_won", "tackles", "corners", "fouls")
    assert [first[f"home_{name}"] for name in statistics] == ["13", "2", "41", "344", "57", "20", "7", "3"]
    cards = ("home_yellow_cards", "home_red_cards", "away_yellow_cards", "away_red_cards")
    assert [first[name] for name in cards] == ["1", "0", "0", "1"]
    assert first["away_corners"] is None
    assert second["home_shots"] is None


@pytest.mark.parametrize(
    ("changes", "status", "goals", "final"),
    [
        ({}, "finished", "2", "2"),
        ({"status": 1, "elapsed": "", "homeScore": None, "awayScore": None}, "scheduled", None, None),
        ({"status": 2, "elapsed": "Post"}, "postponed", None, None),
        ({"status": 7, "elapsed": "Can"}, "void", None, None),
        ({"status": 5, "elapsed": "Abd"}, "abandoned", None, "2"),
        ({"status": 6, "elapsed": "Awd"}, "awarded", None, None),
        ({"status": 8, "elapsed": "?"}, None, None, "2"),
        ({"status": 3, "elapsed": "67"}, "in_play", "2", "2"),
        ({"status": 3, "elapsed": "HT"}, "in_play", "2", "2"),
        ({"status": 6, "elapsed": "Dec"}, "finished", "2", "2"),  # a new word: by the code
        ({"elapsed": "AET"}, "finished", None, "2"),  # the feed does not say how it stood after 90 minutes
        ({"elapsed": "PEN"}, "finished", None, "2"),
    ],
)
def test_goals_count_after_90_minutes_of_a_match_that_ended(changes, status, goals, final):
    found = row(day_feed(fixture(**changes)))
    assert (found["status"], found["home_goals"], found["home_goals_final"]) == (status, goals, final)


@pytest.mark.parametrize(
    ("changes", "context", "league"),
    [
        ({}, {}, "E0"),
        ({}, {"tournamentId": 26, "tournamentName": "FA Cup"}, None),
        ({}, {"tournamentId": 7, "stageName": "Championship Play-off"}, None),
        ({}, {"sex": 2}, None),
        ({"homeName": "Alba U23"}, {}, None),
        ({"awayName": "Villarreal B"}, {"tournamentId": 63}, "SP2"),
    ],
)
def test_a_match_is_of_our_league_by_tournament_stage_sex_and_age(changes, context, league):
    assert row(day_feed(fixture(**changes), **context))["_league"] == league


def test_no_two_leagues_share_a_tournament_or_a_name():
    ids = list(NAMES_AT["whoscored"].values())
    assert len(set(ids)) == len(ids) >= 38
    assert len(set(LEAGUE_OF_NAME.values())) >= 38
    assert set(STATUS_OF_CODE.values()) <= set(STATUS_OF_WORD.values())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"startTimeUtc": "0001-01-01T00:00:00.0000000"}, "expected a date, found 0001-01-01T00:00:00.0000000"),
        ({"startTimeUtc": "2024-02-30T18:30:00Z"}, "expected a date, found 2024-02-30T18:30:00Z"),
        ({"startTimeUtc": None}, "expected a date, found none"),
        ({"homeName": " "}, "expected two sides, found '' and 'Borea'"),
        ({"awayName": "Alba"}, "expected two sides, found 'Alba' and 'Alba'"),
        ({"id": None}, "expected a match id, found none"),
        ({"status": 4, "elapsed": "Xyz"}, "expected a known status, found Xyz (code 4)"),
    ],
)
def test_a_record_that_cannot_be_used_is_kept_with_the_reason(changes, reason):
    parsed = read(day_feed(fixture(**changes), fixture(id=8)))
    assert parsed.records["whoscored_id"].to_list() == ["8"]
    (bad,) = parsed.quarantined.to_dicts()
    assert (bad["origin"], bad["line"], bad["reason"]) == (DAY, 1, reason)
    assert json.loads(bad["record"]) == fixture(**changes)


def test_the_same_bytes_at_two_addresses_are_read_once():
    twice = parse([answer(day_feed(fixture())), answer(day_feed(fixture()), f"{DAY}&v=2")])
    assert WHOSCORED_MATCHES.conform(twice.records)["whoscored_id"].to_list() == ["7"]


# Pages


@pytest.mark.parametrize(
    "script",
    [
        'require.config.params["args"] = {\n matchId:7,\n matchCentreData: %s,\n matchCentreEventTypeJson: {"a":0}\n};',
        "var matchCentreData = %s;\nvar matchId = 7;",
        "var initialData = {\"matchCentreData\": %s, 'other': [,1]};",
    ],
)
def test_a_match_centre_is_read_however_its_year_embeds_it(script):
    found = row(page(script % json.dumps(centre())), PAGE)
    assert {name: value for name, value in found.items() if value is not None and not name.startswith("_")} == {
        "match_date": dt.date(2024, 5, 1), "whoscored_id": "7", "status": "finished", "elapsed": "FT",
        "competition": "LaLiga", "tournament_id": "4", "country": "Spain", "season": "2023/2024", "season_id": "9149",
        "home": "Alba", "away": "Borea", "home_source_id": "11", "away_source_id": "12", "sex": "men", "kind": "first",
        "home_goals": "2", "away_goals": "1", "home_goals_half_time": "0", "away_goals_half_time": "1",
        "home_goals_final": "2", "away_goals_final": "1", "referee": "N. N.", "venue": "The Yard", "attendance": "4100",
        "home_shots": "3", "away_shots": "0", "home_possession": "75.0", "away_possession": "25.0",
        "home_passes": "20", "away_passes": "9", "home_yellow_cards": "1", "away_yellow_cards": "1",
        "home_red_cards": "0", "away_red_cards": "1",
    }  # fmt: skip
    assert found["_league"] == "SP1"


def test_the_local_time_of_a_match_centre_is_no_kick_off():
    found = row(centre(game_id=7, competition_id=5, season_id="1516"), PAGE)
    assert (found["match_date"], found["kick_off_at"], found["_league"]) == (dt.date(2024, 5, 1), None, "I1")


def test_a_match_centre_tells_90_minutes_from_extra_time():
    found = row(
        centre(game_id=7, score="2 : 2", ftScore="1 : 1", etScore="2 : 2", pkScore="4 : 3", elapsed="PEN"), PAGE
    )
    assert (found["home_goals"], found["away_goals"], found["home_goals_final"]) == ("1", "1", "2")


def test_a_page_saved_as_its_source_is_read_as_the_page():
    source = page(f"var matchId = 7; var matchCentreData = {json.dumps(centre())};")
    lines = "".join(f'<tr><td class="line-number"></td><td class="line-content">{html.escape(line)}\n</td></tr>'
                    for line in source.decode().split("\n"))  # fmt: skip
    found = row(f"<html><body><table><tbody>{lines}</tbody></table></body></html>".encode(), PAGE)
    assert (found["whoscored_id"], found["home"], found["home_goals"]) == ("7", "Alba", "2")


def test_the_fixtures_embedded_in_a_tournament_page_are_read_as_a_feed():
    script = f"load({{ stage: 900, tournaments: {json.dumps(day_feed(fixture())['tournaments'])}, tournaments2: [] }});"
    found = row(page(script), "https://site/regions/252/tournaments/2")
    assert (found["whoscored_id"], found["kick_off_at"]) == ("7", "2024-05-01T18:30:00Z")


# What is not accepted


@pytest.mark.parametrize(
    "body",
    [
        b'<html><body><iframe src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: 1</iframe></body></html>',
        b'<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><div class="g-recaptcha"></div></body></html>',
    ],
)
def test_the_page_of_a_bot_wall_is_no_empty_day(body):
    with pytest.raises(BlockedError, match="found the page of a bot wall"):
        accept(DAY, body, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "expected a whole JSON feed or a page, found b''"),
        (b'{"tournaments": [{"matches": [{"id"', "expected a whole JSON feed or a page, found b'{\"tournaments\""),
        (b'{"games": []}', "expected fixtures, tournaments, info or a match centre, found ['games']"),
        (b"[1, 2]", "expected fixtures, tournaments, info or a match centre, found list"),
        (b'{"info": {}}\n{"info": {', "expected one JSON object a line, found b'{\"info\": {'"),
        (b"<html><title>Sorry</title><script>var a = 1</script></html>",
         "expected a script with matchCentreData, fixtures or tournaments, found 1 scripts without; title 'Sorry'"),
        (page("var matchCentreData = null;"), "expected matchCentreData to be an object, found None"),
        (page("DataStore.prime('side-box', {}, [[7, 'Alba', 'Borea']]);"),  # lists that carry no date
         "expected a script with matchCentreData, fixtures or tournaments, found 2 scripts without"),
        (page("var matchCentreData = {a 1};"), "expected matchCentreData to be an object, expected a colon"),
        (page('var matchCentreData = {"home": {"name": "Alba"}, "kickOff": 1};'),
         "expected a match centre with statusCode, startTime, ftScore, away.name, found ['home', 'kickOff']"),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(body, message):
    with pytest.raises(ShapeError) as raised:
        accept(DAY, body, None)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("key", "missing"),
    [("startTimeUtc", "startTimeUtc"), ("homeName", "homeName or homeTeamName"), ("id", "id"), ("status", "status")],
)
def test_a_renamed_key_is_named(key, missing):
    renamed = fixture(**{key: None, f"{key}2": "x"})
    with pytest.raises(ShapeError) as raised:
        accept(DAY, json.dumps(day_feed(renamed, renamed)).encode(), None)
    assert f"expected records with {missing}, found the keys " in str(raised.value)
    assert f"'{key}2'" in str(raised.value)


def test_a_feed_may_be_empty_but_not_lose_more_than_half_its_matches():
    full = json.dumps(day_feed(*(fixture(id=n) for n in range(4)))).encode()
    half = json.dumps(day_feed(*(fixture(id=n) for n in range(2)))).encode()
    empty = json.dumps({"tournaments": []}).encode()
    accept(DAY, empty, None)
    accept(DAY, half, full)
    with pytest.raises(ShapeError, match="expected at least 50% of the 4 matches of the last good answer, found 0"):
        accept(DAY, empty, full)


# Whole folders of raw payloads


@dataclass(frozen=True)
class Folder:
    """Payloads by name, the records and the quarantined of each, what is no data, and the matches of the feeds."""

    payloads: dict[str, bytes]
    yields: dict[str, tuple[int, int]]
    refused: dict[str, type[SourceError]]
    truth: pl.DataFrame


PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture(params=["written", *(["published"] if PUBLISHED.is_dir() else [])], scope="module")
def folder(request) -> Folder:
    return _published() if request.param == "published" else _written()


def _written() -> Folder:
    lines = "\n".join(json.dumps({"info": fixture(startTimeUtc=start), "id": n}) for n, start in enumerate(
        ("2024-05-01T18:30:00.0000000Z", "0001-01-01T00:00:00.0000000")))  # fmt: skip
    payloads = {
        "feed/stages/900.json": json.dumps(stage_feed(fixture(), fixture(id=8))).encode(),
        "feed/matches.jsonl": lines.encode(),
        "pages/match_7.html": page(f"var matchCentreData = {json.dumps(centre())};"),
        "pages/blocked.html": b"<html><body>Request unsuccessful. Incapsula incident ID: 1</body></html>",
    }
    yields = {"feed/stages/900.json": (2, 0), "feed/matches.jsonl": (1, 1), "pages/match_7.html": (1, 0)}
    truth = pl.DataFrame({"match_id": [7, 8, 0], "start_utc": "2024-05-01T18:30:00.0000000Z", "home_id": 11, "away_id": 12,
                          "home": "Alba", "away": "Borea", "home_score": 2, "away_score": 1})  # fmt: skip
    return Folder(payloads, yields, {"pages/blocked.html": BlockedError}, truth)


def _published() -> Folder:
    base = PUBLISHED / "raw" / "whoscored"
    payloads = {
        str(path.relative_to(base)).removesuffix(".gz"): gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else path.read_bytes()
        for path in sorted(base.rglob("*"))
        if path.is_file()
    }
    stages = {name: (len(json.loads(body)["fixtures"]), 0) for name, body in payloads.items() if "/stages/" in name}
    others = {
        "feed/matches_basic.jsonl": (293, 7),
        "feed/matches_detailed.jsonl": (400, 0),
        "matchcentre/1005916.json": (1, 0),
        "pages/match_1650630.html": (1, 0),
    }
    refused = {"pages/blocked_incapsula.html": BlockedError, "regions_tournaments.json": ShapeError,
               "pages/statistics_viewsource.html": ShapeError}  # fmt: skip
    return Folder(
        payloads, stages | others, refused, pl.read_parquet(PUBLISHED / "tables" / "whoscored_matches.parquet")
    )


def test_every_raw_payload_yields_what_it_holds(folder):
    assert folder.payloads.keys() == folder.yields.keys() | folder.refused.keys()
    for name, error in folder.refused.items():
        with pytest.raises(error):
            accept(f"file:///{name}", folder.payloads[name], None)
    found = {}
    for name in folder.yields:
        parsed = parse([answer(folder.payloads[name], f"file:///{name}")])
        found[name] = (len(parsed.records), len(parsed.quarantined))
    assert found == folder.yields


def test_feeds_agree_with_the_table_that_was_taken_from_them(folder):
    feeds = {name: body for name, body in folder.payloads.items() if name.startswith("feed/")}
    records = WHOSCORED_MATCHES.conform(parse([answer(body, name) for name, body in feeds.items()]).records)
    truth = folder.truth.select(
        pl.all().name.suffix("_true"),
        whoscored_id=pl.col("match_id").cast(pl.String),
        kick_off_at_true=pl.col("start_utc").str.slice(0, 19) + "Z",
    )
    both = records.join(truth, on="whoscored_id")
    assert len(both) == sum(folder.yields[name][0] for name in feeds)
    same = [("kick_off_at", "kick_off_at"), ("home_source_id", "home_id"), ("away_source_id", "away_id")]
    assert [both[ours].eq_missing(both[f"{true}_true"].cast(pl.String)).all() for ours, true in same] == [True] * 3
    # a score that is shown of a match that was called off is none
    scored = both.filter(pl.col("status").ne_missing("void"))
    for side in ("home", "away"):
        assert scored[f"{side}_goals_final"].cast(pl.Int64).eq_missing(scored[f"{side}_score_true"]).all()
        # a few clubs changed their names between the two looks
        assert fmean(both[side] == both[f"{side}_true"]) > 0.998
