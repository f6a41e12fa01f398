"""One match, one season, one day: what a source states counts, and no date alone makes a season or a second match."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from soccer_assets.matches.laws import broken_laws
from soccer_assets.matches.schema import ON
from tests.cases.conftest import INPUTS, Mirror

CLUBS = ("Arsenal", "Chelsea", "Everton", "Fulham")
FULL = {"Arsenal": "Arsenal FC", "Chelsea": "Chelsea FC", "Everton": "Everton FC", "Fulham": "Fulham FC"}
Result = tuple[dt.date, str, str, int, int]


def round_robin(first: dt.date, days: Sequence[int], clubs: Sequence[str] = CLUBS) -> list[Result]:
    """Each pair at both grounds, two matches a round, the rounds so many days after the first."""
    a, b, c, d = clubs
    rounds = [
        ((a, b), (c, d)),
        ((b, c), (d, a)),
        ((c, a), (d, b)),
        ((b, a), (d, c)),
        ((c, b), (a, d)),
        ((a, c), (b, d)),
    ]
    return [
        (first + dt.timedelta(day), home, away, n % 4, (2 * n + place) % 3)
        for n, (day, pairs) in enumerate(zip(days, rounds, strict=True))
        for place, (home, away) in enumerate(pairs)
    ]


def archive(results: Sequence[Result], division: str = "E0") -> str:
    lines = ["Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR"]
    lines += [
        f"{division},{day:%d/%m/%Y},15:00,{home},{away},{h},{a},{'H' if h > a else 'A' if h < a else 'D'}"
        for day, home, away, h, a in results
    ]
    return "\n".join(lines) + "\n"


def openfootball(results: Sequence[Result], names: dict[str, str] = FULL) -> str:
    matches: list[dict[str, Any]] = [
        {"round": "Matchday", "date": str(day), "team1": names[home], "team2": names[away], "score": {"ft": [h, a]}}
        for day, home, away, h, a in results
    ]
    return json.dumps({"name": "English Premier League", "matches": matches})


#: A season that was broken off in March and ended in August.
LATE = round_robin(dt.date(2019, 8, 10), (0, 60, 120, 180, 330, 356))
NEXT = round_robin(dt.date(2020, 9, 12), (0, 40, 80, 120, 160, 200))


@pytest.fixture
def late(mirror) -> Mirror:
    """Two seasons that share the calendar year 2020, in the archives of football-data.co.uk."""
    made: Mirror = mirror("2019-07-01", "2021-06-30")
    made.publish("football_data", "mmz4281/1920/E0.csv", archive(LATE))
    made.publish("football_data", "mmz4281/2021/E0.csv", archive(NEXT))
    return made


def on(mirror: Mirror) -> pl.DataFrame:
    return mirror.matches().rows.filter(pl.col("status").is_in(ON))


def ids(mirror: Mirror) -> list[tuple[Any, ...]]:
    return on(mirror).sort("match_date", "match_id").select("match_date", "match_id", "leg", "status").rows()


def test_a_season_that_ran_into_august_stays_one_in_every_source(late):
    late.publish("openfootball", "2019-20/en.1.json", openfootball(LATE))
    late.publish("openfootball", "2020-21/en.1.json", openfootball(NEXT))
    late.acquire()
    resolved = late.matches()
    assert len(resolved.rows) == 24
    assert resolved.rows["leg"].unique().to_list() == [1]
    assert dict(resolved.rows["season"].value_counts().iter_rows()) == {"2019/20": 12, "2020/21": 12}
    assert len(resolved.links) == 24
    assert resolved.conflicts.is_empty() and resolved.quarantined.is_empty()


def test_a_file_that_dates_the_summer_a_year_early_is_about_the_same_matches(late):
    early = [(game[0].replace(year=2019) if f"{game[0]:%Y-%m}" > "2020-06" else game[0], *game[1:]) for game in LATE]
    late.publish("openfootball", "2019-20/en.1.json", openfootball(early))
    late.acquire()
    resolved = late.matches()
    assert len(resolved.rows) == 24
    assert resolved.rows.filter(pl.col("match_date") < LATE[0][0]).is_empty()
    moved = [str(day) for day, *_ in LATE if day.month in (7, 8) and day.year == 2020]
    conflicts = resolved.conflicts.filter(pl.col("field") == "match_date").sort("match_date")
    assert conflicts["kept"].to_list() == moved and len(moved) == 4
    assert {value[:4] for value in conflicts["value"]} == {"2019"}
    assert broken_laws(resolved.rows.lazy()) == {}


def test_a_day_outside_the_season_with_another_score_is_a_case_and_no_match(late):
    _, home, away, h, a = LATE[3]
    off = [(dt.date(2019, 7, 5), home, away, h + 1, a), *LATE[:3], *LATE[4:]]
    late.publish("openfootball", "2019-20/en.1.json", openfootball(off))
    late.acquire()
    resolved = late.matches()
    assert len(resolved.rows) == 24
    (reason,) = resolved.quarantined.filter(pl.col("origin") == "openfootball")["reason"]
    assert reason.startswith("expected a date of season 2019/20, from 2019-07-13 to ")
    assert reason.endswith("found 2019-07-05")


def test_a_fixture_of_a_late_summer_is_the_match_of_the_season_that_has_it(late):
    day, home, away, *_ = LATE[-1]
    late.publish(
        "football_data", "fixtures.csv", f"Div,Date,Time,HomeTeam,AwayTeam\nE0,{day:%d/%m/%Y},15:00,{home},{away}\n"
    )
    late.acquire()
    rows = on(late).filter(pl.col("match_date") == day, pl.col("home") == home)
    assert rows.select("season", "status", "leg").rows() == [("2019/20", "finished", 1)]


def test_a_fixture_not_played_yet_belongs_to_the_season_that_is_under_way(mirror):
    under_way = mirror("2019-07-01", "2020-12-31")
    under_way.publish("football_data", "mmz4281/1920/E0.csv", archive(LATE[:-2]))
    day, home, away, *_ = LATE[-1]
    under_way.publish(
        "football_data", "fixtures.csv", f"Div,Date,Time,HomeTeam,AwayTeam\nE0,{day:%d/%m/%Y},15:00,{home},{away}\n"
        f"E0,12/09/2020,15:00,{home},{away}\n"
    )  # fmt: skip
    under_way.acquire()
    fixtures = on(under_way).filter(pl.col("status") == "scheduled").sort("match_date")
    assert fixtures.select("match_date", "season").rows() == [(day, "2019/20"), (dt.date(2020, 9, 12), "2020/21")]


def test_two_seasons_that_share_a_calendar_year_stay_two(mirror):
    argentina = mirror("2016-01-01", "2017-12-31", leagues="ARG")
    argentina.publish("football_data", "new/ARG.csv", INPUTS / "arg_2016" / "ARG.csv")
    argentina.acquire()
    rows = on(argentina)
    assert sorted(rows["season"].unique()) == ["2016", "2016/17"]
    assert rows["leg"].unique().to_list() == [1]
    assert rows["match_id"].is_unique().all()


@pytest.mark.parametrize("days", [1, 6])
def test_one_result_on_two_days_within_a_week_is_one_match(mirror, days):
    twice = mirror("2019-07-01", "2020-12-31")
    day, home, away, h, a = LATE[2]
    again = [*LATE, (day + dt.timedelta(days), home, away, h, a)]
    twice.publish("football_data", "mmz4281/1920/E0.csv", archive(again))
    twice.acquire()
    resolved = twice.matches()
    assert resolved.rows.filter(home=home, away=away).select("match_date", "leg").rows() == [(day, 1)]
    reasons = resolved.quarantined["reason"].to_list()
    assert reasons == [f"expected the match once, found it again on {day + dt.timedelta(days)}; first on {day}"]


def test_two_meetings_within_a_week_stay_two_where_clubs_meet_again_and_again(mirror):
    scotland = mirror("2019-07-01", "2020-12-31", leagues="SC1")
    results = [(dt.date(2020, 3, 3), "Ayr", "Dundee", 1, 0), (dt.date(2020, 3, 7), "Ayr", "Dundee", 1, 0)]
    scotland.publish("football_data", "mmz4281/1920/SC1.csv", archive(results, "SC1"))
    scotland.acquire()
    assert on(scotland).sort("leg")["leg"].to_list() == [1, 2]


def test_a_date_corrected_at_the_source_moves_the_match_though_only_new_days_are_read(mirror):
    season = round_robin(dt.date(2026, 8, 8), (0, 12, 24, 36, 48, 60))
    day, home, away, h, a = season[2]
    later = day + dt.timedelta(20)
    whole = mirror("2026-07-01", "2026-11-05")
    whole.publish("football_data", "mmz4281/2627/E0.csv", archive(season))
    whole.acquire()
    corrected = [(later, home, away, h, a) if result == season[2] else result for result in season]
    whole.publish("football_data", "mmz4281/2627/E0.csv", archive(corrected))
    new_days = Mirror(whole.folder, later - dt.timedelta(2), later + dt.timedelta(2), "E0")
    new_days.acquire("football_data_results")
    resolved = whole.matches()
    assert resolved.rows.filter(home=home, away=away).select("match_date", "leg").rows() == [(later, 1)]
    assert resolved.quarantined.is_empty()


def test_another_league_of_a_country_does_not_take_the_place_of_the_one_there_is(mirror):
    sweden = mirror("2023-01-01", "2023-12-31", leagues="SWE")
    sweden.publish("football_data", "new/SWE.csv", "Country,League,Season,Date,Time,Home,Away,HG,AG,Res\n"
                   "Sweden,Allsvenskan,2023,01/04/2023,14:00,AIK,Hammarby,1,0,H\n")  # fmt: skip
    sweden.publish("football_data", "new_league_fixtures.csv", "Country,League,Date,Time,Home,Away\n"
                   "Sweden,Allsvenskan,08/04/2023,14:00,Hammarby,Elfsborg\n"
                   "Sweden,Superettan,08/04/2023,14:00,Brage,Gais\n")  # fmt: skip
    acquired = sweden.acquire("football_data_results", "football_data_fixtures")
    assert sweden.table("football_data_fixtures").select("_league", "Home").rows() == [("SWE", "Hammarby")]
    assert acquired["football_data_fixtures"].quarantined == 1
    (reason,) = sweden.table("football_data_fixtures_quarantine")["reason"]
    assert reason == "expected a known division code, found Sweden, Superettan"


def test_a_second_name_of_a_club_is_settled_by_its_fixtures_and_no_club_is_born(late):
    renamed = FULL | {"Fulham": "Cottagers London"}
    half = len(LATE) // 2
    matches = (
        json.loads(openfootball(LATE[:half]))["matches"] + json.loads(openfootball(LATE[half:], renamed))["matches"]
    )
    late.publish("openfootball", "2019-20/en.1.json", json.dumps({"name": "Premier League", "matches": matches}))
    late.acquire()
    resolved = late.matches()
    clubs = set(resolved.rows.filter(season="2019/20")["home_id"])
    assert clubs == {"england.arsenal", "england.chelsea", "england.everton", "england.fulham"}
    fulham = resolved.links.filter(pl.col("home_id") == "england.fulham")["home"].unique().sort().to_list()
    assert fulham == ["Cottagers London", "Fulham FC"]


def test_a_club_that_the_league_does_not_have_is_a_case_for_review(late):
    stranger = [*LATE, (dt.date(2020, 2, 1), "Arsenal", "Wanderers of Nowhere", 1, 1)]
    late.publish(
        "openfootball", "2019-20/en.1.json", openfootball(stranger, FULL | {"Wanderers of Nowhere": "Xylo Qist"})
    )
    late.acquire()
    resolved = late.matches()
    assert len(resolved.rows) == 24
    (reason,) = resolved.quarantined["reason"]
    assert reason == "expected the name of one club, found Xylo Qist, which may be several clubs' or a new one's"


def test_a_play_off_after_the_season_is_no_second_meeting(late):
    final = (dt.date(2020, 8, 4), "Arsenal", "Chelsea", 2, 2)
    late.publish("openfootball", "2019-20/en.1.json", openfootball([*LATE, final]))
    late.acquire()
    resolved = late.matches()
    assert resolved.rows.filter(home="Arsenal", away="Chelsea")["leg"].to_list() == [1, 1]
    (reason,) = resolved.quarantined["reason"]
    assert reason.startswith("expected one meeting of the season at this ground, ")


def understat(results: Sequence[Result]) -> str:
    dates = [
        {"id": str(n), "isResult": True, "datetime": f"{day} 15:00:00", "goals": {"h": str(h), "a": str(a)},
         "xG": {"h": "1.1", "a": "0.9"}, "h": {"id": home, "title": home}, "a": {"id": away, "title": away}}
        for n, (day, home, away, h, a) in enumerate(results)
    ]  # fmt: skip
    return json.dumps({"dates": dates})


def test_a_season_of_another_year_is_refused_where_no_archive_has_it(mirror):
    """The site answered with the season before, or a file was put into the folder of the next one."""
    alone = mirror("2019-07-01", "2021-07-01")
    alone.publish("understat", "getLeagueData/EPL/2019", understat(LATE))
    alone.publish("understat", "getLeagueData/EPL/2020", understat(LATE))
    alone.publish("openfootball", "2019-20/en.1.json", openfootball(NEXT))
    alone.publish("openfootball", "2020-21/en.1.json", openfootball(NEXT))
    acquired = alone.acquire("understat_matches", "openfootball_matches")
    expected = "expected a date of season 2020/21, from 2020-06-03 to 2021-08-31, found 2019-08-10"
    assert f"{expected}; the same in 8 of its 12 matches" in acquired["understat_matches"].problem
    expected = "expected a date of season 2019/20, from 2019-06-03 to 2020-08-31, found 2020-09-12"
    assert f"{expected}; the same in 12 of its 12 matches" in acquired["openfootball_matches"].problem
    seasons = on(alone).group_by("source", "season").len().sort("season").rows()
    assert seasons == [("understat", "2019/20", 12), ("openfootball", "2020/21", 12)]


def test_one_date_outside_its_season_is_a_case_where_no_archive_has_it(mirror):
    alone = mirror("2018-07-01", "2020-12-31")
    day, home, away, h, a = LATE[0]
    early = [(day - dt.timedelta(365), home, away, h, a), *LATE[1:]]
    alone.publish("openfootball", "2019-20/en.1.json", openfootball(early))
    alone.acquire("openfootball_matches")
    resolved = alone.matches()
    assert len(resolved.rows) == 11
    (reason,) = resolved.quarantined["reason"]
    assert reason == "expected a date of season 2019/20, from 2019-06-03 to 2020-08-31, found 2018-08-10"


def test_the_laws_name_the_rows_that_break_them(late):
    late.acquire()
    rows = late.matches().rows
    first = rows.sort("match_date").head(1)
    early = first.with_columns(
        match_date=dt.date(2019, 7, 1), match_id=pl.lit("early"), source=pl.lit("openfootball"), home_id=pl.lit("x")
    )
    twice = first.with_columns(match_id=pl.lit("twice"), away_id=pl.lit("y"))
    broken = {name: set(bad["match_id"]) for name, bad in broken_laws(pl.concat([rows, early, twice]).lazy()).items()}
    assert broken.pop("no_table_is_ahead_of_its_calendar") >= {"early", "twice"}
    assert broken == {
        "a_club_plays_at_most_once_a_day": {first["match_id"].item(), "twice"},
        "no_match_lies_before_its_season": {"early"},
    }
    assert broken_laws(rows.lazy()) == {}
