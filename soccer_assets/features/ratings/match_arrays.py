"""Finished matches as arrays, in the order in which every rating follows them."""

from typing import NamedTuple

import numpy as np
import polars as pl

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
_CODES = {code: place for place, code in enumerate(LEAGUES)}
_COUNTRIES = {country: place for place, country in enumerate(dict.fromkeys(x.country for x in LEAGUES.values()))}
TIERS = np.array([league.tier for league in LEAGUES.values()], dtype=np.int64)
COUNTRIES = np.array([_COUNTRIES[league.country] for league in LEAGUES.values()], dtype=np.int64)


class Schedule(NamedTuple):
    """Who played whom: codes `(n,)` of the clubs, the league and the season, and the day of each match."""

    home: Ints
    away: Ints
    league: Ints
    season: Ints
    day: Ints


class Played(NamedTuple):
    """`figures` of both sides `(n, 2)` and the market's probabilities `prices` (n, 4: home, draw, away, over 2.5).

    NaN where one is not known. `rows` are the matches themselves, in the same order.
    """

    rows: pl.DataFrame
    schedule: Schedule
    clubs: int
    figures: dict[str, Floats]
    prices: Floats

    def balance(self, figure: str) -> Floats:
        """The home side's figure less the away side's, `(n,)`."""
        return np.asarray(self.figures[figure][:, 0] - self.figures[figure][:, 1])


def played(matches: pl.DataFrame, closing: pl.DataFrame) -> Played:
    """The finished matches by date and id, each with the market's last word on it."""
    finished = matches.lazy().filter(pl.col("status") == "finished").select(READ)
    rows = finished.sort(DATE, "match_id").collect()
    clubs = _codes(pl.concat([rows["home_id"], rows["away_id"]]))
    schedule = Schedule(
        clubs[: len(rows)],
        clubs[len(rows) :],
        rows["league"].replace_strict(_CODES, return_dtype=pl.Int64).to_numpy(),
        _codes(rows["season"]),
        rows[DATE].to_physical().cast(pl.Int64).to_numpy(),
    )
    figures = {
        name: rows.select(pl.col(f"{side}_{name}").cast(pl.Float64) for side in ("home", "away")).to_numpy(order="c")
        for name in FIGURES
    }
    known = closing.select(*MATCH, *(pl.col(name).cast(pl.Float64) for name in PRICES))
    priced = rows.select(MATCH).join(known, on=MATCH, how="left", maintain_order="left")
    return Played(
        rows, Schedule(*map(np.ascontiguousarray, schedule)), int(clubs.max(initial=-1)) + 1, figures,
        priced.select(PRICES).to_numpy(order="c"),
    )  # fmt: skip


def _codes(names: pl.Series) -> Ints:
    """Numbers in the order of the names."""
    different = names.unique().sort()
    return names.replace_strict(different, np.arange(len(different))).cast(pl.Int64).to_numpy()
