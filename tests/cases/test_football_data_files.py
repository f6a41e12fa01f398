"""A file that cannot be right never replaces one that was; one that is right though untidy is read rightly."""

import datetime as dt
import re
from collections.abc import Callable

import polars as pl
import pytest

from soccer_assets.settings import Clock, Settings
from tests.season_files import CLUBS, HEADER, PRICES, Row, csv, dated, day_of, extra, season

#: A season of which all matches of the file are played, and whose archive is not final yet.
START = (Clock.from_settings(Settings.read()).today() + dt.timedelta(days=5)).year - 1
LABEL = f"{START}/{(START + 1) % 100:02d}"
ARCHIVE, FIXTURES = f"mmz4281/{START % 100:02d}{(START + 1) % 100:02d}/E0.csv", "fixtures.csv"
NORWAY, POLAND = "new/NOR.csv", "new/POL.csv"
GOOD = season(START)
DAYS = [day_of(row) for row in GOOD]
EXCEL = dt.date(1899, 12, 30)


def serial(day: dt.date) -> str:
    return str((day - EXCEL).days)


def us(day: dt.date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def flipped(day: dt.date) -> dt.date:
    """What a program makes of dd/mm/yyyy that takes the month for the day wherever there is such a date."""
    return day.replace(day=day.month, month=day.day) if day.day <= 12 else day


def without(*names: str) -> list[Row]:
    return [{name: cell for name, cell in row.items() if name not in names} for row in GOOD]


def with_cells(change: Callable[[int, Row], Row]) -> list[Row]:
    return [row | change(number, row) for number, row in enumerate(GOOD)]


@pytest.fixture
def archive(mirror):
    """Publish a good file, take it, publish another in its place, and ask again."""

    def ask(new: str | bytes, path: str = ARCHIVE, good: str | None = None, leagues: str = "E0"):
        world = mirror(f"{START}-07-01", f"{START + 1}-06-30", leagues)
        world.publish("football_data", path, csv(GOOD) if good is None else good)
        world.acquire("football_data_results")
        before = world.table("football_data_results")
        world.publish("football_data", path, new)
        acquired = world.acquire("football_data_results")["football_data_results"]
        return world, acquired, before

    return ask


# Read rightly: every record on its day, every cell under its name

READ = {
    "the same": csv(GOOD),
    "two-digit years": csv(dated(GOOD, "%d/%m/%y")),
    "with a time of day": csv(dated(GOOD, "%d/%m/%Y 00:00")),
    "with seconds": csv(dated(GOOD, "%d/%m/%Y 00:00:00")),
    "ISO": csv(dated(GOOD, "%Y-%m-%d")),
    "ISO with a time of day": csv(dated(GOOD, "%Y-%m-%d 00:00:00")),
    "ISO with slashes": csv(dated(GOOD, "%Y/%m/%d")),
    "dots": csv(dated(GOOD, "%d.%m.%Y")),
    "dashes": csv(dated(GOOD, "%d-%m-%Y")),
    "a month in words": csv(dated(GOOD, "%d-%b-%y")),
    "an American month in words": csv(dated(GOOD, "%b %d %Y")),
    "serial numbers": csv(dated(GOOD, serial)),
    "serial numbers with a fraction": csv(dated(GOOD, lambda day: serial(day) + ".0")),
    "a byte order mark": b"\xef\xbb\xbf" + csv(GOOD).encode(),
    "a byte order mark encoded twice": "\u00ef\u00bb\u00bf" + csv(GOOD),
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + csv(GOOD).encode(),
    "UTF-16": csv(GOOD).encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + csv(GOOD).encode("utf-16-be"),
    "UTF-16 without a mark": csv(GOOD).encode("utf-16-le"),
    "semicolons": csv(GOOD, separator=";"),
    "semicolons and decimal commas": csv([{n: c.replace(".", ",") for n, c in row.items()} for row in GOOD], separator=";"),
    "semicolons after a hint": "sep=;\n" + csv(GOOD, separator=";"),
    "semicolons and decimal commas in names too": csv(GOOD, separator=";").replace(".", ","),
    "tabs": csv(GOOD, separator="\t"),
    "carriage returns": csv(GOOD, end="\r"),
    "quotes around everything": csv([{n: f'"{c}"' for n, c in row.items()} for row in GOOD], [*HEADER]),
    "quoted names": csv(GOOD).replace(",".join(HEADER), ",".join(f'"{name}"' for name in HEADER)),
    "lower-case names": csv(GOOD).replace(",".join(HEADER), ",".join(HEADER).lower()),
    "upper-case names": csv(GOOD).replace(",".join(HEADER), ",".join(HEADER).upper()),
    "names with spaces": csv(GOOD).replace("B365H", "B365 H").replace("HomeTeam", "Home Team").replace(">2.5", " > 2.5"),
    "names with escapes": csv(GOOD).replace(">2.5", "&gt;2.5").replace("<2.5", "&lt;2.5"),
    "names in case again": csv([row | {"date": "x", "hometeam": "y", "DIV": "z", "b365h": "9.9"} for row in GOOD]),
    "columns twice": csv(GOOD, [*HEADER]).replace("\n", ",B365H\n", 1),
    "our names": csv([row | {"_season": "1", "match_date": "2", "_league": "3", "Match_Date": "4", "_Line": "5"} for row in GOOD]),
    "names of what is made of it": csv([row | {"home": "1", "first_at": "2", "last_at": "3", "payload_id": "4"} for row in GOOD]),
    "columns in another order": csv(GOOD, HEADER[::-1]),
    "an unnamed column in front": csv([{"": str(n)} | row for n, row in enumerate(GOOD)]),
    "goals with a decimal": csv(with_cells(lambda n, row: {"FTHG": row["FTHG"] + ".0", "FTAG": row["FTAG"] + ".0"})),
    "goals in quotes": csv(with_cells(lambda n, row: {"FTHG": f'"{row["FTHG"]}"'})),
    "the header again": csv(GOOD[:35]) + csv(GOOD[35:]),
    "the header again in lower case": csv(GOOD[:35]) + csv(GOOD[35:]).replace(",".join(HEADER), ",".join(HEADER).lower()),
    "the header in another order": csv(GOOD[:35]) + csv(GOOD[35:], HEADER[::-1]),
    "a header of fewer columns": csv(GOOD[:35]) + csv(GOOD[35:], [n for n in HEADER if not n.startswith("IW")]),
    "a header of more columns": csv(without("IWH", "IWD", "IWA")[:35]) + csv(GOOD[35:]),
    "results in lower case": csv(with_cells(lambda n, row: {"FTR": row["FTR"].lower()})),
    "Ctrl-Z at its end": csv(GOOD) + "\x1a",
    "a byte order mark within": csv(GOOD[:35]) + "\ufeff" + csv(GOOD[35:]),
    "semicolons and line breaks within quotes": csv(
        with_cells(lambda n, row: {"Referee": '"R\nAsh"'} if n % 3 == 0 else {}), separator=";"
    ),
    "a line break within quotes": csv(with_cells(lambda n, row: {"Referee": '"R\nAsh"'} if n % 3 == 0 else {})),
}  # fmt: skip


#: Some columns of prices and what they quote.
QUOTED = [
    (bookmaker, "pre_match", selection, f"{code}{mark}")
    for code, bookmaker in (
        ("B365", "bet365"),
        ("IW", "interwetten"),
        ("PS", "pinnacle"),
        ("WH", "william_hill"),
        ("Max", "maximum"),
    )
    for selection, mark in (("home", "H"), ("draw", "D"), ("away", "A"))
] + [
    ("bet365", "pre_match", "over", "B365>2.5"),
    ("average", "pre_match", "under", "Avg<2.5"),
    ("pinnacle", "closing", "home", "PSCH"),
    ("average", "closing", "away", "AvgCA"),
]


@pytest.mark.parametrize("new", READ.values(), ids=READ)
def test_what_can_be_read_is_read_rightly(archive, new):
    world, acquired, _ = archive(new)
    assert acquired.problem == ""
    assert (acquired.lines, acquired.records, acquired.quarantined) == (70, 70, 0)
    matches = world.matches()
    rows = matches.rows.sort("line")
    assert rows["match_date"].to_list() == DAYS
    assert rows.select("home_goals", "away_goals").rows() == [(int(r["FTHG"]), int(r["FTAG"])) for r in GOOD]
    assert rows["season"].unique().to_list() == [LABEL]
    assert rows["kick_off_at"].null_count() == 0
    places = {match: place for place, match in enumerate(rows["match_id"])}
    assert list(places) == [f"E0.{START}{(START + 1) % 100:02d}.{r['HomeTeam'].lower().replace(' ', '-')}.{r['AwayTeam'].lower().replace(' ', '-')}"
                            for r in GOOD]  # fmt: skip
    quoted = world.prices(matches).rows.with_columns(
        pl.col("bookmaker", "market", "kind", "selection").cast(pl.String),
        place=pl.col("match_id").replace_strict(places),
    )
    for bookmaker, kind, selection, name in QUOTED:
        market = "over_under" if name.endswith("2.5") else "1x2"
        of_column = quoted.filter(bookmaker=bookmaker, market=market, kind=kind, selection=selection).sort("place")
        expected = [(place, float(row[name])) for place, row in enumerate(GOOD)]
        if name[:2] == "IW":  # the bookmaker that some of the files do not have all the way
            expected = [pair for pair in expected if pair in of_column.select("place", "price").rows()]
        assert of_column.select("place", "price").rows() == expected, name
    assert set(quoted["price"]) <= {float(row[name]) for row in GOOD for name in PRICES if name != "AHh"}


# Refused by name


def shifted(at: int, by: str | None = None) -> str:
    """Rows that lack the cell of a column, or have one more in front of it."""
    lines = csv(GOOD).splitlines()
    rows = []
    for line in lines[1:]:
        cells = line.split(",")
        rows.append(",".join([*cells[:at], by, *cells[at:]] if by is not None else cells[:at] + cells[at + 1 :]))
    return "\n".join([lines[0], *rows, ""])


REFUSED = {
    "American dates": (csv(dated(GOOD, us)), "expected a date"),
    "American dates with zeros": (csv(dated(GOOD, "%m/%d/%Y")), "expected a date"),
    "American dates with dashes": (csv(dated(GOOD, "%m-%d-%Y")), "expected a date"),
    "American dates of the first days of months": (
        csv(dated([r for r in GOOD if day_of(r).day <= 12], us)),
        f"expected (a date within season {LABEL}|a date among those|dates that run on|days on which|matches on the days)",
    ),
    "a program that took months for days": (csv(dated(GOOD, lambda day: str(flipped(day)))), "expected "),
    "the same as serial numbers": (csv(dated(GOOD, lambda day: serial(flipped(day)))), "expected "),
    "some dates anew": (
        csv(dated(GOOD[:20], "%Y-%m-%d") + GOOD[20:]), "expected dates of one style, found 50 as day/month/year"
    ),
    "a few serial numbers": (csv(dated(GOOD[:3], serial) + GOOD[3:]), "expected dates of one style, found 67 as"),
    "hashes": (csv(dated(GOOD, lambda day: "########")), "expected a date"),
    "no dates": (csv(dated(GOOD, lambda day: "")), "expected a date"),
    "some dates nobody can read": (csv(dated(GOOD[:8], lambda day: "tbc") + GOOD[8:]), "expected a date .*found 8 others"),
    "last season's days": (csv(season(START - 1)), f"expected a date within season {LABEL}"),
    "next season's days": (csv(season(START + 1)), f"expected a date within season {LABEL}"),
    "a year before": (csv(dated(GOOD, lambda day: f"{day:%d/%m/}{day.year - 1}")), "expected a date within season"),
    "years of the last century": (csv(dated(GOOD, lambda day: f"{day:%d/%m/}1923")), "expected a date within season"),
    "no goals": (csv(with_cells(lambda n, row: {"FTHG": "", "FTAG": ""})), "expected goals in at least 90%"),
    "some goals gone": (csv(with_cells(lambda n, row: {"FTHG": ""} if n % 8 == 0 else {})), "expected goals in at least"),
    "goals in words": (csv(with_cells(lambda n, row: {"FTHG": "two"})), "expected goals in at least 90%"),
    "negative goals": (csv(with_cells(lambda n, row: {"FTHG": "-1"})), "expected goals in at least 90%"),
    "no column of goals": (csv(without("FTHG")), r"expected a column for home goals \(FTHG or HG\)"),
    "no column of home teams": (csv(without("HomeTeam")), r"expected a column for home \(HomeTeam or Home or HT\)"),
    "no column of dates": (csv(without("Date")), r"expected a column for date \(Date\)"),
    "no odds": (csv(without(*PRICES)), "expected at least 90% of the .* columns with values"),
    "no statistics": (csv(without(*HEADER[11:24])), "expected at least 90% of the .* columns with values"),
    "empty odds": (csv(with_cells(lambda n, row: dict.fromkeys(PRICES, ""))), "expected at least 90% of the .* columns"),
    "too few rows": (csv(GOOD[:30]), "expected at least 50% of the 70 rows of the last good file, found 30"),
    "a header alone": (csv(GOOD).splitlines()[0] + "\n", "expected at least 50% of the 70 rows"),
    "nothing": ("", r"expected a column for date \(Date\)"),
    "another league": (csv(season(START, division="E1")), "expected rows of E0 in at least 90%.* such as .'E1'"),
    "two leagues": (csv(GOOD + season(START, division="E1")[:20]), "expected rows of E0 in at least 90%"),
    "other clubs under this name": (
        csv([row | {"Div": ""} for row in season(START, clubs=[f"{club} City" for club in CLUBS])]), "expected the teams of the last"
    ),
    "a cell too many in front": (shifted(0, "0"), "expected "),
    "a cell too many after the date": (shifted(2, "x"), "expected "),
    "a cell too few after the date": (shifted(2), "expected "),
    "a cell too few before the result": (shifted(6), "expected "),
    "a cell too few before the statistics": (shifted(11), "expected cells under their own names"),
    "a cell too many before the statistics": (shifted(12, "x"), "expected cells under their own names"),
    "prices of a bookmaker gone from the rows": (
        csv(without("IWH", "IWD", "IWA")).replace(",".join(n for n in HEADER if n[:2] != "IW"), ",".join(HEADER)),
        "expected (quarter goals in AHh|cells under)",
    ),
    "prices of a bookmaker gone from some rows": (
        csv(GOOD[:35]) + csv(without("IWH", "IWD", "IWA")[35:]).split("\n", 1)[1], "expected (quarter goals|cells under)"
    ),
    "a page": ("<!DOCTYPE html><html>" + csv(GOOD), "expected CSV, found an HTML page"),
    "a page with a header": (csv(GOOD).replace("\n", "<html>\n", 1), "expected CSV, found an HTML page"),
    "zeros": (csv(GOOD).replace("Rovers", "Rov\0ers"), "expected text, found .* zero"),
    "JSON": ('{"error": "gone"}', r"expected a column for date"),
    "a header without dates in mid-file": (
        csv(GOOD[:35]) + csv(without("Date")[35:]), r"expected a column for date \(Date\)"
    ),
    "cut short": (csv(GOOD)[:-200], "expected a whole file, found line 71 cut short"),
}  # fmt: skip


@pytest.mark.parametrize(("new", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_right_is_refused_by_name(archive, new, message):
    world, acquired, before = archive(new)
    address = f"{world.settings.source_urls['football_data']}/{ARCHIVE}"
    assert acquired.problem.startswith("1 of 2 addresses failed; the last good data stay as they are.\n  " + address)
    assert re.search(f"{ARCHIVE}: {message}", acquired.problem), acquired.problem
    assert world.table("football_data_results").equals(before)
    assert world.matches().rows.sort("line")["match_date"].to_list() == DAYS
    log = world.table("fetch_log").filter(pl.col("address") == address).sort("fetched_at")
    assert log["outcome"].to_list() == ["accepted", "rejected"]
    # the next good file is taken
    world.publish("football_data", ARCHIVE, csv(season(START, matches=80)))
    assert world.acquire("football_data_results")["football_data_results"].problem == ""
    assert len(world.table("football_data_results")) == 80


@pytest.mark.parametrize(
    ("row", "change", "reason"),
    [
        (0, {"Date": f"11/01/{START}"}, f"expected a date within season {LABEL}, found 11/01/{START}"),
        (1, {"Date": f"12/12/{START + 1}"}, f"expected a date within season {LABEL}, found 12/12/{START + 1}"),
        (2, {"Date": f"20/07/{START + 1}"}, f"expected a date within season {LABEL}, found 20/07/{START + 1}"),
        (3, {"Date": f"31/02/{START + 1}"}, f"expected a date dd/mm/yy or dd/mm/yyyy, found 31/02/{START + 1}"),
        (4, {"Div": "E1"}, "expected rows of E0, found E1"),
    ],
)
def test_a_few_bad_rows_cost_themselves_alone(archive, row, change, reason):
    world, acquired, _ = archive(csv([r | (change if n == row else {}) for n, r in enumerate(GOOD)]))
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 69, 1)
    assert world.table("football_data_results_quarantine")["reason"].to_list() == [reason]
    assert world.matches().rows.sort("line")["match_date"].to_list() == [d for n, d in enumerate(DAYS) if n != row]


@pytest.mark.parametrize("cell", ["Webb, H", "Ash,Webb,H"])
def test_a_row_of_other_length_that_has_cells_under_other_names_is_no_record(archive, cell):
    """A referee with a comma and no quotes moves every cell after it, and one bookmaker's prices under another."""
    world, acquired, _ = archive(csv(with_cells(lambda n, row: {"Referee": cell} if n == 7 else {})))
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 69, 1)
    (reason,) = world.table("football_data_results_quarantine")["reason"]
    assert reason.startswith("expected cells under their own names, found a row of other length, beyond it ")
    assert 7 + 2 not in world.table("football_data_results")["_line"].to_list()


def test_a_row_that_ends_before_its_goals_is_told_and_is_no_match_without_a_result(archive):
    lines = csv(GOOD).splitlines()
    lines[8] = ",".join(lines[8].split(",")[:5])
    world, acquired, _ = archive("\n".join([*lines, ""]))
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 69, 1)
    assert world.table("football_data_results_quarantine")["reason"].to_list() == [
        f"expected {len(HEADER)} cells, found 5"
    ]
    assert world.matches().rows["status"].unique().to_list() == ["finished"]


def test_handicaps_in_other_words_cost_no_file(archive):
    lines = ["-0.5,-1", "-0.5/-1", "-1.2", "PK", "25", "1/2"]
    changed = with_cells(lambda n, row: {"AHh": f'"{lines[n % 6]}"'} if n < 12 else {})
    _, acquired, _ = archive(csv(changed))
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 70, 0)


# Times


def test_a_time_that_cannot_be_read_costs_the_time_and_is_told_once_a_file(archive):
    world, acquired, _ = archive(csv(with_cells(lambda n, row: {"Time": "soon"} if n % 2 else {"Time": "08:00PM"})))
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 70, 0)
    address = f"{world.settings.source_urls['football_data']}/{ARCHIVE}"
    assert acquired.unread_times == {address: "35, such as 'soon'"}
    at = world.matches().rows.sort("line")["kick_off_at"].to_list()
    assert at[0] == dt.datetime(START, 8, 11, 19, tzinfo=dt.UTC)
    assert [time is None for time in at] == [bool(n % 2) for n in range(70)]


# Extra leagues and the pandemic's summer


@pytest.mark.parametrize("style", ["%d/%m/%y", "%Y-%m-%d", "%d.%m.%Y"])
def test_an_extra_league_s_file_of_several_seasons_is_read_in_any_style(archive, style):
    seasons = [row for start in (START - 2, START - 1, START) for row in extra(season(start))]
    world, acquired, _ = archive(csv(dated(seasons, style)), NORWAY, csv(seasons), "NOR")
    assert (acquired.problem, acquired.records) == ("", 210)
    rows = world.table("football_data_results")
    assert rows["match_date"].to_list() == DAYS
    assert rows["Date"].to_list() == [row["Date"] for row in dated(GOOD, style)]


#: So many that a bad one is less than a tenth of the file.
SEASONS = range(START - 11, START + 1)
AUTUMN = [
    row
    for start in (START - 2, START - 1, START)
    for row in extra(season(start), "Poland", lambda d: f"{d.year}/{d.year + 1}")
]
CALENDAR = [row for start in SEASONS for row in extra(season(start))]


@pytest.mark.parametrize(
    ("path", "good", "new", "message"),
    [
        (NORWAY, CALENDAR, CALENDAR[:-70] + dated(CALENDAR[-70:], us), f"expected a date .* of season {START}, found 43"),
        (NORWAY, CALENDAR, CALENDAR[:-70] + dated(CALENDAR[-70:], lambda d: f"{d:%d/%m}/{START - 2}"),
         f"expected a date within season {START} in at least 90% of the 70 rows"),
        (POLAND, AUTUMN, AUTUMN[:-70] + dated(AUTUMN[-70:], lambda d: f"{d:%d/%m}/{START - 1}"),
         f"expected a date within season {LABEL} in at least 90% of the 70 rows"),
        (NORWAY, CALENDAR, [row | {"HG": "", "AG": ""} if row["Season"] == str(START) else row for row in CALENDAR],
         "expected goals in at least 90% of 70 rows"),
        (NORWAY, CALENDAR, [row | {"Country": "Sweden"} for row in CALENDAR], "expected rows of Norway .*Sweden"),
        (NORWAY, CALENDAR, CALENDAR[:70], "expected at least 50% of the 840 rows"),
    ],
)  # fmt: skip
def test_one_bad_season_of_an_extra_league_refuses_the_file(archive, path, good, new, message):
    world, acquired, before = archive(csv(new), path, csv(good), path[4:7])
    assert re.search(f"{path}: {message}", acquired.problem), acquired.problem
    assert world.table("football_data_results").equals(before)


def test_the_summer_of_2020_belongs_to_the_season_before(mirror):
    world = mirror("2019-07-01", "2021-06-30")
    late = [row | {"Date": f"{day_of(row) + dt.timedelta(days=350):%d/%m/%Y}"} for row in season(2019)]
    assert (day_of(late[0]), day_of(late[29])) == (dt.date(2020, 7, 26), dt.date(2020, 8, 11))
    world.publish("football_data", "mmz4281/1920/E0.csv", csv([*season(2019), *late[:20]]))
    begun = [row | {"Date": f"{day_of(row) + dt.timedelta(days=32):%d/%m/%Y}"} for row in season(2020)]
    world.publish("football_data", "mmz4281/2021/E0.csv", csv(begun))
    acquired = world.acquire("football_data_results")["football_data_results"]
    assert (acquired.problem, acquired.records, acquired.quarantined) == ("", 160, 0)


# Fixtures files


def coming(today: dt.date, style: str | Callable[[dt.date], str] = "%d/%m/%Y", days: tuple[int, ...] = (3, 4)) -> str:
    names = ("Div", "Date", "Time", "HomeTeam", "AwayTeam", "B365H", "B365D", "B365A")
    rows = [
        row | {"Date": f"{today + dt.timedelta(days=days[n % len(days)]):%d/%m/%Y}"} for n, row in enumerate(GOOD[:20])
    ]
    return csv(dated(rows, style), names)


@pytest.fixture
def fixtures(mirror):
    def ask(today: dt.date, *files: str):
        world = mirror(str(today - dt.timedelta(days=400)), str(today + dt.timedelta(days=400)))
        for content in files:
            world.publish("football_data", FIXTURES, content)
            acquired = world.acquire("football_data_fixtures")["football_data_fixtures"]
        return world, acquired

    return ask


@pytest.mark.parametrize("style", ["%d/%m/%y", "%Y-%m-%d", "%d.%m.%Y", "%d-%b-%Y", serial])
def test_fixtures_are_read_in_any_style(fixtures, style):
    today = Clock.from_settings(Settings.read()).today()
    world, acquired = fixtures(today, coming(today), coming(today, style))
    assert (acquired.problem, acquired.quarantined) == ("", 0)
    days = world.table("football_data_fixtures").sort("_line")["match_date"].to_list()
    assert days == [today + dt.timedelta(days=3 + n % 2) for n in range(20)]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (lambda today: coming(today, lambda day: "soon"), "expected a date"),
        (lambda today: coming(today, lambda day: ""), "expected a date"),
        (lambda today: coming(today, "%m/%d/%Y", (0, 13, 14, 15)), "expected a date"),
        (lambda today: "<html></html>", "expected CSV"),
        (lambda today: coming(today).replace("HomeTeam", "Team"), "expected a column for home"),
        (lambda today: coming(today).replace(f"{today + dt.timedelta(days=3):%d/%m/%Y}", serial(today)), "expected dates of one"),
    ],
    ids=["words", "none", "American", "a page", "a column gone", "two styles"],
)  # fmt: skip
def test_fixtures_whose_days_cannot_be_told_are_refused(fixtures, new, message):
    today = Clock.from_settings(Settings.read()).today().replace(day=5)
    world, acquired = fixtures(today, coming(today), new(today))
    assert f"{FIXTURES}: {message}" in acquired.problem
    assert len(world.table("football_data_fixtures")) == 20
