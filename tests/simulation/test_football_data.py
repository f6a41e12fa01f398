import csv
import datetime as dt
import io

import polars as pl
import pytest

from soccer_assets.simulation.football_data import files, season_code, write
from soccer_assets.simulation.world import World, make_world

TODAY = dt.date(2024, 2, 29)

#: The header of the real E0 file of 2023/24, without the bookmakers IW and VC.
E0_HEADER = (
    "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,HTHG,HTAG,HTR,Referee,HS,AS,HST,AST,HF,AF,HC,AC,HY,AY,HR,AR,"
    "B365H,B365D,B365A,BWH,BWD,BWA,PSH,PSD,PSA,WHH,WHD,WHA,MaxH,MaxD,MaxA,AvgH,AvgD,AvgA,"
    "B365>2.5,B365<2.5,P>2.5,P<2.5,Max>2.5,Max<2.5,Avg>2.5,Avg<2.5,"
    "AHh,B365AHH,B365AHA,PAHH,PAHA,MaxAHH,MaxAHA,AvgAHH,AvgAHA,"
    "B365CH,B365CD,B365CA,BWCH,BWCD,BWCA,PSCH,PSCD,PSCA,WHCH,WHCD,WHCA,MaxCH,MaxCD,MaxCA,AvgCH,AvgCD,AvgCA,"
    "B365C>2.5,B365C<2.5,PC>2.5,PC<2.5,MaxC>2.5,MaxC<2.5,AvgC>2.5,AvgC<2.5,"
    "AHCh,B365CAHH,B365CAHA,PCAHH,PCAHA,MaxCAHH,MaxCAHA,AvgCAHH,AvgCAHA"
)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(TODAY, seed=11, clubs=8)


@pytest.fixture(scope="module")
def site(world) -> dict[str, bytes]:
    return files(world, TODAY)


def header(body: bytes) -> str:
    return body.decode("utf-8-sig").splitlines()[0]


def records(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def uk_date(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d/%m/%Y").date()


def test_equal_worlds_give_identical_bytes_and_another_seed_others(site):
    assert files(make_world(TODAY, seed=11, clubs=8), TODAY) == site
    other = files(make_world(TODAY, seed=12, clubs=8), TODAY)
    assert other.keys() == site.keys()
    assert all(other[path] != site[path] for path in site)


def test_the_site_has_an_archive_per_league_and_season_and_one_for_norway(site):
    archives = [f"mmz4281/{code}/{league}.csv" for code in ("2122", "2223", "2324") for league in ("E0", "E1", "SP1")]
    assert sorted(site) == ["fixtures.csv", *archives, "new/NOR.csv", "new_league_fixtures.csv"]


def test_columns_are_those_of_the_real_files(site):
    assert header(site["mmz4281/2324/E0.csv"]) == E0_HEADER
    assert header(site["mmz4281/2324/SP1.csv"]) == E0_HEADER.replace("Referee,", "")
    before, after = E0_HEADER.split("Referee,HS,AS,HST,AST,HF,AF,HC,AC,HY,AY,HR,AR,")
    assert header(site["fixtures.csv"]) == before + after
    assert header(site["new/NOR.csv"]) == (
        "Country,League,Season,Date,Time,Home,Away,HG,AG,Res,PSCH,PSCD,PSCA,MaxCH,MaxCD,MaxCA,AvgCH,AvgCD,AvgCA"
    )
    assert header(site["new_league_fixtures.csv"]) == (
        "Country,League,Date,Time,Home,Away,PH,PD,PA,MaxH,MaxD,MaxA,AvgH,AvgD,AvgA"
    )


def test_the_oddities_of_the_real_files_are_there(site):
    assert all(body.startswith(b"\xef\xbb\xbf") for body in site.values())
    crlf = [path for path, body in site.items() if body.endswith(b"\r\n")]
    assert crlf == [path for path in site if path.endswith(("E0.csv", "E1.csv"))]
    assert all(b"\r" not in body for path, body in site.items() if path not in crlf)
    assert records(site["mmz4281/2122/SP1.csv"])[0]["Date"] == "14/08/21"
    assert records(site["mmz4281/2223/SP1.csv"])[0]["Date"] == "13/08/2022"
    ragged = site["mmz4281/2122/E1.csv"].decode("utf-8-sig").split("\r\n")
    assert ragged[0] == E0_HEADER + ","
    assert ragged[57:] == ["," * (E0_HEADER.count(",") + 1)] * 3 + [""]
    assert sum(body.count(b",,,,") > 0 for path, body in site.items() if path.startswith("mmz4281")) == 1


def test_a_row_says_what_the_world_knows(world, site):
    row = records(site["mmz4281/2223/E0.csv"])[20]
    season = world.matches.filter(pl.col("league") == "E0", pl.col("season_start") == 2022)
    truth = season.filter(pl.col("home") == row["HomeTeam"], pl.col("away") == row["AwayTeam"]).row(0, named=True)
    assert uk_date(row["Date"]) == truth["match_date"]
    assert row["Time"] == truth["kick_off"].strftime("%H:%M")
    assert row["Referee"] == truth["Referee"]
    counts = ("FTHG", "FTAG", "HTHG", "HTAG", "HS", "AST", "HF", "AC", "HY", "AR")
    assert [int(row[name]) for name in counts] == [truth[name] for name in counts]
    odds = ("B365H", "PSD", "WHA", "MaxCH", "AvgCA", "P>2.5", "B365C<2.5", "AHh", "PAHH", "AvgCAHA")
    assert [float(row[name]) for name in odds] == [truth[name] for name in odds]
    assert not any(cell.endswith(".0") for cell in row.values())


def test_results_agree_with_goals(site):
    signs = {1: "H", 0: "D", -1: "A"}
    columns = [("FTR", "FTHG", "FTAG"), ("HTR", "HTHG", "HTAG")]
    rows = [row for league in ("E0", "E1", "SP1") for row in records(site[f"mmz4281/2223/{league}.csv"])]
    checks = [[row[name] for name in group] for row in rows for group in columns]
    checks += [[row["Res"], row["HG"], row["AG"]] for row in records(site["new/NOR.csv"])]
    assert len(checks) > 400
    for result, home, away in checks:
        assert result == signs[(int(home) > int(away)) - (int(home) < int(away))]


@pytest.mark.parametrize(("start", "code"), [(1999, "9900"), (2005, "0506"), (2023, "2324")])
def test_a_season_is_named_by_its_two_years(start, code):
    assert season_code(start) == code


def test_season_codes_agree_with_dates(site):
    for code, first, last in (("2223", dt.date(2022, 7, 1), dt.date(2023, 6, 30)),
                              ("2324", dt.date(2023, 7, 1), dt.date(2024, 6, 30))):  # fmt: skip
        days = [
            uk_date(row["Date"]) for league in ("E0", "E1") for row in records(site[f"mmz4281/{code}/{league}.csv"])
        ]
        assert first <= min(days) <= max(days) <= last
    assert all(row["Date"].endswith(row["Season"]) for row in records(site["new/NOR.csv"]))


def test_results_stop_before_the_day_and_fixtures_begin_with_it(world):
    day = next(day for day in sorted(set(world.matches["match_date"])) if day > TODAY)
    shown = files(world, day)
    results = {
        uk_date(row["Date"]) for league in ("E0", "E1", "SP1") for row in records(shown[f"mmz4281/2324/{league}.csv"])
    }
    fixtures = {uk_date(row["Date"]) for row in records(shown["fixtures.csv"])}
    assert max(results) < day
    assert min(fixtures) == day
    assert max(fixtures) <= day + dt.timedelta(days=13)


def test_fixtures_become_results_as_days_pass(world):
    def identities(rows):
        return {(row["Div"], row["Date"], row["HomeTeam"], row["AwayTeam"]) for row in rows}

    listed = identities(records(files(world, TODAY)["fixtures.csv"]))
    later = files(world, TODAY + dt.timedelta(days=14))
    played = [row for league in ("E0", "E1", "SP1") for row in records(later[f"mmz4281/2324/{league}.csv"])]
    assert len(listed) >= 12
    assert listed <= identities(played)


def test_fixtures_have_prices_for_a_week_and_neither_goals_nor_closing_prices(world, site):
    rows = records(site["fixtures.csv"])
    priced = {uk_date(row["Date"]) <= TODAY + dt.timedelta(days=7): row for row in rows}
    assert sorted(priced) == [False, True]
    for row in rows:
        near = uk_date(row["Date"]) <= TODAY + dt.timedelta(days=7)
        assert all(bool(row[name]) is near for name in ("B365H", "PSA", "AvgD", "Max>2.5", "AHh", "PAHA"))
        assert not any(row[name] for name in ("FTHG", "FTR", "HTAG", "B365CH", "PSCA", "AHCh", "AvgCAHA"))
    norway = records(site["new_league_fixtures.csv"])
    assert {(row["Country"], row["League"]) for row in norway} == {("Norway", "Eliteserien")}
    match = world.matches.filter(
        pl.col("league") == "NOR", pl.col("match_date") == uk_date(norway[0]["Date"]),
        pl.col("home") == norway[0]["Home"],
    )  # fmt: skip
    assert float(norway[0]["PH"]) == match["PSH"].item()


def test_pre_match_prices_stay_in_the_archive(world, site):
    fixture = next(row for row in records(site["fixtures.csv"]) if row["B365H"] and row["Div"] == "SP1")
    later = records(files(world, TODAY + dt.timedelta(days=20))["mmz4281/2324/SP1.csv"])
    played = next(row for row in later if (row["HomeTeam"], row["Date"]) == (fixture["HomeTeam"], fixture["Date"]))
    prices = [name for name in fixture if name.startswith(("B365", "PS", "Avg", "AHh")) and fixture[name]]
    assert len(prices) == 18
    assert [played[name] for name in prices] == [fixture[name] for name in prices]
    assert played["B365CH"] != ""


@pytest.mark.parametrize(
    "today",
    [TODAY, dt.date(2026, 1, 1), dt.date(2026, 6, 15), dt.date(2026, 7, 1), dt.date(2028, 6, 29)],
    ids=str,
)
def test_a_moved_match_leaves_its_old_date(today):
    world = make_world(today, seed=5, seasons=0.5, clubs=6)
    moved = world.moved

    def dates(as_of: dt.date) -> list[dt.date]:
        rows = records(files(world, as_of)["fixtures.csv"])
        match = (moved.league, moved.home, moved.away)
        return [uk_date(row["Date"]) for row in rows if (row["Div"], row["HomeTeam"], row["AwayTeam"]) == match]

    assert dates(today - dt.timedelta(days=1)) == [moved.from_date]
    assert dates(today) == [moved.to_date]
    assert moved.from_date != moved.to_date
    assert today <= min(moved.from_date, moved.to_date)
    assert max(moved.from_date, moved.to_date) <= today + dt.timedelta(days=13)


def test_exactly_one_match_moves(world):
    def listed(as_of: dt.date) -> dict[tuple[str, str, str], tuple[str, str]]:
        rows = records(files(world, as_of)["fixtures.csv"])
        return {(row["Div"], row["HomeTeam"], row["AwayTeam"]): (row["Date"], row["Time"]) for row in rows}

    before, now = listed(TODAY - dt.timedelta(days=1)), listed(TODAY)
    changed = [match for match in before.keys() & now.keys() if before[match] != now[match]]
    assert changed == [(world.moved.league, world.moved.home, world.moved.away)]
    assert before[changed[0]] == (world.moved.from_date.strftime("%d/%m/%Y"), "20:00")


def test_a_season_that_has_not_begun_has_no_archive_yet():
    shown = files(make_world(dt.date(2026, 7, 1), clubs=4), dt.date(2026, 7, 1))
    assert "mmz4281/2526/E0.csv" in shown
    assert "mmz4281/2627/E0.csv" not in shown
    assert {row["Div"] for row in records(shown["fixtures.csv"])} == {"E0", "E1", "SP1"}


def test_written_files_are_the_bytes_shown(site, tmp_path):
    write(site, tmp_path)
    found = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.csv")}
    assert found == site
