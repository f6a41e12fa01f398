"""The matches in memory, the clubs in them, and what the lake has of each league."""

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

import polars as pl

from serving.clubs import Clubs
from serving.contracts import LeagueInfo, Match
from serving.snapshot.view import View
from soccer_assets.leagues import LEAGUES

POSTPONED = "postponed"
Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


class MatchView(View[Match]):
    """All matches by date and id; a moved match appears on each of its dates."""

    def __init__(self, matches: pl.LazyFrame) -> None:
        rows = matches.select(Match.__struct_fields__).collect()
        super().__init__(rows, Match, ("match_date", "match_id"))
        self.clubs = Clubs(self.rows)
        spans = self.rows.group_by("league").agg(
            matches=pl.len(), first_date=pl.col("match_date").min(), last_date=pl.col("match_date").max()
        )
        self.newest_result = self.clubs.newest_result
        self._dates: dict[str, list[dt.date]] = {}
        for id_, date in self.rows.select("match_id", "match_date").iter_rows():
            self._dates.setdefault(id_, []).append(date)
        self._spans = {row.pop("league"): row for row in spans.to_dicts()}

    def dates_of(self, match_id: str) -> list[dt.date]:
        """The match dates that a match has or had; empty for an id that no match has."""
        return self._dates.get(match_id, [])

    def by_ids(self, ids: Sequence[str]) -> dict[str, Match]:
        """Each match on its current date: the one it was moved to, not the one it left."""
        rows = current_rows(self.rows.filter(pl.col("match_id").is_in(ids)))
        return {match.match_id: match for match in self.items(rows)}

    def leagues(self, forecasts: dict[str, int]) -> list[LeagueInfo]:
        """Every league of the platform with what the lake has of it; `forecasts` counts them by league."""
        nothing = {"matches": 0, "first_date": None, "last_date": None}
        return [
            LeagueInfo(
                league.code,
                league.country,
                league.name,
                league.tier,
                **self._spans.get(league.code, nothing),
                forecasts=forecasts.get(league.code, 0),
            )
            for league in LEAGUES.values()
        ]


def current_rows(matches: Frame) -> Frame:
    """One row of each match: on its current date, not one it was moved from."""
    return matches.sort(pl.col("status") != POSTPONED, "match_date").unique("match_id", keep="last")
