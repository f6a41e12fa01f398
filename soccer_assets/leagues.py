"""Leagues and their seasons: the one place that knows codes, countries, tiers and calendars.

Codes are football-data.co.uk's division codes, which users of its files know by heart.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

#: Autumn leagues turn over here; a summer that ran late (2019/20) ends by the end of August.
SEASON_TURNS_MONTH = 7
LATEST_END = (8, 31)
#: Seasons of a calendar year that ran late end by then in the next one.
LATEST_END_OF_YEAR = (3, 15)
#: A match lies at most so long before the first and after the last match of its season that is known otherwise.
SEASON_MARGIN = dt.timedelta(days=28)


@dataclass(frozen=True)
class League:
    """A league: `tier` 1 is its country's top; `calendar_year` seasons start and end within a year."""

    code: str
    country: str
    name: str
    tier: int
    time_zone: str
    calendar_year: bool = False
    autumn_from: dt.date | None = None  # a league of calendar years has seasons from autumn to spring from this day on
    extra: bool = False  # one file for all seasons, in the site's other layout
    single_meetings: bool = False  # two clubs meet once a season at one's ground
    football_data: tuple[str, ...] = ()  # what football-data.co.uk calls an extra league, beside its name

    def season_start(self, date: dt.date) -> int:
        """Year in which the season that `date` belongs to began."""
        return date.year if self.is_of_one_year(date) or date.month >= SEASON_TURNS_MONTH else date.year - 1

    def is_of_one_year(self, date: dt.date) -> bool:
        """Whether the season that `date` belongs to starts and ends within a year."""
        return self.calendar_year and (self.autumn_from is None or date < self.autumn_from)

    def season(self, date: dt.date) -> str:
        """The label of the season that `date` belongs to by the league's calendar."""
        return _label(self.season_start(date), self.is_of_one_year(date))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def _pyramid(country: str, zone: str, *tiers: tuple[str, str]) -> list[League]:
    return [League(code, country, name, tier, zone) for tier, (code, name) in enumerate(tiers, start=1)]


_ALL = [
    *_pyramid("England", "Europe/London", ("E0", "Premier League"), ("E1", "Championship"), ("E2", "League One"),
              ("E3", "League Two"), ("EC", "National League")),
    *_pyramid("Scotland", "Europe/London", ("SC0", "Premiership"), ("SC1", "Championship"), ("SC2", "League One"),
              ("SC3", "League Two")),
    *_pyramid("Germany", "Europe/Berlin", ("D1", "Bundesliga"), ("D2", "2. Bundesliga")),
    *_pyramid("Italy", "Europe/Rome", ("I1", "Serie A"), ("I2", "Serie B")),
    *_pyramid("Spain", "Europe/Madrid", ("SP1", "La Liga"), ("SP2", "Segunda División")),
    *_pyramid("France", "Europe/Paris", ("F1", "Ligue 1"), ("F2", "Ligue 2")),
    *_pyramid("Netherlands", "Europe/Amsterdam", ("N1", "Eredivisie")),
    *_pyramid("Belgium", "Europe/Brussels", ("B1", "First Division A")),
    *_pyramid("Portugal", "Europe/Lisbon", ("P1", "Primeira Liga")),
    *_pyramid("Turkey", "Europe/Istanbul", ("T1", "Süper Lig")),
    *_pyramid("Greece", "Europe/Athens", ("G1", "Super League")),
    *(
        League(code, country, name, 1, zone, calendar_year, extra=True)
        for code, country, name, zone, calendar_year in (
            ("ARG", "Argentina", "Primera División", "America/Argentina/Buenos_Aires", True),
            ("AUT", "Austria", "Bundesliga", "Europe/Vienna", False),
            ("BRA", "Brazil", "Serie A", "America/Sao_Paulo", True),
            ("CHN", "China", "Super League", "Asia/Shanghai", True),
            ("DNK", "Denmark", "Superliga", "Europe/Copenhagen", False),
            ("FIN", "Finland", "Veikkausliiga", "Europe/Helsinki", True),
            ("IRL", "Ireland", "Premier Division", "Europe/Dublin", True),
            ("JPN", "Japan", "J1 League", "Asia/Tokyo", True),
            ("MEX", "Mexico", "Liga MX", "America/Mexico_City", False),
            ("NOR", "Norway", "Eliteserien", "Europe/Oslo", True),
            ("POL", "Poland", "Ekstraklasa", "Europe/Warsaw", False),
            ("ROU", "Romania", "Superliga", "Europe/Bucharest", False),
            ("RUS", "Russia", "Premier League", "Europe/Moscow", False),
            ("SWE", "Sweden", "Allsvenskan", "Europe/Stockholm", True),
            ("SWZ", "Switzerland", "Super League", "Europe/Zurich", False),
            ("USA", "USA", "MLS", "America/New_York", True),
        )
    ),
]  # fmt: skip

#: Leagues of a double round robin, whose play-offs football-data.co.uk leaves out.
_SINGLE_MEETINGS = {
    "E0", "E1", "E2", "E3", "EC", "D1", "D2", "I1", "I2", "SP1", "SP2", "F1", "F2", "N1", "P1", "T1",
    "BRA", "JPN", "NOR", "SWE",
}  # fmt: skip
#: Leagues that leave the calendar year: Japan's in August 2026, the USA's in July 2027, both after a short season.
_AUTUMN_FROM = {"JPN": dt.date(2026, 7, 1), "USA": dt.date(2027, 7, 1)}
#: What sources call a league: extra names at football-data.co.uk, names of files at openfootball and of pages at
#: Understat, the id of its tournament at WhoScored, all names that Fonbet has used, the country first.
NAMES_AT: dict[str, dict[str, Any]] = {
    "football_data": {
        "ARG": ("Liga Profesional", "Copa de la Liga Profesional", "Superliga", "Primera Division"),
        "JPN": ("J-League", "J League"),
        "NOR": ("Tippeligaen",),
        "ROU": ("Liga 1", "Liga I"),
    },
    "openfootball": {
        "E0": "en.1", "E1": "en.2", "E2": "en.3", "E3": "en.4", "SC0": "sco.1", "D1": "de.1", "D2": "de.2",
        "I1": "it.1", "I2": "it.2", "SP1": "es.1", "SP2": "es.2", "F1": "fr.1", "F2": "fr.2", "N1": "nl.1",
        "B1": "be.1", "P1": "pt.1", "T1": "tr.1", "G1": "gr.1", "ARG": "ar.1", "AUT": "at.1", "BRA": "br.1",
        "CHN": "cn.1", "JPN": "jp.1", "MEX": "mx.1", "RUS": "ru.1", "SWZ": "ch.1", "USA": "mls",
    },
    "understat": {
        "E0": "EPL", "SP1": "La_liga", "D1": "Bundesliga", "I1": "Serie_A", "F1": "Ligue_1", "RUS": "RFPL",
    },
    "whoscored": {
        "E0": 2, "E1": 7, "E2": 8, "E3": 9, "EC": 70, "SC0": 20, "SC1": 71, "SC2": 72, "SC3": 73, "D1": 3, "D2": 6,
        "I1": 5, "I2": 19, "SP1": 4, "SP2": 63, "F1": 22, "F2": 37, "N1": 13, "B1": 18, "P1": 21, "T1": 17, "G1": 65,
        "ARG": 68, "AUT": 32, "BRA": 95, "CHN": 162, "DNK": 1, "FIN": 43, "IRL": 113, "JPN": 150, "MEX": 103,
        "NOR": 41, "POL": 76, "ROU": 121, "RUS": 77, "SWE": 40, "SWZ": 33, "USA": 85,
    },
    "fonbet": {
        "E0": ("Англия. Премьер-Лига",),
        "E1": ("Англия. Чемпион-Лига", "Англия. Чемпионшип"),
        "E2": ("Англия. 1-я лига",),
        "E3": ("Англия. 2-я лига",),
        "EC": ("Англия. Национальная лига",),
        "SC0": ("Шотландия. Премьер-Лига",),
        "SC1": ("Шотландия. Чемпион-Лига", "Шотландия. Чемпионшип"),
        "SC2": ("Шотландия. 1-я лига",),
        "SC3": ("Шотландия. 2-я лига",),
        "D1": ("Германия. Бундеслига",),
        "D2": ("Германия. Бундеслига-2", "Германия. Бундеслига 2"),
        "I1": ("Италия. Серия А",),
        "I2": ("Италия. Серия В",),
        "SP1": ("Испания. Примера дивизион",),
        "SP2": ("Испания. Сегунда",),
        "F1": ("Франция. Лига 1",),
        "F2": ("Франция. 2-я лига", "Франция. Лига 2"),
        "N1": ("Нидерланды. Премьер-Лига",),
        "B1": ("Бельгия. Премьер-Лига",),
        "P1": ("Португалия. Премьер-Лига",),
        "T1": ("Турция. Суперлига",),
        "G1": ("Греция. Суперлига 1",),
        "ARG": ("Аргентина. Премьер-Лига",),
        "AUT": ("Австрия. Бундеслига",),
        "BRA": ("Бразилия. Серия А",),
        "CHN": ("Китай. Суперлига",),
        "DNK": ("Дания. Суперлига",),
        "FIN": ("Финляндия. Суперлига",),
        "IRL": ("Ирландия. Премьер-Лига",),
        "JPN": ("Япония. Премьер-Лига",),
        "MEX": ("Мексика. Премьер-дивизион", "Мексика. Лига MX"),
        "NOR": ("Норвегия. Суперлига",),
        "POL": ("Польша. Суперлига",),
        "ROU": ("Румыния. Суперлига", "Румыния. 1-я лига"),
        "RUS": ("Россия. Премьер-Лига",),
        "SWE": ("Швеция. Премьер-Лига",),
        "SWZ": ("Швейцария. Суперлига",),
        "USA": ("США. MLS",),
    },
}  # fmt: skip


LEAGUES: dict[str, League] = {
    league.code: replace(
        league,
        single_meetings=league.code in _SINGLE_MEETINGS,
        autumn_from=_AUTUMN_FROM.get(league.code),
        football_data=NAMES_AT["football_data"].get(league.code, ()),
    )
    for league in _ALL
}


def _extra_leagues(leagues: Iterable[League]) -> dict[tuple[str, str], League]:
    """Extra leagues by country and what football-data.co.uk calls them, in lower case.

    Raises:
        ValueError: two of them have one name.
    """
    by_name: dict[tuple[str, str], League] = {}
    for league in leagues:
        for name in dict.fromkeys((league.name, *league.football_data)) if league.extra else ():
            other = by_name.setdefault((league.country.lower(), name.lower()), league)
            if other is not league:
                raise ValueError(
                    f"expected one league {name} of {league.country}, found {other.code} and {league.code}"
                )
    return by_name


EXTRA_LEAGUES = _extra_leagues(LEAGUES.values())


def season_label(league: League, start: int) -> str:
    """`2023/24` for an autumn league, `2023` for one that follows the calendar year.

    In the year in which a league leaves the calendar year it is the season that begins in autumn.
    """
    return _label(start, league.is_of_one_year(dt.date(start, 12, 31)))


def _label(start: int, is_of_one_year: bool) -> str:
    return str(start) if is_of_one_year else f"{start}/{(start + 1) % 100:02d}"


def season_days(label: str) -> tuple[dt.date, dt.date]:
    """First and last day, both inclusive, that any league's calendar leaves to a season of this label.

    Summers that ran late are within: England's of 2020 ended in August, Brazil's of that year in the next February.

    >>> print(*season_days("2023/24"))
    2023-06-03 2024-08-31
    """
    year, *following = label.split("/")
    start = int(year)
    first = dt.date(start, SEASON_TURNS_MONTH, 1) if following else dt.date(start, 1, 1)
    last = dt.date(start + 1, *(LATEST_END if following else LATEST_END_OF_YEAR))
    return first - SEASON_MARGIN, last


def seasons_between(league: League, first: dt.date, last: dt.date) -> list[int]:
    """Start years of the seasons of an autumn league that may have a match from `first` to `last`."""
    start = league.season_start(first)
    if (first.month, first.day) <= LATEST_END and first.month >= SEASON_TURNS_MONTH:
        start -= 1  # the season before may still have been running
    return list(range(start, league.season_start(last) + 1))


def country_of_league() -> pl.Expr:
    """The country of a match by its column `league`; null for a league that is not ours."""
    countries = {code: league.country for code, league in LEAGUES.items()}
    return pl.col("league").cast(pl.String).replace_strict(countries, default=None, return_dtype=pl.String)
