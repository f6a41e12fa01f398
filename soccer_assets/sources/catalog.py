"""The sources beside football-data.co.uk: where each is and what is asked of it, by the settings."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from soccer_assets.errors import SettingsError
from soccer_assets.leagues import League
from soccer_assets.settings import Settings
from soccer_assets.sources import openfootball, understat
from soccer_assets.sources.acquisition import Needed, Source
from soccer_assets.sources.fetching.client import Request
from soccer_assets.sources.fonbet import line as fonbet
from soccer_assets.sources.fonbet import results as fonbet_results
from soccer_assets.sources.schema import (
    FONBET_EVENTS,
    FONBET_RESULTS,
    OPENFOOTBALL_MATCHES,
    UNDERSTAT_MATCHES,
    WHOSCORED_MATCHES,
)
from soccer_assets.sources.whoscored import feeds as whoscored

#: A result of a day is corrected within so many days.
RESULTS_DAYS = 7
#: The coming matches alone are on the line.
LINE_DAYS = 0


def catalog(settings: Settings, leagues: Sequence[League]) -> dict[str, Source]:
    """How each table is acquired, by the name of the resource that does so.

    Raises:
        SettingsError: a source has no address.
    """
    hosts = [host.strip().rstrip("/") for host in settings.fonbet_urls.split(",") if host.strip()]
    if not hosts:
        raise SettingsError(f"SOCCER_FONBET_URLS: expected a host or more, found {settings.fonbet_urls!r}")
    bases = {name: getattr(settings, f"{name}_url").rstrip("/") for name in ("openfootball", "understat", "whoscored")}
    followed = {league.code for league in leagues}
    return {
        "openfootball": Source(
            "openfootball",
            OPENFOOTBALL_MATCHES,
            bases["openfootball"],
            partial(openfootball.requests, bases["openfootball"], leagues),
            openfootball.accept,
            openfootball.parse,
            moves=True,
        ),
        "understat": Source(
            "understat",
            UNDERSTAT_MATCHES,
            bases["understat"],
            partial(understat.requests, bases["understat"], leagues),
            understat.accept,
            understat.parse,
        ),
        "whoscored": Source(
            "whoscored",
            WHOSCORED_MATCHES,
            bases["whoscored"],
            _whatever_the_day(partial(whoscored.requests, bases["whoscored"])),
            whoscored.accept,
            whoscored.parse,
            moves=True,
            days_back=settings.whoscored_days,
            pages=partial(_pages, bases["whoscored"], followed) if settings.whoscored_pages else None,
        ),
        "fonbet": Source(
            "fonbet",
            FONBET_EVENTS,
            hosts[0],
            lambda first, last, today: fonbet.requests(hosts),
            fonbet.accept,
            fonbet.parse,
            days_back=LINE_DAYS,
            snapshots=True,
        ),
        "fonbet_days": Source(
            "fonbet",
            FONBET_RESULTS,
            hosts[0],
            _until_today(partial(fonbet_results.requests, hosts)),
            fonbet_results.accept,
            fonbet_results.parse,
            days_back=RESULTS_DAYS,
        ),
    }


def _whatever_the_day(requests: Callable[[dt.date, dt.date], list[Request]]) -> Needed:
    return lambda first, last, today: requests(first, last)


def _until_today(requests: Callable[[dt.date, dt.date], list[Request]]) -> Needed:
    """Results are there for days that have begun."""
    return lambda first, last, today: requests(first, min(last, today)) if first <= today else []


def _pages(base: str, followed: set[str], records: pl.DataFrame) -> list[Request]:
    """The match-centre pages of the finished matches of the leagues followed."""
    finished = pl.col("_league").is_in(followed) & (pl.col("status") == "finished")
    ids = records.filter(finished)["whoscored_id"].drop_nulls().unique(maintain_order=True)
    return whoscored.match_centres(base, ids.to_list())
