"""Invented season files in football-data.co.uk's layout, of which every cell says where it belongs."""

import datetime as dt
from collections.abc import Callable, Sequence

Row = dict[str, str]

CLUBS = [
    f"{town} {kind}"
    for kind in ("Town", "Rovers")
    for town in ["Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine"]
]
_STATISTICS = ["HS", "AS", "HST", "AST", "HF", "AF", "HC", "AC", "HY", "AY", "HR", "AR"]
BOOKMAKERS = ("B365", "BW", "IW", "PS", "WH")
PRICES = [
    *(f"{code}{outcome}" for code in (*BOOKMAKERS, "Max", "Avg") for outcome in "HDA"),
    *(f"{code}{side}2.5" for code in ("B365", "P", "Max", "Avg") for side in "><"),
    "AHh", "B365AHH", "B365AHA",
    *(f"{code}C{outcome}" for code in ("B365", "PS", "Max", "Avg") for outcome in "HDA"),
]  # fmt: skip
HEADER = ["Div", "Date", "Time", "HomeTeam", "AwayTeam", "FTHG", "FTAG", "FTR", "HTHG", "HTAG", "HTR", "Referee",
          *_STATISTICS, *PRICES]  # fmt: skip
EXTRA_HEADER = [
    "Country",
    "League",
    "Season",
    "Date",
    "Time",
    "Home",
    "Away",
    "HG",
    "AG",
    "Res",
    "PSCH",
    "PSCD",
    "PSCA",
]


def price(column: str, number: int) -> str:
    """A price that no other column has in any row."""
    return f"{1.2 + PRICES.index(column) + number / 1000:.3f}"


def season(start: int = 2023, matches: int = 70, division: str = "E0", clubs: Sequence[str] = CLUBS) -> list[Row]:
    """The first matches of a season that begins on 11 August: ten each Friday to Sunday, with invented figures."""
    rows = []
    for number in range(matches):
        week, place = divmod(number, 10)
        date = dt.date(start, 8, 11) + dt.timedelta(days=7 * week + (0 if place == 0 else 1 if place < 7 else 2))
        # the ten that are not at home, in another order each week
        home, away = clubs[(place + week) % 20], clubs[(week + 10 + (place + week) % 10) % 20]
        goals = (number % 4, number % 3)
        rows.append(
            {
                "Div": division,
                "Date": f"{date:%d/%m/%Y}",
                "Time": ("20:00", "15:00", "12:30")[place % 3],
                "HomeTeam": home,
                "AwayTeam": away,
                "FTHG": str(goals[0]),
                "FTAG": str(goals[1]),
                "FTR": "H" if goals[0] > goals[1] else "A" if goals[0] < goals[1] else "D",
                "HTHG": "0",
                "HTAG": "0",
                "HTR": "D",
                "Referee": f"R {CLUBS[number % 7].split()[0]}",
                **{name: str(9 + (number + i) % 9) for i, name in enumerate(_STATISTICS)},
                **{name: price(name, number) for name in PRICES},
                "AHh": f"{number % 5 / 4 - 0.5:g}",
            }
        )
    return rows


def extra(
    rows: Sequence[Row], country: str = "Norway", label: Callable[[dt.date], str] = lambda day: str(day.year)
) -> list[Row]:
    """The same matches in the layout of the extra leagues."""
    return [
        {
            "Country": country,
            "League": "First",
            "Season": label(day_of(row)),
            "Date": row["Date"],
            "Time": row["Time"],
            "Home": row["HomeTeam"],
            "Away": row["AwayTeam"],
            "HG": row["FTHG"],
            "AG": row["FTAG"],
            "Res": row["FTR"],
            **{name: row[name] for name in ("PSCH", "PSCD", "PSCA")},
        }
        for row in rows
    ]


def day_of(row: Row) -> dt.date:
    day, month, year = map(int, row["Date"].split("/"))
    return dt.date(year, month, day)


def dated(rows: Sequence[Row], style: str | Callable[[dt.date], str]) -> list[Row]:
    """The rows with their dates in another style, of strftime or a function."""
    write = style if callable(style) else lambda day: day.strftime(style)
    return [row | {"Date": write(day_of(row))} for row in rows]


def csv(rows: Sequence[Row], header: Sequence[str] | None = None, separator: str = ",", end: str = "\n") -> str:
    """A file; columns that a row lacks are empty."""
    header = list(rows[0]) if header is None else header
    lines = [separator.join(header), *(separator.join(row.get(name, "") for name in header) for row in rows)]
    return "".join(line + end for line in lines)
