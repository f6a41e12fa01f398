"""Finished matches as arrays, in the order in which every rating follows them."""

from typing import NamedTuple

import numpy as np
import polars as pl

from soccer_assets.features.point_in_time import LEAGUE_CODES, coded, days_of
from soccer_assets.leagues import LEAGUES
from soccer_assets.scoring import PROBABILITIES, Floats, Ints
from soccer_assets.storage.lake import DATE, MATCH

#: What the market thought of a match: the 1x2, and over 2.5 goals.
PRICES = (*PROBABILITIES, "p_over")
FIGURES = ("goals", "shots", "shots_on_target", "corners", "red_cards")
#: The columns of `matches` that ratings read.
READ = (
    DATE, "match_id", "league", "season", "home_id", "away_id",
    *(f"{side}_{name}" for name in FIGURES for side in ("home", "away")),
)  # fmt: skip
_COUNTRIES = {country: number for number, country in enumerate(dict.fromkeys(x.country for x in LEAGUES.values()))}
COUNTRIES = np.array([_COUNTRIES[league.country] for league in LEAGUES.values()], dtype=np.int64)


class Schedule(NamedTuple):
    """Who played whom: codes `(n,)` of the clubs, the league and the season, and the day of each match (`days_of`)."""

    home: Ints
    away: Ints
    league: Ints
    season: Ints
    day: Ints


class MatchArrays(NamedTuple):
    """Finished matches in the order in which ratings follow them.

    `figures` hold both sides `(n, 2)`, `prices` the market's probabilities `(n, 4)`: home, draw, away, over 2.5 goals;
    NaN where one is not known. `rows` are the matches themselves, in the same order.
    """

    rows: pl.DataFrame
    schedule: Schedule
    clubs: int
    figures: dict[str, Floats]
    prices: Floats

    def balance(self, figure: str) -> Floats:
        """Return the home side's figure less the away side's, `(n,)`."""
        return np.asarray(self.figures[figure][:, 0] - self.figures[figure][:, 1])


def match_arrays(matches: pl.DataFrame, closing: pl.DataFrame) -> MatchArrays:
    """Return the finished matches by date and id, each with `newest_prices` of it."""
    finished = matches.lazy().filter(pl.col("status") == "finished").select(READ)
    rows = finished.sort(DATE, "match_id").collect()
    clubs = pl.concat([rows["home_id"], rows["away_id"]]).unique().sort()
    codes_of = {"home_id": clubs, "away_id": clubs, "league": LEAGUE_CODES, "season": rows["season"].unique().sort()}
    schedule = Schedule._make([*(coded(rows[name], codes) for name, codes in codes_of.items()), days_of(rows[DATE])])
    figures = {
        name: rows.select(pl.col(f"{side}_{name}").cast(pl.Float64) for side in ("home", "away")).to_numpy(order="c")
        for name in FIGURES
    }
    prices = closing.select(*MATCH, *(pl.col(name).cast(pl.Float64) for name in PRICES))
    priced = rows.select(MATCH).join(prices, on=MATCH, how="left", maintain_order="left")
    return MatchArrays(
        rows, Schedule(*map(np.ascontiguousarray, schedule)), len(clubs), figures,
        priced.select(PRICES).to_numpy(order="c"),
    )  # fmt: skip
