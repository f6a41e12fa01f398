"""The matches in memory: a sorted frame, the clubs in it, and what each league has."""

from collections.abc import Sequence

import polars as pl

from serving.api.filters import Paging, Selection, read
from serving.clubs import Clubs
from serving.contracts import LeagueInfo, Match, Page
from soccer_assets.leagues import LEAGUES

POSTPONED = "postponed"


class MatchBook:
    """All matches by date and id; a moved match appears on each of its dates."""

    def __init__(self, matches: pl.DataFrame, horizon_days: int) -> None:
        self.rows = matches.sort("match_date", "match_id")
        self.clubs = Clubs(self.rows, horizon_days)
        spans = self.rows.group_by("league").agg(
            matches=pl.len(), first_date=pl.col("match_date").min(), last_date=pl.col("match_date").max()
        )
        self._spans = {row.pop("league"): row for row in spans.to_dicts()}

    def page(self, selection: Selection, status: str | None, paging: Paging) -> Page[Match]:
        """Matches in order of date, on one status or all."""
        rows = selection.of(self.rows)
        if status is not None:
            rows = rows.filter(pl.col("status") == status)
        return paging.cut(rows, Match)

    def of_ids(self, ids: Sequence[str]) -> dict[str, Match]:
        """Each match where it stands now: on the date it was moved to, not the one it left."""
        rows = standing(self.rows.filter(pl.col("match_id").is_in(ids)))
        return {match.match_id: match for match in read(rows, Match)}

    def leagues(self, forecasts: dict[str, int]) -> list[LeagueInfo]:
        """Every known league with what the lake has of it."""
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


def standing(matches: pl.DataFrame) -> pl.DataFrame:
    """One row of each match: on the date it stands on now, not one it was moved from."""
    return matches.sort(pl.col("status") != POSTPONED, "match_date").unique("match_id", keep="last")
