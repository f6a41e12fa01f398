"""The matches in memory, the clubs in them, and what the lake has of each league."""

from collections.abc import Sequence

import polars as pl

from serving.clubs import Clubs
from serving.contracts import LeagueInfo, Match
from serving.snapshot.view import View
from soccer_assets.leagues import LEAGUES

POSTPONED = "postponed"


class MatchView(View[Match]):
    """All matches by date and id; a moved match appears on each of its dates."""

    def __init__(self, matches: pl.DataFrame) -> None:
        super().__init__(matches, Match, ("match_date", "match_id"))
        self.clubs = Clubs(self.rows)
        spans = self.rows.group_by("league").agg(
            matches=pl.len(), first_date=pl.col("match_date").min(), last_date=pl.col("match_date").max()
        )
        self._spans = {row.pop("league"): row for row in spans.to_dicts()}

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


def current_rows(matches: pl.DataFrame) -> pl.DataFrame:
    """One row of each match: on its current date, not one it was moved from."""
    return matches.sort(pl.col("status") != POSTPONED, "match_date").unique("match_id", keep="last")
