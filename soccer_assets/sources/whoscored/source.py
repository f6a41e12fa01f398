"""WhoScored: the feed of each day, and where it is wanted the page of each finished match."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from soccer_assets.leagues import NAMES_AT
from soccer_assets.settings import Settings
from soccer_assets.sources.fetching.client import Request
from soccer_assets.sources.schema import WHOSCORED_MATCHES
from soccer_assets.sources.spec import Query, SourceSpec, TableSpec
from soccer_assets.sources.whoscored.feeds import accept, parse


def requests(query: Query) -> list[Request]:
    """The feed of each day of the query, and of one more at either end: feeds go by UTC, dates by the league's zone."""
    day = dt.timedelta(days=1)
    days = replace(query, first=query.first - day, last=query.last + day).days
    return [Request(f"{query.base}/livescores/data?d={day:%Y%m%d}&isSummary=false") for day in days]


def match_centres(base: str, ids: Sequence[str]) -> list[Request]:
    """The match-centre pages; what a finished match holds there is final."""
    return [Request(f"{base}/Matches/{match_id}/Live", final=True) for match_id in ids]


def _pages(query: Query, records: pl.DataFrame) -> list[Request]:
    """The match-centre pages of the finished matches of the leagues followed."""
    followed = pl.col("_league").is_in({league.code for league in query.leagues})
    finished = records.filter(followed & (pl.col("status") == "finished"))
    return match_centres(query.base, finished["whoscored_id"].drop_nulls().unique(maintain_order=True).to_list())


def _configured(spec: TableSpec, settings: Settings) -> TableSpec:
    return replace(spec, days_back=settings.whoscored_days, pages=_pages if settings.whoscored_pages else None)


SOURCE = SourceSpec(
    name="whoscored",
    address="https://www.whoscored.com",
    tables=(TableSpec(WHOSCORED_MATCHES, requests, accept, parse, lists_coming=True, configured=_configured),),
    trust=1,
    league_names=NAMES_AT["whoscored"],
)
