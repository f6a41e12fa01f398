"""Bookmakers that see the truth through noise and add a margin.

A view is a pair of mean goals, so a bookmaker's result, totals and handicap prices agree with one another.
The market as a whole errs, and each bookmaker errs a little further on its own. Closing views keep half of
the pre-match error and add a small new one: prices move towards the truth, as they do in life, evenly over the
last `EARLY_DAYS`. A bookmaker that lags holds the market's view of some days ago. In a world with a bias one of
them also sets the side at home too low, so that there is an edge to be found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from soccer_assets.simulation.score_matrix import (
    LINES,
    Float,
    cover_probabilities,
    over_under_probabilities,
    result_probabilities,
    score_matrix,
)


@dataclass(frozen=True)
class Bookmaker:
    """A bookmaker: `margin` is its overround less one, `noise` the sd of its own error in log mean goals."""

    code: str
    margin: float
    noise: float
    totals_code: str = ""  # quotes totals and handicaps under this name; empty: it does not quote them
    lag_days: float = 0.0


BOOKMAKERS: Final = (
    Bookmaker("B365", 0.055, 0.025, "B365"),
    Bookmaker("BW", 0.06, 0.03),
    Bookmaker("PS", 0.025, 0.015, "P"),
    Bookmaker("WH", 0.07, 0.03, lag_days=2.0),
)
FONBET: Final = Bookmaker("FON", 0.07, 0.03, "FON", lag_days=1.0)  # on its own site alone
BIASED: Final = "BW"  # the one that errs on purpose in a world with a bias
EARLY_DAYS: Final = 4.0  # before kick-off: the age of pre-match prices, after which the market begins to move
MARKET_NOISE: Final = 0.10  # sd of the market's pre-match error in log mean goals
CLOSING_NOISE: Final = 0.02  # sd of what closing adds to the half of it that stays
CLOSING_SHARE: Final = 0.5

LOWEST_PRICE: Final = 1.01


@dataclass(frozen=True)
class Views:
    """The market's mean goals of both sides as (2, matches), days before kick-off and at it."""

    early: Float
    late: Float

    def at(self, days: float | Float) -> Float:
        """The view held so many days before kick-off."""
        share = np.clip(np.asarray(days) / EARLY_DAYS, 0.0, 1.0)
        moved: Float = self.early**share * self.late ** (1 - share)
        return moved


def market_views(rates: Float, rng: np.random.Generator) -> Views:
    """What the market makes of the true mean goals, (2, matches)."""
    error = rng.normal(0, MARKET_NOISE, rates.shape)
    late = CLOSING_SHARE * error + rng.normal(0, CLOSING_NOISE, error.shape)
    return Views(rates * np.exp(error), rates * np.exp(late))


def quote(probabilities: Float, margin: float) -> Float:
    """Decimal odds, to two places, of probabilities that sum to one along the last axis."""
    return np.maximum(LOWEST_PRICE, np.round(1 / (probabilities * (1 + margin)), 2))


def _with_market(quotes: dict[str, Float], names: list[str]) -> Iterator[tuple[str, Float]]:
    """Columns of every bookmaker, then the maximum and the average; `names` hold `{}` for the code."""
    together = np.stack(list(quotes.values()))
    quotes = quotes | {"Max": together.max(axis=0), "Avg": np.round(together.mean(axis=0), 2)}
    for code, prices in quotes.items():
        yield from ((name.format(code), prices[:, column]) for column, name in enumerate(names))


def _market_columns(views: Views, c: str, bias: float, rng: np.random.Generator) -> Iterator[tuple[str, Float]]:
    """All prices at one time, in the site's order; `c` is `C` for closing."""
    results, totals, covers = {}, {}, {}
    days = 0.0 if c else EARLY_DAYS
    market = views.at(days)
    for maker in BOOKMAKERS:
        share = CLOSING_SHARE if c else 1.0
        noise = np.exp(rng.normal(0, maker.noise * share, market.shape))
        view = views.at(days + maker.lag_days) * noise
        if maker.code == BIASED:
            view = view * np.exp([[-bias / 2], [bias / 2]])
        matrix = score_matrix(*view)
        results[maker.code] = quote(result_probabilities(matrix), maker.margin)
        if maker.totals_code:
            totals[maker.totals_code] = quote(over_under_probabilities(matrix), maker.margin)
            covers[maker] = cover_probabilities(matrix)
    fair = cover_probabilities(score_matrix(*market))
    line = np.abs(fair - 0.5).argmin(axis=1)[:, None]
    handicaps = {}
    for maker, cover in covers.items():
        home = np.take_along_axis(cover, line, axis=1)
        handicaps[maker.totals_code] = quote(np.hstack((home, 1 - home)), maker.margin)
    yield from _with_market(results, [f"{{}}{c}{outcome}" for outcome in "HDA"])
    yield from _with_market(totals, [f"{{}}{c}>2.5", f"{{}}{c}<2.5"])
    yield f"AH{c}h", LINES[line[:, 0]]
    yield from _with_market(handicaps, [f"{{}}{c}AHH", f"{{}}{c}AHA"])


def prices(views: Views, bias: float, rng: np.random.Generator) -> pl.DataFrame:
    """Decimal odds of every match under the site's names and in its order, pre-match and then closing.

    `bias` is how far `BIASED` sets the side at home too low, in the log of the ratio of mean goals.
    """
    return pl.DataFrame(dict([*_market_columns(views, "", bias, rng), *_market_columns(views, "C", bias, rng)]))
