"""Fonbet: snapshots of its line, and a file of results for each day, on several hosts."""

import datetime as dt

from soccer_assets.leagues import NAMES_AT
from soccer_assets.sources.fetching.client import Request
from soccer_assets.sources.fonbet import events, results
from soccer_assets.sources.schema import FONBET_EVENTS, FONBET_RESULTS
from soccer_assets.sources.spec import Habit, Query, SourceSpec, TableSpec

#: A result of a day is corrected within so many days.
RESULTS_DAYS = 7
#: The line has coming matches alone.
LINE_DAYS = 0


def packets(query: Query) -> list[Request]:
    """The full packet of the line."""
    address, *mirrors = [f"{host}/events/list?lang=ru&version=0&scopeMarket=1600" for host in query.hosts]
    return [Request(address, mirrors=tuple(mirrors))]


def day_files(query: Query) -> list[Request]:
    """The results of each day of the query that has begun."""
    addresses = [[f"{host}/results/{day}.csv" for host in query.hosts] for day in query.days if day <= query.today]
    return [Request(address, mirrors=tuple(mirrors)) for address, *mirrors in addresses]


SOURCE = SourceSpec(
    name="fonbet",
    address="https://line01w.bk6bba-resources.com,https://line02w.bk6bba-resources.com",
    mirrored=True,
    tables=(
        TableSpec(FONBET_EVENTS, packets, events.accept, events.parse, days_back=LINE_DAYS, snapshots=True),
        TableSpec(FONBET_RESULTS, day_files, results.accept, results.parse, kind="csv", days_back=RESULTS_DAYS),
    ),
    habit=Habit(stale_after=dt.timedelta(hours=12)),
    league_names=NAMES_AT["fonbet"],
)
